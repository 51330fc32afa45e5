"""Keep what receivers report of all mail under our name: a hash of counts a domain and day."""

from collections.abc import Mapping
from datetime import date

from distro.store import keys
from distro.store.client import Call, Store

_KEPT = 400 * 86_400  # seconds
_PIECE = 1000  # counts in one call


def count(
    store: Store, kind: str, domain: str, day: date, name: str, counts: Mapping[str, int]
) -> bool:
    """Count a report once; return whether it was new. Field -> how many."""
    new = False
    fields = list(counts.items())
    for at in range(0, max(1, len(fields)), _PIECE):
        piece = [word for pair in fields[at : at + _PIECE] for word in pair]
        args = (kind, domain, day.isoformat(), f"report:{name}#{at}", _KEPT, *piece)
        new = store.call(Call("aggregate", args, bool)) or new
    return new


def days(store: Store, kind: str, since: date) -> dict[tuple[str, date], dict[str, int]]:
    """Return domain and day -> the counts, from a day on."""
    found: dict[tuple[str, date], dict[str, int]] = {}
    for name in store.names(keys.aggregate(kind, "*", "*")):
        _, _, domain, day = name.split(":", 3)
        if date.fromisoformat(day) >= since:
            counts = store.hash(name)
            found[domain, date.fromisoformat(day)] = {
                field: int(n) for field, n in counts.items() if not field.startswith("report:")
            }
    return found
