"""A Markdown release: front matter, else what its text says."""

import re
from datetime import datetime

from distro.model import KINDS, Contact, Edition, Level, Problem, Reading
from distro.submit import dateline, frontmatter
from distro.submit.enclosing import enclose
from distro.submit.language import detect
from distro.submit.prose import paragraphs
from distro.submit.source import Source
from distro.times import parse_time

_HEADING = re.compile(r"^#\s+(.+?)\s*#*\s*$")


def read_markdown(source: Source, zone: str) -> Reading:
    """Understand a Markdown text; `zone` is the local time zone of times that name none."""
    matter, text = frontmatter.split(source.name, source.text)
    fields = frontmatter.Fields(source.name, matter)
    headline = fields.text("headline")
    text, heading = _take_heading(text)
    headline = headline or heading
    body = text.strip("\n")
    place, body = (fields.text("dateline"), body) if fields.text("dateline") else dateline.take(body)
    kind = fields.text("kind") or "press-release"
    if kind not in KINDS:
        fields.wrong("kind", f'there is no kind "{kind}" (one of {", ".join(KINDS)})')
    contacts = tuple(Contact(**entry) for entry in fields.mappings("contacts", ("name", "role", "email", "phone")))
    enclosed = enclose(source.folder, body, fields.texts("attachments"))
    for in_text, message in enclosed.wrong:
        fields.wrong("" if in_text else "attachments", message)
    for name in enclosed.unspoken:
        fields.wrong("", f"the picture {name} has no words for readers who do not see it: ![what it shows]({name})", Level.WARNING)
    edition = Edition(
        language=(fields.text("language") or detect(f"{headline}\n{body}")).lower(),
        headline=" ".join(headline.split()),
        body=body,
        subhead=fields.text("subhead"),
        dateline=place,
        date=fields.text("date"),
        notes_to_editors=fields.text("notes_to_editors"),
        boilerplate=fields.text("boilerplate"),
        contacts=contacts,
        kind=kind,
        slug=_slug(fields),
        sender=fields.text("sender"),
        embargo=_embargo(fields, zone),
        note=fields.text("note"),
        it_said=fields.text("it_said"),
        it_should_say=fields.text("it_should_say"),
        files=tuple(enclosed.files),
        topics=fields.texts("topics"),
        regions=fields.texts("regions"),
    )
    _not_built_yet(fields)
    if source.encoding != "UTF-8":
        fields.problems.append(Problem(source.name, 0, Level.WARNING, f"read as {source.encoding}: check the accents, or save it as UTF-8"))
    return Reading(source.name, "Markdown", edition, tuple(fields.problems), (), paragraphs(body), str(fields.matter.values.get("trusted") or "").strip().lower(), tuple(enclosed.raw))


def _take_heading(text: str) -> tuple[str, str]:
    """The text without its first level-one heading, and that heading."""
    lines = text.split("\n")
    for n, line in enumerate(lines):
        if not line.strip():
            continue
        found = _HEADING.match(line)
        return ("\n".join(lines[:n] + lines[n + 1:]), found[1]) if found else (text, "")
    return text, ""


def _slug(fields: frontmatter.Fields) -> str:
    slug = fields.text("id")
    if slug and not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,79}", slug):
        fields.wrong("id", f'"{slug}" cannot be an id: small letters, digits and hyphens only, like harbour-plan')
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
    if when < datetime.now(when.tzinfo):
        fields.wrong("embargo", "this embargo is already over", Level.WARNING)
    return when.isoformat()


def _not_built_yet(fields: frontmatter.Fields) -> None:
    if fields.matter.values.get("trusted"):
        fields.wrong("trusted", "embargo tiers are not built yet: nobody gets it before --at", Level.WARNING)
