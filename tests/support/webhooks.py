"""What sending providers post, made from their documentation and signed as they sign."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

SECRET = "a-long-secret-of-the-office"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERTIFICATE_URL = (
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
)


@dataclass(frozen=True)
class Post:
    """A request to a provider's address."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Happened:
    """What a provider tells of one letter."""

    recipient: str
    message_id: str
    sender: str
    kind: str = "bounce"  # bounce, complaint, delivered
    relay_id: str = ""


SNS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())


def certificate() -> bytes:
    """The certificate that Amazon SNS would serve."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=SNS_KEY.public_key(),
        serial_number=1,
        not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=1),
    ).sign(SNS_KEY, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def sns(
    message: str,
    *,
    topic: str = TOPIC,
    version: str = "2",
    url: str = CERTIFICATE_URL,
    at: datetime | None = None,
    key: rsa.RSAPrivateKey = SNS_KEY,
    kind: str = "Notification",
    message_id: str = "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
) -> Post:
    """A message of Amazon SNS."""
    when = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    said = {
        "Type": kind,
        "MessageId": message_id,
        "TopicArn": topic,
        "Message": message,
        "Timestamp": when,
        "SignatureVersion": version,
        "SigningCertURL": url,
    }
    names = ["Message", "MessageId", "Timestamp", "TopicArn", "Type"]
    if kind != "Notification":
        said |= {
            "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Confirm",
            "Token": "t",
        }
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    signed = "".join(f"{name}\n{said[name]}\n" for name in names).encode()
    algorithm = hashes.SHA256() if version == "2" else hashes.SHA1()
    signature = key.sign(signed, padding.PKCS1v15(), algorithm)
    said["Signature"] = base64.b64encode(signature).decode()
    return Post(json.dumps(said).encode(), {"content-type": "text/plain; charset=UTF-8"})


def ses_message(what: Happened) -> str:
    """What Amazon SES says inside it."""
    mail = {
        "timestamp": "2026-11-26T10:00:00.000Z",
        "source": what.sender,
        "messageId": "0102018d-ses",
        "destination": [what.recipient],
        "headers": [{"name": "Message-ID", "value": what.message_id}],
        "commonHeaders": {"messageId": what.message_id},
    }
    if what.kind == "bounce":
        return json.dumps(
            {
                "notificationType": "Bounce",
                "mail": mail,
                "bounce": {
                    "bounceType": "Permanent",
                    "bounceSubType": "General",
                    "bouncedRecipients": [
                        {
                            "emailAddress": what.recipient,
                            "action": "failed",
                            "status": "5.1.1",
                            "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                        }
                    ],
                    "feedbackId": "f1",
                },
            }
        )
    if what.kind == "complaint":
        return json.dumps(
            {
                "notificationType": "Complaint",
                "mail": mail,
                "complaint": {
                    "complainedRecipients": [{"emailAddress": what.recipient}],
                    "complaintFeedbackType": "abuse",
                },
            }
        )
    delivery = {"recipients": [what.recipient], "smtpResponse": "250 ok"}
    return json.dumps({"notificationType": "Delivery", "mail": mail, "delivery": delivery})


def ses(what: Happened) -> Post:
    return sns(ses_message(what))


def sendgrid(what: Happened, *, at: float | None = None, key: Any = SENDGRID_KEY) -> Post:
    event = {"bounce": "bounce", "complaint": "spamreport", "delivered": "delivered"}[what.kind]
    said: dict[str, Any] = {
        "email": what.recipient,
        "timestamp": 1795514404,
        "smtp-id": what.message_id,
        "event": event,
        "sg_event_id": f"{event}-1",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
    }
    if event == "bounce":
        said |= {"status": "5.1.1", "reason": "550 5.1.1 user unknown", "type": "bounce"}
    body = json.dumps([said]).encode()
    timestamp = str(int(at if at is not None else datetime.now(UTC).timestamp()))
    signature = key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return Post(
        body,
        {
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        },
    )


def sendgrid_public() -> str:
    """The verification key as SendGrid shows it."""
    der = SENDGRID_KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


def password(secret: str = SECRET) -> dict[str, str]:
    """Basic authentication (RFC 7617)."""
    return {"Authorization": "Basic " + base64.b64encode(f"distro:{secret}".encode()).decode()}


def mailgun(
    what: Happened, *, secret: str = SECRET, at: float | None = None, token: str = "t" * 50
) -> Post:
    timestamp = str(int(at if at is not None else datetime.now(UTC).timestamp()))
    made = hmac.new(secret.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    event = {"bounce": "failed", "complaint": "complained", "delivered": "delivered"}[what.kind]
    data: dict[str, Any] = {
        "event": event,
        "id": f"{event}-1",
        "recipient": what.recipient,
        "message": {"headers": {"message-id": what.message_id.strip("<>")}},
    }
    if event == "failed":
        data |= {
            "severity": "permanent",
            "reason": "bounce",
            "delivery-status": {"code": 550, "message": "5.1.1 user unknown"},
        }
    signature = {"timestamp": timestamp, "token": token, "signature": made}
    return Post(json.dumps({"signature": signature, "event-data": data}).encode())


def postmark(what: Happened, *, secret: str = SECRET) -> Post:
    said: dict[str, Any] = {"MessageID": what.relay_id, "Email": what.recipient}
    if what.kind == "bounce":
        details = "smtp;550 5.1.1 user unknown"
        said |= {"RecordType": "Bounce", "Type": "HardBounce", "ID": 42, "Details": details}
    elif what.kind == "complaint":
        said |= {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "ID": 43}
    else:
        said |= {"RecordType": "Delivery", "Recipient": what.recipient, "Details": "250 ok"}
    return Post(json.dumps(said).encode(), password(secret))


def brevo(what: Happened, *, secret: str = SECRET) -> Post:
    event = {"bounce": "hard_bounce", "complaint": "spam", "delivered": "delivered"}[what.kind]
    said = {
        "event": event,
        "email": what.recipient,
        "id": 7,
        "message-id": what.message_id,
        "reason": "550 5.1.1 user unknown" if event == "hard_bounce" else "",
    }
    return Post(json.dumps(said).encode(), password(secret))


def mailjet(what: Happened, *, secret: str = SECRET) -> Post:
    event = {"bounce": "bounce", "complaint": "spam", "delivered": "sent"}[what.kind]
    said: dict[str, Any] = {
        "event": event,
        "email": what.recipient,
        "MessageID": 19421777835146490,
        "Message_GUID": what.relay_id,
    }
    if event == "bounce":
        said |= {"hard_bounce": True, "error": "user unknown", "error_related_to": "recipient"}
    return Post(json.dumps([said]).encode(), password(secret))


def sparkpost(what: Happened, *, secret: str = SECRET) -> Post:
    kind = {"bounce": "bounce", "complaint": "spam_complaint", "delivered": "delivery"}[what.kind]
    said: dict[str, Any] = {
        "type": kind,
        "rcpt_to": what.recipient,
        "message_id": what.relay_id,
        "event_id": f"{kind}-1",
        "msg_from": what.sender,
    }
    if kind == "bounce":
        said |= {"bounce_class": "10", "error_code": "550", "raw_reason": "550 5.1.1 user unknown"}
    return Post(json.dumps([{"msys": {"message_event": said}}]).encode(), password(secret))


PROVIDERS: dict[str, Callable[[Happened], Post]] = {
    "ses": ses,
    "sendgrid": sendgrid,
    "postmark": postmark,
    "mailgun": mailgun,
    "brevo": brevo,
    "mailjet": mailjet,
    "sparkpost": sparkpost,
}
SETTINGS = {
    "ses_topics": [TOPIC],
    "sendgrid": sendgrid_public(),
    "postmark": SECRET,
    "mailgun": SECRET,
    "brevo": SECRET,
    "mailjet": SECRET,
    "sparkpost": SECRET,
}
