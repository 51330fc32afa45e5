"""Limit how fast each receiver is written to: batches of their own, and buckets to draw from.

A bucket lives in Redis and is filled by Redis' clock, so that all workers of all hosts share it;
letters are taken from it in the group commit that grants them (`step`).
"""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime

from distro.audience.expression import parse
from distro.installation.context import Installation
from distro.lib.mailbox_providers import PROVIDERS, parse_rate
from distro.settings.load import Settings
from distro.settings.relays import Relay
from distro.store import audience_scripts, distributions
from distro.store.distribution import Distribution
from distro.times import duration_ms

# readers from which a known provider without a rate stands apart, in case it asks us to slow down
_APART = 200
_WARM_DAYS, _WARM_FIRST = 14, 500


@dataclass(frozen=True, slots=True)
class Bucket:
    """A limit shared by all workers: letters a second (0: none until it asks us to slow down), at
    most so many at once.
    """

    name: str
    rate: float
    burst: float

    def to_text(self) -> str:
        """Return it as the step script reads it."""
        return f"{self.name} {self.rate:.6g} {self.burst:.6g}"


def groups_of(installation: Installation, distribution: Distribution) -> list[bytes]:
    """Return the readers of each group that stands apart in a distribution, as bitmaps of ids.

    They are found once: a freeze that is resumed after a crash sees the same ones.
    """
    store, names = installation.store, distribution.groups
    if names is None:
        distributions.set_groups(store, distribution.id, _find(installation))
        names = distributions.read(store, distribution.id).groups or ()
    return [distributions.group(store, distribution.id, name) for name in names]


def _find(installation: Installation) -> dict[str, bytes]:
    """Return groups with a rate, and known providers with many readers, each with its readers in
    the whole book.
    """
    pace, segments = installation.settings.pace, installation.segments()
    found: dict[str, bytes] = {}
    for name in dict.fromkeys((*PROVIDERS, *pace.groups, *pace.rates)):
        terms = (
            [f'provider:"{name}"']
            if name in PROVIDERS and segments.columns.get("provider") == "index"
            else []
        )
        terms += [
            f'domain:"{domain}"'
            for domain in pace.groups.get(name, () if name in PROVIDERS else (name,))
        ]
        if not terms:
            continue
        program = segments.program(parse(" or ".join(terms)))
        bitmap = installation.store.call(audience_scripts.bitmap(program))
        size = int.from_bytes(bitmap, "little").bit_count()
        if size and (name in pace.rates or size >= _APART):
            found[name] = bitmap
    return found


def buckets_of(settings: Settings, group: str) -> tuple[Bucket, ...]:
    """Return what a letter to this group ("" : none) draws from: the relays' bucket, and the
    group's own.
    """
    found = []
    rates = [relay_rate(relay) for relay in settings.relay]
    if all(rates):
        total = sum(rates)
        found.append(Bucket("relays", total, max(1.0, total)))
    if group:
        named = settings.pace.rates.get(group, "")
        rate = parse_rate(named) if named else 0.0
        found.append(Bucket(f"group:{group}", rate, max(1.0, rate)))
    return tuple(found)


class Paces:
    """The buckets of each group, as the step script reads them.

    They are looked up again after a minute, as a warm-up grows by the day.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[str, tuple[float, str]] = {}

    def of(self, group: str) -> str:
        """Return the buckets of a group as the step script reads them."""
        until, buckets = self._known.get(group, (0.0, ""))
        now = time.monotonic()
        if until < now:
            buckets = ";".join(b.to_text() for b in buckets_of(self._settings, group))
            self._known[group] = (now + 60, buckets)
        return buckets


def relay_rate(relay: Relay, today: date | None = None) -> float:
    """Return letters a second that a relay may get; 0: as many as it takes. A new address begins
    small and doubles every day.
    """
    rate = parse_rate(relay.rate) if relay.rate else 0.0
    if relay.warm_up:
        days = ((today or datetime.now(UTC).date()) - date.fromisoformat(relay.warm_up)).days
        if days < _WARM_DAYS:
            warm = float(_WARM_FIRST << max(0, days)) / 86_400
            return min(rate, warm) if rate else warm
    return rate


def slow_down(settings: Settings) -> str:
    """Return what a group that asks us to slow down gets: letters a second, and for how many ms."""
    return f"{parse_rate(settings.pace.slow):.6g} {duration_ms(settings.pace.slow_for)}"
