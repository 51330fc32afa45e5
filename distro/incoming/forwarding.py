"""Hand an answer that a person wrote on to the office: never eaten, never in a circle.

It leaves as a letter of ours with the answer inside, as it came: sent on under its writer's own
name, a receiver that checks DMARC (RFC 7489) would throw it away. It carries a header of ours, and
whatever comes back with that header is not handed on again.
"""

import email.policy
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from distro.feedback import answers
from distro.feedback.message import Message, take_apart
from distro.incoming.mailroom import Arrival, Mailroom
from distro.installation.context import Installation
from distro.mailing.transport import UNREACHABLE, send_one
from distro.model import State, address_key
from distro.relay.message import Message as Letter
from distro.settings.sections import Sender
from distro.store import reader_requests, replies
from distro.times import from_ms
from distro.tokens import mac_of

LOOP = "X-Distro-Forwarded"  # an answer that was handed on carries it, signed
STRANGERS_AN_HOUR = 60  # answers that nobody can prove to be a reader's
_SECONDS = 30.0
_AT_ONCE = 20
_AGAIN_MS = 120_000  # until an answer that no relay took is tried again
# A dot-atom (RFC 5322 §3.2.3) of letters that need no quoting.
_ASCII_ADDRESS = re.compile(
    r"[A-Za-z0-9_+-]{1,64}(?:\.[A-Za-z0-9_+-]{1,64}){0,10}"
    r"@(?:[A-Za-z0-9-]{1,63}\.){1,10}[A-Za-z]{2,63}"
)
_INSIDE = 5_000_000  # bytes of an answer that are put inside; the whole is kept here


def is_our_own(installation: Installation, message: Message) -> bool:
    """Return whether a message, or the letter in it, is one that we handed on."""
    mark = _mark(installation)
    name = LOOP.lower()
    return mark in (message.headers.get(name), message.returned.get(name)) or (
        f"{LOOP}: {mark}" in message.returned_text
    )


def desk_address(installation: Installation, desk: str) -> str:
    """Return where answers to a desk's letters go; "" where that feeds this mailbox."""
    settings = installation.settings
    sender = settings.sender_or_usual(desk)
    address = sender.reply_to or sender.address
    return "" if feeds_this_mailbox(installation, address) else address


def feeds_this_mailbox(installation: Installation, address: str) -> bool:
    """Return whether what is sent to an address comes back here."""
    settings = installation.settings
    own = [settings.feedback.return_path, *(s.return_path for s in settings.senders.values())]
    own += [settings.feedback.complaints, settings.sender.return_path]
    own += settings.feedback.own_addresses
    # Without a return path of its own, what comes back goes to the sender's address.
    senders = (settings.sender, *settings.senders.values())
    if settings.feedback.imap or settings.feedback.lmtp:
        own += [s.address for s in senders if not (s.return_path or settings.feedback.return_path)]
    key = _without_detail(address)
    return any(key == _without_detail(one) for one in own if one)


def _without_detail(address: str) -> str:
    """Return an address without what stands after "+" (RFC 5233)."""
    local, _, domain = address_key(address).rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def hand_on(installation: Installation, arrival: Arrival, desk: str, *, proven: bool) -> str:
    """Have an answer handed on; return what becomes of it: forwarded, kept.

    What nobody can prove to be a reader's goes on too, but not more of it than a person reads.
    """
    if not desk_address(installation, desk):
        return "kept"
    if not proven:
        lately = reader_requests.count_within(installation.store, "answers", 3600)
        if lately > STRANGERS_AN_HOUR:
            replies.note_unsent(installation.store, arrival.id, "too many strangers wrote")
            return "kept"
    replies.queue(installation.store, installation.host, arrival.id, desk)
    return "forwarded"


def send_waiting(installation: Installation) -> int:
    """Hand on the answers of this host that wait; return how many a relay took.

    Whoever dies after the relay took one sends it again, under the same Message-ID: rather twice
    than never. One that a relay refuses for good is shown by `distro doctor`.
    """
    room, sent = Mailroom(installation.settings.data), 0
    for name, desk in replies.waiting(installation.store, installation.host, _AT_ONCE):
        arrival, to = room.read(name), desk_address(installation, desk)
        if arrival is None or not to:
            replies.drop(installation.store, installation.host, name, desk)
            continue
        replies.put_off(installation.store, installation.host, name, desk, _AGAIN_MS)
        sender = installation.settings.sender_or_usual(desk)
        try:
            letter = _letter(installation, arrival, sender, to)
            outcome = send_one(installation.settings.relay, letter, seconds=_SECONDS)
        except UNREACHABLE:
            return sent  # the others would fare no better
        if outcome.state is State.FAILED:
            replies.note_unsent(installation.store, name, outcome.text[:200])
        if outcome.state in (State.ACCEPTED, State.FAILED):
            replies.drop(installation.store, installation.host, name, desk)
            sent += outcome.state is State.ACCEPTED
    return sent


def _letter(installation: Installation, arrival: Arrival, sender: Sender, to: str) -> Letter:
    message = take_apart(arrival.content)
    who = answers.writer_of(message)
    subject = "".join(c for c in message.headers.get("subject") if c.isprintable())
    whole = EmailMessage(policy=email.policy.SMTP)
    whole["From"] = Address(sender.name, addr_spec=sender.address)
    whole["To"] = Address(addr_spec=to)
    if who and _ASCII_ADDRESS.fullmatch(who):
        whole["Reply-To"] = Address(addr_spec=who)
    named = _one_line(who) or "a reader"
    whole["Subject"] = f"Answer from {named}: {_one_line(subject)[:200] or '(no subject)'}"
    whole["Date"] = format_datetime(from_ms(arrival.at, installation.settings.site.timezone))
    whole["Message-ID"] = f"<answer.{arrival.id}@{sender.address.rpartition('@')[2]}>"
    whole["Auto-Submitted"] = "auto-generated"
    whole[LOOP] = _mark(installation)
    # In base64 no line begins with a dot (RFC 5321 §4.5.2).
    own = _writable(message.text.strip()[:20_000]) or "(no text)"
    told = f"{own}\n\n-- \nThe whole message is attached as it came.\n"
    whole.set_content(told, cte="base64")
    raw = arrival.content[:_INSIDE]
    whole.add_attachment(raw, "application", "octet-stream", filename="answer.eml")
    return Letter("", to, [whole.as_bytes()])


def _one_line(text: str) -> str:
    return " ".join(_writable(text).split())


def _writable(text: str) -> str:
    """Return a text without what UTF-8 cannot hold: some charsets decode to half a character."""
    return text.encode("utf-8", "replace").decode()


def _mark(installation: Installation) -> str:
    return mac_of(installation.keys.pepper)(b"forwarded").hex()[:32]
