"""Read a complaint: a feedback report (RFC 5965), and the ways of those who do not write one."""

from distro.feedback.items import Cause, Item
from distro.feedback.message import Message
from distro.feedback.named_recipients import ADDRESS

# Where a report, or the letter in it, says whom it was sent to.
_REPORTED = ("original-rcpt-to", "removal-recipient")
_RETURNED = ("x-hmxmroriginalrecipient", "x-apparently-to", "x-original-to", "delivered-to", "to")


def is_complaint(message: Message) -> bool:
    """Return whether somebody reports a letter of ours: by a report, as Microsoft does (the letter
    alone under a subject of its own), or as Apple's programs do (an unsubscribe that nobody
    typed).
    """
    if message.complaint:
        return True
    subject = message.headers.get("subject").lower()
    if message.headers.get("x-apple-unsubscribe").lower() == "true":
        return True
    return bool(message.returned) and (
        subject.startswith("complaint about message from")
        or bool(message.returned.get("x-hmxmroriginalrecipient"))
    )


def read(message: Message) -> list[Item]:
    """Return the one who complains; the kind that the report gives stands in `said`."""
    kind = message.complaint.get("feedback-type") or (
        "opt-out" if message.headers.get("x-apple-unsubscribe") else "abuse"
    )
    reporter = message.complaint.get("user-agent") or message.headers.get("from")
    said = f"{kind}, reported by {reporter}"
    cause = _KINDS.get(kind.lower(), Cause.COMPLAINT)
    return [Item(_recipient(message), cause, said=said[:500])]


_KINDS = {
    "opt-out": Cause.REMOVAL_REQUEST,  # they want to be taken off, and complain about nothing
    "opt-out-list": Cause.REMOVAL_REQUEST,
    "not-spam": Cause.REPLY,
    "auth-failure": Cause.AUTHENTICATION_REPORT,  # nobody complained
}


def _recipient(message: Message) -> str:
    fields = [
        *(message.complaint.get(name) for name in _REPORTED),
        *(message.returned.get(name) for name in _RETURNED),
    ]
    if message.headers.get("x-apple-unsubscribe"):
        fields.insert(0, message.headers.get("from"))
    for field in fields:
        found = ADDRESS.search(field)
        if found:
            return found[0]
    return ""
