"""Spreadsheets into the book, with everything that is wrong with them."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from distro.audience import book, consent, consent_file, importing
from distro.audience.columns import Header, header_of
from distro.audience.rows import BadRow, Row, RowReader
from distro.audience.table import read_table
from distro.errors import InputFileError
from distro.store import Store, keys

HOSTILE = (
    b'\xef\xbb\xbfemail;name;kind\nok@a.example;=HYPERLINK("x");journalist\nnot-an-address;X;journalist\n"x@a.example\r\nBcc:'
    b' y@b.example";Z;journalist\ntwice@a.example;One;journalist\nTwice@a.example;Two;journalist\n'
)


def take(store: Store, tmp_path: Path, raw: bytes | str, name: str = "press") -> importing.Judged:
    path = tmp_path / "rows.csv"
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    judged = importing.stage(store, path, name, actor="test")
    importing.commit(store, judged.number)
    return judged


def test_bad_rows_are_named_by_line_and_reason(store: Store, tmp_path: Path) -> None:
    """A byte order mark, semicolons, a formula, a header injection, an address twice in other
    case.
    """
    judged = take(store, tmp_path, HOSTILE)

    assert [(b.line, b.value) for b in judged.bad] == [(3, "not-an-address"), (4, "x@a.example")]
    assert (judged.good, judged.twice) == (3, 1)
    twice = book.by_address(store, "TWICE@a.example")
    assert twice is not None
    assert (twice.name, twice.kind) == ("Two", "journalist")


def test_an_update_keeps_what_the_file_leaves_empty(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, "email,name,country,beats\nana@d.example,Ana,CH,migration; labour\n")
    take(store, tmp_path, "email,name,country\nana@d.example,,MX\n", "partners")

    ana = book.by_address(store, "ana@d.example")
    assert ana is not None
    assert (ana.name, ana.country) == ("Ana", "MX")
    assert ana.columns["lists"] == ("press", "partners")
    assert ana.columns["beats"] == ("migration", "labour")


def test_an_import_never_resurrects_who_left(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, "email\nana@d.example\nben@d.example\n")
    ana = book.by_address(store, "ana@d.example")
    assert ana is not None
    consent_file.ConsentFile(tmp_path, "h1", lambda address: (address,)).record(
        store, subscriber=ana.id, address=ana.email, act=consent.UNSUBSCRIBED, source="test"
    )

    path = tmp_path / "again.csv"
    path.write_text("email\nANA@d.example\n")
    taken = importing.commit(store, importing.stage(store, path, "press", actor="test").number)

    assert taken.unsubscribed_kept == 1
    assert store.command("GETBIT", keys.REFUSED, ana.id) == 1


def test_a_dead_import_is_finished_once(store: Store, tmp_path: Path) -> None:
    """The command died after the promise: whoever comes finishes it, twice does no harm."""
    path = tmp_path / "rows.csv"
    path.write_text("email\n" + "".join(f"r{i}@d.example\n" for i in range(400)))
    judged = importing.stage(store, path, "press", actor="test")
    store.command("SADD", keys.OPEN_IMPORTS, judged.number)

    assert importing.finish_open(store) == [judged.number]
    assert importing.finish_open(store) == []
    assert importing.finish(store, judged.number).new == 400
    assert store.command("BITCOUNT", keys.index("lists", "press")) == 400


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"name,country\nAna,CH\n", 'no column "email"'),
        (b"email,email\na@b.example,c@d.example\n", "twice"),
        (b"PK\x03\x04", "Excel workbook that cannot be read"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    store: Store, tmp_path: Path, raw: bytes, words: str
) -> None:
    with pytest.raises(InputFileError, match=words):
        take(store, tmp_path, raw)


def test_a_column_in_another_language_is_known(store: Store, tmp_path: Path) -> None:
    take(
        store, tmp_path, "Correo electrónico;Nombre;Idioma\nana@d.example;Ana;ES\n".encode("cp1252")
    )
    ana = book.by_address(store, "ana@d.example")
    assert ana is not None
    assert (ana.name, ana.language) == ("Ana", "es")


@given(st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_no_row_crashes_and_no_control_character_gets_in(cells: list[str]) -> None:
    found = RowReader(Header(("email", "name", "beats", "x"), "")).judge(2, cells)
    if isinstance(found, BadRow):
        assert found.reason
        return
    assert isinstance(found, Row)
    assert all(
        ord(c) >= 32 and c != "\x7f" for values in found.columns.values() for v in values for c in v
    )


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)
@given(raw=st.binary(max_size=300))
def test_no_file_crashes_the_import(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(raw)
    try:
        table = list(read_table(path))
        header_of(table[0][1], "any.csv")
    except InputFileError as error:
        assert str(error)
