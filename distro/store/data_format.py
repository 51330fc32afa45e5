"""Check the format number of what an installation keeps, in Redis and in its data folder, and
migrate what is older.

A change of what is kept adds a step that turns the format before into the new one. Data of a newer
format than this code knows is refused, so that an older distro never writes into it.

| format | since | what changed |
|---|---|---|
| 1 | 0.1 | no number was kept |
| 2 | 0.2 | the number; `ring`, a second list of wake-ups, is gone |
| 3 | 0.3 | notes, people, approvals; a distribution keeps when its embargo is over |
"""

import contextlib
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from distro.errors import DistroError
from distro.store import keys
from distro.store.client import Store

FORMAT = 3
_UNNUMBERED = 1  # data that keeps no number
_FILE = "format"


def _forget_ring(store: Store) -> None:
    """Drop the second list of wake-ups (1 to 2): they travel by Celery alone."""
    store.command("UNLINK", "ring")


def _keep_lifts(store: Store) -> None:
    """Keep with each distribution when the embargo of its release is over (2 to 3)."""
    for raw in store.command("ZRANGE", keys.DISTRIBUTIONS, 0, -1):
        key = keys.distribution(raw.decode())
        versions = json.loads(store.command("HGET", key, "versions") or b"{}")
        texts = [json.loads(store.raw(keys.edition(v)) or b"{}") for v in versions.values()]
        lifts = [datetime.fromisoformat(t["embargo"]) for t in texts if t.get("embargo")]
        if lifts:
            lift = round(max(when.timestamp() for when in lifts) * 1000)
            store.command("HSETNX", key, "lift_at", lift)
            store.command("HSETNX", key, "trusted", "")


# From this format to the next.
STEPS: dict[int, Callable[[Store], None]] = {1: _forget_ring, 2: _keep_lifts}


def check(store: Store, folder: Path, *, ours: bool) -> None:
    """Bring older data to this format; raise DistroError for data of a newer one.

    `ours`: this process owns the folder; a member of its group only looks.
    """
    found = format_of(store)
    for where, number in (("Redis", found), (str(folder), _of_folder(folder))):
        if number is not None and number > FORMAT:
            raise newer(where, number)
    if not ours:
        return
    if found is None or found < FORMAT:
        migrate(store, found if found is not None else FORMAT)
    if _of_folder(folder) != FORMAT:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _FILE).write_text(f"{FORMAT}\n", encoding="ascii")


def format_of(store: Store) -> int | None:
    """Return the format of the data in Redis; None where there is none yet."""
    kept = store.text(keys.FORMAT)
    if kept:
        return int(kept)
    return _UNNUMBERED if store.holds_data() else None


def migrate(store: Store, number: int) -> None:
    """Take the steps from a format to this one. Each may be taken twice."""
    for step in range(number, FORMAT):
        STEPS[step](store)
    store.command("SET", keys.FORMAT, FORMAT)


def newer(where: str, number: int) -> DistroError:
    """Return why data of a newer format is left alone."""
    return DistroError(
        f"the data in {where} was written by a newer distro (its format is {number}, this one"
        f" knows {FORMAT})",
        hint="Start the newer distro again. This one changed nothing.",
    )


def _of_folder(folder: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int((folder / _FILE).read_text(encoding="ascii"))
    return None
