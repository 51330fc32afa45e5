"""Twilio SendGrid's event webhook, signed with ECDSA over its time and body.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events (security features, events)
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from distro.feedback.items import Cause, Item
from distro.feedback.webhooks.request import (
    Event,
    Keys,
    Refusal,
    Request,
    in_brackets,
    no_token,
    objects,
    parsed,
    refused,
    seconds_from,
    text,
)

_OLD = 86_400  # seconds: SendGrid tries again for a day
_CLASSES = {  # bounce_classification
    "invalid address": Cause.UNKNOWN_USER,
    "mailbox unavailable": Cause.MAILBOX_FULL,
    "reputation": Cause.OUR_REPUTATION,
    "frequency or volume too high": Cause.OUR_RATE,
    "content": Cause.CONTENT_REFUSED,
    "technical failure": Cause.SYSTEM,
}

once = no_token


def verify(request: Request, keys: Keys) -> Refusal | None:
    """Return why a request is not believed; None: it is."""
    signature = request.headers.get("x-twilio-email-event-webhook-signature", "")
    timestamp = request.headers.get("x-twilio-email-event-webhook-timestamp", "")
    if seconds_from(request.now, timestamp) > _OLD:
        return Refusal("over a day old, or it has no time")
    try:
        public = serialization.load_der_public_key(base64.b64decode(keys.secret, validate=True))
        if not isinstance(public, ec.EllipticCurvePublicKey):
            return Refusal("[feedback.webhooks] sendgrid is not a verification key of SendGrid")
        given = base64.b64decode(signature, validate=True)
        public.verify(given, timestamp.encode() + request.body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return Refusal("its signature is wrong")
    return None


def read(body: bytes) -> list[Event]:
    """Return the events of a request."""
    found = []
    for one in objects(parsed(body)):
        item = _item(text(one, "event"), one)
        if item:
            found.append(
                Event(
                    item,
                    text(one, "sg_event_id"),
                    in_brackets(text(one, "smtp-id")),
                    text(one, "sg_message_id").partition(".")[0],
                )
            )
    return found


def _item(event: str, one: dict[str, object]) -> Item | None:
    address, words = text(one, "email"), text(one, "reason") or text(one, "response")
    status = text(one, "status")
    if event in ("bounce", "blocked"):
        kind = _CLASSES.get(text(one, "bounce_classification").lower(), Cause.UNCLASSIFIED)
        return refused(address, words, kind, status=status)
    if event == "spamreport":
        return Item(address, Cause.COMPLAINT, said="reported through SendGrid")
    if event == "deferred":
        return Item(address, Cause.DELAYED, status, said=words)
    if event == "delivered":
        return Item(address, Cause.DELIVERED, said=words)
    if event == "dropped":  # by SendGrid's own list: nothing new of the address
        return Item(address, Cause.UNCLASSIFIED, status, said=words)
    return None
