"""Count the details of a report: over time, by edition, by domain, refusals, events, versions."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from distro.lib.smtp_codes import cause, enhanced
from distro.model import BY_LETTER, DistributionId, State
from distro.reports.came_back import CameBack, by_domain
from distro.store import Store, distributions, events, records, subscriber_rows
from distro.store.distribution import Distribution
from distro.store.ledger_scripts import RECORD_SIZE
from distro.store.records import batches_of, ids_of, unpack_ids

_DOMAINS = 10
_READ_ROWS_UP_TO = 20_000  # people whose rows are read for their domain where it has no index
_BINS = 60
_ACCEPTED = ord(State.ACCEPTED.letter)
_NOT_REACHED = (State.FAILED, State.DEFERRED)
_WAITING = (State.QUEUED, State.SENDING, State.DEFERRED)


@dataclass(frozen=True, slots=True)
class Bin:
    """The letters accepted from `at` (unix seconds) on, for the width of a bin."""

    at: int
    accepted: int


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of a table by edition or domain."""

    name: str
    counts: dict[State, int]
    first: int = 0  # unix seconds of the first accepted; 0: none yet
    last: int = 0

    @property
    def audience(self) -> int:
        """Return how many people are in the row."""
        return sum(self.counts.values())

    @property
    def waiting(self) -> int:
        """Return how many of them are still to be tried."""
        return sum(self.counts.get(s, 0) for s in _WAITING)

    @property
    def other(self) -> int:
        """Return how many of them neither have it nor wait."""
        return (
            self.audience
            - self.waiting
            - self.counts.get(State.ACCEPTED, 0)
            - self.counts.get(State.FAILED, 0)
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """One cause, how many met it, and the words of one server."""

    state: State
    cause: str
    people: int
    text: str


@dataclass(frozen=True, slots=True)
class Details:
    """Everything that the page shows beside the summary."""

    width: int  # seconds of a bin
    bins: tuple[Bin, ...]
    editions: tuple[TableRow, ...]
    domains: tuple[TableRow, ...]  # the largest; empty: not known without reading everybody's row
    other_domains: TableRow | None
    refusals: tuple[Refusal, ...]
    came_back: tuple[CameBack, ...]  # the largest groups of domain and cause
    came_back_others: int  # people in the others
    events: tuple[Mapping[str, object], ...]
    versions: tuple[tuple[str, str, str], ...]  # language, version, headline


def details(store: Store, distribution: DistributionId) -> Details:
    """Read the ledger's bytes once and tell what is in them."""
    found = distributions.read(store, distribution)
    states = records.states_of(store, distribution)
    raw = records.raw_records(store, distribution)[: len(states) * RECORD_SIZE]
    times = list(records.attempt_times(raw))
    width, bins = _over_time(states, times)
    domains, rest = _by_domain(store, distribution, states)
    back, others = by_domain(store, distribution, states)
    return Details(
        width,
        bins,
        _by_edition(store, found, states, times),
        domains,
        rest,
        _refusals(store, distribution, states),
        tuple(back),
        others,
        tuple(reversed(events.events(store, distribution))),
        tuple(
            (lang, found.versions[lang], edition.headline)
            for lang, edition in sorted(distributions.editions(store, found).items())
        ),
    )


def _over_time(states: bytes, times: list[int]) -> tuple[int, tuple[Bin, ...]]:
    """Return accepted letters in at most so many bins of whole seconds."""
    accepted = Counter(t for state, t in zip(states, times, strict=False) if state == _ACCEPTED)
    if not accepted:
        return 1, ()
    first, last = min(accepted), max(accepted)
    width = max(1, -(-(last - first + 1) // _BINS))
    bins = [0] * ((last - first) // width + 1)
    for at, n in accepted.items():
        bins[(at - first) // width] += n
    return width, tuple(Bin(first + n * width, count) for n, count in enumerate(bins))


def _by_edition(
    store: Store, found: Distribution, states: bytes, times: list[int]
) -> tuple[TableRow, ...]:
    batches, rows = batches_of(store, found.id), []
    for edition in sorted({batch.edition for batch in batches}):
        mine = [batch for batch in batches if batch.edition == edition]
        counted = Counter(records.of_rows(states, mine))
        accepted = [
            time
            for batch in mine
            for state, time in zip(
                states[batch.first : batch.past], times[batch.first : batch.past], strict=False
            )
            if state == _ACCEPTED
        ]
        rows.append(
            TableRow(
                found.languages[edition],
                {BY_LETTER[chr(letter)]: k for letter, k in counted.items()},
                min(accepted, default=0),
                max(accepted, default=0),
            )
        )
    return tuple(rows)


def _by_domain(
    store: Store, distribution: str, states: bytes
) -> tuple[tuple[TableRow, ...], TableRow | None]:
    """Return the largest domains of the audience and the rest."""
    ids = records.audience_of(store, distribution)
    domain_of = _domains(store, ids)
    if domain_of is None or not ids:
        return (), None
    found: dict[str, Counter[int]] = {}
    for number, state in zip(ids, states, strict=False):
        found.setdefault(domain_of.get(number, "?"), Counter())[state] += 1
    largest = sorted(found, key=lambda d: (-found[d].total(), d))
    rows = tuple(
        TableRow(d, {BY_LETTER[chr(s)]: n for s, n in found[d].items()}) for d in largest[:_DOMAINS]
    )
    rest: Counter[int] = sum((found[d] for d in largest[_DOMAINS:]), Counter())
    return rows, (
        TableRow(
            f"{len(largest) - _DOMAINS} others", {BY_LETTER[chr(s)]: n for s, n in rest.items()}
        )
        if rest
        else None
    )


def _domains(store: Store, ids: list[int]) -> dict[int, str] | None:
    """Return the domain of each id, from the index where there is one, else from the rows if they
    are few.
    """
    kept = subscriber_rows.column_kinds(store).get("domain")
    if kept in ("index", "ids"):
        known: dict[int, str] = {}
        domains = subscriber_rows.values(store, "domain")
        if kept == "index":
            several = map(ids_of, subscriber_rows.bitmaps(store, "domain", domains))
        else:
            several = map(unpack_ids, subscriber_rows.id_lists(store, "domain", domains))
        for domain, numbers in zip(domains, several, strict=True):
            known |= dict.fromkeys(numbers, domain)
        return known
    if len(ids) > _READ_ROWS_UP_TO:
        return None
    known = {}
    for start in range(0, len(ids), 1000):
        piece = ids[start : start + 1000]
        for number, raw in zip(piece, subscriber_rows.rows(store, piece), strict=True):
            known[number] = str(json.loads(raw or b"{}").get("email", "?")).rpartition("@")[2]
    return known


def _refusals(store: Store, distribution: str, states: bytes) -> tuple[Refusal, ...]:
    """Return who was refused, by state and cause, with the words of one server each."""
    if not any(letter in states for letter in b"fd"):
        return ()
    found: dict[tuple[State, str], list[str]] = {}
    for ordinal, text in records.replies_of(store, distribution).items():
        state = BY_LETTER[chr(states[ordinal])]
        if state in _NOT_REACHED:
            why = cause(0, text) if enhanced(text) else text[:60]
            found.setdefault((state, why), []).append(text)
    rows = [
        Refusal(state, text, len(texts), Counter(texts).most_common(1)[0][0])
        for (state, text), texts in found.items()
    ]
    return tuple(sorted(rows, key=lambda r: (r.state is not State.FAILED, -r.people))[:24])
