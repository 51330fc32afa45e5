"""Show Prometheus the state of an installation, read from the ledger when it asks.

No series has a person, a release or a distribution in it: their number stays the same for years.
What is counted over distributions are gauges: the ledger is recounted, so a figure may fall (a
distribution is cancelled, an old one is deleted).
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from distro.flow.alarms import CODES, alarms
from distro.incoming.mailroom import Mailroom
from distro.incoming.outcome import COUNTED
from distro.installation import running_parts
from distro.installation.context import Installation
from distro.model import DistributionState, State
from distro.store import (
    distributions,
    halts,
    processes,
    replies,
    returns,
    server,
    subscriber_rows,
)
from distro.store.records import counters_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PARTS = ("worker", "sweep", "web")
_WAITING = (State.QUEUED, State.SENDING)
_PIECE = 1000  # distributions in one round trip


def exposition(installation: Installation) -> bytes:
    """Return all metrics in Prometheus' text format 0.0.4."""
    registry = CollectorRegistry()
    registry.register(_Ledger(installation))
    return generate_latest(registry)


class _Ledger(Collector):
    def __init__(self, installation: Installation) -> None:
        self.installation = installation

    def describe(self) -> list[Metric]:
        """Name nothing beforehand: registering must not ask Redis."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield every family, each computed now."""
        yield InfoMetricFamily(
            "distro_build", "The version.", value={"version": version("distro-press")}
        )
        yield from _distributions(self.installation)
        yield from _people(self.installation)
        yield from _machinery(self.installation)
        yield from _feedback(self.installation)


def _distributions(installation: Installation) -> Iterator[Metric]:
    """Yield how many distributions and recipients there are in each state, and how long none was
    accepted of what should be going out.
    """
    store = installation.store
    numbers = distributions.newest(store)
    in_state: Counter[DistributionState] = Counter()
    recipients: Counter[tuple[DistributionState, State]] = Counter()
    for first in range(0, len(numbers), _PIECE):
        piece = numbers[first : first + _PIECE]
        states = distributions.states_of(store, piece)
        for state, counts in zip(states, counters_of(store, piece), strict=True):
            if state is not None:
                in_state[state] += 1
                recipients.update({(state, of): count for of, count in counts.items()})
    yield _by(
        "distro_distributions", "Distributions in each state.", "state",
        {state.value: in_state[state] for state in DistributionState},
    )  # fmt: skip
    family = GaugeMetricFamily(
        "distro_recipients",
        "Recipients in each state, by the state of their distribution.",
        labels=("distribution_state", "state"),
    )
    for whole in DistributionState:
        for of in State:
            family.add_metric((whole.value, of.value), recipients[whole, of])
    yield family
    yield GaugeMetricFamily(
        "distro_longest_silence_seconds",
        "Seconds since a letter was accepted, of the distribution that has waited longest with"
        " letters that may go out; 0 where none waits.",
        value=_longest_silence(installation),
    )


def _longest_silence(installation: Installation) -> float:
    store, now, longest = installation.store, installation.store.now_ms(), 0
    running = distributions.running(store)
    for number, counts in zip(running, counters_of(store, running), strict=True):
        found = distributions.get(store, number)
        if found is None or found.state is not DistributionState.SENDING or found.embargoed(now):
            continue
        if any(counts[state] for state in _WAITING):
            since = max(found.last_accepted_ms, found.began_ms, found.resent_ms)
            longest = max(longest, now - (since or now))
    return longest / 1000


def _people(installation: Installation) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "distro_subscribers",
        "People in the book, whatever their consent.",
        value=subscriber_rows.count_everyone(installation.store),
    )
    codes = Counter(alarm.code for alarm in alarms(installation))
    yield _by(
        "distro_alarms", "What a person must look at soon (distro doctor says more).", "code",
        {code: codes[code] for code in CODES},
    )  # fmt: skip
    yield GaugeMetricFamily(
        "distro_suggestions",
        "Suggestions of answers and bounces that wait for a decision.",
        value=len(replies.suggestions(installation.store)),
    )


def _machinery(installation: Installation) -> Iterator[Metric]:
    store = installation.store
    alive = running_parts.alive(installation)
    yield _by(
        "distro_part_up", "Whether a part of this host runs.", "part",
        {part: int(part in alive) for part in _PARTS},
    )  # fmt: skip
    yield GaugeMetricFamily(
        "distro_sending_processes",
        "Sending processes that live, of all hosts.",
        value=len(processes.alive(store)),
    )
    yield GaugeMetricFamily(
        "distro_halted_domains",
        "Domains and providers with a halt on record.",
        value=halts.count(store),
    )
    memory = server.memory(store)
    yield GaugeMetricFamily(
        "distro_redis_memory_bytes", "Memory that Redis uses.", value=memory.used
    )
    yield GaugeMetricFamily(
        "distro_redis_memory_limit_bytes",
        "Memory that Redis may use; 0: no limit.",
        value=memory.limit,
    )
    yield GaugeMetricFamily(
        "distro_data_free_bytes",
        "Free bytes of the disk that holds the data folder.",
        value=shutil.disk_usage(installation.settings.data).free,
    )


def _feedback(installation: Installation) -> Iterator[Metric]:
    counts = returns.counts(installation.store)
    family = CounterMetricFamily(
        "distro_returns", "What came of bounces, complaints and answers.", labels=("outcome",)
    )
    for what in COUNTED:
        family.add_metric((what.replace(" ", "_"),), counts.get(what, 0))
    yield family
    yield GaugeMetricFamily(
        "distro_returns_waiting",
        "Messages on this host that came back and are not carried out yet.",
        value=Mailroom(installation.settings.data).count_waiting(),
    )
    yield GaugeMetricFamily(
        "distro_answers_waiting",
        "People's answers on this host that no relay has taken yet.",
        value=replies.count_waiting(installation.store, installation.host),
    )


def _by(name: str, help_text: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=(label,))
    for value, count in values.items():
        family.add_metric((value,), count)
    return family
