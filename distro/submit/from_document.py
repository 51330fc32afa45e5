"""Read a release from a document: its blocks become lines that know what they were, and every one
of them is accounted for.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from distro.documents import Block, Document
from distro.documents.blocks import Kind
from distro.lib.languages import code_of
from distro.model import LANGUAGE_NAMES, Edition
from distro.readings import Account, Choices, Level, Problem, Reading
from distro.submit import check, dateline
from distro.submit.enclosing import Enclosing, enclose
from distro.submit.language import detect
from distro.submit.lines import TextLine
from distro.submit.parts import Part
from distro.submit.phrases import kinds_of
from distro.submit.plaintext import Understood, folded, understand
from distro.submit.prose import paragraphs

_STYLES = {
    Kind.TITLE: "title",
    Kind.SUBTITLE: "subtitle",
    Kind.HEADING: "heading",
    Kind.ITEM: "item",
    Kind.QUOTE: "quote",
    Kind.TABLE: "table",
    Kind.PICTURE: "picture",
}
_FIELDS = {
    Part.HEAD: "headline",
    Part.SUBHEAD: "subhead",
    Part.BODY: "body",
    Part.NOTES: "notes to editors",
    Part.ABOUT: "boilerplate",
    Part.END: "boilerplate",
}
_LONG = 120  # characters from which a paragraph's language is sure
_ENOUGH_CHANGES = 20  # problems about tracked changes, before the rest is only counted
_NO_TITLES = {"release", "notes", "contact", "about", "end", "button"}
_TITLE_WITHIN = 12  # blocks from the top in which a heading may be the headline


def read_from_document(
    name: str,
    document: Document,
    zone: str,
    private: Sequence[Path],
    choices: Choices,
    folder: Path | None = None,
) -> Reading:
    """Understand a document; `zone` is the local time zone of an embargo that names none.

    `folder`: where the pictures of a saved page lie.
    """
    blocks = [b for b in document.blocks if not b.dropped and b.kind is not Kind.FOOTNOTE]
    notes = [b for b in document.blocks if not b.dropped and b.kind is Kind.FOOTNOTE]
    lines, where = _lines(_titled(blocks))
    understood = understand(name, document.format, lines, zone, [])
    reading = understood.reading
    if reading.edition is None:
        return reading
    edition = _completed(reading.edition, document, notes)
    enclosed = enclose(folder, edition.body, (), private, document.pictures, clean=choices.clean)
    edition = replace(edition, files=tuple(enclosed.files))
    text = "\n".join((*(line.text for line in lines), *(note.text for note in notes)))
    linted = check.lint(name, edition, text, zone)
    problems = [_placed(p, where) for p in (*reading.problems, *linted)]
    account = tuple(_accounted(document, understood, where, notes))
    problems += _left(name, document, choices)
    problems += _languages(name, blocks)
    problems += _files(name, enclosed)
    if document.unaccounted:
        problems.append(_unaccounted(name, document))
    return replace(
        reading,
        edition=edition,
        problems=tuple(problems),
        dropped=tuple((n, f"{a.text} ({a.place})") for n, a in enumerate(account, 1) if a.dropped),
        paragraphs=paragraphs(edition.body),
        enclosed=tuple(enclosed.raw),
        account=account,
        pieces=document.pieces,
        unit=document.unit,
        record=(*document.record, *enclosed.record),
        published=document.fields.get("published", ""),
    )


def _titled(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks with the headline as their title: where no paragraph has the style
    "Title", the first heading that is one.
    """
    if any(block.kind is Kind.TITLE for block in blocks):
        deeper = any(block.kind is Kind.HEADING and block.level == 1 for block in blocks)
        return [
            replace(b, level=b.level + 1) if deeper and b.kind is Kind.HEADING else b
            for b in blocks
        ]
    first = next(
        (
            n
            for n, block in enumerate(blocks[:_TITLE_WITHIN])
            if block.kind is Kind.HEADING and not kinds_of(block.text) & _NO_TITLES
        ),
        None,
    )
    return [replace(b, kind=Kind.TITLE) if n == first else b for n, b in enumerate(blocks)]


def _lines(blocks: Sequence[Block]) -> tuple[list[TextLine], dict[int, Block]]:
    """Return the blocks as lines, blank ones between them, and which block each line is."""
    lines: list[TextLine] = []
    where: dict[int, Block] = {}
    # Where empty paragraphs make the space, or each line of a plain text is a paragraph, lines
    # without an empty one between them stand together.
    spaced = sum(b.apart for b in blocks) > 0.1 * len(blocks) or not any(
        block.kind in _STYLES or block.goes_on for block in blocks
    )
    for block in blocks:
        plain = block.kind not in _STYLES
        together = block.goes_on or (spaced and plain and not block.apart)
        if lines and not together:
            lines.append(TextLine(len(lines) + 1, ""))
        number = len(lines) + 1
        where[number] = block
        # A picture without words stands in the text all the same.
        text = folded(block.text) or f"[{block.kind}]"
        style = _STYLES.get(block.kind, "")
        lines.append(
            TextLine(
                number,
                text,
                block.markdown,
                style,
                block.level,
                goes_on=block.goes_on,
                likely=block.likely,
            )
        )
    return [_bare_dateline(line) for line in lines], where


