"""Write a sample release in which every field is explained (`distro new`)."""

from datetime import datetime
from pathlib import Path

from distro.errors import InputFileError, UsageError

KINDS = ("press-release", "statement", "media-advisory", "newsletter", "update")

_FIELDS = """\
---
# Lines that begin with "#" are for you; readers never see them. `distro check {name}` says what is
# missing. Only the headline is required.

headline: {headline}
{subhead}
kind: {kind}                # press-release, statement, media-advisory, newsletter or update
language: en                # one file for each language, all with the same id
id: {slug}        # the story's name: each reader gets a story once

date: {date}            # written out in the letter's language; without it, the day of sending
{dateline}
# An embargo, with its time zone. Nothing goes out before it, but to the list `trusted`, at once.
# embargo: 2030-12-01T10:00 Europe/Zurich
# trusted: embargo-desk
# required: [en, fr]        # nothing goes out before an edition in each of these is there

contacts:                   # whom the press may ask: everything but the name is optional
  - name: Ines Calloway
    role: Press officer
    email: calloway@press.example
    phone: +44 20 7946 0142

# Files in this folder. Up to 2 MB travel in the letter, larger ones as a personal link.
# attachments: [factsheet.pdf]

# sender: desk              # another desk, from [senders.desk] in distro.toml
# topics: [harbours]        # words of your choice
# regions: [Sable Coast]
{more}---

"""
_RELEASE_MORE = """
notes_to_editors: |         # printed after the text
  1. Figures are from the towns' own registers, January to October.

boilerplate: The Harbour Towns Office is the joint office of twelve municipalities.
"""
_BODIES = {
    "press-release": """\
The first paragraph says what happened, who did it, where and when. A reader who stops here knows
the story.

The second paragraph says why it matters, with one figure: the plan gives 1,450 beds.

> "One sentence that a person would say aloud."
>
> Amara Lindqvist, Director

## A heading inside the text

- a list item
- and [a link that says where it goes](https://press.example/plan)

| Town | Beds |
|---|---|
| Carrow | 450 |
| Saltby | 1,000 |
""",
    "statement": """\
The words of one person or organisation, as they may be quoted.

"We welcome the plan that twelve towns agreed. It gives families one desk in every town."
""",
    "media-advisory": """\
One sentence: what journalists may see, and why they should come.

| | |
|---|---|
| **What** | Presentation of the plan |
| **When** | Tuesday, 1 December 2026, 10:00 |
| **Where** | Customs House, 4 Customs Quay, Alberwick |
| **Please register** | by Monday noon, calloway@press.example |
""",
    "newsletter": """\
One sentence about this week.

## The first story

Each second-level heading opens a section. Two or three sentences, and
[a link to the whole story](https://press.example/first).

## In figures

- 12 towns
- 1,450 beds
""",
    "update": """\
What is new since the last release, in the first sentence: the plan now holds for fourteen towns.

The rest of the story for who did not read the last one.
""",
}


def write_sample(path: Path, kind: str) -> Path:
    """Write a sample release of a kind. Raises UsageError, InputFileError; overwrites nothing."""
    if kind not in KINDS:
        raise UsageError(f'there is no kind "{kind}"', hint=f"One of {', '.join(KINDS)}.")
    if path.suffix.lower() != ".md":
        raise UsageError(
            f"{path}: a sample is Markdown", hint=f"Name it {path.stem or 'release'}.md."
        )
    is_letter = kind == "newsletter"
    text = _FIELDS.format(
        name=path.name,
        kind=kind,
        slug=f"harbour-{'plan' if kind == 'press-release' else kind}",
        date=datetime.now().astimezone().date().isoformat(),
        headline='"Twelve harbour towns agree a plan: 1,450 beds"   # quotes, as it holds a colon',
        subhead="" if is_letter else "subhead: One sentence more, below the headline.\n",
        dateline="" if is_letter else "dateline: ALBERWICK         # the place, before the dash\n",
        more="" if is_letter else _RELEASE_MORE,
    )
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text + _BODIES[kind])
    except FileExistsError:
        raise InputFileError(
            f"{path} is there already", hint="Give another name; nothing is overwritten."
        ) from None
    except OSError as error:
        raise InputFileError(f"{path}: cannot be written ({error.strerror})") from None
    return path
