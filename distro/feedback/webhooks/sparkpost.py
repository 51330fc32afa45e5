"""SparkPost's event webhooks, kept by a password alone.

https://developers.sparkpost.com/api/webhooks/ ; classes of bounces:
https://support.sparkpost.com/docs/deliverability/bounce-classification-codes
"""

from typing import Any

from distro.feedback.items import Cause, Item
from distro.feedback.webhooks.request import (
    Event,
    has_password,
    no_token,
    objects,
    parsed,
    refused,
    reply_code,
    text,
)

_CLASSES = {
    "10": Cause.UNKNOWN_USER,
    "21": Cause.NETWORK,
    "22": Cause.MAILBOX_FULL,
    "23": Cause.MESSAGE_TOO_LARGE,
    "24": Cause.NETWORK,
    "25": Cause.REFUSED_BY_POLICY,
    "30": Cause.UNKNOWN_USER,
    "50": Cause.OUR_REPUTATION,
    "51": Cause.OUR_REPUTATION,
    "52": Cause.CONTENT_REFUSED,
    "53": Cause.CONTENT_REFUSED,
    "54": Cause.REFUSED_BY_POLICY,
    "70": Cause.SYSTEM,
}
_ANSWERS = {"60": Cause.AUTO_REPLY, "90": Cause.REMOVAL_REQUEST, "100": Cause.CHALLENGE}

verify, once = has_password, no_token


def read(body: bytes) -> list[Event]:
    """Return the events of a request."""
    found = []
    for wrapped in objects(parsed(body)):
        outer = wrapped.get("msys")
        for one in list(outer.values())[:3] if isinstance(outer, dict) else []:
            item = _item(one) if isinstance(one, dict) else None
            if item:
                event_id, relay_id = text(one, "event_id"), text(one, "message_id")
                source = text(one, "msg_from")
                found.append(Event(item, event_id, relay_id=relay_id, envelope_sender=source))
    return found


def _item(one: dict[str, Any]) -> Item | None:
    kind, address = text(one, "type"), text(one, "rcpt_to")
    words, number = text(one, "raw_reason") or text(one, "reason"), text(one, "bounce_class")
    if kind in ("bounce", "out_of_band", "policy_rejection"):
        if number in _ANSWERS:
            return Item(address, _ANSWERS[number], said=words)
        kind_of_bounce = _CLASSES.get(number, Cause.UNCLASSIFIED)
        return refused(address, words, kind_of_bounce, code=reply_code(one, "error_code"))
    if kind == "spam_complaint":
        return Item(address, Cause.COMPLAINT, said="reported through SparkPost")
    if kind == "delay":
        return Item(address, Cause.DELAYED, said=words)
    if kind == "delivery":
        return Item(address, Cause.DELIVERED, said=words)
    return None
