"""An edition into a letter: Jinja, MJML and MIME once per edition; what remains per reader are slots.

Takes an edition, who sends it and the templates. Gives a `Letter`: bytes that only need their slots filled. Never looks
at a subscriber. A letter without a visible unsubscribe link is refused.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from distro.errors import TemplateError
from distro.letter import headers, quoted
from distro.letter.body import blocks
from distro.letter.labels import labels_of, long_date, own_name
from distro.letter.mjml import compile_mjml
from distro.letter.notice import notice_of
from distro.letter.plain import Plain, wrap
from distro.letter.slots import PATTERN, mark
from distro.letter.templates import Templates
from distro.model import Edition, is_right_to_left

TIERS = ("embargo", "low-bandwidth")   # letters of an edition for readers who have it in advance, or asked for it light
HTML_WARNING = 100_000   # bytes; Gmail clips near 102,400
_BOUNDARY = "=_distro_alternative_="   # "=_" cannot occur in quoted-printable (RFC 2045 §6.7)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a letter carries besides its edition."""

    distribution: str           # "17"; "0" for a preview
    sender_name: str
    sender_address: str
    reply_to: str
    postal_address: str
    when: datetime              # Date, the same for everyone and at every repetition
    mark: str = ""              # before the subject: "[Test] "
    complaints: str = ""        # an address for complaint reports
    languages: tuple[str, ...] = ()   # of all editions of the release


@dataclass(frozen=True, slots=True)
class Letter:
    """A compiled letter. `body` alternates static text and names of slots, beginning and ending with text."""

    language: str
    subject: str
    sender_address: str         # of the envelope
    domain: str                 # of Message-ID
    head: str                   # static header fields, CRLF
    body: tuple[str, ...]       # MIME parts in quoted-printable
    html: str                   # with slots, for pages
    text: str                   # with slots, for previews
    html_size: int              # bytes

    def to_json(self) -> str:
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Letter":
        told = json.loads(text)
        return cls(**{**told, "body": tuple(told["body"])})


def compile_letter(edition: Edition, envelope: Envelope, templates: Templates, tier: str = "") -> Letter:
    """Compile an edition; raises TemplateError for what would make a broken letter.

    `tier`: "embargo" for readers who have it in advance, "low-bandwidth" for those who asked for it; else as its kind says.
    """
    folder = tier or edition.kind
    context = context_of(edition, envelope, advance=tier == "embargo")
    subject = envelope.mark + " ".join(templates.render(f"{folder}/subject.txt", context).split())
    html = compile_mjml(templates.render(f"{folder}/body.mjml", context), f"{folder}/body.mjml")
    text = templates.render(f"{folder}/body.txt", context).strip("\n") + "\n"
    way_out = "confirm" if folder == "confirm" else "unsubscribe"    # who has not subscribed yet has nothing to leave
    for part, told in (("body.mjml", html), ("body.txt", text)):
        if mark(way_out) not in told:
            raise TemplateError(f"{folder}/{part}: the letter has no {way_out} link", hint=f"Put {{{{ {way_out}_url }}}} where readers see it.")
    return Letter(
        language=edition.language, subject=subject, sender_address=envelope.sender_address, domain=envelope.sender_address.rpartition("@")[2],
        head=_head(edition, envelope, subject).decode(), body=_body(text, html), html=html, text=text, html_size=len(html.encode()),
    )


