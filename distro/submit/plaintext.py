"""Read a release from plain text, also one copied off a web page with its navigation and
hard-wrapped lines.

`parts.py` says what each line is; here the lines of each part become the fields of an edition.
Every line that is in no field is reported as dropped: nothing disappears silently.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce

from distro.model import Edition
from distro.readings import Level, Problem, Reading
from distro.submit import contacts, dateline, dates, embargo, wraps
from distro.submit.language import detect
from distro.submit.lines import TextLine
from distro.submit.parts import Division, Part, divide
from distro.submit.prose import paragraphs
from distro.submit.source import Source

# Of 180 made-up releases 19 headlines are wrong: 17 with a margin under 3, 8 under 1.
_SURE, _UNSURE = (
    3.0,
    1.0,
)
_PAGE = frozenset([Part.BEFORE, Part.ASIDE, Part.INSET, Part.AFTER, Part.FOOTER])
_CONTACTS = frozenset(
    [Part.CONTACTS_ABOVE, Part.CONTACTS_BETWEEN, Part.CONTACTS, Part.CONTACTS_BELOW]
)


@dataclass(frozen=True, slots=True)
class Understood:
    """A text, understood: its reading, and what became of each line."""

    reading: Reading
    parts: dict[int, Part]  # by the line's number
    used: frozenset[int]  # lines that an edition's fields hold


def read_plain_text(source: Source, zone: str) -> Reading:
    """Understand a plain text; `zone` is the local time zone of an embargo that names none."""
    lines = [TextLine(n, folded(text)) for n, text in enumerate(source.text.split("\n"), 1)]
    problems = (
        [
            Problem(
                source.name,
                0,
                Level.WARNING,
                f"read as {source.encoding}: check the accents, or save it as UTF-8",
            )
        ]
        if source.encoding != "UTF-8"
        else []
    )
    return understand(source.name, "plain text", lines, zone, problems).reading


def understand(
    name: str, kind: str, lines: Sequence[TextLine], zone: str, problems: list[Problem]
) -> Understood:
    """Divide lines into the parts of a release; `kind` says what they were read from."""
    filled = [line for line in lines if line.text]
    division = divide(filled)
    part = {line.number: part for line, part in zip(filled, division.parts, strict=True)}
    told_embargo, until = _embargo(filled, part, zone, name, problems)
    edition, used = _edition(lines, part, until)
    used |= told_embargo | {
        line.number
        for line in filled
        if line.text == edition.headline
        or (part[line.number] in _PAGE and line.kinds & {"release", "end"})
    }
    dropped = tuple((line.number, line.text) for line in filled if line.number not in used)
    problems += doubts(name, filled, division, edition.headline)
    other = filled[division.other] if division.other is not None else TextLine(0, "")
    reading = Reading(name, kind, edition, tuple(problems), dropped, paragraphs(edition.body))
    if division.margin < _SURE and other.text != edition.headline:
        sure = "probably" if division.margin >= _UNSURE else "no"
        reading = replace(reading, sure=sure, otherwise=(other.number, other.text))
    return Understood(reading, part, frozenset(used))


def folded(text: str) -> str:
    """Return a line with its white space folded; columns set by spaces stay apart."""
    text = text.replace("\u00a0", " ").strip()
    if len(text) < 60 and text.count("\u3000") >= 2:
        text = text.replace("\u3000", "   ")
    return text if "   " in text else " ".join(text.split())


def _edition(
    lines: Sequence[TextLine], part: dict[int, Part], until: str
) -> tuple[Edition, set[int]]:
    """Return the fields of an edition, and the numbers of the lines that are in them."""
    used: set[int] = set()

    def of(*parts: Part) -> list[TextLine]:
        """Return the lines of some parts, with the blank ones between them."""
        numbers = {number for number, what in part.items() if what in parts}
        used.update(numbers)
        found: list[TextLine] = []
        for line in lines:
            if line.number in numbers or (not line.text and found):
                found.append(line)
        while found and not found[-1].text:
            found.pop()
        return found

    headline = reduce(wraps.join, (line.text for line in of(Part.HEAD) if line.text), "").strip()
    subhead, *decks = wraps.titles(of(Part.SUBHEAD)) or [""]
    text = of(Part.BODY)
    alone = dateline.alone(text[0].text) if text else ""
    place, body = (
        (alone, wraps.unwrap(_stripped(text[1:]))) if alone else dateline.take(wraps.unwrap(text))
    )
    people = [line.text for line in of(*_CONTACTS) if line.text] or [
        line.text for line in of(Part.BODY, Part.NOTES) if line.address
    ]
    body = "\n\n".join([*decks, body])
    if not place:
        place = next(
            (
                alone
                for line in lines
                if part.get(line.number) in (Part.BEFORE, Part.ASIDE)
                and (alone := dateline.alone(line.text))
            ),
            "",
        )
    date = _date(lines, part, place, used)
    edition = Edition(
        language=detect(f"{headline}\n{body}"),
        headline=headline,
        body=body,
        subhead=subhead,
        dateline=place,
        date=date,
        embargo=until,
        notes_to_editors=wraps.unwrap(_untitled(of(Part.NOTES), "notes")),
        boilerplate=wraps.unwrap(_untitled(of(Part.ABOUT, Part.END), "about")),
        contacts=contacts.find(people),
    )
    return edition, used


def _stripped(lines: list[TextLine]) -> list[TextLine]:
    """Return lines without the blank ones at their beginning."""
    return lines[next((n for n, line in enumerate(lines) if line.text), len(lines)) :]


def _untitled(lines: list[TextLine], kind: str) -> list[TextLine]:
    """Return a section without the line that is its heading."""
    return [
        line
        for n, line in enumerate(lines)
        if not ((kind in line.kinds and n < 2 and line.length < 90) or "end" in line.kinds)
    ]


def _date(lines: Sequence[TextLine], part: dict[int, Part], place: str, used: set[int]) -> str:
    """Return the day that a line around the headline names, else the dateline's own."""
    head = min((number for number, what in part.items() if what is Part.HEAD), default=0)
    near = [
        line
        for line in lines
        if line.text
        and line.date
        and part[line.number] in (Part.BEFORE, Part.ASIDE, Part.CONTACTS_BETWEEN)
        and abs(line.number - head) < 25
    ]
    if near:
        used.update(line.number for line in near)
        return min(near, key=lambda line: abs(line.number - head)).text
    return dates.day_of(place)


