"""The linter of editions: what must be mended, and what somebody should look at."""

import re

from distro.model import Edition, Level, Problem

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
_SLOT = re.compile(
    r"x[0-9a-f]{0,64}slot\.[a-z]{1,20}\.[0-9a-f]{0,64}x", re.IGNORECASE
)  # as `letter/slots.py` marks them
_MISSING_WORD = re.compile(r"\bto (?:held|took|went|been|taken|gave|begun)\b", re.IGNORECASE)


_LINK = re.compile(
    r"(?<!!)\[([^\]]{1,80})\]\(([^\s()]{1,2000}(?:\([^\s()]{0,200}\))?[^\s()]{0,200})(?:\s{1,9}\"[^\"]{0,300}\")?\)"
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


def lint(file: str, edition: Edition, text: str) -> list[Problem]:
    """Every problem of an understood edition; `text` is the whole file, for line numbers."""
    problems: list[Problem] = []
    lines = text.split("\n")

    def say(level: Level, message: str, line: int = 0) -> None:
        problems.append(Problem(file, line, level, message))

    for number, line in enumerate(lines, 1):
        if _SLOT.search(line):
            say(
                Level.ERROR,
                f'"{_SLOT.search(line)[0][:40]}" resembles the place of a reader\'s own link: no'  # type: ignore[index]
                " letter may hold it",
                number,
            )
    if not edition.headline:
        say(
            Level.ERROR,
            "no headline: add `headline: …` to the front matter, or begin with a line `# Headline`",
        )
    if not edition.body.strip():
        say(Level.ERROR, "no text under the headline")
    for number, line in enumerate(lines, 1):
        found = _PLACEHOLDER.search(line)
        if found:
            say(Level.ERROR, f'a placeholder is left: "{found[0][:40]}"', number)
        doubtful = _MISSING_WORD.search(line)
        if doubtful:
            say(
                Level.WARNING,
                f'"{line[doubtful.start() : doubtful.start() + 24].strip()}": is a word missing?',
                number,
            )
        if (
            not found
            and _TODO.search(line)
            and edition.language.split("-")[0] not in _TODO_IS_A_WORD
        ):
            say(Level.ERROR, 'a placeholder is left: "TODO"', number)
        if not found and _XXX.search(line):
            say(Level.WARNING, '"XXX": is something still to be filled in?', number)
        if (
            _EMBARGO_LINE.search(line)
            and not edition.embargo
            and not line.lower().startswith("embargo")
        ):
            say(
                Level.ERROR,
                "the text speaks of an embargo, but no `embargo:` field says until when",
                number,
            )
        for shown, target in _LINK.findall(line):
            if shown.strip(" *_.").casefold() in _SAYS_NOTHING:
                say(
                    Level.WARNING,
                    f'the link "{shown}" does not say where it goes: who listens to links alone'
                    " hears only that",
                    number,
                )
            if target.startswith("http://"):
                say(Level.WARNING, f"{target[:60]} is not encrypted: https://", number)
    if len(edition.headline) > 20 and edition.headline.isupper():
        say(
            Level.WARNING,
            "the headline is in capitals: hard to read, and filters take it for advertising",
        )
    if len(edition.headline) > 150:
        say(
            Level.WARNING,
            f"the headline has {len(edition.headline)} characters; over 150, mail programs cut it",
        )
    if not edition.contacts:
        say(Level.WARNING, "no media contact: journalists will not know whom to ask")
    if not edition.date:
        say(Level.WARNING, "no date: the day of sending will be used in the letter")
    if not edition.dateline and edition.kind == "press-release":
        say(Level.WARNING, "no dateline: press releases usually open with a place")
    return problems
