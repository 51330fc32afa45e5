"""Record that sending processes and other parts are alive, and what they say of themselves."""

import json
import time
from dataclasses import asdict, dataclass

from distro.model import RelayLimits
from distro.store import events, keys
from distro.store.async_client import AsyncStore
from distro.store.client import Store

ALIVE_SECONDS = 20  # a process says every five seconds that it lives
_FORGET_SECONDS = 3600
_FORGET_PARTS_SECONDS = 86_400


async def say_alive(store: AsyncStore, process: str) -> None:
    """Record that a sending process lives, and forget those that were silent for an hour."""
    now = int(time.time())
    await store.command("ZADD", keys.ALIVE, now, process)
    await store.command("ZREMRANGEBYSCORE", keys.ALIVE, "-inf", now - _FORGET_SECONDS)


async def say_gone(store: AsyncStore, process: str) -> None:
    """Record that a sending process ends."""
    await store.command("ZREM", keys.ALIVE, process)


def alive(store: Store) -> list[str]:
    """Return the names of the sending processes that live."""
    since = int(time.time()) - ALIVE_SECONDS
    return [raw.decode() for raw in store.command("ZRANGEBYSCORE", keys.ALIVE, since, "+inf")]


async def note_trouble(store: AsyncStore, process: str, why: str) -> None:
    """Record why a sending process sends nothing now; "" takes it back."""
    if why:
        trouble = json.dumps({"at": int(time.time()), "why": why})
        await store.command("HSET", keys.TROUBLE, process, trouble)
    else:
        await store.command("HDEL", keys.TROUBLE, process)


def troubles(store: Store, seconds: float) -> list[str]:
    """Return what sending processes said is wrong within so many seconds, each sentence once."""
    found = [json.loads(raw) for raw in store.hash(keys.TROUBLE).values()]
    since = time.time() - seconds
    return sorted({str(trouble["why"]) for trouble in found if trouble["at"] > since})


async def note_limits(store: AsyncStore, process: str, relay: str, limits: RelayLimits) -> None:
    """Record the limits of a relay that a sending process has learnt."""
    kept = {"at": int(time.time()), **asdict(limits), "idle": round(limits.idle, 1)}
    await store.command("HSET", keys.LEARNT, f"{relay} {process}", json.dumps(kept))


async def note_event(store: AsyncStore, distribution: str, act: str, reason: str) -> None:
    """Append an event to a distribution, by no person."""
    event = events.event_json(int(time.time() * 1000), act, "", reason)
    await store.command("RPUSH", keys.events(distribution), event)


def learnt_limits(store: Store, forget_seconds: float) -> dict[str, list[RelayLimits]]:
    """Return relay -> the limits that living processes have learnt; forget those of the dead."""
    living, before = set(alive(store)), time.time() - forget_seconds
    found: dict[str, list[RelayLimits]] = {}
    for name, raw in store.hash(keys.LEARNT).items():
        relay, _, process = name.rpartition(" ")
        kept = json.loads(raw)
        at = kept.pop("at")
        if process in living:
            found.setdefault(relay, []).append(RelayLimits(**kept))
        elif at < before:
            store.command("HDEL", keys.LEARNT, name)
    return found


@dataclass(frozen=True, slots=True)
class RunningPart:
    """A worker, sweep or web that said within the last seconds that it lives."""

    part: str  # worker, sweep, web
    settings: str  # a fingerprint of the settings that it runs with
    file: str  # where it read them


def say_running(store: Store, name: str, part: RunningPart) -> None:
    """Record that a part lives; `name` is unique: part, host and process."""
    kept = {"at": int(time.time()), "settings": part.settings, "file": part.file}
    store.command("HSET", keys.PARTS, name, json.dumps(kept))


def say_ended(store: Store, name: str) -> None:
    """Record that a part ends."""
    store.command("HDEL", keys.PARTS, name)


def running_parts(store: Store, host: str) -> list[RunningPart]:
    """Return the parts of a host that live; forget those that were silent for a day."""
    now = time.time()
    said = {name: json.loads(raw) for name, raw in store.hash(keys.PARTS).items()}
    gone = [name for name, part in said.items() if part["at"] < now - _FORGET_PARTS_SECONDS]
    if gone:
        store.command("HDEL", keys.PARTS, *gone)
    return [
        RunningPart(name.partition(" ")[0], part["settings"], part["file"])
        for name, part in said.items()
        if part["at"] >= now - ALIVE_SECONDS and f" {host} " in name
    ]
