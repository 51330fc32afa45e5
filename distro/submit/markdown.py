"""Read a Markdown release: its front matter, else what its text says."""

import re
from collections.abc import Sequence
from pathlib import Path

from distro.lib.languages import code_of, meant_by
from distro.model import KINDS, Contact, Edition, Enclosed
from distro.readings import Level, Problem, Reading
from distro.submit import dateline, dates, embargo, frontmatter
from distro.submit.contacts import EMAIL
from distro.submit.enclosing import Enclosing, enclose
from distro.submit.language import detect
from distro.submit.phrases import says
from distro.submit.prose import paragraphs
from distro.submit.source import Source
from distro.times import parse_time

_TAG = re.compile(
    r"</?(?:a|abbr|audio|b|big|blockquote|br|button|center|code|div|em|embed|figure|font|form|"
    r"h[1-6]|hr|i|iframe|img|input|li|ol|p|pre|s|script|section|small|span|strike|strong|style|"
    r"sub|sup|table|tbody|td|th|thead|tr|u|ul|video)(?:\s[^<>]{0,300})?/?>",
    re.IGNORECASE,
)
_REMOTE = re.compile(r"!\[([^\]]{0,200})\]\(\s{0,9}<?((?:https?:)?//[^\s)>]{1,300})", re.IGNORECASE)
_HEADING = re.compile(r"^#\s+(.+?)\s*#*\s*$")


def read_markdown(
    source: Source, zone: str, private: Sequence[Path] = (), *, clean: bool = False
) -> Reading:
    """Understand a Markdown text; `zone` is the local time zone of times that name none."""
    matter, text = frontmatter.split(source.name, source.text)
    fields = frontmatter.Fields(source.name, matter)
    headline = fields.text("headline", 1000)
    text, heading = _take_heading(text)
    headline = " ".join((headline or heading).split())
    body, place = _without_end(text.strip("\n")), fields.text("dateline")
    if not place:
        place, body = dateline.take(body)
    enclosed = enclose(source.folder, body, fields.texts("attachments"), private, clean=clean)
    edition = _edition(fields, headline, body, place, zone, tuple(enclosed.files))
    trusted = fields.text("trusted").lower()
    _tell_wrong_files(fields, enclosed)
    _notes_have_commands(fields, edition.kind)
    _shown_otherwise(fields, source.text)
    if source.encoding != "UTF-8":
        message = f"read as {source.encoding}: check the accents, or save it as UTF-8"
        fields.problems.append(Problem(source.name, 0, Level.WARNING, message))
    return Reading(
        source.name,
        "Markdown",
        edition,
        tuple(fields.problems),
        (),
        paragraphs(body),
        trusted,
        _required(fields),
        tuple(enclosed.raw),
        record=tuple(enclosed.record),
    )


def _edition(
    fields: frontmatter.Fields,
    headline: str,
    body: str,
    place: str,
    zone: str,
    files: tuple[Enclosed, ...],
) -> Edition:
    kind = fields.text("kind") or "press-release"
    if kind not in KINDS:
        fields.wrong("kind", f'there is no kind "{kind}" (one of {", ".join(KINDS)})')
    return Edition(
        language=_language(fields) or detect(f"{headline}\n{body}"),
        headline=headline,
        body=body,
        subhead=fields.text("subhead", 2_000),
        dateline=place,
        date=fields.text("date") or dates.day_of(place),
        notes_to_editors=fields.text("notes_to_editors", 20_000, lines=True),
        boilerplate=fields.text("boilerplate", 20_000, lines=True),
        contacts=_contacts(fields),
        kind=kind,
        slug=_slug(fields),
        sender=fields.text("sender"),
        embargo=_embargo(fields, zone),
        note=fields.text("note", 4_000, lines=True),
        it_said=fields.text("it_said", 4_000, lines=True),
        it_should_say=fields.text("it_should_say", 4_000, lines=True),
        files=files,
        personal=_personal(fields, kind),
        topics=fields.texts("topics"),
        regions=fields.texts("regions"),
    )


def _personal(fields: frontmatter.Fields, kind: str) -> bool:
    """Return whether the text may have fields that differ from reader to reader."""
    text = fields.text("personal").lower()
    if text not in ("", "true", "false", "yes", "no"):
        fields.wrong("personal", f'"{text[:20]}" is neither true nor false')
    wanted = text in ("true", "yes")
    if wanted and kind != "newsletter":
        fields.wrong("personal", f"only a newsletter may be personal, not a {kind}")
    return wanted and kind == "newsletter"


