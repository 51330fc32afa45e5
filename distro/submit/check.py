"""Lint editions: what must be mended, and what somebody should look at."""

import re
from collections.abc import Iterator

from distro.lib import merge_fields
from distro.lib.commonmark import parser
from distro.model import Edition
from distro.readings import Level, Problem
from distro.submit import desk, embargo

_PLACEHOLDER = re.compile(
    r"\{\{[^{}\n]{0,200}\}\}|\{%[^{}\n]{0,200}%\}|(?i:\[(?:NAME|DATE|PLACE|TITLE|CITY|QUOTE|"
    r"INSERT[^\[\]]{0,200}|TBC|TBD|XX+|TK)\]|\bX{4,}\b|\blorem ipsum\b|\[\.\.\.\.\]|"
    r"<insert[^<>]{0,200}>)|\bTK TK\b|\*\|[A-Z0-9_:]{1,40}\|\*|%{1,2}[A-Z][A-Z_]{2,30}%{1,2}|"
    r"\[\[[a-z_. ]{1,40}\]\]",
)
_TODO = re.compile(r"\bTODO\b")  # an ordinary word in some languages
_TODO_IS_A_WORD = {"es", "pt", "gl", "ca", "ast", "it"}
_XXX = re.compile(r"\bXXX\b")  # or the thirtieth of something
# An embargo on the text itself, not "the arms embargo until 2028".
_EMBARGO_LINE = re.compile(
    r"^\W*(?:strictly |under |sous |bajo |unter )?embargo(?:ed)?\s+(?:until|till|jusqu|hasta|bis|"
    r"até|fino|до)\b|\bembargoed\s+(?:until|till)\b",
    re.IGNORECASE,
)
# As `letter/slots.py` marks them.
_SLOT = re.compile(r"x[0-9a-f]{0,64}slot\.[a-z0-9]{1,20}\.[0-9a-f]{0,64}x", re.IGNORECASE)
_MISSING_WORD = re.compile(r"\bto (?:held|took|went|been|taken|gave|begun)\b", re.IGNORECASE)


_LINK = re.compile(
    r"(?<!!)\[([^\]]{1,80})\]"  # the text of a link, but not of a picture
    r"\(([^\s()]{1,2000}(?:\([^\s()]{0,200}\))?[^\s()]{0,200})(?:\s{1,9}\"[^\"]{0,300}\")?\)"
)
_SAYS_NOTHING = {
    "here",
    "click here",
    "link",
    "this link",
    "read more",
    "more",
    "ici",
    "cliquez ici",
    "lien",
    "en savoir plus",
    "aquí",
    "haga clic aquí",
    "enlace",
    "leer más",
    "hier",
    "hier klicken",
    "mehr",
    "aqui",
    "clique aqui",
    "هنا",
    "اضغط هنا",
    "المزيد",
}


def lint(file: str, edition: Edition, text: str, zone: str = "UTC") -> list[Problem]:
    """Return every problem of an understood edition; `text` is the whole file.

    `zone` is the one of times that name none.
    """
    found = [*_missing(edition)]
    front = text.startswith("---\n")  # its fields are read as fields
    for number, line in enumerate(text.split("\n"), 1):
        front = front and (number == 1 or line.rstrip() not in ("---", "..."))
        found += [(level, message, number) for level, message in _of_line(edition, line)]
        said = embargo.contradicted(line, edition.embargo, zone) if edition.embargo else ""
        if said and not front:
            message = (
                f"this line says {said}, and the embargo is {edition.embargo}: which is right?"
            )
            found.append((Level.ERROR, message, number))
    found += _style(edition)
    found += ((Level.WARNING, message, 0) for message in desk.look(edition))
    return [Problem(file, number, level, message) for level, message, number in found]


_Found = Iterator[tuple[Level, str, int]]  # level, message, line (0: none in particular)


