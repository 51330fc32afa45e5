"""Write the recipients of a distribution, and the book, as files."""

from collections.abc import Callable
from pathlib import Path

from distro.audience import exporting, listing
from distro.installation.context import Installation
from distro.letter import message_ids
from distro.mailing.compose import load_letter
from distro.model import DistributionId
from distro.reports import recipients_csv
from distro.store import distributions
from distro.store.audience_scripts import bitmap
from distro.store.records import ids_of


def export_csv(installation: Installation, distribution: DistributionId, path: Path) -> int:
    """Write one line a recipient; gives how many. Before the freeze there is nobody to write."""
    found = distributions.read(installation.store, distribution)
    zone = installation.settings.site.timezone
    if not found.frozen or not found.audience:
        return recipients_csv.write_csv(path, iter(()))
    letter = load_letter(installation, distribution, found.languages[0])
    message_id = message_ids(letter.domain, int(distribution), installation.keys)
    return recipients_csv.write_csv(
        path,
        recipients_csv.rows(
            installation.store, distribution, zone, lambda ordinal: message_id(ordinal).decode()
        ),
    )


def write_book(installation: Installation, path: Path, expression: str = "") -> int:
    """Write everybody, or those who match; gives how many."""
    if not expression:
        return exporting.write_book(installation.store, path)
    return exporting.write_book(installation.store, path, _chosen(installation, expression))


def list_people(
    installation: Installation, expression: str = "", search: str = "", limit: int = 50
) -> listing.Listing:
    """Find those who match the expression, and whose name, address or outlet holds the words
    searched for.
    """
    return listing.listing(
        installation.store,
        chosen=_chosen(installation, expression) if expression else lambda _: True,
        search=search,
        limit=limit,
    )


def _chosen(installation: Installation, expression: str) -> Callable[[int], bool]:
    segments = installation.segments()
    return set(
        ids_of(installation.store.call(bitmap(segments.program(segments.expand(expression)))))
    ).__contains__
