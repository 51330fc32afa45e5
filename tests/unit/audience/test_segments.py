"""The index answers what a slow scan over the rows answers."""

import json
import random
from pathlib import Path

import pytest

from distro.audience import importing
from distro.audience.expression import And, Node, Not, Or, Term
from distro.audience.frozen_order import batches, ordered
from distro.audience.segments import Segments, holds
from distro.errors import ExpressionError, SettingsError
from distro.store import Store, keys, subscriber_rows
from distro.store import audience_scripts as scripts
from distro.store.records import ids_of

VALUES = {
    "language": ["en", "es", "fr", "pt-br"],
    "country": ["CH", "MX", "US", ""],
    "beats": ["migration", "labour", "health"],
    "name": ["Ana", "Ben", "Zoë"],
}


def random_book(store: Store, tmp_path: Path, dice: random.Random) -> None:
    lines = ["email,name,language,country,beats,desk,joined,age,badge"]
    for i in range(60):
        cells = [
            dice.choice(VALUES["name"]),
            dice.choice(VALUES["language"]),
            dice.choice(VALUES["country"]),
            ";".join(dice.sample(VALUES["beats"], 2)),
            f"d{i % 7}",
            dice.choice(["2025-12-31", "2026-01-01", "2026-02-30", "2026-11-24T10:00:00Z", ""]),
            dice.choice(["7", "20", "20.5", "-3", "old", ""]),
            f"b{i}{dice.randrange(90)}",
        ]
        lines.append(f"r{i}@d.example," + ",".join(cells))
    path = tmp_path / "b.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    importing.commit(
        store, importing.stage(store, path, dice.choice(["press", "few"]), actor="t").number
    )


def random_node(dice: random.Random, depth: int = 3) -> Node:
    if depth == 0 or dice.random() < 0.3:
        if dice.random() < 0.3:
            field, value = dice.choice(
                [
                    ("joined", "2026-01-01"),
                    ("joined", "2025-12-31"),
                    ("age", "20"),
                    ("age", "-3"),
                    ("age", "20.25"),
                    ("badge", "3"),
                ]
            )
            return Term(
                field,
                value,
                prefix=False,
                column=0,
                width=0,
                op=dice.choice(["<", "<=", ">", ">="]),
            )
        field = dice.choice(["lists", *VALUES, "desk", "badge", "joined"])
        value = (
            dice.choice(VALUES.get(field, ["press", "few", "d3", "none", "2026-01-01", "b1"]))
            or "CH"
        )
        prefix = dice.random() < 0.3
        return Term(field, value[:1] if prefix else value, prefix, 0, 0)
    kind = dice.randrange(3)
    if kind == 0:
        return Not(random_node(dice, depth - 1))
    parts = tuple(random_node(dice, depth - 1) for _ in range(dice.randrange(2, 4)))
    return And(parts) if kind == 1 else Or(parts)


@pytest.mark.parametrize("seed", range(6))
def test_the_index_equals_a_scan(store: Store, tmp_path: Path, seed: int) -> None:
    """Random books, random expressions, also through columns that have no bitmap."""
    dice = random.Random(seed)
    random_book(store, tmp_path, dice)
    segments = Segments(store, {})
    everyone = [(i, json.loads(raw)) for i, raw in subscriber_rows.all_rows(store)]

    for _ in range(25):
        node = random_node(dice)
        slowly = [i for i, row in everyone if holds(row, node)]
        program = segments.program(node)
        assert ids_of(store.call(scripts.bitmap(program))) == slowly, str(node)
        assert store.call(scripts.count(program)) == len(slowly)


def test_a_column_of_many_values_has_no_bitmaps(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("email,badge\n" + "".join(f"r{i}@d.example,B{i}\n" for i in range(300)))
    importing.commit(store, importing.stage(store, path, "press", actor="t").number)

    segments = Segments(store, {})

    assert segments.columns["badge"] == "ids"
    assert store.command("KEYS", keys.index("badge", "*")) == []
    assert store.call(scripts.count(segments.program(segments.expand("badge:b29*")))) == 11


def test_names_are_expanded_and_checked(store: Store, tmp_path: Path) -> None:
    random_book(store, tmp_path, random.Random(1))
    lists = store.members(keys.values("lists"))
    segments = Segments(
        store,
        {
            "es": f"{lists[0]} and language:es",
            "round": "other",
            "other": "round",
            lists[0]: "language:en",
        },
    )

    for text, words in (
        ("journalist", "no list or segment"),
        ("language:es and colour:red", "no subscriber has a column"),
        ("round", "uses itself"),
        (lists[0], "is a list and a named segment"),
    ):
        with pytest.raises(ExpressionError, match=words):
            segments.expand(text)
    assert (
        str(Segments(store, {"es": f"{lists[0]} and language:es"}).expand("es"))
        == f"lists:{lists[0]} and language:es"
    )


def test_a_bad_segments_file_is_an_error(tmp_path: Path) -> None:
    from distro.audience.segments import load_named

    assert load_named(tmp_path) == {}
    (tmp_path / "segments.toml").write_text("[segments]\na = 3\n")
    with pytest.raises(SettingsError):
        load_named(tmp_path)


def test_the_order_is_a_function_of_what_was_reserved() -> None:
    """A crashed freeze goes on where it stopped: the same bitmaps give the same order and
    batches.
    """
    reserved = {"en": bytes([0b01111111, 0xFF]), "fr": bytes([0, 0, 0xF0])}
    everyone, spans = ordered("7", reserved, ["en", "fr"])
    assert (everyone, spans) == ordered("7", reserved, ["en", "fr"])
    assert sorted(everyone[:15]) == list(range(1, 16))
    assert [(s.edition, s.group, s.count) for s in spans] == [(0, 0, 15), (1, 0, 4)]
    assert everyone != ordered("8", reserved, ["en", "fr"])[0]
    packed = batches(spans, 10)
    assert [packed[n : n + 10] for n in range(0, len(packed), 10)] == [
        b"\0\0\0\0\0\0\0\x0a\0\0",
        b"\0\0\0\x0a\0\0\0\x0f\0\0",
        b"\0\0\0\x0f\0\0\0\x13\x01\0",
    ]
