"""A "no" is on the disk before it is acknowledged, and outlives a Redis that forgot it."""

from pathlib import Path

from distro.audience.consent import UNSUBSCRIBED, history
from distro.audience.consent_file import ConsentFile
from distro.store import Store, keys


def test_facts_that_redis_lacks_are_replayed(store: Store, tmp_path: Path) -> None:
    file = ConsentFile(tmp_path, "h1", lambda address: (address,))
    for subscriber in (3, 5):
        file.record(store, subscriber=subscriber, address="x", act=UNSUBSCRIBED, source="link")
    store.command("FLUSHALL")  # a power cut, or a restore of an older copy

    assert file.replay(store) == 2
    assert file.replay(store) == 0
    assert [store.command("GETBIT", keys.refused("unsubscribed"), n) for n in (3, 4, 5)] == [
        1,
        0,
        1,
    ]
    assert [f.source for f in history(store, 3)] == ["link"]


def test_half_a_line_from_a_power_cut_harms_nobody(store: Store, tmp_path: Path) -> None:
    file = ConsentFile(tmp_path, "h1", lambda address: (address,))
    file.record(store, subscriber=3, address="x", act=UNSUBSCRIBED, source="link")
    with file.path.open("ab") as torn:
        torn.write(b'{"fact": "abc", "subscri')

    file.record(store, subscriber=4, address="x", act=UNSUBSCRIBED, source="link")
    store.command("FLUSHALL")

    assert file.replay(store) == 2
    assert [store.command("GETBIT", keys.REFUSED, n) for n in (3, 4)] == [1, 1]


def test_only_what_is_new_is_replayed(store: Store, tmp_path: Path) -> None:
    file = ConsentFile(tmp_path, "h1", lambda address: (address,))
    file.record(store, subscriber=3, address="x", act=UNSUBSCRIBED, source="link")

    assert int(store.hash(keys.facts("offset"))["h1"]) == file.path.stat().st_size
    assert file.replay(store) == 0
