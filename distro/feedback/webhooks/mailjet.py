"""Mailjet's event webhook, kept by a password alone.

https://dev.mailjet.com/email/guides/webhooks/
"""

from distro.feedback.items import Cause, Item
from distro.feedback.webhooks.request import (
    Event,
    has_password,
    no_token,
    objects,
    parsed,
    refused,
    text,
)

_ERRORS = {  # `error`
    "user unknown": Cause.UNKNOWN_USER,
    "mailbox inactive": Cause.DISABLED,
    "quota exceeded": Cause.MAILBOX_FULL,
    "invalid domain": Cause.DOMAIN_GONE,
    "no mail host": Cause.DOMAIN_GONE,
    "relay/access denied": Cause.REFUSED_BY_POLICY,
    "greylisted": Cause.SYSTEM,
    "typofix": Cause.UNCLASSIFIED,
    "content blocked": Cause.CONTENT_REFUSED,
    "policy issue": Cause.REFUSED_BY_POLICY,
    "system issue": Cause.SYSTEM,
    "protocol issue": Cause.SYSTEM,
    "connection issue": Cause.NETWORK,
    "duplicate in campaign": Cause.UNCLASSIFIED,
    "preblocked": Cause.UNCLASSIFIED,  # by Mailjet's own list: nothing new of the address
}

verify, once = has_password, no_token


def read(body: bytes) -> list[Event]:
    """Return the events of a request: one, or a list of them."""
    found = []
    for one in objects(parsed(body)):
        kind, address = text(one, "event"), text(one, "email")
        words = text(one, "comment")
        if kind in ("bounce", "blocked"):
            cause = _ERRORS.get(text(one, "error").lower(), Cause.UNCLASSIFIED)
            item = refused(address, words, cause)
        elif kind == "spam":
            item = Item(address, Cause.COMPLAINT, said="reported through Mailjet")
        elif kind == "sent":
            item = Item(address, Cause.DELIVERED, said=text(one, "smtp_reply"))
        else:
            continue
        relay_id = text(one, "Message_GUID") or text(one, "MessageID")
        found.append(Event(item, f"{kind}:{relay_id}:{address.lower()}", relay_id=relay_id))
    return found
