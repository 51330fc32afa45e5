"""Lists as people have them: with a "no" in every form, names in halves, encodings of another
age.
"""

import random
import time
from pathlib import Path

import openpyxl
import pytest

from distro.audience import book, consent, importing
from distro.audience.columns import header_of, plain
from distro.audience.encodings import open_text
from distro.audience.rows import BadRow, RowReader
from distro.audience.table import Table, separator_of
from distro.errors import InputFileError
from distro.installation.context import Installation
from distro.store import Store
from distro.store.consents import refusals
from distro.store.embedded import Embedded
from tests.support.installation import make_installation


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    return make_installation(tmp_path, server, store)


def take(
    installation: Installation,
    folder: Path,
    text: str | bytes,
    name: str = "people.csv",
    list_name: str = "press",
) -> importing.Judged:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    judged = importing.stage(
        installation.store, path, list_name, actor="m", hashes_of=installation.hashes_of
    )
    if judged.bad:
        importing.forget(installation.store, judged)
    else:
        importing.commit(installation.store, judged.number, installation.consent)
    return judged


NOES = [
    ("UNSUB_TIME", "2024-05-01 10:00:00", "unsubscribed"),
    ("unsubscribed", "yes", "unsubscribed"),
    ("Unsubscribed at", "01/05/2024", "unsubscribed"),
    ("opt-out", "x", "unsubscribed"),
    ("opted_out", "TRUE", "unsubscribed"),
    ("OptOut", "1", "unsubscribed"),
    ("status", "cleaned", "suppressed"),
    ("Status", "Unsubscribed", "unsubscribed"),
    ("Email Status", "bounced", "suppressed"),
    ("désabonné", "oui", "unsubscribed"),
    ("Désinscription", "12.03.2024", "unsubscribed"),
    ("abgemeldet", "ja", "unsubscribed"),
    ("Abgemeldet am", "3.4.2023", "unsubscribed"),
    ("baja", "sí", "unsubscribed"),
    ("Fecha de baja", "2023-01-01", "unsubscribed"),
    ("disiscritto", "sì", "unsubscribed"),
    ("descadastrado", "sim", "unsubscribed"),
    ("blocklisted", "true", "suppressed"),
    ("Email blacklisted", "Yes", "suppressed"),
    ("bounced", "1", "suppressed"),
    ("do not contact", "Y", "suppressed"),
    ("DNC", "1", "suppressed"),
    ("Ne pas contacter", "oui", "suppressed"),
    ("gesperrt", "x", "suppressed"),
    ("subscribed", "no", "unsubscribed"),
    ("opt_in", "0", "unsubscribed"),
    ("abonné", "non", "unsubscribed"),
    ("CLEAN_TIME", "2024-05-01", "suppressed"),
    ("status", "désabonné", "unsubscribed"),
    ("Statut", "désinscrit", "unsubscribed"),
    ("Estado", "dado de baja", "unsubscribed"),
    ("الحالة", "ملغى", "unsubscribed"),
    ("إلغاء الاشتراك", "نعم", "unsubscribed"),
    ("статус", "отписан", "unsubscribed"),
    ("Is this subscriber blacklisted", "1", "suppressed"),
    ("complained", "2024-01-01", "suppressed"),
    ("Unsubscribed", "unsubscribed", "unsubscribed"),
    ("consent", "no", "unsubscribed"),
]


@pytest.mark.parametrize(("column", "value", "no"), NOES)
def test_a_no_counts_by_what_the_file_says(
    installation: Installation, tmp_path: Path, column: str, value: str, no: str
) -> None:
    judged = take(
        installation,
        tmp_path,
        f"email,name,{column}\nana@d.example,Ana,{value}\nben@d.example,Ben,\n",
    )
    assert judged.bad == []
    assert refusals(installation.store, 1) == [no]
    assert judged.noes == {no: 1}
    assert refusals(installation.store, 2) == []
    [fact] = consent.history(installation.store, 1)
    assert (fact.act, value in fact.detail, "people.csv" in fact.source) == (no, True, True)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("unsubscribed", "no"),
        ("opt-out", "0"),
        ("UNSUB_TIME", ""),
        ("bounced", "false"),
        ("status", "subscribed"),
        ("désabonné", "non"),
        ("baja", "no"),
        ("subscribed", "yes"),
        ("opt_in", "2024-01-01"),
        ("UNSUB_REASON", "n/a"),
        ("number of bounces", "3"),
        ("Trabaja en", "Radio"),
        ("status", "vip"),
        ("Do not contact", "never"),
        ("kleidung", "bunt"),
    ],
)
def test_what_is_no_no_is_none(
    installation: Installation, tmp_path: Path, column: str, value: str
) -> None:
    assert take(installation, tmp_path, f"email,{column}\nana@d.example,{value}\n").bad == []
    assert refusals(installation.store, 1) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("unsubscribed", "maybe"),
        ("opt-out", "ask Maria"),
        ("do not contact", "2 times"),
        ("bounced", "?"),
    ],
)
def test_what_cannot_be_understood_there_stops_the_import_and_asks(
    installation: Installation, tmp_path: Path, column: str, value: str
) -> None:
    [bad] = take(installation, tmp_path, f"email,{column}\nana@d.example,{value}\n").bad
    assert value in bad.reason
    assert column in bad.reason
    assert book.by_address(installation.store, "ana@d.example") is None


