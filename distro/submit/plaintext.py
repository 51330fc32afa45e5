"""A release as plain text, also one copied off a web page with its navigation and hard-wrapped lines.

How it is understood, in order:
1. The *body* is the longest run of prose lines; navigation is short, unpunctuated and repeats itself.
2. The *headline* is the title-like line that opens the run, or stands nearest above it.
3. The run ends at an end mark (###, ENDS, -30-), at a contact block, or where the page's furniture begins again.
4. Hard-wrapped lines become paragraphs again: a line break is the end of a paragraph if the line ends a sentence and
   the next line's first word would still have fitted on it.
Every line that is in neither of these is reported as dropped: nothing disappears silently.
"""

import re
from dataclasses import dataclass, replace

from distro.model import Contact, Edition, Level, Problem, Reading
from distro.submit import contacts, dateline
from distro.submit.language import detect
from distro.submit.source import Source
from distro.times import parse_time

_MARKER = re.compile(
    r"^\W*(?:for immediate release|press release|news release|media release|press statement|communiqu[ée] de presse|comunicado(?: de prensa| de imprensa)?"
    r"|nota de prensa|pour diffusion imm[ée]diate|para (?:su )?(?:publicaci[óo]n|difusi[óo]n|distribuci[óo]n) inmediata|pressemitteilung|press|news"
    r"|release|statement|بيان صحفي)\W*$", re.IGNORECASE)
_EMBARGO = re.compile(r"^\W*(?:(?:strictly\s+)?embargo(?:ed)?|sous embargo|embargado|sperrfrist)\b.*", re.IGNORECASE)
_END = re.compile(r"^\W*(?:#\s?#\s?#|#{3,}|[-–—]*\s*(?:ends?|fin|fim|ende)\s*[-–—]*|-\s?30\s?-)\W*$", re.IGNORECASE)
_NOTES = re.compile(r"^\W*(?:notes? (?:to|for) (?:the )?editors?|editors?['’] notes?|notas? (?:para|a) (?:los |la )?(?:editores|redacci[óo]n)|notes? (?:aux|à l['’]attention des) r[ée]dact.*)\W*$", re.IGNORECASE)
_FURNITURE = re.compile(
    r"^\W*(?:©|copyright\b|all rights reserved|related (?:news|stories|content|articles)|read (?:more|also|next)|share (?:this|on)\b.*|share|tweet|print|subscribe\b.*|sign up\b.*"
    r"|follow us.*|newsletter|cookies?\b.*|we use cookies.*|privacy policy|terms (?:of use|and conditions).*|back to top|skip to .*|menu|search|home|noticias relacionadas"
    r"|compartir\b.*|s[íi]guenos.*|suscr[íi]b.*|actualit[ée]s li[ée]es|[àa] lire aussi.*|partager\b.*|suivez-nous.*|abonnez-vous.*|voir aussi.*|ver tambi[ée]n.*|tags?:.*|latest news|more news)\W*$",
    re.IGNORECASE)
