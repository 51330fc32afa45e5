"""The report as a page: written to a file, or served to whoever has its signed link."""

from pathlib import Path

from distro import tokens
from distro.installation.context import Office
from distro.lib.files import replaced
from distro.reports.page import page


def link(office: Office, distribution: str) -> str:
    """Return the address of the live report; "" for who may not read the keys: only this
    installation can make one.
    """
    if not office.keys.signing:
        return ""
    made = tokens.sign(office.keys.signing[0], tokens.REPORT, int(distribution), 0, 0, b"").decode()
    return f"{office.settings.site.url}/reports/D{distribution}?key={made.rpartition('.')[2]}"


def opened_by(office: Office, name: str, key: str) -> str:
    """The number of the distribution that a link opens; "": it was not made here, or there is no
    such distribution.
    """
    number = name.removeprefix("D")
    if not number.isascii() or not number.isdigit() or len(number) > 11:
        return ""
    good = tokens.verify(f"{number}.0.0.{key}", tokens.REPORT, office.keys, [b""])
    return number if good and office.store.command("EXISTS", f"dist:{number}") else ""


def live_page(office: Office, number: str) -> str:
    """The page as it is served: it follows what still happens."""
    return _page(office, number, live=True)


def write(office: Office, distribution: str, path: Path) -> int:
    """Write the page as one self-contained file; gives its bytes."""
    raw = _page(office, distribution, live=False).encode()
    with replaced(path) as file:
        file.write(raw)
    return len(raw)


def _page(office: Office, distribution: str, *, live: bool) -> str:
    sender = office.settings.senders.get(
        office.store.hash(f"dist:{distribution}").get("sender", ""), office.settings.sender
    )
    return page(
        office.store, distribution, zone=office.settings.site.timezone, house=sender.name, live=live
    )
