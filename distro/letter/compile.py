"""Compile an edition into a letter: Jinja, MJML and MIME once an edition; what differs from reader
to reader stays a slot.

Takes an edition, who sends it and the templates. Gives a `Letter`: bytes that only need their slots
filled. Never looks at a subscriber. A letter without a visible unsubscribe link is refused.
"""

import json
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from distro.errors import TemplateError
from distro.letter import headers
from distro.letter.body import blocks
from distro.letter.context import LetterContext
from distro.letter.counted_links import Counted, counted
from distro.letter.enclosures import attachments, parts, placed, shown
from distro.letter.labels import labels_of, long_date, own_name
from distro.letter.mime import body_of
from distro.letter.mjml import compile_mjml
from distro.letter.notice import notice_of
from distro.letter.plain import Plain, wrap
from distro.letter.slots import Slots
from distro.letter.templates import Templates
from distro.lib import merge_fields
from distro.model import NOTICES, Edition, is_right_to_left

EMBARGO = "embargo"
# Letters of an edition for readers who have it in advance, or asked for it light.
TIERS = (
    EMBARGO,
    "low-bandwidth",
)

HTML_WARNING = 100_000  # bytes; Gmail clips near 102,400
# Blocks that a kind leaves empty leave their blank lines: at most two stay together.
_PILED = re.compile(r"\n{4,}")


def tiers(*, in_advance: bool) -> tuple[str, ...]:
    """Return the tiers of a distribution's letters: one for everyone, and one for those who have it
    in advance, if some do.
    """
    return ("", EMBARGO) if in_advance else ("",)


@dataclass(frozen=True, slots=True)
class CompiledLetter:
    """A compiled letter. `body` alternates static text and names of slots, beginning and ending
    with text.
    """

    language: str
    subject: str
    sender_address: str  # of the context
    domain: str  # of Message-ID
    head: str  # static header fields, CRLF
    body: tuple[str, ...]  # MIME parts in quoted-printable
    html: str  # with slots, for pages
    text: str  # with slots, for previews
    html_size: int  # bytes
    # The secret of its marks; "0": compiled before they had one.
    slots: str = field(default="0", repr=False)
    # Of a personal letter: the column of each field, and what stands there for who has none.
    personal: tuple[merge_fields.MergeField, ...] = ()
    links: tuple[str, ...] = ()  # where each counted link leads; (): none is counted

    def to_json(self) -> str:
        """Return the letter as it is kept."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        for later in ("personal", "links"):
            if not fields[later]:  # as those of before it was
                del fields[later]
        return json.dumps(fields, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "CompiledLetter":
        """Return the letter that `to_json` wrote."""
        fields = json.loads(text)
        personal = tuple(merge_fields.MergeField(*one) for one in fields.get("personal", ()))
        lists = {"body": tuple(fields["body"]), "links": tuple(fields.get("links", ()))}
        return cls(**{**fields, **lists, "personal": personal})


def compile_letter(
    edition: Edition,
    context: LetterContext,
    templates: Templates,
    tier: str = "",
    slots: Slots | None = None,
) -> CompiledLetter:
    """Compile an edition; raises TemplateError for what would make a broken letter.

    `tier`: "embargo" for readers who have it in advance, "low-bandwidth" for those who asked for
    it; else as its kind says. `slots`: of an edition of our own that holds marks already; else its
    marks are made here.
    """
    folder = tier or edition.kind
    slots = slots or Slots()
    variables = context_of(edition, context, slots, advance=tier == EMBARGO)
    subject = " ".join(templates.render(f"{folder}/subject.txt", variables).split())
    subject = context.subject_prefix + subject
    html = compile_mjml(templates.render(f"{folder}/body.mjml", variables), f"{folder}/body.mjml")
    text = (
        _PILED.sub("\n\n\n", templates.render(f"{folder}/body.txt", variables)).strip("\n") + "\n"
    )
    # Who has not subscribed yet has nothing to leave.
    way_out = "confirm" if folder == "confirm" else "unsubscribe"
    for part, rendered in (("body.mjml", html), ("body.txt", text)):
        if slots.placeholder(way_out) not in rendered:
            raise TemplateError(
                f"{folder}/{part}: the letter has no {way_out} link",
                hint=f"Put {{{{ {way_out}_url }}}} where readers see it.",
            )
    logo = (context.brand.logo,) if context.brand.logo and context.brand.logo.id in html else ()
    links = counted(html, slots) if context.clicks and not tier else Counted(html, ())
    kind, body = body_of(text, links.html, slots, (*logo, *parts(edition, context)))
    return CompiledLetter(
        language=edition.language,
        subject=subject,
        sender_address=context.sender_address,
        domain=context.domain,
        head=_head(edition, context, subject, kind).decode(),
        body=body,
        html=html,
        text=text,
        html_size=len(html.encode()),
        slots=slots.secret,
        personal=merge_fields.fields_of(edition.body) if edition.personal else (),
        links=links.targets,
    )


def _date_of(edition: Edition, context: LetterContext) -> str:
    """Return the date above the headline: as the release writes it; written out where that is for
    machines (2026-11-25).
    """
    try:
        if not edition.date:
            return long_date(context.when, edition.language)
        day = datetime.strptime(edition.date, "%Y-%m-%d")  # noqa: DTZ007 - a day has no zone
        return long_date(day, edition.language)
    except ValueError:
        return edition.date


def context_of(
    edition: Edition, context: LetterContext, slots: Slots, *, advance: bool = False
) -> dict[str, Any]:
    """Return every variable that a template may use."""
    labels = labels_of(edition.language)
    if edition.kind in NOTICES:  # they name a text, and do not send it again
        edition = replace(edition, body="", subhead="", notes_to_editors="", boilerplate="")
    notice = notice_of(edition, labels, advance=advance)
    shared, html_body, text_body = _bodies(edition, slots)
    texts = _texts_of(replace(edition, body=text_body))
    seen = _texts_of(replace(edition, body=shared)) if edition.personal else texts
    preheader = edition.subhead or _first_words(seen["body"])
    if notice:
        preheader = " ".join((notice.head, *notice.paragraphs[:1]))
    accent = context.brand.accent
    return {
        "language": edition.language,
        "direction": "rtl" if edition.right_to_left else "ltr",
        "organisation": context.sender_name,
        "house": context.sender_name,  # the name in templates written before 0.2
        "kind": labels.kind(edition.kind),
        "date": _date_of(edition, context),
        "headline": edition.headline,
        "subhead": edition.subhead,
        "dateline": edition.dateline,
        "preheader": preheader,
        "blocks": tuple(placed(block, edition, context) for block in blocks(html_body, accent)),
        "attachments": [
            shown(file, inside, slots.placeholder("view"))
            for file, inside in attachments(edition, context)
        ],
        "brand": context.brand,
        "notes": blocks(edition.notes_to_editors, accent),
        "boilerplate": blocks(edition.boilerplate, accent),
        "contacts": edition.contacts,
        "labels": labels,
        "why": labels.why.format(organisation=context.sender_name),
        "sent_to": labels.sent_to.format(address=slots.placeholder("address")),
        "postal_address": context.postal_address,
        "notice": notice,
        "advance": advance,
        "others": _other_languages(edition, context, slots),
        "confirm_url": slots.placeholder("confirm"),
        "button": edition.note or labels.confirm_button,
        "unsubscribe_url": slots.placeholder("unsubscribe"),
        "preferences_url": slots.placeholder("preferences"),
        "view_url": slots.placeholder("view"),
        "text": texts,
        "wrap": lambda words: "\n".join(wrap(words)),
    }


def _bodies(edition: Edition, slots: Slots) -> tuple[str, str, str]:
    """Return a text as everybody may see it, and with the marks of each reader's own words: in
    HTML, where they are escaped, and in plain text.
    """
    if not edition.personal:
        return edition.body, edition.body, edition.body

    def marked(letter: str) -> str:
        return merge_fields.replaced(edition.body, lambda n, _: slots.placeholder(f"{letter}{n}"))

    shared = merge_fields.replaced(edition.body, lambda _, field: field.default)
    return shared, marked("h"), marked("t")


def _texts_of(edition: Edition) -> dict[str, Any]:
    """Return the parts of the plain text, links numbered through all of them."""
    plain = Plain()
    return {
        "body": plain.render(edition.body, opening=edition.dateline),
        "notes": plain.render(edition.notes_to_editors),
        "boilerplate": plain.render(edition.boilerplate),
        "links": plain.listed(),
    }


def _other_languages(
    edition: Edition, context: LetterContext, slots: Slots
) -> list[dict[str, str]]:
    """Return the release's other editions, each with the address of its page."""
    return [
        {
            "language": lang,
            "name": own_name(lang),
            "direction": "rtl" if is_right_to_left(lang) else "ltr",
            "url": f"{slots.placeholder('view')}?lang={lang}",
        }
        for lang in context.languages
        if lang != edition.language
    ]