_DATE_ONLY = re.compile(r"^\W*(?:(?:date|fecha|published|posted|publi[ée])\s*:?\s*(?:on\s+)?)?(?:\w+day,?\s+)?(?:\d{1,2}[./ -](?:de )?[^\W\d_]{3,12}\.?[./ -]?(?:,? ?(?:de )?\d{4})?|[^\W\d_]{3,12} \d{1,2},? \d{4}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d{2}-\d{2})\W*$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…:؟。][\"'”’»)\]]*$")
_BULLET = re.compile(r"^\s*(?:[-*•·–▪●]|\d{1,2}[.)])\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str

    @property
    def ends_sentence(self) -> bool:
        return bool(_SENTENCE_END.search(self.text))

    @property
    def title_like(self) -> bool:
        words = self.text.split()
        return (len(words) >= 3 or len(self.text) > 14) and len(self.text) <= 220 and not re.search(r"[.:;,]$", self.text) and any(map(str.isalpha, self.text))


def read_plain_text(source: Source, zone: str) -> Reading:
    """Understand a plain text; `zone` is the local time zone of an embargo that names none."""
    lines = [_Line(n, " ".join(text.replace("\u00a0", " ").split())) for n, text in enumerate(source.text.split("\n"), 1)]
    start, end = _body_run(lines)
    problems = [Problem(source.name, 0, Level.WARNING, f"read as {source.encoding}: check the accents, or save it as UTF-8")] if source.encoding != "UTF-8" else []
    head, start = _headline(lines, start, end)
    parts = _sections(lines, start, end)
    text = _unwrap(parts.body)
    subhead, text = _subhead(parts.body, text)
    place, body = dateline.take(text)
    people = _contacts(parts.contacts)
    embargo = _embargo_of(lines, zone, source.name, problems)
    dated = _date_line(lines, head)
    used = {line.number for line in (*head, *parts.body, *parts.contacts, *parts.notes, *dated)} | parts.markers
    used |= {line.number for line in lines if _EMBARGO.match(line.text) or (_MARKER.match(line.text) and line.number < (head[0].number if head else 0))}
    dropped = tuple((line.number, line.text) for line in lines if line.text and line.number not in used)
    headline = " ".join(line.text for line in head)
    edition = Edition(
        language=detect(f"{headline}\n{body}"), headline=headline, body=body, subhead=subhead, dateline=place, date=dated[0].text if dated else "",
        notes_to_editors=_unwrap(parts.notes), contacts=people, embargo=embargo,
    )
    from distro.submit.prose import paragraphs

    return Reading(source.name, "plain text", edition, tuple(problems), dropped, paragraphs(body))


def _is_prose(lines: list[_Line], n: int) -> bool:
    """Whether a line belongs to running text rather than to a menu."""
    text = lines[n].text
    if not text or _FURNITURE.match(text) or _END.match(text):
        return False
    if len(text) >= 40 or contacts.EMAIL.search(text) or (contacts.INTRO.match(text) and _address_near(lines, n)):
        return True
    if _BULLET.match(text):
        return len(text) >= 24 or lines[n].ends_sentence
    before = next((lines[m].text for m in range(n - 1, -1, -1) if lines[m].text), "")
    continues = bool(before) and len(before) >= 30 and not _SENTENCE_END.search(before)
    return (lines[n].ends_sentence and len(text.split()) >= 2) or (continues and (text[:1].islower() or lines[n].ends_sentence)) or len(text.split()) >= 7


def _body_run(lines: list[_Line]) -> tuple[int, int]:
    """The first and last index (exclusive) of the longest run of prose; a short line or two within does not end it."""
    best, best_weight = (0, len(lines)), 0.0
    n = 0
    while n < len(lines):
        if not _is_prose(lines, n):
            n += 1
            continue
        start, end, weight, misses = n, n + 1, 0, 0
        while n < len(lines) and misses <= 2:
            text = lines[n].text
            if _FURNITURE.match(text) and text:
                break
            if _END.match(text) and text:
                end = n + 1
                misses = 0
            elif _is_prose(lines, n):
                end, misses, weight = n + 1, 0, weight + min(len(text), 400) * (2 if lines[n].ends_sentence or len(text) > 55 else 1)
            elif text:
                misses += 1
            n += 1
        # A lone long line among menu entries is a teaser, not a text.
        sentences = sum(line.ends_sentence for line in lines[start:end])
        if weight * (1 if sentences > 1 else 0.3) > best_weight:
            best, best_weight = (start, end), weight * (1 if sentences > 1 else 0.3)
        n = max(n, end)
    return best


def _headline(lines: list[_Line], start: int, end: int) -> tuple[list[_Line], int]:
    """The lines of the headline and where the text begins."""
    n = start
    while n < end and (not lines[n].text or _MARKER.match(lines[n].text) or _EMBARGO.match(lines[n].text) or _DATE_ONLY.match(lines[n].text)):
        n += 1
    if n < end and lines[n].title_like and not dateline.take(lines[n].text)[0] and not _continues(lines, n):
        following = next((m for m in range(n + 1, end) if lines[m].text), end)
        return [lines[n]], following
    above = [m for m in range(start - 1, max(-1, start - 12), -1) if lines[m].text]
    for m in above:
        line = lines[m]
        if line.title_like and not (_MARKER.match(line.text) or _EMBARGO.match(line.text) or _DATE_ONLY.match(line.text) or _FURNITURE.match(line.text)):
            return [line], n
    return [], n


def _date_line(lines: list[_Line], head: list[_Line]) -> list[_Line]:
    """The date on a line of its own near the headline."""
    if not head:
        return []
    near = lines[max(0, head[0].number - 8):head[0].number + 3]
    return [line for line in near if line.text and _DATE_ONLY.match(line.text)][:1]


def _continues(lines: list[_Line], n: int) -> bool:
    """Whether the next line goes on with this line's sentence (then it is text, not a title)."""
    if n + 1 >= len(lines) or not lines[n + 1].text:
        return False
    following = lines[n + 1].text
    return following[:1].islower() and not _BULLET.match(following)


@dataclass(frozen=True, slots=True)
class _Parts:
    body: list[_Line]
    notes: list[_Line]
    contacts: list[_Line]
    markers: set[int]


def _sections(lines: list[_Line], start: int, end: int) -> _Parts:
    """Body, notes to editors and contacts within the run; a contact block may go on a little below it."""
    body: list[_Line] = []
    notes: list[_Line] = []
    people: list[_Line] = []
    markers: set[int] = set()
    into = body
    since_address = 0
    for n in range(start, len(lines)):
        line = lines[n]
        if not line.text:
            into.append(line)
            continue
        if _FURNITURE.match(line.text) or (n >= end and into is not people):
            break
        if _END.match(line.text):
            markers.add(line.number)
        elif _NOTES.match(line.text):
            markers.add(line.number)
            into = notes
        elif contacts.INTRO.match(line.text) and _address_near(lines, n):
            into, since_address = people, 0
            people.append(line)
        elif into is people and line.ends_sentence and len(line.text) > 100 and not contacts.EMAIL.search(line.text):
            break
        else:
            if into is people:
                # A name and a role or two stand before an address; more lines without one are something else.
                since_address = 0 if contacts.EMAIL.search(line.text) or contacts.PHONE.search(line.text) else since_address + 1
                if since_address > 4:
                    people = people[:-since_address + 1] if contacts.EMAIL.search(people[-since_address].text) else people
                    break
            into.append(line)
    return _Parts(_strip(body), _strip(notes), _strip(people), markers)


def _address_near(lines: list[_Line], n: int) -> bool:
    near = [line.text for line in lines[n:n + 7] if line.text]
    return any(contacts.EMAIL.search(text) or contacts.PHONE.search(text) for text in near)


def _strip(lines: list[_Line]) -> list[_Line]:
    while lines and not lines[-1].text:
        lines.pop()
    while lines and not lines[0].text:
        lines.pop(0)
    return lines


def _unwrap(lines: list[_Line]) -> str:
    """Hard-wrapped lines as Markdown paragraphs, bullets as list items."""
    longest = sorted((len(line.text) for line in lines if line.text), reverse=True)
    width = longest[min(1, len(longest) - 1)] if longest else 0
    wrapped = width <= 110
    blocks: list[str] = []
    current = ""
    for n, line in enumerate(lines):
        if not line.text:
            # A blank line ends a paragraph, unless the text is double-spaced: then the sentence goes on.
            if current and not (wrapped and lines[n - 1].text and not lines[n - 1].ends_sentence and n + 1 < len(lines) and lines[n + 1].text[:1].islower()):
                blocks.append(current)
                current = ""
            continue
        text = line.text
        if _BULLET.match(text) and _opens_item(lines, n):
            if current:
                blocks.append(current)
            current = "- " + _escape(_BULLET.sub("", text)) if not re.match(r"\d", text) else _escape(text)
            continue
        before = lines[n - 1].text if n else ""
        fits = len(before) + 1 + len(text.split()[0]) <= width
        if current and before and ((not wrapped and _SENTENCE_END.search(before)) or (not wrapped and len(before) > 110) or (_SENTENCE_END.search(before) and fits)):
            blocks.append(current)
            current = ""
        current = f"{current} {_escape(text)}" if current else _escape(text, first=True)
    if current:
        blocks.append(current)
    return "\n\n".join(blocks)


def _opens_item(lines: list[_Line], n: int) -> bool:
    """Whether a line that begins with a bullet is a list item, and not a sentence broken before its dash."""
    before = lines[n - 1].text if n else ""
    return not before or bool(re.search(r"[.;:!?]$", before)) or bool(_BULLET.match(before)) or lines[n].text[:1] in "•▪●*"


def _escape(text: str, *, first: bool = False) -> str:
    """Keep Markdown's marks as the plain characters that they are here."""
    text = re.sub(r"([\\`*_\[\]<>])", r"\\\1", text)
    return re.sub(r"^([#>+-])", r"\\\1", text) if first else text


def _subhead(lines: list[_Line], text: str) -> tuple[str, str]:
    """A first paragraph without a full stop, before a dateline or a long text, is the line under the headline."""
    first, _, rest = text.partition("\n\n")
    following = rest.partition("\n\n")[0]
    if rest and len(first) <= 250 and not _SENTENCE_END.search(first) and not first.startswith("- ") and len(following) > 60 and lines:
        return re.sub(r"\\([\\`*_\[\]<>])", r"\1", first), rest
    return "", text


def _contacts(lines: list[_Line]) -> tuple[Contact, ...]:
    return tuple(replace(c, name=" ".join(c.name.split())) for c in contacts.find([line.text for line in lines if line.text]))


def _embargo_of(lines: list[_Line], zone: str, name: str, problems: list[Problem]) -> str:
    """The time of an "Embargoed until" line; what is not understood is an error, never silence."""
    for line in lines:
        if not _EMBARGO.match(line.text):
            continue
        found = re.search(r"\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}\S*(?: [A-Z][\w/+-]+)?", line.text)
        try:
            if found:
                return parse_time(found[0].strip(" .)"), zone).isoformat()
        except ValueError:
            pass
        problems.append(Problem(name, line.number, Level.ERROR, f'the embargo "{line.text[:60]}" has no time that is understood: write "Embargoed until 2026-12-01 10:00 Europe/Zurich", or take the line out'))
        return ""
    return ""
