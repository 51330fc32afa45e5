"""Take a message apart: header fields, its writer's words, reports, and the letter it returns.

Bounded: the first megabyte, forty parts, and a structure that is not nested deeper than people
write it; what is more becomes plain text. No input raises.
"""

import email
import email.errors
import email.header
import email.message
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MOST_BYTES = 1_000_000
_MOST_PARTS = 40
_MOST_GROUPS = 200  # of a delivery status: recipients
_MOST_NESTED = 40  # boundaries and messages inside messages; people write under ten
_MOST_TEXT = 200_000  # characters of text that are read
_MOST_LINE = 2_000
_MOST_FIELDS = 300  # of one head
_MOST_PARAMETERS = 1_000  # bytes of a field like Content-Type

Part = email.message.Message


@dataclass(frozen=True, slots=True)
class Fields:
    """Header fields in their order; names in lower case, values decoded and in one line."""

    pairs: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """Return the first value of a field; "" where there is none."""
        return next((value for key, value in self.pairs if key == name), "")

    def all(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value for key, value in self.pairs if key == name]

    def __bool__(self) -> bool:
        return bool(self.pairs)


@dataclass(frozen=True, slots=True)
class File:
    """A file inside a message: of a machine's report."""

    name: str
    type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that came back, taken apart."""

    headers: Fields
    text: str  # what its writer says, without the letter that it returns
    report: tuple[Fields, ...] = ()  # of a delivery status: about the message, then each recipient
    complaint: Fields = Fields()  # of a feedback report (RFC 5965)
    returned: Fields = Fields()  # header fields of the letter that came back
    returned_text: str = ""  # and the rest of it, where it stood as text
    files: tuple[File, ...] = ()


def take_apart(raw: bytes) -> Message:
    """Return the parts of a message."""
    raw = raw[:MOST_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    raw = re.sub(rb"\A(?:>?From [^\n]*\n)+", b"", raw)  # of an mbox
    head, _, body = raw.partition(b"\n\n")
    nested = len(_BOUNDARY.findall(raw)) + raw.lower().count(b"message/rfc822")
    if nested > _MOST_NESTED:
        return _flat(head, body)
    try:
        whole = email.message_from_bytes(_LONG_FIELD.sub(_shortened, raw))
        return _read(whole)
    except _MISTAKES:
        return _flat(head, body)


# The standard library's parser has a long tail of its own.
_MISTAKES = (
    ValueError,
    LookupError,
    RecursionError,
    AttributeError,
    TypeError,
    AssertionError,
    email.errors.MessageError,
)


_BOUNDARY = re.compile(rb"(?i)boundary[*0-9]*\s*=")
# The parser's time grows with the square of the parameters of these (RFC 2045 §5.1).
_LONG_FIELD = re.compile(
    rb"(?im)^(content-[a-z-]{1,40}[ \t]*:)([^\n]{1000,}|[^\n]*(?:\n[ \t][^\n]*){8,})"
)


def _shortened(found: re.Match[bytes]) -> bytes:
    return found[1] + found[2][:_MOST_PARAMETERS].rstrip()


def _flat(head: bytes, body: bytes) -> Message:
    text, returned, rest = split_returned(_decoded(body, ""))
    return Message(parse_fields(_decoded(head, "")), text, (), Fields(), returned, rest)


def _read(whole: Part) -> Message:
    texts: list[str] = []
    report: list[Fields] = []
    complaint, returned = Fields(), Fields()
    files: list[File] = []
    for part in _parts(whole):
        kind = part.get_content_type()
        if kind in ("message/delivery-status", "message/global-delivery-status"):
            report += _groups(part)
        elif kind == "message/feedback-report":
            complaint = complaint or _fields_inside(part)
        elif kind in ("message/rfc822", "message/global"):
            returned = returned or _fields_of(part.get_payload(0))
        elif kind in ("text/rfc822-headers", "message/global-headers"):
            returned = returned or parse_fields(_text_of(part))
        elif kind.startswith(("text/", "multipart/")) and not _is_file(part):
            if not returned:
                texts.append(_words_of(part, kind))
        elif not part.is_multipart():
            content = part.get_payload(decode=True)
            name = part.get_filename() or ""
            if isinstance(content, bytes):
                files.append(File(str(name)[:200], kind, content))
    text, inside, rest = split_returned("\n".join(texts)[:_MOST_TEXT])
    return Message(
        _fields_of(whole),
        text,
        tuple(report),
        complaint,
        returned or inside,
        rest,
        tuple(files),
    )


def _is_file(part: Part) -> bool:
    """Return whether a text is a file that a program reads: a report in XML or JSON."""
    return bool(part.get_filename()) and not str(part.get_filename()).lower().endswith(".txt")


def _parts(whole: Part) -> Iterator[Part]:
    """Yield the parts that somebody wrote now: what stands inside a returned letter is not."""
    waiting = [whole]
    for _ in range(_MOST_PARTS * 2):
        if not waiting:
            return
        part = waiting.pop(0)
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting = [*_children(part), *waiting]
        else:
            yield part


def _children(part: Part) -> list[Part]:
    found = part.get_payload()
    children = [p for p in found if isinstance(p, Part)] if isinstance(found, list) else []
    if part.get_content_subtype() == "alternative":  # one text, said twice
        plain = [p for p in children if p.get_content_type() == "text/plain"]
        return plain[:1] or children[:1]
    return children[:_MOST_PARTS]


def _groups(part: Part) -> list[Fields]:
    """Return the groups of fields of a delivery status (RFC 3464 §2.1), also where it came
    encoded.
    """
    inside = part.get_payload()
    if isinstance(inside, list):
        groups = [_fields_of(group) for group in inside]
    else:
        blocks = re.split(r"\n[ \t]*\n", _text_of(part))
        groups = [parse_fields(block) for block in blocks if block.strip()]
    found = (one for group in groups[:_MOST_GROUPS] for one in _each_recipient(group))
    return list(itertools.islice(found, _MOST_GROUPS))


def _each_recipient(group: Fields) -> Iterator[Fields]:
    """Yield the fields of each recipient: some write no empty line between two."""
    pairs: list[tuple[str, str]] = []
    for name, value in group.pairs:
        if name in ("final-recipient", "original-recipient") and any(n == name for n, _ in pairs):
            yield Fields(tuple(pairs))
            pairs = []
        pairs.append((name, value))
    yield Fields(tuple(pairs))


def _fields_inside(part: Part) -> Fields:
    inside = part.get_payload()
    if isinstance(inside, list) and inside:
        first = inside[0]
        found = _fields_of(first)
        return found or (parse_fields(_text_of(first)) if isinstance(first, Part) else Fields())
    return parse_fields(_text_of(part))


def _fields_of(part: object) -> Fields:
    if not isinstance(part, Part):
        return Fields()
    return Fields(
        tuple(
            (name.lower(), decode_words(str(value)))
            for name, value in itertools.islice(part.raw_items(), _MOST_FIELDS)
        )
    )


def decode_words(value: str) -> str:
    """Return a header value with its encoded words (RFC 2047) read, in one line."""
    line = " ".join(_japanese(value[:_MOST_LINE]).split())
    # Bytes that are not ASCII came as surrogates (RFC 6532 has UTF-8 in fields).
    line = line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if "=?" not in line:
        return line
    try:
        decoded = str(email.header.make_header(email.header.decode_header(line)))
        return " ".join(decoded.split())
    except (ValueError, LookupError, email.errors.MessageError):
        return line


def parse_fields(text: str) -> Fields:
    """Return the header fields at the beginning of a text; what is no field ends them."""
    pairs: list[tuple[str, str]] = []
    for line in text.lstrip("\n").split("\n")[:500]:
        found = _FIELD.match(line)
        if found:
            pairs.append((found[1].lower(), found[2].strip()))
        elif line[:1] in (" ", "\t") and pairs and line.strip():
            name, value = pairs[-1]
            pairs[-1] = (name, f"{value} {line.strip()}"[:_MOST_LINE])
        elif pairs:
            break
    return Fields(tuple((name, decode_words(value)) for name, value in pairs))


def _text_of(part: Part) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    return _decoded(content, str(part.get_content_charset() or ""))


def _japanese(text: str) -> str:
    """Return a text whose Japanese came as ISO-2022-JP (RFC 1468) without saying so."""
    if "\x1b$" not in text:
        return text
    return text.encode("ascii", "replace").decode("iso-2022-jp", "replace")


def _decoded(content: bytes, charset: str) -> str:
    if b"\x1b$" in content:
        return content.decode("iso-2022-jp", "replace")
    for name in filter(None, ("utf-8" if charset == "us-ascii" else charset, "utf-8")):
        try:
            return content.decode(name)
        except (LookupError, ValueError):
            continue
    return content.decode("latin-1")


def _words_of(part: Part, kind: str) -> str:
    text = _text_of(part)[:_MOST_TEXT]
    if kind != "text/html":
        return text
    text = re.sub(r"(?is)<(script|style)\b[^>]{0,200}>[^<]{0,20000}", " ", text)
    text = re.sub(r"(?i)<(?:br|/?p|/?div|/?tr|/?td|/?li|/?h\d)\b[^<>]{0,2000}>", "\n", text)
    # An address between angle brackets is no tag.
    text = re.sub(r"<[!/?a-zA-Z][^<>@]{0,5000}>|<[a-zA-Z]{1,20} [^<>]{0,5000}>", " ", text)
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return text


_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60}):(?:[ \t]*(.*))$")
# What only stands over a letter, never in an explanation.
_STRONG = {
    "received",
    "return-path",
    "message-id",
    "dkim-signature",
    "delivered-to",
}
_USUAL = {"from", "to", "subject", "date"}
_ANNOUNCED = re.compile(
    r"original message|copy of (?:the|your) (?:\w+ )?message|headers? follow|message follows"
    r"|unsent message|returned message|header of the original|original headers|the message header",
    re.IGNORECASE,
)

# What stands under such a line is the letter, however it looks.
_CUT = re.compile(
    r"\s*(?:-{2,}|={2,}|_{2,}|\*{2,}) ?(?:below this line is a copy|enclosed is a copy"
    r"|original message|this is a copy of|(?:start of )?returned message|unsent message"
    r"|(?:the )?(?:message )?header (?:of the|follow)|copy of (?:the |your )?message)",
    re.IGNORECASE,
)


def split_returned(text: str) -> tuple[str, Fields, str]:
    """Return the words before a letter that is quoted in a text, that letter's header fields, and
    the rest of it.
    """
    lines = text.split("\n")
    announced = False
    at = 0
    while at < len(lines):
        line = lines[at][:_MOST_LINE]
        if _FIELD.match(line):
            end, names = _run(lines, at)
            strong = names & _STRONG or len(names & _USUAL) >= 3
            if (len(names) >= 3 and strong) or (announced and len(names) >= 2):
                fields = parse_fields("\n".join(lines[at:end]))
                return "\n".join(lines[:at]), fields, "\n".join(lines[at:])
            at = end
            continue
        if line.strip():
            if _CUT.match(line):
                rest = "\n".join(lines[at + 1 :])
                return "\n".join(lines[:at]), parse_fields(rest), rest
            announced = bool(_ANNOUNCED.search(line)) or (announced and not line.strip(" -_=*>"))
        at += 1
    return text, Fields(), ""


def _run(lines: Sequence[str], first: int) -> tuple[int, set[str]]:
    """Return where a run of header fields ends, and their names."""
    at, names = first, set[str]()
    while at < len(lines):
        found = _FIELD.match(lines[at][:_MOST_LINE])
        if found:
            names.add(found[1].lower())
        elif lines[at][:1] not in (" ", "\t") or not lines[at].strip():
            break
        at += 1
    return at, names
