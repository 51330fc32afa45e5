"""A document becomes an edition, and what nobody decided about is an error."""

import subprocess
import sys
from pathlib import Path

import pytest

from distro.errors import InputFileError
from distro.readings import UNDECIDED, Choices, Level, Reading
from distro.submit import read
from tests.support.documents import paragraph, part, run
from tests.support.documents import word as docx

BODY = (
    paragraph("Twelve harbour towns agree a shared plan", "Title")
    + f"<w:p>{run('GENEVA, 3 March 2027 –', '<w:b/>')}{run(' Twelve towns agreed today.')}</w:p>"
    + paragraph("It gives families one desk in every town, from the first of December on.")
    + paragraph("Media contact")
    + paragraph("Ines Calloway, calloway@press.example, +44 20 7946 0142")
)
COMMENT = part(
    "comments",
    f'<w:comment w:id="1" w:author="Bo" w:date="2026-11-20T10:00:00Z">{paragraph("Sure?")}'
    "</w:comment>",
)
INSERTED = f'<w:p><w:ins w:author="Ana" w:date="2026-11-21T09:00:00Z">{run("New.")}</w:ins></w:p>'


def written(folder: Path, raw: bytes, choices: Choices = UNDECIDED) -> Reading:
    path = folder / "r.docx"
    path.write_bytes(raw)
    return read(path, "UTC", (), choices)


def errors(reading: Reading) -> list[str]:
    return [p.message for p in reading.problems if p.level is Level.ERROR]


def test_a_word_document_is_a_release(tmp_path: Path) -> None:
    reading = written(tmp_path, docx(BODY))
    edition = reading.edition
    assert edition is not None
    assert errors(reading) == []
    assert edition.headline == "Twelve harbour towns agree a shared plan"
    assert edition.dateline == "GENEVA, 3 March 2027"
    assert edition.body.startswith("Twelve towns agreed today.")
    assert [c.email for c in edition.contacts] == ["calloway@press.example"]
    assert {a.used for a in reading.account} == {"headline", "body", "contacts, date or embargo"}
    assert sum(a.pieces for a in reading.account) == reading.pieces == 5


def test_an_embargo_in_the_page_header_counts(tmp_path: Path) -> None:
    header = part("hdr", paragraph("EMBARGOED UNTIL 2030-12-01 10:00 Europe/Zurich"))
    reading = written(
        tmp_path,
        docx(BODY, {"header1.xml": header}, relations=(("h", "header", "header1.xml", False),)),
    )
    assert reading.edition is not None
    assert reading.edition.embargo == "2030-12-01T10:00:00+01:00"


@pytest.mark.parametrize(
    ("choices", "left"),
    [
        (UNDECIDED, ["inserted by Ana on 2026-11-21", "comment by Bo on 2026-11-20"]),
        (Choices("accept"), ["comment by Bo on 2026-11-20"]),
        (Choices("reject", comments=True), []),
    ],
)
def test_what_is_left_in_a_document_is_an_error_until_somebody_decides(
    tmp_path: Path, choices: Choices, left: list[str]
) -> None:
    reading = written(
        tmp_path,
        docx(
            BODY + INSERTED,
            {"comments.xml": COMMENT},
            relations=(("c", "comments", "comments.xml", False),),
        ),
        choices,
    )
    found = errors(reading)
    assert len(found) == len(left)
    assert all(any(words in message for message in found) for words in left)
    assert bool(reading.record) is (choices is not UNDECIDED)


@pytest.mark.parametrize("name", ["r.doc", "r.docm", "r.pages", "r.msg"])
def test_what_is_not_read_says_what_to_do_instead(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InputFileError) as refused:
        read(tmp_path / name)
    assert refused.value.hint


def test_a_document_that_asks_for_too_much_takes_its_own_process(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"r\.docx"):
        written(tmp_path, docx("", {"document.xml": b"<a>" * 30_000_000}))


def test_the_child_may_not_open_a_connection_or_start_a_program() -> None:
    asks = (
        "import sys; from distro.documents.child import _guard; sys.addaudithook(_guard)\n"
        "import socket\n"
        "try: socket.create_connection(('127.0.0.1', 9))\n"
        "except PermissionError: print('no', end=' ')\n"
        "import subprocess\n"
        "try: subprocess.run(['true'])\n"
        "except PermissionError: print('no')\n"
    )
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["no", "no"]


def test_a_document_in_two_languages_is_named(tmp_path: Path) -> None:
    french = (
        "Douze villes de la côte ont adopté aujourd'hui un plan commun qui donne aux familles un"
        " seul guichet dans chaque ville, et un seul numéro de téléphone pour toutes les questions."
    )
    english = (
        "Twelve towns on the coast agreed today a common plan that gives families one desk in every"
        " town, and one telephone number for all of the questions that they may have about it."
    )
    for text, named in ((paragraph(french), True), (paragraph(english), False)):
        reading = written(tmp_path, docx(BODY + paragraph(english) + text))
        found = [p.message for p in reading.problems if "one file for each language" in p.message]
        assert bool(found) is named
