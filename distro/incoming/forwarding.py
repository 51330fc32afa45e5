"""Hand an answer that a person wrote on to the office: never eaten, never in a circle.

It leaves as a letter of ours with the answer inside, as it came: sent on under its writer's own
name, a receiver that checks DMARC (RFC 7489) would throw it away. It carries a header of ours, and
whatever comes back with that header is not handed on again.
"""

import asyncio
import email.policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from distro import log
from distro.feedback.message import Message
from distro.feedback.named_recipients import ADDRESS
from distro.incoming.mailroom import Arrival
from distro.installation.context import Installation
from distro.mailing.transport import send_in_turn
from distro.model import Outcome, State, address_key
from distro.relay.endpoint import ConnectionBrokenError, RelayRefusedError
from distro.relay.message import Message as Letter
from distro.settings.sections import Sender
from distro.store import returns
from distro.times import from_ms
from distro.tokens import mac_of

LOOP = "X-Distro-Forwarded"  # an answer that was handed on carries it, signed
_SECONDS = 30.0
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


def forward(installation: Installation, arrival: Arrival, message: Message, desk: str) -> str:
    """Hand an answer on, once; return what became of it: forwarded, kept, again."""
    if is_our_own(installation, message):
        return "kept"
    to = desk_address(installation, desk)
    if not to:
        return "kept"
    if not returns.note_forwarded(installation.store, arrival.id):
        return "forwarded"
    sender = installation.settings.sender_or_usual(desk)
    letter = _letter(installation, arrival, message, sender, to)
    if _send(installation, letter):
        return "forwarded"
    returns.forget_forwarded(installation.store, arrival.id)
    return "again"


def _letter(
    installation: Installation, arrival: Arrival, message: Message, sender: Sender, to: str
) -> Letter:
    subject = " ".join(message.headers.get("subject").split())[:200] or "(no subject)"
    writer = ADDRESS.search(message.headers.get("from"))
    whole = EmailMessage(policy=email.policy.SMTP)
    whole["From"] = f'"{sender.name.replace(chr(34), "")}" <{sender.address}>'
    whole["To"] = to
    if writer:
        whole["Reply-To"] = writer[0]
    whole["Subject"] = f"Answer from {writer[0] if writer else 'a reader'}: {subject}"
    whole["Date"] = format_datetime(from_ms(arrival.at, installation.settings.site.timezone))
    whole["Message-ID"] = make_msgid(arrival.id[:12], sender.address.rpartition("@")[2])
    whole["Auto-Submitted"] = "auto-generated"
    whole[LOOP] = _mark(installation)
    own = message.text.strip()[:20_000] or "(no text)"
    # In base64 no line begins with a dot (RFC 5321 §4.5.2).
    whole.set_content(f"{own}\n\n-- \nThe whole message is attached as it came.\n", cte="base64")
    whole.add_attachment(
        arrival.content[:_INSIDE], "application", "octet-stream", filename="answer.eml"
    )
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
