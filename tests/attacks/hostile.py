"""Files that were made to cost their reader time and memory: repeated pieces, deep nests,
references, broken ends.
"""

import random
import zipfile
from collections.abc import Iterator
from io import BytesIO

PIECES = (
    " ",
    "\t",
    "\u00a0",
    "(",
    ")",
    "[",
    "]",
    "![",
    "](",
    "<",
    ">",
    "&",
    "*",
    "_",
    "`",
    "~",
    "|",
    "-",
    "–",
    "—",
    "#",
    "=",
    ":",
    ";",
    ",",
    ".",
    "…",
    '"',
    "'",
    "’",
    "/",
    "\\",
    "0",
    "12 ",
    "+1 ",
    "a",
    "A",
    "é",
    "ا",
    "中",
    "a ",
    "A ",
    "a@",
    "@",
    "a@a",
    "a@a.",
    "a.a",
    "http://",
    "www.",
    "www.a.",
    "mailto:",
    "- ",
    "* ",
    "1. ",
    "> ",
    "\n",
    "\n\n",
    " \n",
    "\n ",
    "  \n",
    "a\n",
    "a b c.\n",
    "\n---\n",
    "***\n",
    "###\n",
    "embargo ",
    "Embargoed until ",
    "Contact: ",
    "For more information ",
    "to held ",
    "{{",
    "}}",
    "{%",
    "[INSERT ",
    "<insert",
    "XX",
    "Mai ",
    "1 May 2026 ",
    "12:00 ",
    "GENEVA, 1 May – ",
    "| a ",
    "|---",
    "[a](",
    "[a]: ",
    "[^",
    "&amp;",
    "&#",
    "x0slot.",
    "\x1b[",
    "a-",
    "-a",
    "a, ",
    "(a ",
    "a) ",
    "\\\\",
    "\\[",
    "<a ",
    "<!--",
    "``",
    "Ä",
    "İ",
    "ß",
    "e\u0301",
)


def texts(count: int, seed: int) -> Iterator[str]:
    """Make so many texts, each of one to three pieces repeated up to some ten thousand times, with
    ends of all kinds.
    """
    dice = random.Random(seed)
    for _ in range(count):
        parts = []
        for _ in range(dice.randrange(1, 4)):
            piece = "".join(dice.choice(PIECES) for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 5))))
            parts.append(piece * dice.choice((1, 3, 50, 1000, 4000, 20_000)))
        text = (
            dice.choice(
                (
                    "",
                    "Towns agree on a plan\n\n",
                    "# Towns\n\n",
                    "Towns agree\n\nGENEVA, 1 May 2026 – ",
                )
            )
            + dice.choice(("", " ", "\n")).join(parts)
            + dice.choice(("", "x", "\n", "!\n\nEnd.\n"))
        )
        yield text[:200_000]


def front_matters(count: int, seed: int) -> Iterator[str]:
    """Make so many releases whose front matter is the weapon."""
    dice = random.Random(seed)
    keys = (
        "headline",
        "contacts",
        "topics",
        "notes_to_editors",
        "attachments",
        "language",
        "embargo",
        "date",
    )
    for n in range(count):
        kind = n % 6
        if kind == 0:  # each line refers to the one before, twice
            lines = [
                f"a{m}: &a{m} [{', '.join([f'*a{m - 1}'] * 9) if m else 'lol'}]"
                for m in range(dice.randrange(2, 40))
            ]
        elif kind == 1:  # a reference to itself
            lines = [f"{dice.choice(keys)}: &x [*x, {{y: *x}}]"]
        elif kind == 2:
            lines = [f"{dice.choice(keys)}: {dice.choice('[{') * dice.choice((5, 19, 500, 5000))}"]
        elif kind == 3:
            lines = [
                f"{dice.choice(keys)}: {dice.choice(PIECES) * dice.choice((10, 1000, 30_000))}"
            ]
        elif kind == 4:  # nested by indentation
            lines = [
                " " * m + "- " * (m % 3 + 1) + "a:" for m in range(dice.choice((10, 100, 250)))
            ]
        else:
            tags = ("|", ">", "!!binary", "!!python/object/apply:os.system [id]", "%", "? ")
            lines = [
                f"{dice.choice(keys)}: {dice.choice((*tags, '- ' * 2000))}",
                *("  " + dice.choice(PIECES) * 100 for _ in range(50)),
            ]
        text = "\n".join(lines)
        yield f"---\nheadline: Towns\n{text[:100_000]}\n---\nText.\n"


