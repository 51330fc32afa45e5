"""What the office's pages cost: a search among many, also just after the book changed, beside a
reading of the book; the page of a release to many, and its whole report.

usage: python benchmarks/office.py [PEOPLE=100000] [RECIPIENTS=1000000]
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[1]))
from ledger import fill, frozen, installation_of

from distro.audience import importing
from distro.audience.listing import listing
from distro.audience.search_index import SearchIndex
from distro.store import Store, connect, keys, sessions, users
from distro.store.embedded import ensured
from distro.subscribers import people
from distro.web.application import create_app

SEARCH_BAR, PAGE_BAR = 0.2, 1.0  # seconds
SEARCHES = ("zzz", "reader99", "daily", "reader", "@a.example", "é")
OUTLETS = ("The Daily", "Le Café du Matin", "Morning Star", "")


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def row(what: str, found: float, bar: float, more: str = "") -> bool:
    """Print a figure beside its bar; give whether it is missed."""
    missed = found > bar
    print(f"{what}: {found:.3f} s (bar {bar:g}{', NOT MET' if missed else ''}){more}", flush=True)
    return missed


def search(readers: int) -> int:
    """Search a book of so many; give how many bars are missed."""
    with (
        tempfile.TemporaryDirectory(prefix="distro-o-", ignore_cleanup_errors=True) as folder,
        ensured(Path(folder), supervised=False) as server,
    ):
        store = connect(server.url())
        made = installation_of(Path(folder), server, store)
        file = Path(folder) / "book.csv"
        lines = (
            f"reader{n}@{'abcd'[n % 4]}.example,Reader {n},{OUTLETS[n % 4]}" for n in range(readers)
        )
        file.write_text("email,name,outlet\n" + "\n".join(lines) + "\n", encoding="utf-8")
        staged = importing.stage(store, file, "journalists", actor="bench")
        importing.commit(store, staged.number, made.consent)
        index = SearchIndex()
        read = seconds(lambda: listing(store, search="reader9", limit=100))
        first = seconds(lambda: index.find(store, "zzz"))
        print(f"the index of {readers:,} people is read in {first:.2f} s, once a process")

        def slowest(before: Callable[[int], object] = lambda _: None) -> float:
            found = []
            for n, text in enumerate(SEARCHES):
                before(n)
                ask = lambda text=text: listing(store, search=text, limit=100, index=index)  # noqa: E731
                found.append(seconds(ask))
            return max(found)

        def change(n: int) -> None:
            people.edit(made, f"reader{n * 4}@a.example", {"outlet": f"New {n}"}, source="bench")

        plain = f"; reading the book takes {read:.2f} s"
        return row(f"the slowest of {len(SEARCHES)} searches", slowest(), SEARCH_BAR, plain) + row(
            "the slowest just after the book changed", slowest(change), SEARCH_BAR, plain
        )


def pages(recipients: int) -> int:
    """Open the page of a release to so many, and its report; give how many bars are missed."""
    with (
        tempfile.TemporaryDirectory(prefix="distro-o-", ignore_cleanup_errors=True) as folder,
        ensured(Path(folder), supervised=False) as server,
    ):
        store = connect(server.url())
        made = installation_of(Path(folder), server, store)
        fill(store, recipients)
        frozen(made)
        store.command("SETRANGE", keys.states("1"), 0, "a" * recipients)
        client = TestClient(create_app(made), "http://127.0.0.1:8025")
        client.cookies.set("distro", _session(made.store))
        missed = 0
        for what, path in (("page", "D1"), ("whole report", "D1/report")):

            def ask(path: str = path) -> None:
                assert client.get(f"/office/releases/{path}").status_code == 200

            ask()
            found = max(seconds(ask) for _ in range(3))
            missed += row(f"the {what} of a release to {recipients:,}", found, PAGE_BAR)
        return missed


def _session(store: Store) -> str:
    users.add(store, "ana", "admin")
    ana = users.get(store, "ana")
    return sessions.begin(store, "ana", ana.epoch if ana else "")


def main(readers: int = 100_000, recipients: int = 1_000_000) -> int:
    return search(readers) + pages(recipients) > 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
