"""Keep what came back: of each recipient, of each address, and what staff must look at."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from distro.store import keys
from distro.store.client import Call, Store

_STRIKES_SECONDS = 31 * 86_400
_TROUBLE_SECONDS = 3_600
_STORM_SECONDS = 86_400
_TOKEN_SECONDS = 7 * 86_400
_PROBE_SECONDS = 86_400
_PIECE = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """A message's word on one recipient, as the ledger takes it."""

    message: str  # its id
    state: str  # b bounced, m complained
    grade: str  # soft, hard, complaint
    cause: str
    server: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The ledger's answer to a verdict."""

    # moved, waits (for our own outcome), kept (its state says as much), counted (another message
    # said it before), not_attempted
    what: str
    state: str  # the letter of the state now; "" where there is no such recipient
    subscriber: int


def came_back(distribution: str | int, ordinal: int, verdict: Verdict) -> Call[Recorded]:
    """Record a bounce or complaint about one recipient, once an attempt and class."""
    args = (
        str(distribution),
        ordinal,
        verdict.state,
        verdict.grade,
        verdict.message,
        verdict.cause,
        verdict.server,
        verdict.words,
    )
    return Call("came_back", args, lambda a: Recorded(a[0].decode(), a[1].decode(), int(a[2])))


@dataclass(frozen=True, slots=True)
class Return:
    """One recipient's letter that came back."""

    ordinal: int
    message: str
    at: int  # unix ms
    grade: str
    cause: str
    server: str


def of_distribution(store: Store, distribution: str) -> list[Return]:
    """Return what came back of a distribution, by ordinal."""
    found = [
        _return(int(ordinal), text)
        for ordinal, text in store.hash(keys.returns(distribution)).items()
    ]
    return sorted(found, key=lambda r: r.ordinal)


def of_recipient(store: Store, distribution: str, ordinal: int) -> Return | None:
    """Return what came back about one recipient; None where nothing did."""
    text = store.command("HGET", keys.returns(distribution), ordinal)
    return _return(ordinal, text.decode()) if text else None


def _return(ordinal: int, text: str) -> Return:
    said = json.loads(text)
    return Return(
        ordinal, said["id"], int(said["at"]), said["class"], said["cause"], said["server"]
    )


# -- each message once


def seen(store: Store, message: str) -> bool:
    """Return whether a message or event was carried out before."""
    return store.command("ZSCORE", keys.SEEN, message) is not None


def note_done(
    store: Store, message: str, verdicts: Sequence[dict[str, Any]], counts: Mapping[str, int]
) -> None:
    """Note that a message was carried out, how its items were judged, and what came of them."""
    commands: list[tuple[bytes | str | float, ...]] = [
        ("HINCRBY", keys.FEEDBACK_COUNTS, what, n) for what, n in counts.items()
    ]
    commands.append(("HSET", keys.VERDICTS, message, json.dumps(verdicts, ensure_ascii=False)))
    commands.append(("ZADD", keys.SEEN, store.now_ms(), message))
    store.pipeline(commands)


def keep_verdicts(store: Store, message: str, verdicts: Sequence[dict[str, Any]]) -> None:
    """Keep how a message's items are judged now."""
    store.command("HSET", keys.VERDICTS, message, json.dumps(verdicts, ensure_ascii=False))


def verdicts(store: Store, message: str) -> list[dict[str, Any]] | None:
    """Return how a message's items were judged; None: it was never carried out, or long ago."""
    text = store.command("HGET", keys.VERDICTS, message)
    found: list[dict[str, Any]] | None = json.loads(text) if text else None
    return found