def test_no_order_of_imports_turns_a_no_into_a_yes(
    installation: Installation, tmp_path: Path
) -> None:
    """Random headers, files and orders: whoever said no in any of them may not be written to."""
    dice = random.Random(17)
    said: set[str] = set()
    for _ in range(40):
        column, value, _ = dice.choice(NOES)
        yes = {"status": "subscribed", "subscribed": "yes"}.get(column.lower(), "")
        rows = []
        for n in dice.sample(range(30), 8):
            no = dice.random() < 0.3
            rows.append(f"r{n}@d.example,Name {n},{value if no else yes}")
            if no:
                said.add(f"r{n}@d.example")
        header = ["email", "name", column]
        judged = take(
            installation,
            tmp_path,
            ",".join(header) + "\n" + "\n".join(rows) + "\n",
            name=f"{dice.choice(('subscribed', 'members', 'x'))}.csv",
            list_name=dice.choice(("press", "partners")),
        )
        assert judged.bad == []
    for n in range(30):
        who = book.by_address(installation.store, f"r{n}@d.example")
        if who:
            assert bool(refusals(installation.store, who.id)) == (who.email in said), who.email


@pytest.mark.parametrize(
    ("header", "row", "name"),
    [
        ("Prénom,Nom", "Ana,Ruiz", "Ana Ruiz"),
        ("Nom,Prénom", "Ruiz,Ana", "Ana Ruiz"),
        ("Nombre,Apellidos", "Ana,Ruiz Gil", "Ana Ruiz Gil"),
        ("Vorname,Nachname", "Ana,Ruiz", "Ana Ruiz"),
        ("Vorname,Name", "Ana,Ruiz", "Ana Ruiz"),
        ("Nome,Cognome", "Ana,Ruiz", "Ana Ruiz"),
        ("Nome,Sobrenome", "Ana,Ruiz", "Ana Ruiz"),
        ("First Name,Last Name", "Ana,Ruiz", "Ana Ruiz"),
        ("First Name,Middle Name,Last Name", "Ana,M.,Ruiz", "Ana M. Ruiz"),
        ("voornaam,tussenvoegsel,achternaam", "Ana,van,Dijk", "Ana van Dijk"),
        ("Имя,Фамилия", "Анна,Орлова", "Анна Орлова"),
        ("姓,名", "山田,太郎", "山田太郎"),
        ("الاسم الأول,اسم العائلة", "ليلى,حسن", "ليلى حسن"),
        ("Ad,Soyad", "Ece,Kaya", "Ece Kaya"),
        ("Nombre", "Ana Ruiz", "Ana Ruiz"),
        ("Nom", "Ana Ruiz", "Ana Ruiz"),
        ("FNAME,LNAME", "Ana,Ruiz", "Ana Ruiz"),
        ("Name,Vorname", "Ruiz,Ana", "Ana Ruiz"),
    ],
)
def test_names_in_halves_are_joined_in_their_order(
    installation: Installation, tmp_path: Path, header: str, row: str, name: str
) -> None:
    take(installation, tmp_path, f"email,{header}\nana@d.example,{row}\n")
    who = book.by_id(installation.store, 1)
    assert who
    assert who.name == name


