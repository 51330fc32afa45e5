"""Amazon SES through Amazon SNS: bounces, complaints, deliveries.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
A valid signature proves Amazon alone: anybody can have a topic of his own send to us. So the topic
must be one of ours, and the certificate come from Amazon's own host.
"""

import base64
import binascii
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from distro.feedback.items import Cause, Item
from distro.feedback.webhooks.request import (
    Event,
    Keys,
    Refusal,
    Request,
    in_brackets,
    objects,
    parsed,
    part,
    refused,
    text,
)

_OLD = 3600  # seconds after which a message is not believed any more
_AHEAD = 300  # seconds that a clock may be wrong
_TOPIC = re.compile(
    r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z0-9-]{3,30}):\d{12}:[A-Za-z0-9_.-]{1,256}"
)
_PATH = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]{1,80}\.pem")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
_KINDS = {
    "NoEmail": Cause.UNKNOWN_USER,
    "General": Cause.UNCLASSIFIED,
    "Suppressed": Cause.UNCLASSIFIED,  # by Amazon's own list: nothing of the address itself
    "OnAccountSuppressionList": Cause.UNCLASSIFIED,
    "MailboxFull": Cause.MAILBOX_FULL,
    "MessageTooLarge": Cause.MESSAGE_TOO_LARGE,
    "ContentRejected": Cause.CONTENT_REFUSED,
    "AttachmentRejected": Cause.CONTENT_REFUSED,
}


def verify(request: Request, keys: Keys) -> Refusal | None:
    """Return why a message of Amazon SNS is not believed; None: it is."""
    try:
        message = parsed(request.body)
    except ValueError:
        return Refusal("not JSON")
    if not isinstance(message, dict):
        return Refusal("not a message of Amazon SNS")
    if text(message, "TopicArn") not in keys.topics:
        return Refusal("of a topic that is not in [feedback.webhooks] ses_topics")
    if message.get("SignatureVersion") != "2":
        return Refusal("SignatureVersion is not 2: set it on the topic")
    if not _is_fresh(text(message, "Timestamp"), request.now):
        return Refusal("over an hour old")
    return _signature(message, keys)


def _is_fresh(timestamp: str, now: float) -> bool:
    try:
        at = datetime.fromisoformat(timestamp).timestamp()
    except ValueError:
        return False
    return now - _OLD <= at <= now + _AHEAD


def _signature(message: dict[str, Any], keys: Keys) -> Refusal | None:
    url = str(message.get("SigningCertURL", ""))
    parts = urlsplit(url)
    whole = parts.scheme == "https" and not parts.query and not parts.fragment
    host = _host_of(text(message, "TopicArn"))
    if not (whole and host and parts.netloc == host and _PATH.fullmatch(parts.path)):
        return Refusal("its certificate is not on a host of Amazon SNS")
    names = _SIGNED.get(str(message.get("Type")))
    if names is None or keys.fetch is None:
        return Refusal("not a type of message that Amazon SNS sends")
    lines = [f"{name}\n{message[name]}\n" for name in names if message.get(name) is not None]
    try:
        signature = base64.b64decode(str(message.get("Signature", "")), validate=True)
        public = x509.load_pem_x509_certificate(keys.fetch(url)).public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            return Refusal("its certificate has no RSA key")
        public.verify(signature, "".join(lines).encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError, OSError):
        return Refusal("its signature is wrong")
    return None


def _host_of(topic: str) -> str:
    """Return the host on which the certificate of a topic's messages lies; "" for no topic.

    Exactly that one: sns.s3-eu-west-1.amazonaws.com would be somebody's bucket.
    """
    found = _TOPIC.fullmatch(topic)
    if found is None:
        return ""
    return f"sns.{found[2]}.amazonaws.com{'.cn' if found[1] == 'aws-cn' else ''}"


def once(body: bytes) -> str:
    """Return the id under which Amazon SNS sends a message, and sends it again."""
    return text(parsed(body), "MessageId")


def subscription(body: bytes) -> str:
    """Return the address that confirms a subscription; "" for any other message.

    It is only shown: an admin opens it.
    """
    message = parsed(body)
    confirms = text(message, "Type") == "SubscriptionConfirmation"
    return text(message, "SubscribeURL") if confirms else ""


def read(body: bytes) -> list[Event]:
    """Return the events of a notification."""
    message = parsed(body)
    if not isinstance(message, dict) or text(message, "Type") != "Notification":
        return []
    return events(str(message.get("Message", "")).encode())


def events(raw: bytes) -> list[Event]:
    """Return the events in what SES says, as it stands in a message of SNS."""
    said = parsed(raw)
    if not isinstance(said, dict):
        return []
    mail = part(said, "mail")
    kind = text(said, "notificationType") or text(said, "eventType")
    read_kind = {"Bounce": _bounced, "Complaint": _complained, "Delivery": _delivered}.get(kind)
    items = read_kind(said) if read_kind else []
    return [
        Event(
            item,
            f"{kind}:{text(mail, 'messageId')}:{item.recipient.lower()}",
            _message_id(mail),
            text(mail, "messageId"),
            text(mail, "source"),
        )
        for item in items
    ]


def _message_id(mail: dict[str, Any]) -> str:
    """Return the Message-ID that the letter had before SES gave it another."""
    for header in objects(mail.get("headers") or []):
        if text(header, "name").lower() == "message-id":
            return in_brackets(text(header, "value"))
    return in_brackets(text(part(mail, "commonHeaders"), "messageId"))


def _bounced(said: dict[str, Any]) -> list[Item]:
    bounce = part(said, "bounce")
    kind = _KINDS.get(text(bounce, "bounceSubType"), Cause.UNCLASSIFIED)
    return [
        refused(
            text(recipient, "emailAddress"),
            text(recipient, "diagnosticCode").removeprefix("smtp; "),
            kind,
            status=text(recipient, "status"),
        )
        for recipient in objects(bounce.get("bouncedRecipients") or [])
    ]


def _complained(said: dict[str, Any]) -> list[Item]:
    complaint = part(said, "complaint")
    kind = text(complaint, "complaintFeedbackType") or "abuse"
    return [
        Item(
            text(one, "emailAddress"), Cause.COMPLAINT, said=f"{kind}, reported through Amazon SES"
        )
        for one in objects(complaint.get("complainedRecipients") or [])
    ]


def _delivered(said: dict[str, Any]) -> list[Item]:
    delivery = part(said, "delivery")
    words = text(delivery, "smtpResponse")
    found = delivery.get("recipients")
    several = found if isinstance(found, list) else []
    return [Item(str(one)[:320], Cause.DELIVERED, said=words) for one in several[:50]]