def context_of(edition: Edition, envelope: Envelope, *, advance: bool = False) -> dict[str, Any]:
    """Every variable that a template may use."""
    labels = labels_of(edition.language)
    if edition.kind == "kill":     # what is withdrawn is not sent again
        edition = replace(edition, body="", subhead="", notes_to_editors="", boilerplate="")
    notice = notice_of(edition, labels, advance=advance)
    plain = Plain()
    date = edition.date or long_date(envelope.when, edition.language)
    text = plain.render(edition.body, opening=edition.dateline)
    notes_text = plain.render(edition.notes_to_editors)
    boilerplate_text = plain.render(edition.boilerplate)
    return {
        "language": edition.language,
        "direction": "rtl" if edition.right_to_left else "ltr",
        "house": envelope.sender_name,
        "kind": labels.kind(edition.kind),
        "date": date,
        "headline": edition.headline,
        "subhead": edition.subhead,
        "dateline": edition.dateline,
        "preheader": " ".join((notice.head, *notice.paragraphs[:1])) if notice else edition.subhead or _first_words(text),
        "blocks": blocks(edition.body),
        "notes": blocks(edition.notes_to_editors),
        "boilerplate": blocks(edition.boilerplate),
        "contacts": edition.contacts,
        "labels": labels,
        "why": labels.why.format(house=envelope.sender_name),
        "sent_to": labels.sent_to.format(address=mark("address")),
        "postal_address": envelope.postal_address,
        "notice": notice,
        "advance": advance,
        "others": [{"language": lang, "name": own_name(lang), "direction": "rtl" if is_right_to_left(lang) else "ltr", "url": f"{mark('view')}?lang={lang}"} for lang in envelope.languages if lang != edition.language],
        "confirm_url": mark("confirm"),
        "unsubscribe_url": mark("unsubscribe"),
        "view_url": mark("view"),
        "text": {"body": text, "notes": notes_text, "boilerplate": boilerplate_text, "links": plain.listed()},
        "wrap": lambda words: "\n".join(wrap(words)),
    }


def _first_words(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 140 else words[:140].rpartition(" ")[0] + " …"


def _head(edition: Edition, envelope: Envelope, subject: str) -> bytes:
    """The header fields that are the same for every reader."""
    local, _, domain = envelope.sender_address.rpartition("@")
    sender_id = (domain.replace(".", "-") + "-----")[:15]    # Gmail's Feedback-ID: SenderId of 5 to 15 characters
    return b"".join((
        headers.address_field("From", envelope.sender_name, envelope.sender_address),
        headers.text_field("Subject", subject),
        headers.field("Date", headers.date(envelope.when)),
        headers.field("Reply-To", f"<{envelope.reply_to}>") if envelope.reply_to else b"",
        headers.address_field("List-Id", envelope.sender_name, f"{local}.{domain}"),        # RFC 2919
        headers.field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),             # RFC 8058 §2
        headers.field("Feedback-ID", f"{envelope.distribution}:{edition.kind}:{edition.language}:{sender_id}"),
        headers.field("CFBL-Address", f"{envelope.complaints}; report=arf") if envelope.complaints else b"",   # RFC 9477
        headers.field("Auto-Submitted", "auto-generated") if edition.kind in ("confirm", "welcome") else b"",   # RFC 3834 §5
        headers.field("MIME-Version", "1.0"),
        headers.field("Content-Language", edition.language),
        headers.field("Content-Type", f'multipart/alternative; boundary="{_BOUNDARY}"'),
    ))


def _body(text: str, html: str) -> tuple[str, ...]:
    """Both alternatives (RFC 2046 §5.1.4), cut at their slots."""
    pieces: list[str] = [f"--{_BOUNDARY}\r\n{_part_head('plain')}"]
    _spliced(pieces, text)
    pieces[-1] += f"\r\n--{_BOUNDARY}\r\n{_part_head('html')}"
    _spliced(pieces, html)
    pieces[-1] += f"\r\n--{_BOUNDARY}--\r\n"
    return tuple(pieces)


def _part_head(subtype: str) -> str:
    return f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


def _spliced(pieces: list[str], told: str) -> None:
    """Append a text to the pieces; static text ends in a soft break where a slot follows."""
    parts = PATTERN.split(told)
    for n in range(0, len(parts), 2):
        static = quoted.encode(parts[n].encode())
        last = n == len(parts) - 1
        pieces[-1] += static.decode() + ("" if last else "=\r\n")
        if not last:
            pieces += [parts[n + 1], ""]
