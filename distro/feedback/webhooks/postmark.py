"""Postmark's bounce, spam complaint and delivery webhooks, kept by a password alone.

https://postmarkapp.com/developer/webhooks/bounce-webhook
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

_TYPES = {
    "HardBounce": Cause.UNKNOWN_USER,
    "BadEmailAddress": Cause.UNKNOWN_USER,
    "SoftBounce": Cause.UNCLASSIFIED,
    "DnsError": Cause.NETWORK,
    "Blocked": Cause.OUR_REPUTATION,
    "DMARCPolicy": Cause.OUR_AUTHENTICATION,
    "SpamNotification": Cause.CONTENT_REFUSED,
    "VirusNotification": Cause.CONTENT_REFUSED,
    "SMTPApiError": Cause.SYSTEM,
    "Transient": Cause.DELAYED,
    "AutoResponder": Cause.AUTO_REPLY,
    "ChallengeVerification": Cause.CHALLENGE,
    "SpamComplaint": Cause.COMPLAINT,
    "ManuallyDeactivated": Cause.UNCLASSIFIED,
    "Unsubscribe": Cause.REMOVAL_REQUEST,
    "Subscribe": Cause.REPLY,
    "AddressChange": Cause.HAS_LEFT,
}

verify, once = has_password, no_token


def read(body: bytes) -> list[Event]:
    """Return the events of a request."""
    found = []
    for one in objects(parsed(body)):
        record, words = text(one, "RecordType"), text(one, "Details") or text(one, "Description")
        address = text(one, "Email") or text(one, "Recipient")
        kind = _TYPES.get(text(one, "Type"), Cause.UNCLASSIFIED)
        if record == "Delivery":
            item = Item(address, Cause.DELIVERED, said=words)
        elif record == "SpamComplaint" or kind is Cause.COMPLAINT:
            item = Item(address, Cause.COMPLAINT, said="reported through Postmark")
        elif record == "Bounce":
            item = _failed(address, words, kind)
        else:
            continue
        relay_id = text(one, "MessageID")
        event_id = text(one, "ID") or f"{record}:{relay_id}:{address.lower()}"
        found.append(Event(item, event_id, relay_id=relay_id))
    return found


def _failed(address: str, words: str, kind: Cause) -> Item:
    if kind in (Cause.DELAYED, Cause.AUTO_REPLY, Cause.CHALLENGE, Cause.HAS_LEFT, Cause.REPLY):
        return Item(address, kind, said=words)
    return refused(address, words, kind)
