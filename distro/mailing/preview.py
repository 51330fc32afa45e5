"""Write the letters of a release as files, for eyes and for mail programs. Needs neither Redis nor
a book.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path

from distro.audience import addresses
from distro.errors import InputFileError, UsageError
from distro.installation.release_files import read_files
from distro.letter import CompiledLetter, Filler, compile_letter
from distro.letter.compile import HTML_WARNING
from distro.letter.templates import Templates
from distro.lib import html_pages
from distro.mailing.compose import context_for, files_of
from distro.model import Edition
from distro.readings import UNDECIDED, Choices, Level, Problem, Reading
from distro.settings.load import Settings
from distro.submit import release_of
from distro.tokens import SecretKeys


@dataclass(frozen=True, slots=True)
class PreviewReader:
    """A reader whose letter is shown; `label` tells the files of one from another's."""

    label: str
    address: str
    name: str = ""


EXTREMES = (
    PreviewReader(
        "longest",
        f"{'maria-magdalena.' * 3}maria-magdalena@{'international-secretariat.' * 4}example",
        "Dr. Maria Magdalena Freifrau von Wolfeschlegelsteinhausenbergerdorff-Ahumada,"
        " Chefredakteurin",
    ),
    PreviewReader("nameless", "a@b.example"),
    PreviewReader(
        "arabic", "layla@xn--mgbaal8b0b9b2b.example", "ليلى عبد الرحمن الحدّاد، رئيسة التحرير"
    ),
)


def reader_named(text: str) -> PreviewReader:
    """Return an address, or `Name <address>`; raise UsageError."""
    name, address = parseaddr(text)
    email, reason = addresses.judge(address or text)
    if reason:
        raise UsageError(
            f"{text}: {reason}",
            code="no_reader_address",
        )
    return PreviewReader("", email, name)


@dataclass(frozen=True, slots=True)
class PreviewFiles:
    """One edition's files."""

    language: str
    headline: str
    files: tuple[Path, ...]
    size: int  # bytes of HTML
    warning: str


def write_preview(
    settings: Settings,
    files: Sequence[Path],
    readers: Sequence[PreviewReader],
    out: Path,
    tier: str = "",
    choices: Choices = UNDECIDED,
) -> list[PreviewFiles]:
    """Write .html, .txt and .eml for every edition and reader, and an index.html with all views.

    Links in them are not signed by this installation.
    """
    readings = read_files(settings, files, choices)
    release, enclosed = release_of(readings), files_of(readings)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputFileError(f"{out} cannot be made ({error.strerror})") from None
    written = []
    for edition in release.editions:
        letter, pictures = _compiled(settings, edition, release.languages, enclosed, tier)
        for reader in readers:
            name = ".".join(filter(None, (release.slug, edition.language, reader.label)))
            written.append(_write(settings, edition, letter, pictures, reader, out / name))
    _write_index(out, written)
    return written


def oversized(settings: Settings, readings: Sequence[Reading]) -> list[Problem]:
    """Return a warning for each letter that Gmail would cut; what has errors is not compiled."""
    enclosed = files_of(readings)
    languages = tuple(r.edition.language for r in readings if r.edition)
    found = []
    for reading in readings:
        if reading.edition is None or reading.errors or not _may_be_large(reading.edition):
            continue
        letter, _ = _compiled(settings, reading.edition, languages, enclosed, "")
        if letter.html_size > HTML_WARNING:
            message = f"the letter has {letter.html_size:,} bytes: Gmail hides what is over 102,400"
            found.append(Problem(reading.file, 0, Level.WARNING, message))
    return found


def _may_be_large(edition: Edition) -> bool:
    """Return whether a letter may come near the limit: compiling it takes half a second."""
    text = f"{edition.body}\n{edition.notes_to_editors}\n{edition.boilerplate}"
    cells, blocks = text.count("|"), text.count("\n")
    return 2 * len(text) + 600 * cells + 800 * blocks > HTML_WARNING / 2