def templates(count: int, seed: int) -> Iterator[str]:
    """Make so many templates that ask for much."""
    dice = random.Random(seed)
    loops = "{% for a in range(99999) %}" * 3 + "{}" + "{% endfor %}" * 3
    bodies = ("x", "{% set y = a * a %}", "{{ a }}", "{{ [a] }}", "{% set z = 'x' ~ a %}")
    sums = (
        "'a' * {n}",
        "('a' * 999) * {n}",
        "[1] * {n}",
        "{n} ** {n}",
        "1 / 0",
        "1 % 0",
        "'%{n}d' % 1",
        "'%.{n}f' % 1",
        "'{{:>{n}}}'.format(1)",
        "'a'|center({n})",
        "'a'|indent({n})",
        "'a'.zfill({n})",
        "('a' * 9999)|replace('a', 'b' * 9999)",
        "range({n})|list|length",
        "('ab ' * 99999)|wordwrap(1)|length",
        "('a@b.example ' * 9999)|urlize|length",
        "[[1]*999]*999",
        "(range(99999)|list|string) * 9",
        "'a'|attr('__class__')",
        "self.__init__",
        "cycler.__init__",
        "''.__class__.__mro__",
        "dict(a=1)|tojson(indent={n})",
    )
    for n in range(count):
        size = dice.choice((10, 100_000, 5_000_000_000, 10**30))
        if n % 4 == 0:
            yield loops.replace("{}", dice.choice(bodies))
        elif n % 4 == 1:
            yield (
                "{% set ns = namespace(x='"
                + "a" * dice.randrange(1, 9)
                + "') %}{% for i in range("
                + str(dice.choice((10, 30, 99)))
                + ") %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x|length }}"
            )
        elif n % 4 == 2:
            yield (
                "{{ "
                + dice.choice(sums).replace("{n}", str(size)).replace("{{", "{").replace("}}", "}")
                + " }}"
            )
        else:
            yield (
                "{% macro m(n) %}{{ m(n + 1) }}" * dice.randrange(1, 3)
                + "{% endmacro %}" * dice.randrange(3)
                + "{{ m(1) }}"
                + "(" * dice.choice((1, 50, 900))
            )


def tables(count: int, seed: int) -> Iterator[bytes]:
    """Make so many files that say they are lists of contacts."""
    dice = random.Random(seed)
    for n in range(count):
        kind = n % 5
        if kind == 0:
            yield (
                "email"
                + dice.choice(",;\t|")
                + "name\n"
                + "".join(dice.choice(PIECES) for _ in range(50)) * dice.choice((1, 200, 2000))
            ).encode("utf-8", "replace")[:500_000]
        elif kind == 1:
            yield b'email,name\n"' + dice.choice((b"a", b'""', b"\n", b",")) * dice.choice(
                (10, 100_000, 400_000)
            )
        elif kind == 2:
            yield (
                b",".join(b"c%d" % m for m in range(dice.choice((5, 600, 40_000))))
                + b"\n"
                + b"," * dice.choice((5, 300_000))
            )
        elif kind == 3:
            yield bytes(dice.randrange(256) for _ in range(dice.choice((10, 3000)))) * dice.choice(
                (1, 50)
            )
        else:
            yield workbook(dice)


def workbook(dice: random.Random) -> bytes:
    """Make a workbook that unpacks to much more than it is, or is broken."""
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row><c t="inlineStr"><is><t>'
        + "a" * dice.choice((10, 100_000))
        + "</t></is></c></row>" * dice.choice((1, 1000))
        + "</sheetData></worksheet>"
    )
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default'
            ' Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default'
            ' Extension="xml" ContentType="application/xml"/></Types>',
        )
        file.writestr(
            "_rels/.rels",
            "<Relationships"
            ' xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship'
            ' Id="rId1"'
            ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>',
        )
        file.writestr(
            "xl/workbook.xml",
            '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
            ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet'
            ' name="a" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        file.writestr(
            "xl/_rels/workbook.xml.rels",
            "<Relationships"
            ' xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship'
            ' Id="rId1"'
            ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"'
            ' Target="worksheets/sheet1.xml"/></Relationships>',
        )
        file.writestr(
            "xl/worksheets/sheet1.xml", sheet[: dice.choice((len(sheet), len(sheet) // 2))]
        )
    return out.getvalue()


def expressions(count: int, seed: int) -> Iterator[str]:
    """Make so many expressions."""
    dice = random.Random(seed)
    words = (
        "(",
        ")",
        "not ",
        "and ",
        "or ",
        "a ",
        "a:b ",
        '"',
        "\\",
        "a:>",
        "*",
        ":",
        "a:*",
        " ",
        "ä ",
        'a:"b',
        "x:>=2026-01-01 ",
    )
    for _ in range(count):
        yield "".join(
            dice.choice(words) * dice.choice((1, 1, 1, 20, 2000))
            for _ in range(dice.randrange(1, 9))
        )
