"""What people keep their contacts in: spreadsheets of all kinds, other systems' exports, and files
made to do harm.
"""

import random
import zipfile
from pathlib import Path

import openpyxl
import pytest

from distro.audience import importing
from distro.audience.columns import header_of
from distro.audience.rows import BadRow, Row, RowReader
from distro.audience.table import read_table
from distro.errors import InputFileError
from distro.store import Store, keys


def judged(path: Path) -> tuple[list[object], RowReader]:
    """Every row of a file, judged."""
    table = read_table(path)
    judge = RowReader(header_of(next(table)[1], path.name))
    return [judge.judge(line, cells) for line, cells in table], judge


def workbook(path: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_workbook_is_read_like_a_csv(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "press.xlsx",
        [
            ["E-Mail", "Nom", "Langue", "age"],
            ["ana@d.example", "Ana\nRuiz", "ES", 31.0],
            ["ben@d.example", None, "fr", 2.5],
        ],
    )
    rows, _ = judged(path)
    people = [r for r in rows if isinstance(r, Row)]
    assert len(people) == len(rows)
    assert [
        (r.email, r.columns.get("name"), r.columns["language"], r.columns["age"]) for r in people
    ] == [
        ("ana@d.example", ["Ana Ruiz"], ["es"], ["31"]),
        ("ben@d.example", None, ["fr"], ["2.5"]),
    ]


def test_a_workbook_made_to_do_harm_takes_the_childs_memory_not_ours(tmp_path: Path) -> None:
    """A cell at the far end of the sheet asks for half a terabyte; a bomb unpacks to gigabytes."""
    far = tmp_path / "far.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"] = "email"
    book.active["XFD1048576"] = "x"
    book.save(far)
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(far) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            raw = (
                b"<worksheet><sheetData>" + b" " * 300_000_000
                if item.filename.endswith("sheet1.xml")
                else old.read(item)
            )
            new.writestr(item.filename, raw)
    for path in (far, bomb):
        with pytest.raises(InputFileError, match="cannot be read"):
            list(read_table(path))


@pytest.mark.parametrize(
    ("name", "header", "row", "system", "expected"),
    [
        (
            "subscribed_members_export_1.csv",
            "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,LEID,EUID,TAGS",
            "ana@d.example,Ana,Ruiz,2,2025-01-31 10:00:00,1,abc,press",
            "mailchimp",
            {"name": ["Ana Ruiz"], "joined": ["2025-01-31 10:00:00"], "tags": ["press"]},
        ),
        (
            "subscribers.csv",
            "uuid,email,name,attributes,status,created_at,updated_at",
            (
                'x,ana@d.example,Ana,"{""city"": ""Bern"", ""beats"": [""labour"", ""health""],'
                ' ""n"": {}}",enabled,2025-01-31,2025-02-01'
            ),
            "listmonk",
            {
                "name": ["Ana"],
                "city": ["Bern"],
                "beats": ["labour", "health"],
                "joined": ["2025-01-31"],
            },
        ),
        (
            "contacts.csv",
            "id,First Name,Last Name,Email,Company,Points,Stage,Preferred Locale",
            "7,Ana,Ruiz,ana@d.example,The Daily,12,lead,es",
            "mautic",
            {"name": ["Ana Ruiz"], "outlet": ["The Daily"], "language": ["es"]},
        ),
        (
            "outlook.csv",
            (
                "Title,First Name,Last Name,Company,Business Phone,Mobile Phone,E-mail"
                " Address,E-mail Display Name,Business Country/Region"
            ),
            "Ms,Ana,Ruiz,The Daily,+41 1,+41 2,ana@d.example,Ana R,CH",
            "outlook",
            {"name": ["Ana Ruiz"], "outlet": ["The Daily"], "phone": ["+41 1"], "country": ["CH"]},
        ),
    ],
)
def test_other_systems_exports_are_understood_as_they_are(
    tmp_path: Path, name: str, header: str, row: str, system: str, expected: dict[str, list[str]]
) -> None:
    path = tmp_path / name
    path.write_text(f"{header}\n{row}\n")
    rows, judge = judged(path)
    assert judge.header.system == system
    columns = rows[0].columns  # type: ignore[attr-defined]
    # And whatever else they say of people is kept.
    assert {c: columns.get(c) for c in expected} == expected


@pytest.mark.parametrize(
    ("name", "header", "status", "no"),
    [
        ("unsubscribed_members_export_1.csv", "Email Address,LEID,EUID", "", "unsubscribed"),
        ("cleaned_members_export_1.csv", "Email Address,LEID,EUID", "", "suppressed"),
        ("subscribers.csv", "email,uuid,attributes,status", "blocklisted", "suppressed"),
        ("any.csv", "email,status", "Unsubscribed", "unsubscribed"),
        ("any.csv", "email,status", "enabled", ""),
    ],
)
def test_a_no_of_another_system_is_a_no_here(
    store: Store, tmp_path: Path, name: str, header: str, status: str, no: str
) -> None:
    path = tmp_path / name
    path.write_text(
        f"{header}\nana@d.example,x,y,{status}\n"
        if "uuid" in header
        else (
            f"{header}\nana@d.example,1,2\n"
            if "LEID" in header
            else f"{header}\nana@d.example,{status}\n"
        )
    )
    importing.commit(store, importing.stage(store, path, "press", actor="t").number)
    assert [
        r for r in ("unsubscribed", "suppressed") if store.command("GETBIT", keys.refused(r), 1)
    ] == ([no] if no else [])
    assert store.command("GETBIT", keys.REFUSED, 1) == bool(no)