def _missing(edition: Edition) -> _Found:
    """Yield the parts without which a release cannot be sent."""
    if not edition.headline:
        message = "no headline: add `headline: …` to the front matter, or begin with `# Headline`"
        yield Level.ERROR, message, 0
    if edition.personal and len(merge_fields.fields_of(edition.body)) > merge_fields.MOST:
        yield Level.ERROR, f"over {merge_fields.MOST} fields differ from reader to reader", 0
    if edition.personal and _in_target(edition.body):
        yield Level.ERROR, "a field may not stand in the address of a link, or in `code`", 0
    outside = f"{edition.headline} {edition.subhead} {edition.notes_to_editors}"
    if edition.personal and merge_fields.fields_of(f"{outside} {edition.boilerplate}"):
        yield Level.ERROR, "a field may only stand in the text of a newsletter", 0
    if not edition.body.strip():
        yield Level.ERROR, "no text under the headline", 0


def _in_target(body: str) -> bool:
    """Return whether a field stands where its words would be more than words."""
    mark = "xfieldx"
    marked = merge_fields.replaced(body, lambda *_: mark)
    tokens = [child for t in parser().parse(marked) for child in (t, *(t.children or []))]
    return any(
        mark in f"{token.attrGet('href') or ''}{token.attrGet('src') or ''}"
        or (token.type in ("code_inline", "fence", "code_block") and mark in token.content)
        for token in tokens
    )


def _of_line(edition: Edition, line: str) -> Iterator[tuple[Level, str]]:
    """Yield the problems of one line of the file."""
    if edition.personal:
        for field in merge_fields.fields_of(line):
            if why := merge_fields.why_not(field):
                yield Level.ERROR, why
        line = merge_fields.replaced(line, lambda _, field: field.default)
    slot, found = _SLOT.search(line), _PLACEHOLDER.search(line)
    if slot:
        yield (
            Level.ERROR,
            f'"{slot[0][:40]}" resembles the place of a reader\'s own link: no letter may hold it',
        )
    if found:
        yield Level.ERROR, f'a placeholder is left: "{found[0][:40]}"'
    doubtful = _MISSING_WORD.search(line)
    if doubtful:
        near = line[doubtful.start() : doubtful.start() + 24].strip()
        yield Level.WARNING, f'"{near}": is a word missing?'
    todo = edition.language.split("-")[0] not in _TODO_IS_A_WORD and _TODO.search(line)
    if not found and todo:
        yield Level.ERROR, 'a placeholder is left: "TODO"'
    if not found and _XXX.search(line):
        yield Level.WARNING, '"XXX": is something still to be filled in?'
    own_line = line.lower().startswith("embargo")
    if _EMBARGO_LINE.search(line) and not edition.embargo and not own_line:
        yield (
            Level.ERROR,
            "the text speaks of an embargo, but no `embargo:` field says until when",
        )
    for shown, target in _LINK.findall(line):
        if shown.strip(" *_.").casefold() in _SAYS_NOTHING:
            message = f'the link "{shown}" does not say where it goes: who listens to links alone'
            yield Level.WARNING, f"{message} hears only that"
        if target.startswith("http://"):
            yield Level.WARNING, f"{target[:60]} is not encrypted: https://"


def _style(edition: Edition) -> _Found:
    """Yield what somebody should look at in the edition as a whole."""
    if len(edition.headline) > 20 and edition.headline.isupper():
        message = "the headline is in capitals: hard to read, and filters take it for advertising"
        yield Level.WARNING, message, 0
    if len(edition.headline) > 150:
        length = len(edition.headline)
        message = f"the headline has {length} characters; over 150, mail programs cut it"
        yield Level.WARNING, message, 0
    if not edition.contacts:
        yield Level.WARNING, "no media contact: journalists will not know whom to ask", 0
    if not edition.date:
        yield Level.WARNING, "no date: the day of sending will be used in the letter", 0
    if not edition.dateline and edition.kind == "press-release":
        yield Level.WARNING, "no dateline: press releases usually open with a place", 0
