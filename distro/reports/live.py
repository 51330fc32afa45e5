"""Serve the report as a page to whoever has its signed link, or write it to a file."""

from pathlib import Path

from distro import tokens
from distro.installation.context import Installation
from distro.lib.files import replaced
from distro.model import DistributionId
from distro.reports.page import page
from distro.store import distributions


def link(installation: Installation, distribution: DistributionId) -> str:
    """Return the address of the live report; "" for who may not read the keys: only this
    installation can make one.
    """
    if not installation.keys.signing:
        return ""
    made = tokens.sign(
        installation.keys.signing[0], tokens.REPORT, int(distribution), 0, 0, b""
    ).decode()
    return f"{installation.settings.site.url}/reports/D{distribution}?key={made.rpartition('.')[2]}"


def opened_by(installation: Installation, name: str, key: str) -> DistributionId | None:
    """Return the distribution that a link opens; None where it was not made here, or is gone."""
    number = DistributionId.parse(name)
    if number is None:
        return None
    good = tokens.verify(f"{number}.0.0.{key}", tokens.REPORT, installation.keys, [b""])
    return number if good and distributions.exists(installation.store, number) else None


def live_page(installation: Installation, number: DistributionId) -> str:
    """Return the page as it is served: it follows what still happens."""
    return _page(installation, number, live=True)


def still_page(installation: Installation, number: DistributionId) -> str:
    """Return the page as it is now."""
    return _page(installation, number, live=False)


def write(installation: Installation, distribution: DistributionId, path: Path) -> int:
    """Write the page as one self-contained file; gives its bytes."""
    raw = still_page(installation, distribution).encode()
    with replaced(path) as file:
        file.write(raw)
    return len(raw)


def _page(installation: Installation, distribution: DistributionId, *, live: bool) -> str:
    found = distributions.read(installation.store, distribution)
    sender = installation.settings.sender_or_usual(found.sender)
    return page(
        installation.store,
        distribution,
        zone=installation.settings.site.timezone,
        organisation=sender.name,
        live=live,
    )
