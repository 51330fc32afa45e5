"""Open the relays that the settings name."""

import asyncio
import time
from collections.abc import Callable, Sequence

from distro import log
from distro.model import Outcome, State
from distro.relay.balancer import Balancer
from distro.relay.endpoint import ConnectionBrokenError, Endpoint, RelayRefusedError
from distro.relay.message import Message
from distro.relay.pool import Pool, shares, tls_context
from distro.relay.session import Session
from distro.relay.work import PoolOf
from distro.settings.load import Settings
from distro.settings.relays import Relay

LETTER_SECONDS = 30.0  # that a relay may take for one letter outside any distribution


def endpoint_of(relay: Relay) -> Endpoint:
    """Return a relay of the settings as the client needs it."""
    return Endpoint(
        relay.host,
        relay.port,
        relay.tls,
        relay.user,
        relay.password() if relay.user else "",
        relay.helo,
        relay.source_address,
        None if relay.tls == "off" else tls_context(relay.ca_file),
    )


# What opening a connection to a relay raises where it cannot be used.
UNREACHABLE = (RelayRefusedError, ConnectionBrokenError, TimeoutError, OSError)


def send_one(relays: Sequence[Relay], message: Message, *, seconds: float) -> Outcome:
    """Return what the first relay that decides says of a letter outside any distribution; else the
    last that answered. Raises one of UNREACHABLE where none did.
    """
    found: list[Outcome] = []
    failure: Exception = OSError("the relay did not take it")
    for relay in relays:
        try:
            asyncio.run(
                send_in_turn(relay, [message], lambda _, o: found.append(o), seconds=seconds)
            )
        except UNREACHABLE as error:
            failure = error
            why = str(error) or type(error).__name__
            log.get().warning("a relay does not take a single letter", relay=relay.name, why=why)
        if found and found[-1].state in (State.ACCEPTED, State.FAILED):
            break
    if not found:
        raise failure
    return found[-1]


async def send_in_turn(
    relay: Relay,
    messages: Sequence[Message],
    done: Callable[[int, Outcome], None],
    *,
    seconds: float,
) -> None:
    """Send letters outside any distribution over one connection; call `done(index, outcome)` after
    each.

    What comes after so many seconds, or after the connection ended, is not begun. A relay that does
    not answer a letter within LETTER_SECONDS is left: the letter is deferred. Raises what opening a
    connection does.
    """
    session = Session(endpoint_of(relay))
    try:
        await asyncio.wait_for(session.open(), seconds)
        end = time.monotonic() + seconds
        for n, message in enumerate(messages):
            if session.closed or time.monotonic() > end:
                break
            try:
                sent = await asyncio.wait_for(
                    session.send(message, _always, lambda: None), min(LETTER_SECONDS, seconds)
                )
            except TimeoutError:
                session.abort("no answer in time")
                done(
                    n,
                    Outcome(
                        State.DEFERRED, text="the relay did not answer in time", relay=relay.name
                    ),
                )
                break
            done(n, sent.outcome)
        await session.quit()
    finally:
        session.abort("all is said")


async def _always() -> bool:
    return True


def pool_of(settings: Settings, process: int, processes: int) -> PoolOf:
    """Return what makes the lanes of the `process`-th (from 0) of `processes` sending processes."""
    at = process % processes
    mine = [
        (
            relay,
            shares(relay.connections, processes)[at],
            max(1, shares(relay.unanswered, processes)[at]) if relay.unanswered else 0,
        )
        for relay in settings.relay
    ]
    if len(mine) == 1:
        relay, lanes, unanswered = mine[0]
        return lambda work: Pool(
            endpoint_of(relay),
            lanes,
            work,
            unanswered=unanswered,
            letters=relay.letters_per_connection,
        )
    return lambda work: Balancer(
        [
            (endpoint_of(relay), lanes, relay.weight, unanswered, relay.letters_per_connection)
            for relay, lanes, unanswered in mine
        ],
        work,
    )
