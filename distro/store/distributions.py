"""Find and read distributions, and what is kept beside each."""

from collections.abc import Mapping, Sequence

from distro.errors import NotFoundError
from distro.model import DistributionId, DistributionState, Edition
from distro.store import keys
from distro.store.client import Store
from distro.store.distribution import Distribution, row_of


def get(store: Store, distribution: str) -> Distribution | None:
    """Return a distribution, or None where there is none of that number within sight."""
    found = row_of(distribution, store.hash(keys.distribution(distribution)))
    return found if found and store.scope.has_desk(found.sender) else None


def read(store: Store, distribution: str) -> Distribution:
    """Return a distribution that must be there; raise NotFoundError where it is not."""
    found = get(store, distribution)
    if found is None:
        raise _unknown(distribution)
    return found


def find(store: Store, text: str) -> DistributionId:
    """Return the distribution named as D17, 17, by its release's slug or the beginning of one.

    Raises NotFoundError, which says what there is instead.
    """
    number = DistributionId.parse(text)
    if number is not None:
        if not exists(store, number):
            raise _unknown(number)
        return number
    slug = text.strip()
    mine = [number for number in of_release(store, slug) if exists(store, number)]
    if len(mine) > 1:
        raise NotFoundError(
            f"{slug} has several distributions: {', '.join(d.label for d in mine)}",
            hint="Name one of them.",
        )
    return mine[0] if mine else _by_prefix(store, slug)


def _by_prefix(store: Store, prefix: str) -> DistributionId:
    """Return the only distribution whose release begins so; raise NotFoundError."""
    numbers = newest(store, 1000)
    slugs = store.pipeline([("HGET", keys.distribution(d), "release") for d in numbers])
    fitting = {
        d: s.decode()
        for d, s in zip(numbers, slugs, strict=True)
        if s and prefix and s.decode().startswith(prefix)
    }
    if len(fitting) == 1:
        return next(iter(fitting))
    if fitting:
        some = ", ".join(f"{d.label} ({s})" for d, s in list(fitting.items())[:5])
        raise NotFoundError(f'"{prefix}" could be {some}', hint="Name one of them.")
    raise NotFoundError(
        f'there is no distribution or release "{prefix}"', code="no_such_distribution"
    )


def _unknown(distribution: str) -> NotFoundError:
    return NotFoundError(f"there is no distribution D{distribution}", code="no_such_distribution")


def exists(store: Store, distribution: str) -> bool:
    """Return whether there is a distribution of this number within sight."""
    sender = store.pipeline(
        [
            ("EXISTS", keys.distribution(distribution)),
            ("HGET", keys.distribution(distribution), "sender"),
        ]
    )
    return bool(sender[0]) and store.scope.has_desk((sender[1] or b"").decode())


def newest(store: Store, most: int = 0) -> list[DistributionId]:
    """Return at most so many distributions (0: all) within sight, the last submitted first."""
    if not store.scope.desks:
        return _ids(store.command("ZREVRANGE", keys.DISTRIBUTIONS, 0, most - 1))
    numbers = _ids(store.command("ZREVRANGE", keys.DISTRIBUTIONS, 0, -1))
    senders = store.pipeline([("HGET", keys.distribution(d), "sender") for d in numbers])
    seen = [
        number
        for number, sender in zip(numbers, senders, strict=True)
        if store.scope.has_desk((sender or b"").decode())
    ]
    return seen[:most] if most else seen


def submitted_until(store: Store, until_ms: int, most: int) -> list[DistributionId]:
    """Return at most so many distributions submitted until then, the oldest first."""
    return _ids(
        store.command("ZRANGEBYSCORE", keys.DISTRIBUTIONS, "-inf", until_ms, "LIMIT", 0, most)
    )


def states_of(store: Store, numbers: Sequence[str]) -> list[DistributionState | None]:
    """Return the state of each distribution; None for one that is not there."""
    found = store.pipeline([("HGET", keys.distribution(d), "state") for d in numbers])
    return [DistributionState(raw.decode()) if raw else None for raw in found]


def of_release(store: Store, slug: str) -> list[DistributionId]:
    """Return the distributions of a release, the oldest first."""
    return [DistributionId(d) for d in store.elements(keys.release_distributions(slug))]


def all_of(store: Store, slug: str) -> list[Distribution]:
    """Return the same, each read: an act is about the whole release, whoever sees which part."""
    found = (
        row_of(number, store.hash(keys.distribution(number))) for number in of_release(store, slug)
    )
    return [distribution for distribution in found if distribution]


