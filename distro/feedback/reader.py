"""Read one message that came back: what kind it is, and what it says of whom."""

import re
from dataclasses import dataclass
from datetime import date

from distro.feedback import answers, bounces, complaints
from distro.feedback.answers import Answer
from distro.feedback.items import Item
from distro.feedback.message import Message, take_apart
from distro.feedback.webhooks import amazon_ses

_NOTIFICATION = re.compile(r'\{"(?:notification|event)Type":"(?:Bounce|Complaint|Delivery)"')


@dataclass(frozen=True, slots=True)
class Reading:
    """A message that came back, and what it says."""

    message: Message
    items: tuple[Item, ...]
    answer: Answer | None = None  # a machine's or a person's words, where it is no report


def read(raw: bytes, arrived: date) -> Reading:
    """Read a message; `arrived`: the day it came, for dates without a year."""
    message = take_apart(raw)
    if complaints.is_complaint(message):
        return Reading(message, tuple(complaints.read(message)))
    if notified := _notified(message):
        return Reading(message, tuple(notified))
    if message.report or bounces.is_bounce(message):
        return Reading(message, tuple(bounces.read(message)))
    answer = answers.read(message, arrived)
    said = message.headers.get("subject")[:300]
    return Reading(message, (Item(answer.sender, answer.cause, said=said),), answer)


def _notified(message: Message) -> list[Item]:
    """Return what Amazon SES says in a message of Amazon SNS, sent as mail."""
    at = _NOTIFICATION.search(message.text)
    if at is None:
        return []
    # Some mailers break a long line with "!" and a space.
    said = message.text[at.start() :].partition("\n--")[0].replace("!\n ", "")
    try:
        events = amazon_ses.events(said.replace("\n", "").encode())
    except ValueError:
        return []
    return [event.item for event in events]
