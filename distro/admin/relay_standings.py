"""Tell how the relays stand: what each may get, what it taught us, who is slowed, who is halted."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from distro.flow.throttle import relay_rate
from distro.installation.context import Installation
from distro.lib.mailbox_providers import PROVIDERS, parse_rate
from distro.model import DistributionId, RelayLimits, State
from distro.settings.relays import Relay
from distro.store import Store, distributions, halts, pace, processes, records
from distro.store.ledger_scripts import RECORD_SIZE

_LEARNT_FOR = 86_400  # seconds that what a process learnt is kept after its end
_NOW = 60  # seconds of what is called the rate of now
_TROUBLE_SECONDS = 30.0
_ACCEPTED = ord(State.ACCEPTED.letter)


@dataclass(frozen=True, slots=True)
class RelayStanding:
    """One relay: what the settings allow it, and what it taught the processes that live."""

    name: str  # host:port
    tls: str  # implicit, starttls, off
    weight: int  # 0: only when no other can be reached
    connections: int  # of a worker host
    rate: float  # letters a second today; 0: as many as it takes
    warming_up: bool
    learnt: RelayLimits


@dataclass(frozen=True, slots=True)
class ReceiverPace:
    """A provider, or a group of domains, that has a rate or asked us to slow down."""

    name: str
    rate: float  # letters a second of the settings; 0: none
    slowed_to: float  # letters a second now; 0: it is not slowed
    until_ms: int  # unix; 0: it is not slowed


@dataclass(frozen=True, slots=True)
class HaltedDomain:
    """A domain or provider that nothing is sent to."""

    name: str
    until_ms: int  # unix
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class GoingOut:
    """A distribution that is being sent."""

    id: DistributionId
    headline: str
    audience: int
    tried: int  # of them, at least once
    last_minute: int  # accepted within it


@dataclass(frozen=True, slots=True)
class Standings:
    """All of that, at a moment."""

    relays: tuple[RelayStanding, ...]
    receivers: tuple[ReceiverPace, ...]
    halted: tuple[HaltedDomain, ...]
    sending: tuple[GoingOut, ...]
    processes: int  # that send, on all hosts
    troubles: tuple[str, ...]  # why one of them sends nothing


def standings(installation: Installation) -> Standings:
    """Read how things stand."""
    store, settings = installation.store, installation.settings
    learnt, now = learnt_limits(store), store.now_ms()
    return Standings(
        tuple(_relay(relay, learnt.get(relay.name, RelayLimits())) for relay in settings.relay),
        tuple(_receivers(installation, now)),
        tuple(
            HaltedDomain(name, round(halt.until * 1000), halt.reason, halt.actor)
            for name, halt in sorted(halts.everything(store).items())
            if halt.until * 1000 > now
        ),
        tuple(_going_out(store, number) for number in distributions.running(store)),
        len(processes.alive(store)),
        tuple(processes.troubles(store, _TROUBLE_SECONDS)),
    )


def learnt_limits(store: Store) -> dict[str, RelayLimits]:
    """Return relay -> what it taught the processes that live, as settings would say it."""
    return {
        relay: _together(several)
        for relay, several in processes.learnt_limits(store, _LEARNT_FOR).items()
    }


def _together(several: Sequence[RelayLimits]) -> RelayLimits:
    limits = [one.connections for one in several]
    return RelayLimits(
        sum(limits) if all(limits) else 0,
        min((one.letters for one in several if one.letters), default=0),
        min((one.idle for one in several if one.idle), default=0.0),
    )


def _relay(relay: Relay, learnt: RelayLimits) -> RelayStanding:
    rate = relay_rate(relay)
    usual = parse_rate(relay.rate) if relay.rate else 0.0
    return RelayStanding(
        relay.name, relay.tls, relay.weight, relay.connections, rate, rate != usual, learnt
    )


def _receivers(installation: Installation, now: int) -> list[ReceiverPace]:
    store, settings = installation.store, installation.settings.pace
    names = list(dict.fromkeys((*PROVIDERS, *settings.groups, *settings.rates)))
    found = []
    slowed = pace.slowed(store, [f"group:{name}" for name in names])
    for name, (rate, until) in zip(names, slowed, strict=True):
        usual = parse_rate(settings.rates[name]) if name in settings.rates else 0.0
        is_slow = until > now
        if usual or is_slow:
            found.append(
                ReceiverPace(name, usual, rate if is_slow else 0.0, until if is_slow else 0)
            )
    return found


def _going_out(store: Store, number: DistributionId) -> GoingOut:
    found = distributions.read(store, number)
    states = records.states_of(store, number)
    counts = records.counters(store, number)
    raw = records.raw_records(store, number)[: len(states) * RECORD_SIZE]
    since = time.time() - _NOW
    return GoingOut(
        number,
        found.headline,
        len(states),
        len(states) - counts[State.QUEUED] - counts[State.SENDING],
        sum(
            state == _ACCEPTED and at > since
            for state, at in zip(states, records.attempt_times(raw), strict=True)
        ),
    )