def _first_words(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 140 else words[:140].rpartition(" ")[0] + " …"


def with_date(head: str, when: datetime) -> str:
    """Return the fields of a letter with another Date."""
    fresh = headers.field("Date", headers.date(when)).decode()
    return re.sub(r"^Date: .*\r\n", lambda _: fresh, head, count=1, flags=re.MULTILINE)


def _head(edition: Edition, context: LetterContext, subject: str, content_type: str) -> bytes:
    """Return the header fields that are the same for every reader."""
    local, _, domain = context.sender_address.rpartition("@")
    # Gmail's Feedback-ID: SenderId of 5 to 15 characters.
    sender_id = (domain.replace(".", "-") + "-----")[:15]
    return b"".join(
        (
            headers.address_field("From", context.sender_name, context.sender_address),
            headers.text_field("Subject", subject),
            headers.field("Date", headers.date(context.when)),
            headers.field("Reply-To", f"<{context.reply_to}>") if context.reply_to else b"",
            headers.address_field("List-Id", context.sender_name, f"{local}.{domain}"),  # RFC 2919
            headers.field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),  # RFC 8058 §2
            headers.field(
                "Feedback-ID",
                f"{context.distribution}:{edition.kind}:{edition.language}:{sender_id}",
            ),
            # RFC 9477.
            (
                headers.field("CFBL-Address", f"{context.complaints}; report=arf")
                if context.complaints
                else b""
            ),
            # RFC 3834 §5.
            (
                headers.field("Auto-Submitted", "auto-generated")
                if edition.kind in ("confirm", "welcome")
                else b""
            ),
            headers.field("MIME-Version", "1.0"),
            headers.field("Content-Language", edition.language),
            headers.field("Content-Type", content_type),
        )
    )
