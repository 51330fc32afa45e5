"""Hand an answer that a person wrote on to the office: never eaten, never in a circle.

It leaves as a letter of ours with the answer inside, as it came: sent on under its writer's own
name, a receiver that checks DMARC (RFC 7489) would throw it away. It carries a header of ours, and
whatever comes back with that header is not handed on again.
"""

import asyncio
import email.policy
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from distro import log
from distro.feedback.message import Message, take_apart
from distro.incoming.mailroom import Arrival, Mailroom
from distro.installation.context import Installation
from distro.mailing.transport import send_in_turn
from distro.model import Outcome, State, address_key
from distro.relay.endpoint import ConnectionBrokenError, RelayRefusedError
from distro.relay.message import Message as Letter
from distro.settings.sections import Sender
from distro.store import reader_requests, returns
from distro.times import from_ms
from distro.tokens import mac_of

LOOP = "X-Distro-Forwarded"  # an answer that was handed on carries it, signed
STRANGERS_AN_HOUR = 60  # answers that nobody can prove to be a reader's
_SECONDS = 30.0
_AT_ONCE = 20
_AGAIN_MS = 120_000  # until an answer that no relay took is tried again
_ASCII_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{1,250}[A-Za-z0-9]")
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
    lately = reader_requests.count_within(installation.store, "answers", 3600)
    if not proven and lately > STRANGERS_AN_HOUR:
        return "kept"
    returns.queue_answer(installation.store, installation.host, arrival.id, desk)
    return "forwarded"


def send_waiting(installation: Installation) -> int:
    """Hand on the answers of this host that wait; return how many a relay took.

    Whoever dies after the relay took one sends it again, under the same Message-ID: rather twice
    than never.
    """
    room, sent = Mailroom(installation.settings.data), 0
    for name, desk in returns.waiting_answers(installation.store, installation.host, _AT_ONCE):
        arrival, to = room.read(name), desk_address(installation, desk)
        if arrival is None or not to:
            returns.drop_answer(installation.store, installation.host, name, desk)
            continue
        returns.put_off_answer(installation.store, installation.host, name, desk, _AGAIN_MS)
        sender = installation.settings.sender_or_usual(desk)
        if not _send(installation, _letter(installation, arrival, sender, to)):
            return sent  # the others would fare no better
        returns.drop_answer(installation.store, installation.host, name, desk)
        sent += 1
    return sent


def _letter(installation: Installation, arrival: Arrival, sender: Sender, to: str) -> Letter:
    message = take_apart(arrival.content)
    writer = _ASCII_ADDRESS.search(message.headers.get("from"))
    who = writer[0] if writer else "a reader"
    subject = "".join(c for c in message.headers.get("subject") if c.isprintable())
    whole = EmailMessage(policy=email.policy.SMTP)
    whole["From"] = Address(sender.name, addr_spec=sender.address)
    whole["To"] = Address(addr_spec=to)
    if writer:
        whole["Reply-To"] = Address(addr_spec=who)
    whole["Subject"] = f"Answer from {who}: {' '.join(subject.split())[:200] or '(no subject)'}"
    whole["Date"] = format_datetime(from_ms(arrival.at, installation.settings.site.timezone))
    whole["Message-ID"] = f"<answer.{arrival.id}@{sender.address.rpartition('@')[2]}>"
    whole["Auto-Submitted"] = "auto-generated"
    whole[LOOP] = _mark(installation)
    # In base64 no line begins with a dot (RFC 5321 §4.5.2).
    own = message.text.strip()[:20_000] or "(no text)"
    told = f"{own}\n\n-- \nThe whole message is attached as it came.\n"
    whole.set_content(told, cte="base64")
    raw = arrival.content[:_INSIDE]
    whole.add_attachment(raw, "application", "octet-stream", filename="answer.eml")
    return Letter("", to, [whole.as_bytes()])


def _mark(installation: Installation) -> str:
    return mac_of(installation.keys.pepper)(b"forwarded").hex()[:32]


def _send(installation: Installation, letter: Letter) -> bool:
    """Send by the first relay that takes it; False: none did, and it is tried again."""
    taken = False

    def done(_: int, outcome: Outcome) -> None:
        nonlocal taken
        taken = outcome.state in (State.ACCEPTED, State.FAILED)
        if outcome.state is State.FAILED:
            log.get().error("an answer could not be handed on", said=outcome.text[:200])

    for relay in installation.settings.relay:
        try:
            asyncio.run(send_in_turn(relay, [letter], done, seconds=_SECONDS))
        except (RelayRefusedError, ConnectionBrokenError, TimeoutError, OSError) as error:
            log.get().warning(
                "an answer waits to be handed on: the relay does not take it",
                why=str(error) or type(error).__name__,
            )
        if taken:
            return True
    return False
