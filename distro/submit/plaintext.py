"""A release as plain text, also one copied off a web page with its navigation and hard-wrapped lines.

How it is understood, in order:
1. The *run* is the longest stretch of prose; navigation is short, unpunctuated and repeats itself.
2. The *anchor* is where the text begins: the line with the dateline, else the first line of prose that is no title.
3. The *headline* is the title-like block nearest above the anchor; what follows it there is the subhead. Contacts that
   stand above the anchor are contacts.
4. The text ends at an end mark (###, ENDS, -30-), at "About …", at a contact block, or where the page's furniture begins.
5. Hard-wrapped lines become paragraphs again (`layout.unwrap`).
Every line that is in none of these is reported as dropped: nothing disappears silently.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

from distro.model import Edition, Level, Problem, Reading
from distro.submit import contacts, dateline, embargo, layout
from distro.submit.language import detect
from distro.submit.layout import Line
from distro.submit.prose import paragraphs
from distro.submit.source import Source

_OPENING = 35        # characters from which a line with a dateline opens a text
_UNWRAPPED = 110     # characters of a line from which a text has a line for each paragraph
_FAR_ABOVE = 25      # lines above the anchor that may belong to its head
_PROVIDER = re.compile(r"^(?:news provided|nouvelles fournies|noticias proporcionadas) (?:by|par|por)\W*$", re.IGNORECASE)
_HANGING = frozenset(["the", "of", "in", "on", "to", "a", "an", "and", "for", "with", "by", "from", "at", "de", "del", "la", "el", "en", "y", "con", "por", "para", "des", "du", "les", "le", "et", "à", "au", "aux", "dans", "sur", "un", "une", "der", "die", "das", "den", "dem", "und", "im", "am", "von", "für", "mit", "zu", "do", "da", "dos", "das", "e", "em", "com", "na", "no", "os", "as", "o"])
_TITLE = 28          # characters from which a line is rather a title than an entry of a menu


@dataclass(slots=True)
class _Parts:
    """Which line is what."""

    head: list[Line] = field(default_factory=list)
    subhead: list[Line] = field(default_factory=list)
    date: list[Line] = field(default_factory=list)
    embargo: list[Line] = field(default_factory=list)
    body: list[Line] = field(default_factory=list)
    notes: list[Line] = field(default_factory=list)
    about: list[Line] = field(default_factory=list)
    contacts: list[Line] = field(default_factory=list)
    marks: list[Line] = field(default_factory=list)     # understood, and said nowhere: ###, PRESS RELEASE

    def numbers(self) -> set[int]:
        return {line.number for name in self.__slots__ for line in getattr(self, name)}


def read_plain_text(source: Source, zone: str) -> Reading:
    """Understand a plain text; `zone` is the local time zone of an embargo that names none."""
    lines = [Line(n, " ".join(text.replace("\u00a0", " ").split()) if "   " not in text.strip() else text.strip()) for n, text in enumerate(source.text.split("\n"), 1)]
    problems = [Problem(source.name, 0, Level.WARNING, f"read as {source.encoding}: check the accents, or save it as UTF-8")] if source.encoding != "UTF-8" else []
    parts = _Parts()
    start, end = _run(lines)
    anchor = _anchor(lines, start, end)
    _above(lines, anchor, parts)
    _below(lines, anchor, end, parts)
    place, body = dateline.take(layout.unwrap(parts.body))
    subhead = " ".join(line.text for line in parts.subhead)
    if not subhead:
        subhead, body = _first_as_subhead(body)
        if subhead and not place:
            place, body = dateline.take(body)
    headline = reduce(layout.join, (line.text for line in parts.head)) if parts.head else ""
    used = parts.numbers() | {line.number for line in lines if line.text and line.text == headline}   # headlines often stand twice
    edition = Edition(
        language=detect(f"{headline}\n{body}"), headline=headline, body=body, subhead=subhead, dateline=place, date=parts.date[0].text if parts.date else "",
        notes_to_editors=layout.unwrap(parts.notes), boilerplate=layout.unwrap(parts.about), contacts=contacts.find([line.text for line in parts.contacts if line.text]),
        embargo=_embargo_of(parts.embargo, zone, source.name, problems),
    )
    dropped = tuple((line.number, line.text) for line in lines if line.text and line.number not in used)
    return Reading(source.name, "plain text", edition, tuple(problems), dropped, paragraphs(body))


def _run(lines: Sequence[Line]) -> tuple[int, int]:
    """The longest stretch of prose; where that is a teaser of a menu, the one that opens with a dateline under a title."""
    start, end = layout.body_run(lines)
    if sum(bool(line.text) for line in lines[start:end]) > 2:
        return start, end
    above = ""
    for n, line in enumerate(lines):
        if len(line.text) > _OPENING and len(above) >= _TITLE and Line(n, above).title_like and not dateline.take(above)[0] and dateline.take(line.text)[0]:
            first, past = layout.body_run(lines[n:])
            return n, n + (past if first == 0 else 1)
        above = line.text or above
    return start, end


def _anchor(lines: Sequence[Line], start: int, end: int) -> int:
    """Where the text begins."""
    for n in range(start, end):
        if len(lines[n].text) > _OPENING and dateline.take(lines[n].text)[0]:
            return n
    for n in range(start, end):
        text = lines[n].text
        if not text or lines[n].apparatus or layout.matches(embargo.LINE, text) or layout.matches(contacts.INTRO, text):
            continue
        following = lines[n + 1].text if n + 1 < len(lines) else ""
        wrapped_prose = len(text) >= 40 and (following[:1].islower() or (following and text.split()[-1].lower() in _HANGING)) and not layout.BULLET.match(following)
        if len(text) >= 130 or (lines[n].ends_sentence and len(text) >= 45) or wrapped_prose or _wrapped_paragraph(lines, n):
            return n
    return next((n for n in range(start, end) if lines[n].ends_sentence), start)


def _wrapped_paragraph(lines: Sequence[Line], n: int) -> bool:
    """Whether a hard-wrapped paragraph begins here, apart from a title above it: three lines or more, and a sentence ends inside."""
    if len(lines[n].text) < 40 or n < 2 or lines[n - 1].text or not any(lines[m].title_like for m in range(max(0, n - 5), n)):
        return False
    block = [lines[n].text]
    while n + len(block) < len(lines) and lines[n + len(block)].text:
        block.append(lines[n + len(block)].text)
    whole = " ".join(block)
    return len(block) >= 3 and max(map(len, block)) <= 90 and bool(re.search(r"[^\W\d_]{3}[.!?] [A-ZÀ-Þ\"“„«]", whole)) and bool(layout.SENTENCE_END.search(whole))


def _above(lines: Sequence[Line], anchor: int, parts: _Parts) -> None:
    """What stands above the text: headline, subhead, date, embargo, markers, contacts."""
    block: list[int] = []
    for n in range(anchor - 1, max(-1, anchor - _FAR_ABOVE), -1):
        line = lines[n]
        if not line.text:
            continue
        if layout.matches(embargo.LINE, line.text):
            parts.embargo.append(line)
        elif len(line.text) <= layout.SHORT and embargo.SENTENCE.search(line.text):      # its time may stand on the line below
            parts.embargo.append(Line(line.number, f"{line.text} {lines[n + 1].text}"))
            parts.marks.append(lines[n + 1])
            block = [m for m in block if m != n + 1]
        elif layout.matches(layout.MARKER, line.text) or layout.matches(layout.TIME_ONLY, line.text):
            parts.marks.append(line)
        elif layout.matches(layout.DATE_ONLY, line.text) and not line.furniture:
            (parts.date if not parts.date else parts.marks).append(line)
        elif layout.matches(contacts.INTRO, line.text) and layout.address_near(lines, n):
            last = _contact_end(lines, n, anchor)
            parts.contacts += lines[n:last]
            block = [m for m in block if m >= last]
        elif contacts.EMAIL.search(line.text) or line.furniture or layout.matches(_PROVIDER, lines[max(0, n - 1)].text):
            continue
        else:
            block.append(n)
    block.reverse()
    _title(lines, block, anchor, parts)


def _contact_end(lines: Sequence[Line], n: int, anchor: int) -> int:
    """The index after a contact block above the text: it ends at the first blank line once an address was seen."""
    seen = False
    for m in range(n, anchor):
        text = lines[m].text
        here = bool(contacts.EMAIL.search(text) or contacts.PHONE.search(text))
        if seen and (not text or (not here and len(text) >= _TITLE and lines[m].title_like)):
            return m
        seen |= here
    return anchor


def _title(lines: Sequence[Line], block: Sequence[int], anchor: int, parts: _Parts) -> None:
    """Headline and subhead among the lines above the text: the long, title-like ones nearest to it."""
    text = lines[anchor:anchor + 12]
    unwrapped = max((len(line.text) for line in text if line.ends_sentence), default=0)
    width = unwrapped if unwrapped > _UNWRAPPED else layout.wrap_width(text)
    titles: list[list[Line]] = []
    for n in block:
        line = lines[n]
        previous = titles[-1][-1] if titles else None
        if previous and previous.number == line.number - 1 and _goes_on(previous.text, line.text, width):
            titles[-1].append(line)     # a title that was wrapped like the text below it
        elif not line.title_like:
            titles.clear()              # a menu's entry: what stands above it is a menu too
        else:
            titles.append([line])
    chosen = [t for n, t in enumerate(titles) if sum(len(line.text) for line in t) >= _TITLE or _opens_block(lines, t, titles[n + 1:])] or titles[-1:]
    unique = list({t[0].text: t for t in chosen}.values())   # headlines often stand twice: the nearer one counts
    unique.sort(key=lambda t: t[0].number)
    while len(unique) > 1 and _is_house(unique[0], unique[1]):
        unique.pop(0)
    if unique:
        parts.head = unique[0] if len(unique) <= 2 else unique[-2]
        rest = [t for t in unique if t[0].number > parts.head[-1].number]
        parts.subhead = rest[0] if rest else []


def _goes_on(above: str, line: str, width: int) -> bool:
    """Whether a title was wrapped onto the next line."""
    if len(above) < 30 or layout.SENTENCE_END.search(above):
        return False
    fits = len(above) + 1 + len(line.split(maxsplit=1)[0]) <= width - 3
    return line[:1].islower() or line[:1].isdigit() or above.endswith(",") or above.rsplit(maxsplit=1)[-1].lower() in _HANGING or (width <= 90 and not fits and len(above) > 40)


def _opens_block(lines: Sequence[Line], title: list[Line], following: list[list[Line]]) -> bool:
    """Whether a short title stands alone under a blank line, right above a longer one: a headline with its subhead."""
    above = lines[title[0].number - 2] if title[0].number > 1 else None
    apart = above is None or not above.text or above.apparatus
    return apart and bool(following) and following[0][0].number == title[-1].number + 1


def _is_house(title: list[Line], following: list[Line]) -> bool:
    """Whether a short line, apart from the title below it, is the name of the house."""
    return len(title[0].text) < 40 and following[0].number > title[-1].number + 1 and len(following[0].text) > len(title[0].text) + 8


def _below(lines: Sequence[Line], anchor: int, end: int, parts: _Parts) -> None:
    """The text and what follows it: notes to editors, the house, contacts, until the furniture begins."""
    into = parts.body
    since_address = 0
    for n in range(anchor, len(lines)):
        line = lines[n]
        if not line.text:
            into.append(line)
            continue
        if line.furniture and not (into is parts.body and n < end and layout.BULLET.match(line.text)):
            break
        if layout.matches(layout.END, line.text) or layout.matches(layout.SOURCE, line.text):
            parts.marks.append(line)
            into = parts.about if into is parts.body else into
        elif layout.matches(layout.NOTES, line.text):
            parts.marks.append(line)
            into = parts.notes
        elif layout.matches(contacts.INTRO, line.text) and layout.address_near(lines, n):
            into, since_address = parts.contacts, 0
            into.append(line)
        elif layout.matches(layout.ABOUT, line.text) and len(parts.body) > 1:
            parts.marks.append(line)
            into = parts.about
        elif into is parts.contacts:
            since_address = 0 if contacts.EMAIL.search(line.text) or contacts.PHONE.search(line.text) else since_address + 1
            if since_address > 4 or (line.ends_sentence and len(line.text) > 100 and since_address):
                _give_back(parts.contacts)
                break
            into.append(line)
        elif n >= end and not layout.is_prose(lines, n) and into is parts.body:
            break
        else:
            into.append(line)
    for section in (parts.body, parts.notes, parts.about, parts.contacts):
        while section and not section[-1].text:
            section.pop()
        while section and not section[0].text:
            section.pop(0)


def _give_back(lines: list[Line]) -> None:
    """Lines after the last address of a contact block were no contacts."""
    while lines and not (contacts.EMAIL.search(lines[-1].text) or contacts.PHONE.search(lines[-1].text)):
        lines.pop()


def _first_as_subhead(text: str) -> tuple[str, str]:
    """A first paragraph without a full stop, before a long one, is the line under the headline."""
    first, _, rest = text.partition("\n\n")
    following = rest.partition("\n\n")[0]
    if rest and len(first) <= 250 and not layout.SENTENCE_END.search(first) and not first.startswith("- ") and not layout.matches(layout.LABEL, first) and len(following) > 60:
        return layout.unescape(first), rest
    return "", text


def _embargo_of(lines: Sequence[Line], zone: str, name: str, problems: list[Problem]) -> str:
    """The time of an "Embargoed until" line; what is not understood is an error, never silence."""
    for line in lines:
        try:
            return embargo.read_time(line.text, zone)
        except ValueError as error:
            problems.append(Problem(name, line.number, Level.ERROR, f'the embargo "{line.text[:60]}" is not understood ({error}): write "Embargoed until 2026-12-01 10:00 Europe/Zurich", or take the line out'))
            return ""
    return ""
