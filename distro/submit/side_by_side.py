"""Compare the editions of a release: numbers, days, links, names that one has and another not."""

import difflib
import re
import unicodedata
from collections.abc import Iterator, Sequence

from distro.model import Edition
from distro.readings import Level, Problem, Reading
from distro.submit.dates import days_in
from distro.submit.prose import paragraphs

_NUMBER = re.compile(
    r"(?<!\d)\d{1,3}(?:[.,\u00a0\u202f\u2009'’ ٬]\d{3})+(?:[.,٫]\d+)?(?!\d)|\d+(?:[.,٫]\d+)*"
)
_CLOCK = re.compile(r"\b\d{1,2}[:h]\d{2}\b|\b\d{1,2}\s?[ap]\.?m\b", re.IGNORECASE)
_BY_TEN_THOUSANDS = {"zh", "ja", "ko"}  # 1450万 is 14.5 million
_GROUP = re.compile(r"[.,\u00a0\u202f\u2009'’ ٬](?=\d{3}(?!\d))")
_LINK = re.compile(r"https?://[^\s)>\]\"']{3,500}")
# Two capitalised words or more, in an alphabet that has capitals.
_NAME = re.compile(
    r"\b[A-ZÀ-Þ][\w’'-]{2,30}(?:\s(?:de |del |von |van )?[A-ZÀ-Þ][\w’'-]{2,30}){1,2}"
)
_ALIKE = 0.86  # of two spellings of a name; equal ones have 1
_COMPARED = 200  # names
_MOST = 8  # differences of one kind that are named


def differences(readings: Sequence[Reading]) -> Iterator[Problem]:
    """Yield what one edition of a release says and another does not, as warnings.

    The first edition is the measure of the others.
    """
    pairs = [(r.file, r.edition) for r in readings if r.edition is not None]
    if len(pairs) < 2:
        return
    (_, first), *others = pairs
    for file, other in others:
        for message in _between(first, other):
            yield Problem(file, 0, Level.WARNING, message)


def missing_editions(readings: Sequence[Reading], usual: Sequence[str]) -> Iterator[Problem]:
    """Yield the editions without which nothing goes out; `usual`: those of every press release."""
    there = [(r.file, r.edition) for r in readings if r.edition is not None]
    wanted = {language for reading in readings for language in reading.required}
    if any(edition.kind == "press-release" for _, edition in there):
        wanted |= set(usual)
    for language in sorted(wanted - {edition.language for _, edition in there}):
        message = f"an edition in {language} is missing: nothing goes out before it is there"
        yield Problem(there[0][0] if there else "", 0, Level.WARNING, message)


def _between(first: Edition, other: Edition) -> Iterator[str]:
    for what, mine, theirs in (
        *_numbers(first, other),
        ("day", days_in(_text(first)), days_in(_text(other))),
        ("link", _links(first), _links(other)),
        ("address", _addresses(first), _addresses(other)),
    ):
        yield from _said(what, mine - theirs, first.language, other.language)
        yield from _said(what, theirs - mine, other.language, first.language)
    yield from _spellings(first, other)
    for field in ("embargo", "kind", "sender"):
        one, two = getattr(first, field), getattr(other, field)
        if one != two:
            yield f"{field}: {first.language} says {one or '–'}, {other.language} {two or '–'}"
    if len(first.files) != len(other.files):
        yield (
            f"{first.language} brings {len(first.files)} files, {other.language} {len(other.files)}"
        )


def _numbers(first: Edition, other: Edition) -> list[tuple[str, set[str], set[str]]]:
    """Return the numbers of two editions, unless their languages count in other steps."""
    if len({first.language[:2], other.language[:2]} & _BY_TEN_THOUSANDS) == 1:
        return []
    return [("number", numbers_in(_text(first)), numbers_in(_text(other)))]


def _said(what: str, missing: set[str], there: str, here: str) -> Iterator[str]:
    if missing:
        shown = ", ".join(sorted(missing)[:_MOST])
        more = f" and {len(missing) - _MOST} more" if len(missing) > _MOST else ""
        kind = what if len(missing) == 1 else f"{what}{'es' if what == 'address' else 's'}"
        yield f"{there} has the {kind} {shown}{more}, {here} does not"


def _text(edition: Edition) -> str:
    parts = (edition.headline, edition.subhead, *paragraphs(edition.body))
    return _LINK.sub(" ", "\n".join(parts))


def numbers_in(text: str) -> set[str]:
    """Return the numbers of a text, in one spelling: 1,450, 1 450 and ١٤٥٠ are 1450; 2,4 is 2.4.

    Numbers of one digit are left out: languages write them as words.
    """
    found = set()
    for one in _NUMBER.findall(_CLOCK.sub(" ", text)):
        plain = "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in one)
        number = re.sub(r"[^\d]+", ".", _GROUP.sub("", plain)).strip(".")
        if len(number) > 1:
            found.add(number)
    return found


def _links(edition: Edition) -> set[str]:
    return {link.rstrip(".,;") for link in _LINK.findall(edition.body)}


def _addresses(edition: Edition) -> set[str]:
    return {c.email.lower() for c in edition.contacts if c.email}


def _spellings(first: Edition, other: Edition) -> Iterator[str]:
    """Yield names that another edition spells nearly as the first one, and not alike."""
    people = {" ".join(c.name.split()) for c in first.contacts if c.name}
    mine = sorted(people | _names(first))[:_COMPARED]
    for name in sorted(_names(other) - set(mine))[:_COMPARED]:
        near = difflib.get_close_matches(name, mine, 1, _ALIKE)
        if near and _plain(name.split()[0]) == _plain(near[0].split()[0]):
            yield f"{first.language} writes {near[0]}, {other.language} {name}"


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()


def _names(edition: Edition) -> set[str]:
    return {" ".join(name.split()) for name in _NAME.findall(_text(edition))}
