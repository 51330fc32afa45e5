"""An office on the test's Redis, and small books and releases for it."""

from pathlib import Path

from distro.audience import importing, intake
from distro.demo.mailbox import Mailbox
from distro.installation.context import Installation
from distro.installation.secrets import host_id, load_keys
from distro.settings.load import Settings
from distro.store import Store
from distro.store.embedded import Embedded

RELEASE = """---
headline: {headline}
language: {language}
dateline: GENEVA
contacts: [{{name: Desk, email: desk@press.example}}]
---
{body}
"""


def make_installation(
    folder: Path, server: Embedded, store: Store, **settings: object
) -> Installation:
    """An office whose data lies in `folder`."""
    base = {
        "data": folder / "var",
        "subscribers": folder / "subscribers",
        "templates": folder / "templates",
        "relay": [{"url": "smtp://127.0.0.1:1?tls=off", "connections": 4}],
    }
    found = Settings(**(base | settings))  # type: ignore[arg-type]
    return Installation(
        found,
        store,
        server.url(),
        server.broker_url(),
        load_keys(found, store),
        host_id(found.data),
    )


def add_readers(
    store: Store,
    count: int,
    *,
    name: str = "journalists",
    languages: tuple[str, ...] = ("en",),
    folder: Path,
    first: int = 0,
) -> intake.Taken:
    """Import so many readers into a list."""
    path = folder / f"{name}-{first}.csv"
    rows = (
        f"reader{i}@{'abcd'[i % 4]}.example,Reader"
        f" {i},journalist,{languages[i % len(languages)]},CH"
        for i in range(first, first + count)
    )
    path.write_text("email,name,kind,language,country\n" + "\n".join(rows) + "\n", encoding="utf-8")
    judged = importing.stage(store, path, name, actor="test")
    return importing.commit(store, judged.number)


def write_release(
    folder: Path,
    *,
    headline: str = "Towns agree a plan",
    language: str = "en",
    body: str = "The towns agreed today.",
    name: str = "release.md",
) -> Path:
    """A small release file."""
    path = folder / name
    path.write_text(
        RELEASE.format(headline=headline, language=language, body=body), encoding="utf-8"
    )
    return path


def make_readers_installation(
    folder: Path, server: Embedded, store: Store, mailbox: Mailbox, lists: str
) -> Installation:
    """An office with three readers, lists as segments.toml says them, and a relay that takes
    letters.
    """
    (folder / "subscribers").mkdir()
    (folder / "subscribers" / "segments.toml").write_text(lists)
    installation = make_installation(
        folder, server, store, relay=[{"url": f"smtp://127.0.0.1:{mailbox.port}?tls=off"}]
    )
    add_readers(store, 3, folder=folder, languages=("en", "fr", "ar"))
    return installation