def _embargo(
    lines: Sequence[TextLine], part: dict[int, Part], zone: str, name: str, problems: list[Problem]
) -> tuple[set[int], str]:
    """Return the time of an embargo said around the text, and its lines; what is not understood is
    an error, never silence.
    """
    for n, line in enumerate(lines):
        if not line.embargo or part[line.number] in (Part.BODY, Part.HEAD, Part.SUBHEAD):
            continue
        below = lines[n + 1] if n + 1 < len(lines) else None
        for text, numbers in (
            (line.text, {line.number}),
            (
                f"{line.text} {below.text}" if below else line.text,
                {line.number, below.number if below else line.number},
            ),
        ):
            try:
                until = embargo.read_time(text, zone)
                problems += [
                    Problem(name, line.number, Level.WARNING, doubt)
                    for doubt in embargo.doubts(text, datetime.fromisoformat(until), zone)
                ]
                return numbers, until
            except ValueError as error:
                reason = str(error)
        problems.append(
            Problem(
                name,
                line.number,
                Level.ERROR,
                f'the embargo "{line.text[:60]}" is not understood ({reason}): write "Embargoed'
                ' until 2026-12-01 10:00 Europe/Zurich", or take the line out',
            )
        )
        return {line.number}, ""
    return set(), ""


def doubts(
    name: str, lines: Sequence[TextLine], division: Division, headline: str
) -> list[Problem]:
    """Return what somebody should look at: another line that may be the headline, and more prose
    left out than kept.
    """
    problems = []
    if (
        division.other is not None
        and division.margin < _UNSURE
        and lines[division.other].text != headline
    ):
        other = lines[division.other]
        problems.append(
            Problem(
                name,
                other.number,
                Level.WARNING,
                f'this line may be the headline instead: "{other.text[:80]}"',
            )
        )
    kept = sum(
        line.word_count
        for line, part in zip(lines, division.parts, strict=True)
        if part in (Part.BODY, Part.NOTES, Part.ABOUT)
    )
    if sum(lines[n].word_count for n in division.left_out) > kept:
        problems.append(
            Problem(
                name,
                lines[division.left_out[0]].number,
                Level.ERROR,
                "more of the text is left out than kept, from here on: put it into a Markdown file"
                " (`headline:` in the front matter), or take out what is not the release",
            )
        )
    return problems
