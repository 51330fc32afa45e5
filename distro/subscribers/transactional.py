"""Letters to one person that no distribution sends: the question before a list, the welcome after,
a link to what is held.

They wait in Redis and leave from the sweep, one connection for all that wait; what a relay refuses
for now is tried
again for a day. A link inside expires, so a letter sent twice after a crash does no harm.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from datetime import datetime

from distro import log, tokens
from distro.audience import book, consent
from distro.errors import DistroError
from distro.installation.allow_list import may_get
from distro.installation.context import Installation
from distro.letter import Filler, compile_letter, service_letters
from distro.letter.slots import Slots
from distro.letter.templates import Templates
from distro.mailing.compose import envelope_of
from distro.mailing.signers import signers_of
from distro.mailing.transport import send_in_turn
from distro.model import Outcome, State, Subscriber
from distro.relay.message import Message
from distro.relay.session import ConnectionBrokenError, RelayRefusedError
from distro.tokens import BACK, CONFIRM, NEVER, PERSONAL_DATA

DAYS = {
    CONFIRM: service_letters.FORGOTTEN,
    NEVER: service_letters.FORGOTTEN,
    PERSONAL_DATA: service_letters.ACCESS,
    BACK: service_letters.ACCESS,
}  # how long a link in such a letter works
_PATHS = {CONFIRM: "c", NEVER: "n", PERSONAL_DATA: "me", BACK: "b"}
_EDITIONS = {
    "confirm": service_letters.confirm,
    "welcome": service_letters.welcome,
    "held": service_letters.access,
    "leave": service_letters.leave,
    "back": service_letters.back,
}
_A_DAY = 86_400
_AGAIN = 300  # seconds until a letter that was not taken is tried again
_AT_ONCE = 50
_PATIENCE = 60  # seconds for one round


def post(installation: Installation, who: Subscriber, kind: str) -> None:
    """Have a letter leave within seconds: "confirm", "welcome", "held", "leave" or "back"."""
    told = {"kind": kind, "subscriber": who.id, "since": int(time.time())}
    installation.store.command("ZADD", "post", installation.store.now_ms(), json.dumps(told))


def waiting(installation: Installation) -> list[str]:
    """Letters whose time has come."""
    return [
        w.decode()
        for w in installation.store.command(
            "ZRANGEBYSCORE", "post", "-inf", installation.store.now_ms(), "LIMIT", 0, _AT_ONCE
        )
    ]


def send_waiting(installation: Installation) -> int:
    """Send what waits; gives how many a relay took."""
    told = waiting(installation)
    if not told or not installation.store.command(
        "SET", "tmp:post", installation.host, "NX", "EX", _PATIENCE * 2
    ):  # one sweep at a time
        return 0
    try:
        return _send_all(installation, told)
    finally:
        installation.store.command("DEL", "tmp:post")


def _send_all(installation: Installation, told: Sequence[str]) -> int:
    later = installation.store.now_ms() + _AGAIN * 1000
    installation.store.command(
        "ZADD", "post", *(word for w in told for word in (later, w))
    )  # whoever dies here: again in five minutes
    messages: list[tuple[str, Message]] = []
    for w in told:
        facts = json.loads(w)
        try:
            message = (
                _message(installation, facts) if facts["since"] > time.time() - _A_DAY else None
            )
        except (
            DistroError
        ) as error:  # a template of the office's own for one kind must not hold up the others
            log.get().error(
                "a letter to a single reader cannot be made; tried again for a day",
                kind=facts["kind"],
                why=str(error),
            )
            continue
        if message is None:
            installation.store.command("ZREM", "post", w)
        else:
            messages.append((w, message))
    taken: list[str] = []

    tried: set[int] = set()

    def done(
        n: int, outcome: Outcome
    ) -> None:  # said at once: whatever happens to the next letter, this one does not go again
        tried.add(n)
        if outcome.state in (State.ACCEPTED, State.FAILED):
            installation.store.command("ZREM", "post", messages[n][0])
            taken.extend([messages[n][0]] if outcome.state is State.ACCEPTED else [])

    for relay in installation.settings.relay:
        left = [n for n in range(len(messages)) if n not in tried]
        if not left:
            break
        try:
            asyncio.run(
                send_in_turn(
                    relay,
                    [messages[n][1] for n in left],
                    lambda n, outcome, left=left: done(left[n], outcome),  # type: ignore[misc]
                    seconds=_PATIENCE / len(installation.settings.relay),
                )
            )
        except (RelayRefusedError, ConnectionBrokenError, TimeoutError, OSError) as error:
            log.get().warning(
                "letters to single readers: the relay does not take them",
                why=str(error) or type(error).__name__,
                waiting=len(messages) - len(taken),
            )
    rest = [w for n, (w, _) in enumerate(messages) if n not in tried] if tried else []
    if rest:  # one letter that a relay does not answer must not hold up those behind it
        installation.store.command(
            "ZADD", "post", *(word for w in rest for word in (installation.store.now_ms(), w))
        )
    return len(taken)


def link(installation: Installation, who: Subscriber, purpose: bytes) -> str:
    """A signed link of one person that expires."""
    expires = int(time.time()) + DAYS[purpose] * _A_DAY
    token = tokens.sign_pass(
        installation.keys.signing[0],
        purpose,
        who.id,
        expires,
        installation.keys.address_hash(who.email),
        _event_of(installation, who, purpose),
    )
    return f"{installation.settings.site.url}/{_PATHS[purpose]}/{token}"


def holder_of(installation: Installation, token: str, purpose: bytes) -> Subscriber | None:
    """Who holds a link that expires; None: it was not made here, is too old, or for an address that
    is not theirs any more.
    """
    claimed = tokens.parse_pass(token)
    who = book.by_id(installation.store, claimed[0]) if claimed else None
    if who is None:
        return None
    event = _event_of(installation, who, purpose)
    return (
        who
        if any(
            tokens.verify_pass(token, purpose, installation.keys, h, time.time(), event)
            for h in installation.keys.address_hashes(who.email)
        )
        else None
    )


def _event_of(installation: Installation, who: Subscriber, purpose: bytes) -> str:
    """Return what a link answers: an old letter says nothing about a newer question, nor about
    leaving once more.
    """
    if purpose == CONFIRM:
        return "".join(who.columns.get("_asked", ()))
    if purpose == BACK:
        return next(
            (
                f.fact
                for f in reversed(consent.history(installation.store, who.id))
                if f.act == consent.UNSUBSCRIBED
            ),
            "",
        )
    return ""


def _message(installation: Installation, told: dict[str, object]) -> Message | None:
    who = book.by_id(installation.store, int(str(told["subscriber"])))
    if (
        who is None
        or not may_get(installation.settings, who.email)
        or {consent.SUPPRESSED, consent.ERASED} & {*consent.refusals(installation.store, who.id)}
    ):
        return None
    settings, kind, slots = installation.settings, str(told["kind"]), Slots()
    edition = _EDITIONS[kind](who.language or "en", settings.sender.name, slots)
    envelope = envelope_of(settings, edition, "0", datetime.now().astimezone())
    letter = compile_letter(edition, envelope, Templates(settings.templates), slots=slots)
    filler = Filler(
        letter,
        distribution=0,
        site_url=settings.site.url,
        keys=installation.keys,
        signers=signers_of(settings, envelope.sender_address),
    )
    # Whoever typed the address into our page may have typed a message into the field for the name.
    name = (
        ""
        if kind == "confirm" or "unconfirmed" in consent.refusals(installation.store, who.id)
        else who.name
    )
    never = link(installation, who, NEVER) if kind == "confirm" else ""
    return Message(
        envelope.sender_address,
        who.email,
        filler.fill(
            who.id, who.id, who.email, name, _button(installation, who, kind, filler), never
        ),
    )


def _button(installation: Installation, who: Subscriber, kind: str, filler: Filler) -> str:
    """Return where the button of a letter leads, "" where it has none."""
    if kind == "leave":
        return filler.links(who.id, who.id, who.email)[0].decode()
    purpose = {"confirm": CONFIRM, "held": PERSONAL_DATA, "back": BACK}.get(kind)
    return link(installation, who, purpose) if purpose else ""
