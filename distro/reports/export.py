"""Write the recipients of a distribution, and the book, as files."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from distro.audience import exporting, listing
from distro.audience.search_index import SearchIndex
from distro.installation.context import Installation
from distro.installation.rights import admit
from distro.letter import message_ids
from distro.lib import csv_safe
from distro.mailing.compose import load_letter
from distro.model import DistributionId, State
from distro.reports import recipients_csv
from distro.store import distributions, records, subscriber_rows
from distro.store.audience_scripts import bitmap, count
from distro.store.records import ids_of


def export_csv(
    installation: Installation, distribution: DistributionId, path: Path, *, actor: str
) -> int:
    """Write one line a recipient; gives how many. Before the freeze there is nobody to write."""
    return csv_safe.write_csv(path, recipient_lines(installation, distribution, actor=actor))


def recipient_lines(
    installation: Installation, distribution: DistributionId, *, actor: str
) -> Iterator[str]:
    """Return one line of CSV a recipient: on record."""
    admit(installation, actor, "save", about=distribution.label, wanted="recipients")
    return recipients_csv.csv_lines(recipients(installation, distribution))


def recipients(
    installation: Installation,
    distribution: DistributionId,
    spans: Iterable[range] | None = None,
) -> Iterator[dict[str, str]]:
    """Yield what became of each recipient, or of those at some ordinals; nobody before the
    freeze.
    """
    found = distributions.read(installation.store, distribution)
    if not found.frozen or not found.audience:
        return iter(())
    letter = load_letter(installation, distribution, found.languages[0])
    message_id = message_ids(letter.domain, int(distribution), installation.keys)
    return recipients_csv.rows(
        installation.store,
        distribution,
        installation.settings.site.timezone,
        lambda ordinal: message_id(ordinal).decode(),
        spans,
    )


def recipients_page(
    installation: Installation, distribution: DistributionId, state: str, after: int, limit: int
) -> tuple[list[dict[str, str]], int, int]:
    """Return the next recipients after an ordinal (-1: from the first), in one state or any ("").

    Gives them, the last ordinal of them (-1: there are no more), and how many there are in all.
    """
    found = distributions.read(installation.store, distribution)
    if not found.frozen:
        return [], -1, 0
    states = records.states_of(installation.store, distribution)
    if state:
        letter = State(state).letter.encode()
        count = states.count(letter)
        ordinals = list(itertools.islice(_places(states, letter, after + 1), limit + 1))
    else:
        count = len(states)
        ordinals = list(range(after + 1, min(after + 2 + limit, count)))
    chosen = ordinals[:limit]
    spans = [range(n, n + 1) for n in chosen]
    if not state and chosen:
        spans = [range(chosen[0], chosen[-1] + 1)]
    lines = list(recipients(installation, distribution, spans))
    return lines, chosen[-1] if len(ordinals) > limit else -1, count


def _places(states: bytes, letter: bytes, first: int) -> Iterator[int]:
    at = states.find(letter, first)
    while at >= 0:
        yield at
        at = states.find(letter, at + 1)


def write_book(installation: Installation, path: Path, expression: str, *, actor: str) -> int:
    """Write everybody, or those who match; gives how many."""
    return csv_safe.write_csv(path, book_lines(installation, expression, actor=actor))


def book_lines(installation: Installation, expression: str, *, actor: str) -> Iterator[str]:
    """Return everybody ("") in sight, or those who match, as lines of CSV: on record."""
    chosen = _chosen(installation, expression) if expression else None
    admit(installation, actor, "export", about="people", wanted=expression or "everybody")
    store = installation.store
    return exporting.csv_lines(store, chosen) if chosen else exporting.csv_lines(store)


def count_book(installation: Installation, expression: str) -> int:
    """Return how many people that is."""
    store, segments = installation.store, installation.segments()
    if not expression and store.scope.lists:
        expression = " or ".join(set(store.scope.lists) & segments.lists)
        if not expression:
            return 0
    if not expression:
        return subscriber_rows.count_everyone(store)
    return store.call(count(segments.program(segments.expand(expression))))


def list_people(
    installation: Installation,
    expression: str = "",
    search: str = "",
    limit: int = 50,
    after: int = 0,
    index: SearchIndex | None = None,
) -> listing.Listing:
    """Find those who match the expression, and whose name, address or outlet holds the words
    searched for.
    """
    return listing.listing(
        installation.store,
        chosen=_chosen(installation, expression) if expression else None,
        search=search,
        limit=limit,
        after=after,
        index=index,
    )


def _chosen(installation: Installation, expression: str) -> Callable[[int], bool]:
    segments = installation.segments()
    return set(
        ids_of(installation.store.call(bitmap(segments.program(segments.expand(expression)))))
    ).__contains__
