"""A release, or whoever sends one, names files that are not meant for readers, or that never
end.
"""

import json
import os
import time
from pathlib import Path

import pytest

from distro.audience.columns import header_of
from distro.audience.rows import RowReader
from distro.audience.table import Table
from distro.cli.main import run
from distro.errors import InputFileError
from distro.lib.files import read_toml, replaced
from distro.submit import read
from distro.submit.enclosing import _addresses_in

RELEASE = (
    "---\nheadline: Towns agree\nlanguage: en\nkind: statement\nattachments: [{name}]\n---\nThey"
    " did, in Geneva.\n"
)


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an office as `distro init` makes it, with what must stay there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "distro.toml").write_text('[secret]\nkeys = ["0123456789abcdef-secret"]\n')
    for name, text in (
        ("var/secrets.json", '{"sign": "0", "pepper": "1"}'),
        ("subscribers/journalists.csv", "email\nana@daily.example\n"),
        (".env", "X=1"),
        ("fact.pdf", "%PDF-1.4"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "key.pem").write_text(
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----\n"
    )
    (tmp_path / "link.pdf").symlink_to("/etc/hostname")
    (tmp_path / "inner.pdf").symlink_to("var/secrets.json")
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "zero.pdf").symlink_to("/dev/zero")
    return tmp_path


def errors(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, name: str = "r.md"
) -> list[str]:
    (folder / name).write_text(text)
    code = run(["check", name, "--json"])
    document = json.loads(capsys.readouterr().out)
    found = [p["message"] for p in document["problems"] if p["level"] == "error"]
    assert code == (1 if found else 0)
    return found


@pytest.mark.parametrize(
    "name",
    [
        "/etc/hostname",
        "../../../../../../etc/hostname",
        "link.pdf",
        "inner.pdf",
        "zero.pdf",
        "pipe.pdf",
        "var/secrets.json",
        "var",
        "distro.toml",
        "subscribers/journalists.csv",
        ".env",
        "key.pem",
        "./var/../var/secrets.json",
        '"fact.pdf\\0.pdf"',
        '"fact\\n.pdf"',
    ],
)
def test_a_release_attaches_no_file_of_the_installation_or_the_system(
    installation: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert errors(installation, capsys, RELEASE.format(name=name))


@pytest.mark.parametrize(
    "name",
    [
        "/etc/hostname",
        "../../etc/hostname",
        "%2e%2e/%2e%2e/etc/hostname",
        "link.pdf",
        "var/secrets.json",
        "zero.pdf",
        "pipe.pdf",
    ],
)
def test_a_picture_is_no_way_around(
    installation: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert errors(installation, capsys, RELEASE.format(name="") + f"\n![x]({name})\n")


def test_what_travels_is_said_before_anything_is_sent(
    installation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (installation / "r.md").write_text(RELEASE.format(name="fact.pdf"))
    assert run(["check", "r.md"]) == 0
    assert "fact.pdf (1 KB)" in capsys.readouterr().out
    assert run(["check", "r.md", "--json"]) == 0
    [edition] = json.loads(capsys.readouterr().out)["editions"]
    assert edition["attachments"] == [{"name": "fact.pdf", "type": "application/pdf", "size": 8}]


def test_files_that_grow_together_are_bounded(installation: Path) -> None:
    for n in range(4):
        with (installation / f"{n}.pdf").open("wb") as file:
            file.truncate(19_000_000)
    (installation / "r.md").write_text(RELEASE.format(name="0.pdf, 1.pdf, 2.pdf, 3.pdf"))
    assert len(read(installation / "r.md").errors) == 1


@pytest.mark.parametrize("path", ["/dev/zero", "pipe.pdf", "/dev/stdin", "var"])
@pytest.mark.parametrize(
    "words", [["check"], ["preview"], ["subscribers", "import", "--list", "x"]]
)
def test_a_device_or_a_pipe_is_no_release_and_no_list(
    installation: Path, capsys: pytest.CaptureFixture[str], path: str, words: list[str]
) -> None:
    """Reading one would hang, or fill the memory."""
    assert run([*words, path]) in (1, 2)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("settings", ["/dev/zero", "pipe.pdf"])
def test_settings_and_segments_are_files(
    installation: Path, capsys: pytest.CaptureFixture[str], settings: str
) -> None:
    assert run(["config", "show", "--config", settings]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        (
            "people.csv",
            b"email,name\n" + b"".join(b"reader%d@daily.example,R\n" % n for n in range(60)),
        ),
        ("distro.toml.bak", b"x"),
        ("up.log", b"x"),
        ("private.der", b"x"),
        ("private.key", b"x"),
        ("noending", b"x"),
    ],
)
def test_a_release_attaches_no_list_of_contacts_and_no_copy_of_a_secret(
    installation: Path, capsys: pytest.CaptureFixture[str], name: str, raw: bytes
) -> None:
    (installation / name).write_bytes(raw)
    assert errors(installation, capsys, RELEASE.format(name=name))


def test_looking_for_addresses_costs_little(installation: Path) -> None:
    for raw in (b"a" * 19_000_000, b"@" * 19_000_000, b"a@a." * 4_000_000):
        began = time.process_time()
        _addresses_in(raw)
        assert time.process_time() - began < 2


def test_what_is_written_takes_no_file_that_somebody_put_there(tmp_path: Path) -> None:
    """In a shared folder, another person of the machine read a whole book from a file that they had
    made before.
    """
    spied = tmp_path / "book.csv.part"
    spied.write_text("")
    (tmp_path / "link.csv").symlink_to(spied)
    for name in ("book.csv", "link.csv"):
        with replaced(tmp_path / name) as file:
            file.write(b"email\n")
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        assert not (tmp_path / name).is_symlink()
    assert spied.read_text() == ""
    with pytest.raises(RuntimeError), replaced(tmp_path / "book.csv") as file:
        raise RuntimeError
    assert sorted(p.name for p in tmp_path.iterdir()) == ["book.csv", "book.csv.part", "link.csv"]


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 5000,
        "a = {" + "a={" * 3000,
        "x = " + "9" * 5000,
        ".".join("x" * 20_000) + " = 1",
        "[" + ".".join("x" * 20_000) + "]",
    ],
)
def test_no_settings_file_costs_much_or_ends_in_a_traceback(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.toml").write_text(text)
    began = time.process_time()
    with pytest.raises(ValueError, match=r"\S"):
        read_toml(tmp_path / "x.toml")
    assert time.process_time() - began < 2


@pytest.mark.parametrize("text", ["a" + "\u0301\u0316" * 70_000, "Towns\n\n" + "e" + "\u0301" * 31])
def test_marks_without_end_are_no_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.txt").write_text(text)
    began = time.process_time()
    with pytest.raises(InputFileError, match="accents"):
        read(tmp_path / "r.txt")
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "text",
    [
        "email,a" + "\u0301\u0316" * 70_000 + "\nx@d.example,1\n",
        "email\n" + "\t" * 40_000 + "'x@d.example\n",
        "email,n\n" + ("a@d.example," + "\t" * 3990 + "'x\n") * 50,
    ],
)
def test_no_cell_costs_the_square_of_its_length(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    began = time.process_time()
    rows = Table(path)
    judge: RowReader | None = None
    for line, cells in rows:
        judge = judge or RowReader(header_of(cells, path.name))
        judge.judge(line, cells)
    assert time.process_time() - began < 2