def all_verdicts(store: Store) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each message that was carried out, with how its items were judged."""
    cursor = b"0"
    while True:
        cursor, flat = store.command("HSCAN", keys.VERDICTS, cursor, "COUNT", _PIECE)
        pairs = flat.items() if isinstance(flat, dict) else zip(flat[::2], flat[1::2], strict=True)
        for message, text in pairs:
            yield message.decode(), json.loads(text)
        if int(cursor) == 0:
            return


def forget_verdicts(store: Store, message: str) -> None:
    """Forget how a message was judged; that it was carried out stays known."""
    store.command("HDEL", keys.VERDICTS, message)


def forget_before(store: Store, at_ms: int, seen_ms: int, most: int = _PIECE) -> int:
    """Forget how messages were judged before a time, and that they were carried out before another,
    earlier one; return how many verdicts.

    A message whose verdict is forgotten has its time negated.
    """
    old = store.scores_between(keys.SEEN, "(0", str(at_ms), most)
    commands: list[tuple[bytes | str | float, ...]] = []
    for message, at in old.items():
        commands.append(("HDEL", keys.VERDICTS, message))
        commands.append(("ZADD", keys.SEEN, -at, message))
    store.pipeline(commands)
    store.command("ZREMRANGEBYSCORE", keys.SEEN, -seen_ms, "(0")
    return len(old)


def first_use(store: Store, token: str, content: str) -> bool:
    """Return whether what signs a provider's post comes for the first time, or with the same
    content.
    """
    key = keys.used_token(hashlib.sha256(token.encode()).hexdigest()[:32])
    _, kept = store.pipeline([("SET", key, content, "NX", "EX", _TOKEN_SECONDS), ("GET", key)])
    return bool(kept == content.encode())


def count(store: Store, what: str, by: int = 1) -> None:
    """Count what came of a message."""
    store.command("HINCRBY", keys.FEEDBACK_COUNTS, what, by)


def counts(store: Store) -> dict[str, int]:
    """Return what came of messages, and how often."""
    return {what: int(n) for what, n in store.hash(keys.FEEDBACK_COUNTS).items()}


# -- an address


def strike(store: Store, address_hash: str, message: str, facts: dict[str, Any]) -> None:
    """Note a failure of an address; the same message counts once."""
    key = keys.strikes(address_hash)
    store.pipeline([("HSET", key, message, json.dumps(facts)), ("EXPIRE", key, _STRIKES_SECONDS)])


def strikes(store: Store, address_hash: str) -> dict[str, dict[str, Any]]:
    """Return message -> the failure of an address that it told of."""
    found = store.hash(keys.strikes(address_hash))
    return {message: json.loads(text) for message, text in found.items()}


def clear_strikes(store: Store, address_hash: str) -> None:
    """Forget the failures of an address: it proved good."""
    store.command("UNLINK", keys.strikes(address_hash))


def drop_strike(store: Store, address_hash: str, message: str) -> None:
    """Forget one failure of an address: the message is judged otherwise now."""
    store.command("HDEL", keys.strikes(address_hash), message)


# -- what a receiver refused in our own dialogue


def refusals(store: Store, most: int) -> list[tuple[str, int]]:
    """Return at most so many recipients that were refused for good and not judged yet."""
    found = store.command("LRANGE", keys.REFUSALS, 0, most - 1)
    pairs = (raw.decode().partition(" ") for raw in found)
    return [(distribution, int(ordinal)) for distribution, _, ordinal in pairs]


def drop_refusal(store: Store, distribution: str, ordinal: int) -> None:
    """Take one away: it is judged. Another process may judge others meanwhile."""
    store.command("LREM", keys.REFUSALS, 1, f"{distribution} {ordinal}")


# -- us, and storms


def note_our_trouble(store: Store, domain: str, message: str) -> int:
    """Note that a domain refused a letter because of us; return how many in ten minutes."""
    key, now = keys.our_troubles(domain), store.now_ms()
    *_, found, _ = store.pipeline(
        [
            ("ZADD", key, "NX", now, message),
            ("ZREMRANGEBYSCORE", key, "-inf", now - _TROUBLE_SECONDS * 1000),
            ("ZCOUNT", key, now - 600_000, "+inf"),
            ("EXPIRE", key, _TROUBLE_SECONDS),
        ]
    )
    return int(found)


def note_alarm(store: Store, group: str, alarm: str) -> None:
    """Keep that a provider or domain refuses letters because of us (JSON)."""
    store.command("HSET", keys.OUR_ALARMS, group, alarm)


def alarms(store: Store, since_ms: int) -> dict[str, dict[str, Any]]:
    """Return provider or domain -> its last refusal because of us, since a time."""
    found = {g: json.loads(text) for g, text in store.hash(keys.OUR_ALARMS).items()}
    old = [group for group, alarm in found.items() if int(alarm["at"]) < since_ms]
    if old:
        store.command("HDEL", keys.OUR_ALARMS, *old)
    return {group: alarm for group, alarm in found.items() if group not in old}


def note_struck(store: Store, fingerprint: str, message: str, facts: dict[str, Any]) -> int:
    """Note whom a text of one server struck; return how many it struck lately."""
    key = keys.storm(fingerprint)
    _, _, found = store.pipeline(
        [
            ("HSETNX", key, message, json.dumps(facts)),
            ("EXPIRE", key, _STORM_SECONDS, "NX"),
            ("HLEN", key),
        ]
    )
    return int(found)


def struck(store: Store, fingerprint: str) -> dict[str, dict[str, Any]]:
    """Return message -> whom a text struck lately."""
    found = store.hash(keys.storm(fingerprint))
    return {message: json.loads(text) for message, text in found.items()}


def set_storm(store: Store, fingerprint: str, facts: dict[str, Any]) -> None:
    """Keep a storm that a person must look at."""
    told = json.dumps(facts, ensure_ascii=False)
    # Whom it struck is known until somebody has looked.
    kept = ("EXPIRE", keys.storm(fingerprint), _STRIKES_SECONDS)
    store.pipeline([("HSET", keys.STORMS, fingerprint, told), kept])


def storm(store: Store, fingerprint: str) -> dict[str, Any] | None:
    """Return one storm; None where there is none of that name."""
    text = store.command("HGET", keys.STORMS, fingerprint)
    found: dict[str, Any] | None = json.loads(text) if text else None
    return found


def storms(store: Store) -> dict[str, dict[str, Any]]:
    """Return fingerprint -> the storm, those that a person looked at too."""
    return {name: json.loads(text) for name, text in store.hash(keys.STORMS).items()}


def drop_storm(store: Store, fingerprint: str) -> None:
    """Forget a storm."""
    store.command("HDEL", keys.STORMS, fingerprint)


# -- probes of the return path


def note_probe(store: Store, return_path: str, name: str) -> None:
    """Note the last probe that was sent to a return path."""
    key = keys.probe(return_path)
    store.command("SET", key, name, "EX", _PROBE_SECONDS)


def last_probe(store: Store, return_path: str) -> str:
    """Return the last probe of a day that was sent to a return path; "" for none."""
    return store.text(keys.probe(return_path))


def note_probe_back(store: Store, name: str) -> None:
    """Note that a probe came back."""
    store.command("SET", keys.probe(f"back:{name}"), "1", "EX", _PROBE_SECONDS)


def probe_is_back(store: Store, name: str) -> bool:
    """Return whether a probe came back."""
    return bool(store.command("EXISTS", keys.probe(f"back:{name}")))