_Pictures = dict[str, tuple[str, bytes]]  # hash -> media type, bytes


def _compiled(
    settings: Settings,
    edition: Edition,
    languages: tuple[str, ...],
    enclosed: Mapping[str, bytes],
    tier: str,
) -> tuple[CompiledLetter, _Pictures]:
    """Return the letter of an edition, and the pictures that its page shows."""
    if tier == "embargo" and not edition.embargo:
        raise UsageError(
            f"{edition.headline}: no `embargo:` says until when",
            hint="embargo: 2026-12-01T10:00 Europe/Zurich",
        )
    now = datetime.now().astimezone()
    context = context_for(settings, edition, "0", now, languages=languages, files=enclosed)
    letter = compile_letter(edition, context, Templates(settings.templates), tier)
    pictures = {f.hash: (f.type, enclosed[f.hash]) for f in edition.files if f.source}
    logo = context.brand.logo
    if logo:
        pictures[logo.key] = logo.type, logo.raw
    return letter, pictures


def _write(
    settings: Settings,
    edition: Edition,
    letter: CompiledLetter,
    pictures: _Pictures,
    reader: PreviewReader,
    path: Path,
) -> PreviewFiles:
    """Write one reader's letter as three files whose names begin with `path`."""
    keys = SecretKeys((b"preview",), b"preview")
    filler = Filler(letter, distribution=0, site_url=settings.site.url, keys=keys)
    paths = tuple(path.with_name(path.name + ending) for ending in (".html", ".txt", ".eml"))
    row = {"name": reader.name}
    page = _with_pictures(filler.page(0, 0, reader.address, row=row), pictures)
    paths[0].write_text(page, encoding="utf-8")
    paths[1].write_text(filler.plain(0, 0, reader.address, row=row), encoding="utf-8")
    paths[2].write_bytes(b"".join(filler.fill(0, 0, reader.address, reader.name, row=row)))
    warning = ""
    if letter.html_size > HTML_WARNING:
        warning = f"{letter.html_size:,} bytes of HTML: Gmail hides what is over 102,400"
    headline = f"{edition.headline} ({reader.label})" if reader.label else edition.headline
    return PreviewFiles(edition.language, headline, paths, letter.html_size, warning)


def _with_pictures(html: str, pictures: dict[str, tuple[str, bytes]]) -> str:
    """Return the page with its pictures inside it, so that it can be looked at anywhere."""
    for name, (kind, raw) in pictures.items():
        html = re.sub(
            rf'src="[^"]*/{name}"',
            f'src="data:{kind};base64,{base64.b64encode(raw).decode()}"',
            html,
        )
    return html


def _dark(html: str) -> str:
    """Return the letter as a reader in the dark sees it, whatever this browser is set to."""
    return html.replace("@media (prefers-color-scheme: dark)", "@media all")


def _without_pictures(html: str) -> str:
    """Return the letter as a mail program shows it that loads no pictures; "" if it has none."""
    bare = re.sub(r'src="data:[^"]*"', 'src="data:,"', html)
    return bare if bare != html else ""


def _write_index(out: Path, written: Sequence[PreviewFiles]) -> None:
    """One page with all of them: phone, dark, desktop, plain text side by side."""
    template = html_pages.environment(Path(__file__).parent).get_template("preview.html")
    letters = [
        {
            "headline": w.headline,
            "language": w.language,
            "size": w.size,
            "warning": w.warning,
            "html": w.files[0].name,
            "eml": w.files[2].name,
            "text": w.files[1].read_text(encoding="utf-8"),
            "dark": _dark(page),
            "without_pictures": _without_pictures(page),
        }
        for w in written
        for page in [w.files[0].read_text(encoding="utf-8")]
    ]
    (out / "index.html").write_text(template.render(letters=letters), encoding="utf-8")
