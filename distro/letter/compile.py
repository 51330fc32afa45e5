"""An edition into a letter: Jinja, MJML and MIME once per edition; what remains per reader are
slots.

Takes an edition, who sends it and the templates. Gives a `Letter`: bytes that only need their slots
filled. Never looks
at a subscriber. A letter without a visible unsubscribe link is refused.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from markupsafe import Markup

from distro.errors import TemplateError
from distro.letter import headers
from distro.letter.body import Block, blocks
from distro.letter.brand import Brand
from distro.letter.labels import labels_of, long_date, own_name
from distro.letter.mime import FilePart, body_of
from distro.letter.mjml import compile_mjml
from distro.letter.notice import notice_of
from distro.letter.plain import Plain, wrap
from distro.letter.slots import Slots
from distro.letter.templates import Templates
from distro.model import Edition, Enclosed, is_right_to_left

TIERS = (
    "embargo",
    "low-bandwidth",
)  # letters of an edition for readers who have it in advance, or asked for it light
HTML_WARNING = 100_000  # bytes; Gmail clips near 102,400
_COLUMN = 552  # pixels of the text's width


@dataclass(frozen=True, slots=True)
class LetterContext:
    """What a letter carries besides its edition."""

    distribution: str  # "17"; "0" for a preview
    sender_name: str
    sender_address: str
    reply_to: str
    postal_address: str
    when: datetime  # Date, the same for everyone and at every repetition
    subject_prefix: str = ""  # before the subject: "[Test] "
    complaints: str = ""  # an address for complaint reports
    languages: tuple[str, ...] = ()  # of all editions of the release
    files: Mapping[str, bytes] = field(default_factory=dict)  # what travels with it, by hash
    attached: int = 2_000_000  # bytes of attachments in the letter; the rest are links
    brand: Brand = field(default_factory=Brand)

    @property
    def domain(self) -> str:
        """The sender's: of Message-ID, List-Id and Content-IDs."""
        return self.sender_address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class CompiledLetter:
    """A compiled letter. `body` alternates static text and names of slots, beginning and ending
    with text.
    """

    language: str
    subject: str
    sender_address: str  # of the envelope
    domain: str  # of Message-ID
    head: str  # static header fields, CRLF
    body: tuple[str, ...]  # MIME parts in quoted-printable
    html: str  # with slots, for pages
    text: str  # with slots, for previews
    html_size: int  # bytes
    slots: str = field(
        default="0", repr=False
    )  # the secret of its marks; "0": compiled before they had one

    def to_json(self) -> str:
        return json.dumps(
            {name: getattr(self, name) for name in self.__slots__}, ensure_ascii=False
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> "CompiledLetter":
        told = json.loads(text)
        return cls(**{**told, "body": tuple(told["body"])})


def compile_letter(
    edition: Edition,
    envelope: LetterContext,
    templates: Templates,
    tier: str = "",
    slots: Slots | None = None,
) -> CompiledLetter:
    """Compile an edition; raises TemplateError for what would make a broken letter.

    `tier`: "embargo" for readers who have it in advance, "low-bandwidth" for those who asked for
    it; else as its kind says.
    `slots`: of an edition of our own that holds marks already; else its marks are made here.
    """
    folder = tier or edition.kind
    slots = slots or Slots()
    placeholder = slots.placeholder
    context = context_of(edition, envelope, slots, advance=tier == "embargo")
    subject = envelope.subject_prefix + " ".join(
        templates.render(f"{folder}/subject.txt", context).split()
    )
    html = compile_mjml(templates.render(f"{folder}/body.mjml", context), f"{folder}/body.mjml")
    text = templates.render(f"{folder}/body.txt", context).strip("\n") + "\n"
    way_out = (
        "confirm" if folder == "confirm" else "unsubscribe"
    )  # who has not subscribed yet has nothing to leave
    for part, told in (("body.mjml", html), ("body.txt", text)):
        if placeholder(way_out) not in told:
            raise TemplateError(
                f"{folder}/{part}: the letter has no {way_out} link",
                hint=f"Put {{{{ {way_out}_url }}}} where readers see it.",
            )
    logo = (envelope.brand.logo,) if envelope.brand.logo and envelope.brand.logo.id in html else ()
    kind, body = body_of(text, html, slots, (*logo, *_parts(edition, envelope)))
    return CompiledLetter(
        language=edition.language,
        subject=subject,
        sender_address=envelope.sender_address,
        domain=envelope.domain,
        head=_head(edition, envelope, subject, kind).decode(),
        body=body,
        html=html,
        text=text,
        html_size=len(html.encode()),
        slots=slots.secret,
    )


def _date_of(edition: Edition, envelope: LetterContext) -> str:
    """Return the date above the headline: as the release writes it; written out where that is for
    machines (2026-11-25).
    """
    try:
        if not edition.date:
            return long_date(envelope.when, edition.language)
        day = datetime.strptime(edition.date, "%Y-%m-%d")  # noqa: DTZ007 - a day has no zone
        return long_date(day, edition.language)
    except ValueError:
        return edition.date


def context_of(
    edition: Edition, envelope: LetterContext, slots: Slots, *, advance: bool = False
) -> dict[str, Any]:
    """Every variable that a template may use."""
    placeholder = slots.placeholder
    labels = labels_of(edition.language)
    if edition.kind == "kill":  # what is withdrawn is not sent again
        edition = replace(edition, body="", subhead="", notes_to_editors="", boilerplate="")
    notice = notice_of(edition, labels, advance=advance)
    plain = Plain()
    date = _date_of(edition, envelope)
    text = plain.render(edition.body, opening=edition.dateline)
    notes_text = plain.render(edition.notes_to_editors)
    boilerplate_text = plain.render(edition.boilerplate)
    return {
        "language": edition.language,
        "direction": "rtl" if edition.right_to_left else "ltr",
        "organisation": envelope.sender_name,
        "house": envelope.sender_name,  # the name in templates written before 0.2
        "kind": labels.kind(edition.kind),
        "date": date,
        "headline": edition.headline,
        "subhead": edition.subhead,
        "dateline": edition.dateline,
        "preheader": (
            " ".join((notice.head, *notice.paragraphs[:1]))
            if notice
            else edition.subhead or _first_words(text)
        ),
        "blocks": tuple(
            _placed(block, edition, envelope)
            for block in blocks(edition.body, envelope.brand.accent)
        ),
        "attachments": [
            _shown(file, inside, placeholder("view"))
            for file, inside in _attachments(edition, envelope)
        ],
        "brand": envelope.brand,
        "notes": blocks(edition.notes_to_editors, envelope.brand.accent),
        "boilerplate": blocks(edition.boilerplate, envelope.brand.accent),
        "contacts": edition.contacts,
        "labels": labels,
        "why": labels.why.format(organisation=envelope.sender_name),
        "sent_to": labels.sent_to.format(address=placeholder("address")),
        "postal_address": envelope.postal_address,
        "notice": notice,
        "advance": advance,
        "others": [
            {
                "language": lang,
                "name": own_name(lang),
                "direction": "rtl" if is_right_to_left(lang) else "ltr",
                "url": f"{placeholder('view')}?lang={lang}",
            }
            for lang in envelope.languages
            if lang != edition.language
        ],
        "confirm_url": placeholder("confirm"),
        "button": edition.note or labels.confirm_button,
        "unsubscribe_url": placeholder("unsubscribe"),
        "preferences_url": placeholder("preferences"),
        "view_url": placeholder("view"),
        "text": {
            "body": text,
            "notes": notes_text,
            "boilerplate": boilerplate_text,
            "links": plain.listed(),
        },
        "wrap": lambda words: "\n".join(wrap(words)),
    }


def _cid(file: Enclosed, envelope: LetterContext) -> str:
    """The Content-ID of a picture (RFC 2392): its hash at our domain."""
    return f"{file.hash}@{envelope.domain}"


def _placed(block: Block, edition: Edition, envelope: LetterContext) -> Block:
    """A picture with its address in the letter; one that does not travel with it stands there as
    its words.
    """
    if block.kind != "picture":
        return block
    file = next((f for f in edition.files if f.source == block.source), None)
    if file is None or file.hash not in envelope.files:
        return Block("paragraph", Markup("[{}]").format(block.alt))
    return replace(block, source=f"cid:{_cid(file, envelope)}", width=min(file.width, _COLUMN))


def _attachments(edition: Edition, envelope: LetterContext) -> Iterator[tuple[Enclosed, bool]]:
    """Each attachment, and whether it fits into the letter; what does not is a link."""
    room = envelope.attached
    for file in (f for f in edition.files if not f.source):
        inside = file.size <= room and file.hash in envelope.files
        room -= file.size if inside else 0
        yield file, inside


def _shown(file: Enclosed, inside: bool, view: str) -> dict[str, str]:
    size = (
        f"{file.size / 1e6:.1f}\u00a0MB"
        if file.size > 950_000
        else f"{max(1, round(file.size / 1000))}\u00a0KB"
    )
    return {"name": file.name, "size": size, "url": "" if inside else f"{view}/{file.hash}"}


def _parts(edition: Edition, envelope: LetterContext) -> Iterator[FilePart]:
    for file in edition.files:
        if file.source and file.hash in envelope.files:
            yield FilePart(file.name, file.type, envelope.files[file.hash], _cid(file, envelope))
    for file, inside in _attachments(edition, envelope):
        if inside:
            yield FilePart(file.name, file.type, envelope.files[file.hash])


def _first_words(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 140 else words[:140].rpartition(" ")[0] + " …"


def _head(edition: Edition, envelope: LetterContext, subject: str, content_type: str) -> bytes:
    """The header fields that are the same for every reader."""
    local, _, domain = envelope.sender_address.rpartition("@")
    sender_id = (domain.replace(".", "-") + "-----")[
        :15
    ]  # Gmail's Feedback-ID: SenderId of 5 to 15 characters
    return b"".join(
        (
            headers.address_field("From", envelope.sender_name, envelope.sender_address),
            headers.text_field("Subject", subject),
            headers.field("Date", headers.date(envelope.when)),
            headers.field("Reply-To", f"<{envelope.reply_to}>") if envelope.reply_to else b"",
            headers.address_field("List-Id", envelope.sender_name, f"{local}.{domain}"),  # RFC 2919
            headers.field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),  # RFC 8058 §2
            headers.field(
                "Feedback-ID",
                f"{envelope.distribution}:{edition.kind}:{edition.language}:{sender_id}",
            ),
            (
                headers.field("CFBL-Address", f"{envelope.complaints}; report=arf")
                if envelope.complaints
                else b""
            ),  # RFC 9477
            (
                headers.field("Auto-Submitted", "auto-generated")
                if edition.kind in ("confirm", "welcome")
                else b""
            ),  # RFC 3834 §5
            headers.field("MIME-Version", "1.0"),
            headers.field("Content-Language", edition.language),
            headers.field("Content-Type", content_type),
        )
    )
