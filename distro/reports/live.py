"""The report as a page: written to a file, or served to whoever has its signed link."""

from pathlib import Path

from distro import tokens
from distro.installation.context import Installation
from distro.lib.files import replaced
from distro.reports.page import page


def link(installation: Installation, distribution: str) -> str:
    """Return the address of the live report; "" for who may not read the keys: only this
    installation can make one.
    """
    if not installation.keys.signing:
        return ""
    made = tokens.sign(
        installation.keys.signing[0], tokens.REPORT, int(distribution), 0, 0, b""
    ).decode()
    return f"{installation.settings.site.url}/reports/D{distribution}?key={made.rpartition('.')[2]}"


def opened_by(installation: Installation, name: str, key: str) -> str:
    """The number of the distribution that a link opens; "": it was not made here, or there is no
    such distribution.
    """
    number = name.removeprefix("D")
    if not number.isascii() or not number.isdigit() or len(number) > 11:
        return ""
    good = tokens.verify(f"{number}.0.0.{key}", tokens.REPORT, installation.keys, [b""])
    return number if good and installation.store.command("EXISTS", f"dist:{number}") else ""


def live_page(installation: Installation, number: str) -> str:
    """The page as it is served: it follows what still happens."""
    return _page(installation, number, live=True)


def write(installation: Installation, distribution: str, path: Path) -> int:
    """Write the page as one self-contained file; gives its bytes."""
    raw = _page(installation, distribution, live=False).encode()
    with replaced(path) as file:
        file.write(raw)
    return len(raw)


def _page(installation: Installation, distribution: str, *, live: bool) -> str:
    sender = installation.settings.senders.get(
        installation.store.hash(f"dist:{distribution}").get("sender", ""),
        installation.settings.sender,
    )
    return page(
        installation.store,
        distribution,
        zone=installation.settings.site.timezone,
        organisation=sender.name,
        live=live,
    )
