"""Letters to one person that no distribution sends: the question before a list, the welcome after, a link to what is held.

They wait in Redis and leave from the sweep, one connection for all that wait; what a relay refuses for now is tried
again for a day. A link inside expires, so a letter sent twice after a crash does no harm.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from datetime import datetime

from distro import log, tokens
from distro.audience import book, consent
from distro.flow.letters import envelope_of
from distro.flow.office import Office
from distro.flow.question import may_get
from distro.flow.relays import send_in_turn
from distro.flow.signing import signers_of
from distro.letter import Filler, compile_letter, service
from distro.letter.templates import Templates
from distro.model import Edition, Outcome, State, Subscriber
from distro.relay.envelope import Message
from distro.relay.session import ConnectionBrokenError, RelayRefusedError
from distro.tokens import CONFIRM, HELD

DAYS = {CONFIRM: service.FORGOTTEN, HELD: service.ACCESS}     # how long a link in such a letter works
_A_DAY = 86_400
_AGAIN = 300              # seconds until a letter that was not taken is tried again
_AT_ONCE = 50
_PATIENCE = 60            # seconds for one round


def post(office: Office, who: Subscriber, kind: str) -> None:
    """A letter will leave within seconds: "confirm", "welcome" or "held"."""
    told = {"kind": kind, "subscriber": who.id, "since": int(time.time())}
    office.store.command("ZADD", "post", office.store.now_ms(), json.dumps(told))


def waiting(office: Office) -> list[str]:
    """Letters whose time has come."""
    return [w.decode() for w in office.store.command("ZRANGEBYSCORE", "post", "-inf", office.store.now_ms(), "LIMIT", 0, _AT_ONCE)]


def send_waiting(office: Office) -> int:
    """Send what waits; gives how many a relay took."""
    told = waiting(office)
    if not told or not office.store.command("SET", "tmp:post", office.host, "NX", "EX", _PATIENCE * 10):      # one sweep at a time
        return 0
    try:
        return _send_all(office, told)
    finally:
        office.store.command("DEL", "tmp:post")


def _send_all(office: Office, told: Sequence[str]) -> int:
    later = office.store.now_ms() + _AGAIN * 1000
    office.store.command("ZADD", "post", *(word for w in told for word in (later, w)))      # whoever dies here: again in five minutes
    messages: list[tuple[str, Message]] = []
    for w in told:
        facts = json.loads(w)
        message = _message(office, facts) if facts["since"] > time.time() - _A_DAY else None
        if message is None:
            office.store.command("ZREM", "post", w)
        else:
            messages.append((w, message))
    taken: list[str] = []

    def done(n: int, outcome: Outcome) -> None:       # said at once: whatever happens to the next letter, this one does not go again
        if outcome.state in (State.ACCEPTED, State.FAILED):
            office.store.command("ZREM", "post", messages[n][0])
            taken.extend([messages[n][0]] if outcome.state is State.ACCEPTED else [])

    try:
        if messages:
            asyncio.run(send_in_turn(office.settings.relay[0], [message for _, message in messages], done, seconds=_PATIENCE))
    except (RelayRefusedError, ConnectionBrokenError, TimeoutError, OSError) as error:
        log.get().warning("letters to single readers wait: the relay does not take them", why=str(error) or type(error).__name__, waiting=len(messages) - len(taken))
    return len(taken)


def link(office: Office, who: Subscriber, purpose: bytes) -> str:
    """A signed link of one person that expires."""
    expires = int(time.time()) + DAYS[purpose] * _A_DAY
    token = tokens.sign_pass(office.keys.signing[0], purpose, who.id, expires, office.keys.address_hash(who.email.casefold()))
    return f"{office.settings.site.url}/{'c' if purpose == CONFIRM else 'me'}/{token}"


def holder_of(office: Office, token: str, purpose: bytes) -> Subscriber | None:
    """Who holds a link that expires; None: it was not made here, is too old, or for an address that is not theirs any more."""
    claimed = tokens.parse_pass(token)
    who = book.by_id(office.store, claimed[0]) if claimed else None
    if who is None or not tokens.verify_pass(token, purpose, office.keys, office.keys.address_hash(who.email.casefold()), time.time()):
        return None
    return who


def _message(office: Office, told: dict[str, object]) -> Message | None:
    who = book.by_id(office.store, int(str(told["subscriber"])))
    if who is None or not may_get(office.settings, who.email) or {consent.SUPPRESSED, consent.ERASED} & {*consent.refusals(office.store, who.id)}:
        return None
    settings, kind = office.settings, str(told["kind"])
    language, house = who.language or "en", settings.sender.name
    edition, address = _edition(kind, language, house), {"confirm": CONFIRM, "held": HELD}.get(kind)
    envelope = envelope_of(settings, edition, "0", datetime.now().astimezone())
    filler = Filler(compile_letter(edition, envelope, Templates(office.settings.templates)), distribution=0, site_url=settings.site.url, keys=office.keys, signers=signers_of(settings, envelope.sender_address))
    return Message(envelope.sender_address, who.email, filler.fill(who.id, who.id, who.email, who.name, link(office, who, address) if address else ""))


def _edition(kind: str, language: str, house: str) -> Edition:
    if kind == "held":
        return service.access(language, house)
    return service.confirm(language, house) if kind == "confirm" else service.welcome(language, house)