def test_nothing_is_thrown_away_and_the_mapping_is_shown(
    installation: Installation, tmp_path: Path
) -> None:
    judged = take(
        installation,
        tmp_path,
        "E-mail,Name,First name,Favourite Colour,LEID,EUID,Mobile Phone,Business"
        " Phone\nana@d.example,Ana Ruiz,Ani,blue,7,x,+41 1,+41 2\n",
    )
    who = book.by_id(installation.store, 1)
    assert who
    assert {
        c: v
        for c, v in who.columns.items()
        if c in ("name", "first_name", "favourite_colour", "leid", "phone", "business_phone")
    } == {
        "name": ("Ana Ruiz",),
        "first_name": ("Ani",),
        "favourite_colour": ("blue",),
        "leid": ("7",),
        "phone": ("+41 1",),
        "business_phone": ("+41 2",),
    }
    assert ("Favourite Colour", "favourite_colour", "blue") in judged.mapping
    assert ("E-mail", "email", "ana@d.example") in judged.mapping


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (["José Núñez", "María Peña", "Ángel Ibáñez"], "cp1252"),
        (["Łukasz Wiśniewski", "Małgorzata Dąbrowska", "Józef Żółkiewski"], "cp1250"),
        (["Jiří Dvořák", "Tomáš Černý", "Božena Šťastná"], "cp1250"),
        (["Иван Петров", "Мария Соколова", "Ольга Щербакова"], "cp1251"),
        (["محمد العلي", "فاطمة حسن", "خالد إبراهيم"], "cp1256"),
        (["山田太郎", "鈴木花子", "佐藤健一"], "shift_jis"),
        (["René Dupré", "Hélène Bézier", "François Côté"], "mac_roman"),
        (["Jörg Müller", "Käthe Groß", "Günther Jäger"], "cp1252"),
        (["Zoë Lindström", "Åsa Öberg"], "utf-16"),
        (["Zoë Lindström", "山田太郎", "ليلى"], "utf-8"),
        (["Hélène Bézier", "François Côté", "Zoé Lefèvre"], "cp1252"),
    ],
)
def test_an_encoding_is_found_or_refused_and_never_garbled(
    installation: Installation, tmp_path: Path, names: list[str], encoding: str
) -> None:
    text = "email,name\n" + "".join(f"r{n}@d.example,{name}\n" for n, name in enumerate(names * 4))
    try:
        take(installation, tmp_path, text.encode(encoding))
    except InputFileError as error:
        assert "--encoding" in error.hint
        return
    for n, name in enumerate(names):
        who = book.by_address(installation.store, f"r{n}@d.example")
        assert who
        assert who.name == name, encoding


def test_a_pasted_line_of_another_encoding_is_read_and_told(
    installation: Installation, tmp_path: Path
) -> None:
    judged = take(
        installation,
        tmp_path,
        "email,name\na@d.example,José Núñez\nb@d.example,Zoë\nc@d.example,".encode()
        + "René Dupré\n".encode("cp1252")
        + "d@d.example,Ångström\n".encode(),
    )
    assert [book.by_id(installation.store, n).name for n in range(1, 5)] == [  # type: ignore[union-attr]
        "José Núñez",
        "Zoë",
        "René Dupré",
        "Ångström",
    ]
    assert "line 4" in judged.notes[0]


def test_a_byte_that_fits_nothing_is_an_error_with_its_line(
    installation: Installation, tmp_path: Path
) -> None:
    with pytest.raises(InputFileError, match="line 3"):
        take(
            installation,
            tmp_path,
            "email,name\na@d.example,José\nb@d.example,".encode()
            + b"\x81\x8d\n"
            + "c@d.example,Zoë\nd@d.example,Núñez\n".encode(),
        )
    path = tmp_path / "x.csv"
    path.write_bytes(b"email\nana@d.example\xff\n")
    with pytest.raises(InputFileError, match="line 2"):
        open_text(path, "utf-8", [])
    with pytest.raises(InputFileError, match="no encoding"):
        open_text(path, "klingon", [])


@pytest.mark.parametrize(
    ("sample", "separator"),
    [
        ('email;"Outlet, desk, city";name\n', ";"),
        ('"a,b";c;d\n', ";"),
        ('email,"two\nlines; here; and; here",name\n', ","),
        ("email\tname, first\n", "\t"),
        ("email|name\n", "|"),
        ("email\n", ","),
        ("\n\nemail;name\n", ";"),
    ],
)
def test_the_separator_is_what_stands_outside_quotes(sample: str, separator: str) -> None:
    assert separator_of(sample) == separator


def test_a_line_break_in_a_cell_is_a_space_and_heads_stay_whole(
    installation: Installation, tmp_path: Path
) -> None:
    take(
        installation,
        tmp_path,
        'email,"name\nof person",outlet\na@d.example,"Ana\r\nBcc: x@evil.example","The\nDaily"\n',
    )
    who = book.by_id(installation.store, 1)
    assert who
    assert (who.columns["name_of_person"], who.outlet) == (
        ("Ana Bcc: x@evil.example",),
        "The Daily",
    )


