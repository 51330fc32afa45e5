"""Brevo's transactional webhooks, kept by a password alone.

https://developers.brevo.com/docs/transactional-webhooks
"""

from distro.feedback.items import Cause, Item
from distro.feedback.webhooks.request import (
    Event,
    has_password,
    in_brackets,
    no_token,
    objects,
    parsed,
    refused,
    text,
)

_EVENTS = {
    "hard_bounce": Cause.UNKNOWN_USER,
    "invalid_email": Cause.UNKNOWN_USER,
    "soft_bounce": Cause.UNCLASSIFIED,
    "blocked": Cause.UNCLASSIFIED,  # by Brevo's own list: nothing new of the address
    "error": Cause.SYSTEM,
}

verify, once = has_password, no_token


def read(body: bytes) -> list[Event]:
    """Return the events of a request."""
    found = []
    for one in objects(parsed(body)):
        kind, address, words = text(one, "event"), text(one, "email"), text(one, "reason")
        if kind in _EVENTS:
            item = refused(address, words, _EVENTS[kind])
        elif kind in ("spam", "complaint"):
            item = Item(address, Cause.COMPLAINT, said="reported through Brevo")
        elif kind == "deferred":
            item = Item(address, Cause.DELAYED, said=words)
        elif kind == "delivered":
            item = Item(address, Cause.DELIVERED, said=words)
        else:
            continue
        message_id = in_brackets(text(one, "message-id"))
        found.append(Event(item, f"{kind}:{message_id}:{address.lower()}", message_id))
    return found
