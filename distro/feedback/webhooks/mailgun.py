"""Mailgun's webhooks. Its signature covers a time and a token, not the event.

https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
"""

import hashlib
import hmac

from distro.feedback.items import Cause, Item
from distro.feedback.webhooks.request import (
    Event,
    Keys,
    Refusal,
    Request,
    in_brackets,
    parsed,
    part,
    refused,
    reply_code,
    seconds_from,
    text,
)

_OLD = 900  # seconds
_REASONS = {
    "suppress-bounce": Cause.UNCLASSIFIED,  # by Mailgun's own list: nothing new of the address
    "suppress-complaint": Cause.UNCLASSIFIED,
    "suppress-unsubscribe": Cause.UNCLASSIFIED,
    "espblock": Cause.OUR_REPUTATION,
    "greylisted": Cause.SYSTEM,
    "old": Cause.NETWORK,
}


def verify(request: Request, keys: Keys) -> Refusal | None:
    """Return why a request is not believed; None: it is."""
    try:
        signed = part(parsed(request.body), "signature")
    except ValueError:
        return Refusal("not JSON")
    timestamp, token = text(signed, "timestamp"), text(signed, "token")
    made = hmac.new(keys.secret.encode(), f"{timestamp}{token}".encode(), hashlib.sha256)
    if not token or not hmac.compare_digest(
        made.hexdigest().encode(), text(signed, "signature").encode()
    ):
        return Refusal("its signature is wrong")
    if seconds_from(request.now, timestamp) > _OLD:
        return Refusal("over a quarter of an hour old")
    return None


def once(body: bytes) -> str:
    """Return the token of the signature: it signs any event, so it is good for one."""
    return text(part(parsed(body), "signature"), "token")


def read(body: bytes) -> list[Event]:
    """Return the event of a request."""
    event = part(parsed(body), "event-data")
    address, item = text(event, "recipient"), None
    status = part(event, "delivery-status")
    words = text(status, "message") or text(status, "description")
    kind = text(event, "event")
    if kind == "failed" and text(event, "severity") == "temporary":
        item = Item(address, Cause.DELAYED, said=words)
    elif kind == "failed":
        reason = _REASONS.get(text(event, "reason"), Cause.UNCLASSIFIED)
        number = reply_code(status, "code")
        item = refused(address, words, reason, status=text(status, "enhanced-code"), code=number)
    elif kind == "complained":
        item = Item(address, Cause.COMPLAINT, said="reported through Mailgun")
    elif kind == "delivered":
        item = Item(address, Cause.DELIVERED, said=words)
    if item is None:
        return []
    headers = part(part(event, "message"), "headers")
    message_id = in_brackets(text(headers, "message-id"))
    return [Event(item, text(event, "id"), message_id)]