def test_a_workbook_shows_numbers_as_its_sheet_does(tmp_path: Path) -> None:
    import datetime as dt

    book_ = openpyxl.Workbook()
    sheet = book_.active
    sheet.append(["email", "phone", "postcode", "since", "n", "vip"])
    sheet.append(["a@d.example", 774768867, 1067, dt.date(2024, 5, 1), 12, True])
    sheet["B2"].number_format, sheet["C2"].number_format = "0000000000", "00000"
    book_.create_sheet("Partners")
    book_.save(tmp_path / "x.xlsx")
    table = Table(tmp_path / "x.xlsx")
    assert [cells for _, cells in table][1] == [
        "a@d.example",
        "0774768867",
        "01067",
        "2024-05-01",
        "12",
        "yes",
    ]
    assert "Partners" in table.notes[0]


@pytest.mark.parametrize(
    ("cell", "email", "name"),
    [
        ("Ana Ruiz <ana@d.example>", "ana@d.example", "Ana Ruiz"),
        ('"Ruiz, Ana" <ana@d.example>', "ana@d.example", "Ruiz, Ana"),
        ("<ana@d.example>", "ana@d.example", ""),
        ("mailto:ana@d.example", "ana@d.example", ""),
    ],
)
def test_an_address_as_mail_programs_write_it(cell: str, email: str, name: str) -> None:
    row = RowReader(header_of(["email"], "x.csv")).judge(2, [cell])
    assert not isinstance(row, BadRow)
    assert (row.email, "".join(row.columns.get("name", []))) == (email, name)


@pytest.mark.parametrize(
    "cell",
    [
        "a@d.example; b@d.example",
        "a@d.example, b@d.example",
        "a@d.example b@d.example",
        "a@d.example / b@d.example",
        "A <a@d.example>, B <b@d.example>",
    ],
)
def test_several_addresses_in_one_cell_are_asked(cell: str) -> None:
    row = RowReader(header_of(["email"], "x.csv")).judge(2, [cell])
    assert isinstance(row, BadRow)
    assert "2 addresses in one cell" in row.reason


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("français", "fr"),
        ("arabe", "ar"),
        ("Deutsch", "de"),
        ("العربية", "ar"),
        ("English", "en"),
        ("FR", "fr"),
        ("fr_CH", "fr-ch"),
        ("eng", "en"),
        ("中文", "zh"),
    ],
)
def test_languages_as_words(cell: str, code: str) -> None:
    row = RowReader(header_of(["email", "langue"], "x.csv")).judge(2, ["a@d.example", cell])
    assert not isinstance(row, BadRow)
    assert row.columns["language"] == [code]


@pytest.mark.parametrize(
    ("cell", "words"), [("xx", "no language"), ("Frensh", "did you mean fr?"), ("?", "no language")]
)
def test_what_is_no_language_is_refused(cell: str, words: str) -> None:
    row = RowReader(header_of(["email", "language"], "x.csv")).judge(2, ["a@d.example", cell])
    assert isinstance(row, BadRow)
    assert words in row.reason


def test_mailchimps_quoted_tags_are_several() -> None:
    row = RowReader(header_of(["email", "TAGS"], "x.csv")).judge(
        2, ["a@d.example", '"press","radio, local"']
    )
    assert not isinstance(row, BadRow)
    assert row.columns["tags"] == ["press", "radio, local"]


def test_headers_in_any_script_are_kept() -> None:
    assert plain("Adresse électronique") == "adresse_electronique"
    assert plain("البريد الإلكتروني") == "البريد_الالكتروني"
    assert header_of(["البريد الإلكتروني", "المدينة"], "x.csv").columns == ("email", "المدينة")


def test_a_large_file_with_many_lines_of_another_encoding_is_read_in_time(tmp_path: Path) -> None:
    """Each line was looked for among all that are wrong: the square of their number."""
    path = tmp_path / "large.csv"
    path.write_bytes(
        b"email,name\n"
        + b"".join(
            b"r%d@d.example,%b\n" % (n, "Zoë".encode("cp1252" if n % 6 == 0 else "utf-8"))
            for n in range(120_000)
        )
    )
    began = time.process_time()
    assert sum(1 for _ in Table(path)) == 120_001
    assert time.process_time() - began < 5