def _tell_wrong_files(fields: frontmatter.Fields, enclosed: Enclosing) -> None:
    """Note files that may not travel, and pictures without words for who does not see them."""
    for in_text, message in enclosed.wrong:
        fields.wrong("" if in_text else "attachments", message)
    for message in enclosed.tells:
        fields.wrong("attachments", message, Level.WARNING)
    for message in enclosed.record:
        fields.wrong("attachments", f"as asked: {message}", Level.WARNING)
    for name in enclosed.unspoken:
        message = (
            f"the picture {name} has no words for readers who do not see it:"
            f" ![what it shows]({name})"
        )
        fields.wrong("", message, Level.WARNING)


def _take_heading(text: str) -> tuple[str, str]:
    """Return the text without its first level-one heading, and that heading."""
    lines = text.split("\n")
    for n, line in enumerate(lines):
        if not line.strip():
            continue
        found = _HEADING.match(line)
        return ("\n".join(lines[:n] + lines[n + 1 :]), found[1]) if found else (text, "")
    return text, ""


def _without_end(text: str) -> str:
    """Return a text without the mark that ends it: ENDS, ###, -30-."""
    head, _, last = text.rpartition("\n")
    return head.rstrip("\n") if head and says("end", last.strip()) else text


def _language(fields: frontmatter.Fields) -> str:
    """Return the code that `language:` names, "" where it names none; a wrong one is an error that
    says the right one.
    """
    text = fields.text("language")
    code = code_of(text) if text else ""
    if not text or (code and code == text.lower().replace("_", "-")):
        return code
    meant = code or meant_by(text)
    fields.wrong(
        "language",
        f'"{text[:40]}" is no language code'
        + (f": write {meant}" if meant else "; write en, fr, es, ar or another of two letters"),
    )
    return ""


def _required(fields: frontmatter.Fields) -> tuple[str, ...]:
    """Return the languages without which nothing goes out; a wrong one is an error."""
    codes = [(text, code_of(text)) for text in fields.texts("required")]
    for text, code in codes:
        if not code:
            fields.wrong("required", f'"{text[:40]}" is no language code: write en, fr, es')
    return tuple(code for _, code in codes if code)


def _contacts(fields: frontmatter.Fields) -> tuple[Contact, ...]:
    found = []
    for entry in fields.mappings("contacts", ("name", "role", "email", "phone")):
        email = entry.get("email", "")
        if email and not EMAIL.fullmatch(email):
            fields.wrong("contacts", f'"{email[:60]}" is not an e-mail address')
            email = ""
        found.append(Contact(**{**entry, "email": email}))
    return tuple(found)


def _slug(fields: frontmatter.Fields) -> str:
    slug = fields.text("id")
    if slug and not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,79}", slug):
        fields.wrong(
            "id",
            f'"{slug}" cannot be an id: small letters, digits and hyphens only, like harbour-plan',
        )
        return ""
    return slug


def _embargo(fields: frontmatter.Fields, zone: str) -> str:
    text = fields.text("embargo")
    if not text:
        return ""
    try:
        when = parse_time(text, zone)
    except ValueError as error:
        fields.wrong("embargo", f"embargo: {error}")
        return ""
    for doubt in embargo.doubts(text, when, zone):
        fields.wrong("embargo", doubt, Level.WARNING)
    return when.isoformat()


def _shown_otherwise(fields: frontmatter.Fields, whole: str) -> None:
    """Warn of what readers will see otherwise than its writer may think: HTML as it stands,
    pictures of the web as words.
    """
    first = fields.matter.body_line
    for number, line in enumerate(whole.split("\n")[first - 1 :], first):
        bare = re.sub(r"`[^`]*`", "", line)
        tag = _TAG.search(bare)
        if tag:
            fields.problems.append(
                Problem(
                    fields.name,
                    number,
                    Level.WARNING,
                    f'readers see "{tag[0][:40]}" as it stands, HTML is not used: write **bold**,'
                    " [a link](https://…) or a blank line between paragraphs",
                )
            )
        remote = _REMOTE.search(bare)
        if remote:
            fields.problems.append(
                Problem(
                    fields.name,
                    number,
                    Level.WARNING,
                    f'readers see "[{remote[1][:60]}]" in place of the picture: nothing is fetched'
                    " from elsewhere; save it beside this file and name the file",
                )
            )


def _notes_have_commands(fields: frontmatter.Fields, kind: str) -> None:
    """Warn of a note that would go to a whole audience instead of to those who have the text."""
    if kind in ("correction", "hold", "kill"):
        verb = "correct" if kind == "correction" else kind
        fields.wrong(
            "kind",
            f"submitted like this, it goes to its whole audience: `distro {verb}` finds exactly"
            " those who have the earlier text. If it is meant: give it an `id:` of its own",
            Level.WARNING,
        )
