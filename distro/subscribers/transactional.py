"""Send letters to one person that no distribution sends: the question before a list, the welcome
after, access to one's data.

They wait in Redis and leave from the sweep, one connection for all that wait; what a relay refuses
for now is tried again for a day. A link inside expires, so a letter sent twice after a crash does
no harm.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from distro import log, tokens
from distro.audience import book, consent
from distro.errors import DistroError
from distro.installation.allow_list import may_get
from distro.installation.context import Installation
from distro.letter import Filler, compile_letter, service_letters
from distro.letter.slots import Slots
from distro.letter.templates import Templates
from distro.mailing.compose import context_for
from distro.mailing.signers import signers_of
from distro.mailing.transport import UNREACHABLE, send_in_turn
from distro.model import Outcome, State, Subscriber
from distro.relay.message import Message
from distro.store import consents, reader_requests, server
from distro.tokens import BACK, CONFIRM, NEVER, PERSONAL_DATA

# How long a link in such a letter works.
DAYS = {
    CONFIRM: service_letters.FORGOTTEN,
    NEVER: service_letters.FORGOTTEN,
    PERSONAL_DATA: service_letters.ACCESS,
    BACK: service_letters.ACCESS,
}
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
    letter = {"kind": kind, "subscriber": who.id, "since": int(time.time())}
    reader_requests.queue_letter(installation.store, json.dumps(letter))


def waiting(installation: Installation) -> list[str]:
    """Return the letters whose time has come, as JSON."""
    return reader_requests.due_letters(installation.store, _AT_ONCE)


def send_waiting(installation: Installation) -> int:
    """Send the letters whose time has come, one sweep at a time; return how many were accepted."""
    letters = waiting(installation)
    if not letters or not server.once_in(installation.store, "post", _PATIENCE * 2):
        return 0
    try:
        # Whoever dies here leaves them for five minutes later.
        reader_requests.queue_letters(installation.store, letters, _AGAIN * 1000)
        return _send_all(installation, _made(installation, letters))
    finally:
        server.done_with(installation.store, "post")


def _made(installation: Installation, letters: Sequence[str]) -> list[tuple[str, Message]]:
    """Return the letters that can be made; those that have become pointless are dropped."""
    made: list[tuple[str, Message]] = []
    for letter in letters:
        facts = json.loads(letter)
        fresh = facts["since"] > time.time() - _A_DAY
        try:
            message = _message(installation, facts) if fresh else None
        except DistroError as error:
            # A template of the organisation's own for one kind must not hold up the others.
            log.get().error(
                "a letter to a single reader cannot be made; tried again for a day",
                kind=facts["kind"],
                why=str(error),
            )
            continue
        if message is None:
            reader_requests.drop_letter(installation.store, letter)
        else:
            made.append((letter, message))
    return made


def _send_all(installation: Installation, made: Sequence[tuple[str, Message]]) -> int:
    """Send by the first relay that takes letters; return how many were accepted."""
    store, relays = installation.store, installation.settings.relay
    accepted, tried = 0, set[int]()

    def done(index: int, outcome: Outcome) -> None:
        """Record an outcome at once: whatever comes next, this letter does not go again."""
        nonlocal accepted
        tried.add(index)
        if outcome.state in (State.ACCEPTED, State.FAILED):
            reader_requests.drop_letter(store, made[index][0])
            accepted += outcome.state is State.ACCEPTED

    for relay in relays:
        left = [n for n in range(len(made)) if n not in tried]
        if not left:
            break
        messages = [made[n][1] for n in left]
        by_place = partial(_at_place, done, left)
        try:
            asyncio.run(send_in_turn(relay, messages, by_place, seconds=_PATIENCE / len(relays)))
        except UNREACHABLE as error:
            log.get().warning(
                "letters to single readers: the relay does not take them",
                why=str(error) or type(error).__name__,
                waiting=len(made) - accepted,
            )
    # One letter that a relay does not answer must not hold up those behind it.
    rest = [letter for n, (letter, _) in enumerate(made) if n not in tried] if tried else []
    if rest:
        reader_requests.queue_letters(store, rest, 0)
    return accepted


def _at_place(
    done: Callable[[int, Outcome], None], places: Sequence[int], index: int, outcome: Outcome
) -> None:
    done(places[index], outcome)


def link(installation: Installation, who: Subscriber, purpose: bytes) -> str:
    """Return a signed link of one person that expires."""
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
    """Return who holds a link that expires; None: it was not made here, is too old, or for an
    address that is not theirs any more.
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
        newest_first = reversed(consent.history(installation.store, who.id))
        left = (f.fact for f in newest_first if f.act == consent.UNSUBSCRIBED)
        return next(left, "")
    return ""


def _message(installation: Installation, facts: Mapping[str, Any]) -> Message | None:
    """Return a letter to a single reader; None where they may not get it any more."""
    settings, kind = installation.settings, str(facts["kind"])
    who = book.by_id(installation.store, int(facts["subscriber"]))
    if who is None or not may_get(settings, who.email):
        return None
    refused = consents.refusals(installation.store, who.id)
    if consent.SUPPRESSED in refused or consent.ERASED in refused:
        return None
    slots = Slots()
    edition = _EDITIONS[kind](who.language or "en", settings.sender.name, slots)
    context = context_for(settings, edition, "0", datetime.now().astimezone())
    letter = compile_letter(edition, context, Templates(settings.templates), slots=slots)
    filler = Filler(
        letter,
        distribution=0,
        site_url=settings.site.url,
        keys=installation.keys,
        signers=signers_of(settings, context.sender_address),
        occasion=f"{kind}.{facts['since']}",  # the same at each try of this letter
    )
    # Whoever typed the address into our page may have typed a message into the field for the name.
    unknown = kind == "confirm" or "unconfirmed" in refused
    name = "" if unknown else who.name
    never = link(installation, who, NEVER) if kind == "confirm" else ""
    button = _button(installation, who, kind, filler)
    pieces = filler.fill(who.id, who.id, who.email, name, button, never)
    return Message(context.sender_address, who.email, pieces)


def _button(installation: Installation, who: Subscriber, kind: str, filler: Filler) -> str:
    """Return where the button of a letter leads, "" where it has none."""
    if kind == "leave":
        return filler.links(who.id, who.id, who.email)[0].decode()
    purpose = {"confirm": CONFIRM, "held": PERSONAL_DATA, "back": BACK}.get(kind)
    return link(installation, who, purpose) if purpose else ""