def running(store: Store) -> list[DistributionId]:
    """Return those with a frozen audience that are neither sent nor cancelled and settled."""
    return [DistributionId(d) for d in store.members(keys.RUNNING)]


def settling(store: Store) -> list[DistributionId]:
    """Return the cancelled distributions whose reservation is not settled."""
    return [DistributionId(d) for d in store.members(keys.SETTLING)]


def _ids(answer: Sequence[bytes]) -> list[DistributionId]:
    return [DistributionId(raw.decode()) for raw in answer]


def edition(store: Store, version: str) -> Edition | None:
    """Return an edition by its version; None where it is not kept."""
    text = store.text(keys.edition(version))
    return Edition.from_json(text) if text else None


def editions(store: Store, distribution: Distribution) -> dict[str, Edition]:
    """Return language -> edition, in the order of its languages."""
    found = {lang: edition(store, distribution.versions[lang]) for lang in distribution.languages}
    return {lang: text for lang, text in found.items() if text is not None}


def replace_field(store: Store, distribution: str, field: str, text: str) -> None:
    """Write another text in place of a field that people typed: expression, expanded, reason."""
    store.command("HSET", keys.distribution(distribution), field, text)


def look_again(store: Store, distribution: str, after_ms: int) -> None:
    """Have the sweep look at a distribution after so many milliseconds."""
    store.command("ZADD", keys.DUE, store.now_ms() + after_ms, distribution)


def not_due(store: Store, distribution: str) -> None:
    """Take a distribution out of the due-table."""
    store.command("ZREM", keys.DUE, distribution)


def overdue(store: Store, late_ms: int) -> list[DistributionId]:
    """Return the distributions that have been due for longer than this, the oldest first."""
    due = store.scores(keys.DUE)
    before = store.now_ms() - late_ms
    return [DistributionId(d) for d, at in due.items() if at < before]


def batches_with_work(store: Store, distribution: str, most: int) -> list[int]:
    """Return at most so many batches without a lease whose work is due."""
    command = ("ZRANGEBYSCORE", keys.todo(distribution), "-inf", store.now_ms(), "LIMIT", 0, most)
    return [int(batch) for batch in store.command(*command)]


def next_work_ms(store: Store, distribution: str) -> int:
    """Return when the first batch without a lease has work; 0 where none has."""
    return min(store.scores(keys.todo(distribution)).values(), default=0)


def doubts_since(store: Store, distribution: str, until_ms: int, most: int) -> list[int]:
    """Return at most so many ordinals that have been in doubt since then or longer."""
    words = ("ZRANGEBYSCORE", keys.doubts(distribution), "-inf", until_ms, "LIMIT", 0, most)
    return [int(ordinal) for ordinal in store.command(*words)]


def set_groups(store: Store, distribution: str, groups: Mapping[str, bytes]) -> None:
    """Keep the groups of receivers that stand apart, each with its readers (a bitmap of ids).

    The first call counts: a freeze that is resumed sees the same groups.
    """
    for name, bitmap in groups.items():
        store.command("SET", keys.group(distribution, name), bitmap, "NX")
    store.command("HSETNX", keys.distribution(distribution), "groups", " ".join(groups))


def group(store: Store, distribution: str, name: str) -> bytes:
    """Return the readers of a group of receivers, a bitmap of ids."""
    return store.raw(keys.group(distribution, name))


def relay_index(store: Store, distribution: str, name: str) -> int:
    """Return the number (from 1, at most 255) under which records call a relay; adds it."""
    key = keys.relays(distribution)
    names = store.elements(key)
    if name not in names:
        store.command("RPUSH", key, name)
        names = store.elements(key)
    return min(names.index(name) + 1, 255)


def reserved_edition(store: Store, distribution: Distribution, subscriber: int) -> str:
    """Return the language of the edition that was reserved for somebody; "" where none was."""
    for language in distribution.languages:
        if store.command("GETBIT", keys.reserved(distribution.id, language), subscriber):
            return language
    return ""


def usual_sizes(store: Store, most: int) -> list[int]:
    """Return the audiences of the newest distributions that have one."""
    numbers = newest(store, most)
    sizes = store.pipeline([("HGET", keys.distribution(d), "audience") for d in numbers])
    return [int(size) for size in sizes if size and int(size)]