def test_excels_own_first_line_and_other_encodings(tmp_path: Path) -> None:
    for raw in (
        "sep=;\r\nemail;name\r\nana@d.example;Zoë, née Ruiz\r\n".encode("cp1252"),
        "email\tname\nana@d.example\tZoë, née Ruiz\n".encode("utf-16"),
        "\ufeffemail;name\nana@d.example;Zoë, née Ruiz\n".encode(),
    ):
        path = tmp_path / "any.csv"
        path.write_bytes(raw)
        rows, _ = judged(path)
        assert rows[0].columns["name"] == ["Zoë, née Ruiz"]  # type: ignore[attr-defined]


def test_slips_of_the_finger_are_told_and_not_mended(tmp_path: Path) -> None:
    path = tmp_path / "any.csv"
    path.write_text(
        "email\nana@gmial.com\nben@mail.com\ncy@hotmial.com\ndi@gmail.com\neva@daily.example\n"
    )
    rows, judge = judged(path)
    assert [r.email for r in rows] == [  # type: ignore[attr-defined]
        "ana@gmial.com",
        "ben@mail.com",
        "cy@hotmial.com",
        "di@gmail.com",
        "eva@daily.example",
    ]
    assert judge.typos == {
        "ana@gmial.com": (2, "ana@gmail.com"),
        "cy@hotmial.com": (4, "cy@hotmail.com"),
    }


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("email," + ",".join(f"c{i}" for i in range(5000)) + "\n", "5,001 columns"),
        ('email,name\nana@d.example,"' + "x" * 10_000_001 + '"\n', "line 2: not CSV"),
        ("email,name\nana@d.example," + "x" * 9_000_000 + "\n", "name has 9,000,000 characters"),
        ('email,name\n"a@d.example\r\nBcc: b@d.example",Z\n', "line break or NUL in email"),
        ('email\n"a b"@d.example\n', ""),
        ("email\na(comment)@d.example\n", ""),
        ("email\na@[127.0.0.1]\n", ""),
    ],
)
def test_hostile_rows_are_refused_with_their_reason(tmp_path: Path, raw: str, words: str) -> None:
    path = tmp_path / "any.csv"
    path.write_text(raw, newline="")
    try:
        rows, _ = judged(path)
    except InputFileError as error:
        assert words in str(error)
    else:
        assert isinstance(rows[0], BadRow)
        assert words in rows[0].reason


def test_what_turns_the_direction_of_text_is_taken_out_of_names(tmp_path: Path) -> None:
    path = tmp_path / "any.csv"
    path.write_text(
        "email,name\na@d.example,\u202egnp.Ana\u2066\nü@bücher.example,Zoë\nb@d.example,'=1+1\n",
        encoding="utf-8",
    )
    rows, _ = judged(path)
    assert rows[0].columns["name"] == ["gnp.Ana"]  # type: ignore[attr-defined]
    assert rows[1].email == "ü@xn--bcher-kva.example"  # type: ignore[attr-defined]
    assert rows[2].columns["name"] == ["=1+1"]  # type: ignore[attr-defined]


def test_ten_thousand_hostile_rows_crash_nothing_and_leak_nothing(tmp_path: Path) -> None:
    """Rows glued from everything that hurts; whatever is taken has one address and no control
    character.
    """
    dice = random.Random(11)
    parts = [
        "a@b.example",
        "@",
        "\r\n",
        "\0",
        "\u202e",
        '"',
        "'",
        "=cmd|' /C calc'!A0",
        ";",
        ",",
        "é",
        "xn--",
        "[::1]",
        "(c)",
        "\t",
        "x" * 300,
        "<a@b.example>",
        "mailto:",
        "..",
        " ",
        "\ud7ff",
        "😀",
        "ل",
    ]
    header = header_of(["email", "name", "lists", "beats", "any thing"], "x.csv")
    judge = RowReader(header)
    for n in range(10_000):
        cells = [
            "".join(dice.choices(parts, k=dice.randrange(5))) for _ in range(dice.randrange(1, 7))
        ]
        if dice.random() < 0.5:
            cells[0] = f"r{n}@b.example"
        found = judge.judge(n, cells)
        if isinstance(found, BadRow):
            assert found.reason
            continue
        assert found.email.count("@") == 1
        assert not any(
            c < " " or c in "\x7f\u202e"
            for values in (*found.columns.values(), [found.email])
            for v in values
            for c in v
        )