def _bare_dateline(line: TextLine) -> TextLine:
    """Return a line whose dateline has no marks of its look: **GENEVA, 3 March** – is a place."""
    place = dateline.take(line.text)[0] if line.text and not line.style else ""
    if not place or not line.markdown.startswith(("*", "_")):
        return line
    mark = line.markdown[: len(line.markdown) - len(line.markdown.lstrip("*"))]
    opened, closed, after = line.markdown[len(mark) :].partition(mark)
    whole = f"{opened}{after}" if closed else line.markdown
    return replace(line, markdown=whole) if dateline.take(whole)[0] == place else line


def _completed(edition: Edition, document: Document, notes: Sequence[Block]) -> Edition:
    """Return an edition with what the document says outside of its text: footnotes, fields."""
    foot = "\n\n".join(block.markdown for block in notes)
    together = "\n\n".join(filter(None, (edition.notes_to_editors, foot)))
    language = code_of(document.fields.get("language", "").split("-")[0])
    # Too little to tell by its words, and letters of that language's kind.
    short = len(edition.body) < 400 and edition.body.isascii()
    return replace(
        edition,
        notes_to_editors=together,
        headline=edition.headline or document.fields.get("headline", ""),
        date=edition.date or document.fields.get("date", ""),
        language=language if language and short else edition.language,
    )


def _accounted(
    document: Document,
    understood: Understood,
    where: dict[int, Block],
    notes: Sequence[Block],
) -> Iterator[Account]:
    """Yield what became of each block."""
    numbers = {(b.place, b.text, b.markdown): number for number, b in where.items()}
    foot = {id(block) for block in notes}
    for block in document.blocks:
        used, dropped = "", block.dropped
        if id(block) in foot:
            used = "notes to editors"
        elif not dropped:
            number = numbers.get((block.place, block.text, block.markdown), 0)
            part = understood.parts.get(number)
            if number in understood.used:
                used = _FIELDS.get(part, "contacts, date or embargo") if part else ""
            else:
                dropped = str(block.kind) if block.kind in _MARGINS else "not part of the release"
        yield Account(block.place, str(block.kind), block.text, block.pieces, used, dropped)


_MARGINS = (Kind.HEADER, Kind.FOOTER)


def _placed(problem: Problem, where: dict[int, Block]) -> Problem:
    """Return a problem with the place in the document instead of a line."""
    block = where.get(problem.line)
    if block is None:
        return replace(problem, line=0)
    return replace(problem, line=0, message=f"{block.place}: {problem.message}")


def _left(name: str, document: Document, choices: Choices) -> Iterator[Problem]:
    """Yield an error for each tracked change, comment and hidden text that nobody decided about."""
    settled = {"comment": choices.comments, "hidden": choices.hidden}
    open_ones = [c for c in document.changes if not settled.get(c.what, bool(choices.changes))]
    for change in open_ones[:_ENOUGH_CHANGES]:
        yield Problem(name, 0, Level.ERROR, f"{change.worded()}; {_option(change.what)}")
    if len(open_ones) > _ENOUGH_CHANGES:
        more = len(open_ones) - _ENOUGH_CHANGES
        yield Problem(name, 0, Level.ERROR, f"and {more:,} more changes or comments are left")
    for remark in document.remarks:
        level = Level.ERROR if remark.error else Level.WARNING
        place = f"{remark.place}: " if remark.place else ""
        yield Problem(name, 0, level, place + remark.text)
    for said in document.record:
        yield Problem(name, 0, Level.WARNING, f"as asked: {said}")


def _option(what: str) -> str:
    if what == "comment":
        return "delete it in the document, or --drop-comments"
    if what == "hidden":
        return "show it in the document and decide, or --drop-hidden"
    return "accept or reject it in the document, or --accept-changes, --reject-changes"


def _languages(name: str, blocks: Sequence[Block]) -> Iterator[Problem]:
    """Yield a warning for a document in two languages: each edition is a file of its own."""
    sizes = Counter[str]()
    for block in blocks:
        if len(block.text) >= _LONG:
            sizes[detect(block.text)] += len(block.text)
    total = sum(sizes.values())
    often = [language for language, size in sizes.most_common() if size > total / 4]
    if len(often) > 1:
        named = " and ".join(LANGUAGE_NAMES.get(language, language) for language in often)
        message = f"the text is in {named}: write one file for each language"
        yield Problem(name, 0, Level.WARNING, message)


def _files(name: str, enclosed: Enclosing) -> Iterator[Problem]:
    for _, message in enclosed.wrong:
        yield Problem(name, 0, Level.ERROR, message)
    for message in (*enclosed.tells, *(f"as asked: {said}" for said in enclosed.record)):
        yield Problem(name, 0, Level.WARNING, message)
    for picture in enclosed.unspoken:
        yield Problem(
            name,
            0,
            Level.WARNING,
            f"the picture {picture} has no words for readers who do not see it: in the document,"
            " its alternative text",
        )


def _unaccounted(name: str, document: Document) -> Problem:
    return Problem(
        name,
        0,
        Level.ERROR,
        f"{document.pieces} {document.unit} stand in the file, and"
        f" {document.pieces - document.unaccounted} were read: copy the text into a new document",
    )
