"""Read a bounce: of each recipient that it names, the words about it, and what they mean.

A delivery status (RFC 3464, RFC 6533) names recipients in fields; what came before that standard,
or beside it, names them in sentences, as in ``<ana@daily.example>: 550 5.1.1 User unknown``.
"""

import re
from collections.abc import Sequence

from distro.feedback import answers, rules
from distro.feedback.items import GONE, Cause, Item
from distro.feedback.message import Fields, Message, parse_fields
from distro.feedback.named_recipients import ADDRESS, Section, elsewhere, not_readers, sections
from distro.feedback.rules import Judgement

_MOST_ITEMS = 100  # recipients of one bounce
_MOST_BLOCKS = 500  # paragraphs in which they are looked for
_CODE = re.compile(r"(?<![\d.\[])([45]\d\d)(?=[ -]|$)")


def is_bounce(message: Message) -> bool:
    """Return whether a message without a report looks like a bounce: by sender and subject."""
    headers, subject = message.headers, message.headers.get("subject")
    if headers.get("x-failed-recipients"):
        return True
    if _OUT_OF_OFFICE_HEADERS & {name for name, _ in headers.pairs}:
        return False
    sender = headers.get("from").lower()
    if "mailer-daemon@" in sender:  # whatever it says, in whichever language
        return True
    if _DAEMON.search(sender):
        failure = message.returned or _FAILURE.search(f"{subject} {message.text[:3000]}")
        return bool(failure or _SUBJECT.search(subject))
    if _FORWARDED.match(subject):
        return "mailer-daemon" in message.text.lower()
    if answers.is_answer(message):
        # An empty Return-Path alone proves nothing: programs that are away have it too (RFC 3834
        # §3.3, RFC 5230); they attach no letter.
        attached = bool(message.returned) and not message.returned_text
        null = headers.get("return-path") == "<>" and not headers.get("auto-submitted")
        return null and attached and bool(_FAILURE.search(message.text[:3000]))
    # Anybody else is believed by the subject, unless it repeats that of a letter: our headline may
    # be "Delivery problems at the port".
    return bool(_SUBJECT.search(subject))


_FORWARDED = re.compile(
    r"(?:fwd?|wg|tr|rv): ?(?:returned mail|undeliver|failure notice|mail delivery|delivery status)",
    re.IGNORECASE,
)
_OUT_OF_OFFICE_HEADERS = {"x-autoreply", "x-autorespond", "x-vacation"}
_DAEMON = re.compile(
    r"\bmdaemon|mailer-?daemon|post_?master|mail (?:delivery|administrator|system)|mmsc ndr"
)
_FAILURE = re.compile(
    r"undeliver|fail|could ?n[o']t|could not|unable to|not (?:be )?deliver|error|reject|return"
    r"|did not reach|wasn.t able|bounce|invalid|unknown|refused|delay",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver(?:ed|able)|returned mail|failure notice|delivery (?:status )?notification"
    r"|mail delivery (?:failed|failure|subsystem)|delivery (?:has )?fail|could not be delivered"
    r"|mail system error|non.?delivery|returned to sender|unzustellbar|non remis|no entregad"
    r"|mancata consegna|unsent mail|delivery problem|delivery warning|user unknown|mail error"
    r"|message (?:has )?not (?:yet )?(?:been )?delivered",
    re.IGNORECASE,
)


def read(message: Message) -> list[Item]:
    """Return what a bounce says of each recipient; nothing where none can be made out."""
    named = sections(message)
    fields_of_each = _recipient_fields(message)[:_MOST_ITEMS]
    items = [_reported(message, fields, named) for fields in fields_of_each]
    items = [item for item in items if item.recipient or message.report]
    if not items:
        items = _told(message, named)
    return _once(items)[:_MOST_ITEMS]


def _once(items: Sequence[Item]) -> list[Item]:
    found: dict[str, Item] = {}
    for item in items:
        key = item.recipient.lower()
        if key not in found or found[key].cause is Cause.UNCLASSIFIED:
            found[key] = item
    return list(found.values())


# -- in fields


def _recipient_fields(message: Message) -> list[Fields]:
    """Return the fields about each recipient, also where they stand in plain text."""
    groups = [f for f in message.report if f.get("final-recipient") or f.get("original-recipient")]
    if groups:
        return groups
    found = []
    for block in re.split(r"\n[ \t]*\n", message.text)[:_MOST_BLOCKS]:
        at = re.search(r"(?im)^(?:final-recipient|action|original-recipient|status):", block)
        if at and re.search(r"(?im)^final-recipient:", block):
            start = min(
                m.start()
                for m in re.finditer(
                    r"(?im)^(?:final-recipient|action|status|diagnostic-code|original-recipient):",
                    block,
                )
            )
            found.append(parse_fields(block[start:]))
    return found


def _reported(message: Message, fields: Fields, named: Sequence[Section]) -> Item:
    original = _address_in(fields.get("original-recipient"))
    recipient = _address_in(fields.get("final-recipient"))
    if "." not in recipient.rpartition("@")[2]:  # a name inside their system
        recipient = original or recipient
    recipient = recipient or next(iter(elsewhere(message, not_readers(message))), "")
    status = rules.enhanced_in(fields.get("status"))
    quoted = fields.get("diagnostic-code")
    kind, _, said = quoted.partition(";")
    said = said.strip() if said else quoted.strip()
    around = _words_about(message, recipient, named)
    action = fields.get("action").lower()
    server = fields.get("remote-mta").partition(";")[2].strip() or _reporting(message)
    item = _item(recipient, said, around, status, server, local=kind.strip().lower() == "x-unix")
    if action.startswith(("delivered", "relayed", "expanded")):
        return _as(item, Cause.DELIVERED)
    if action.startswith("delayed"):
        return _as(item, Cause.DELAYED)
    return item


def _reporting(message: Message) -> str:
    """Return the host that reports (RFC 3464 §2.2.2): it refused the letter where no other did."""
    named = (fields.get("reporting-mta").partition(";")[2].strip() for fields in message.report)
    return next(filter(None, named), "")


def _as(item: Item, cause: Cause) -> Item:
    return Item(item.recipient, cause, item.status, item.code, item.said, item.server, "action")


def _address_in(field: str) -> str:
    """Return the address of ``rfc822; ana@daily.example`` (also utf-8 and its escapes, RFC 6533
    §3).
    """
    value = field.partition(";")[2] or field
    value = re.sub(r"\\x\{([0-9A-Fa-f]{1,6})\}", _unescaped, value)
    found = ADDRESS.search(value.strip().strip("<>"))
    return found[0] if found else ""


def _unescaped(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if 32 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "?"


def _item(
    recipient: str, said: str, around: str, status: str, server: str, *, local: bool = False
) -> Item:
    """Return the item of one recipient from the words said of it, and what stands around them."""
    words = " ".join((said or around).split())
    own = rules.enhanced_in(said) or rules.enhanced_in(_quoted(around))
    best = own if own and not own.endswith(".0.0") else status or own
    first = rules.UNDECIDED
    for text in ("" if local else _quoted(said) or said, said, _quoted(around), around):
        if text and not _decided(first):
            first = rules.judge(text, near=server)
    if (
        first.cause is Cause.UNKNOWN_USER
        and (first.rule.startswith("words") or _AFTER_DATA.search(around))
        and not _said_at_rcpt(f"{around}\n{said}", best)
    ):
        first = Judgement(Cause.REFUSED_BY_POLICY, f"{first.rule}, not of the address")
    if first.cause in GONE - {Cause.NO_MAIL} and _is_temporary(best, words):
        first = Judgement(Cause.NETWORK, f"{first.rule}, for now")
    if local and first.cause is not Cause.MAILBOX_FULL:
        first = Judgement(Cause.SYSTEM, "a program of theirs failed")
    if not _decided(first) and status and not status.endswith(".0.0"):
        first = rules.by_code(status)
    code = _CODE.search(words)
    return Item(
        recipient,
        first.cause,
        best,
        int(code[1]) if code else 0,
        words[:500],
        server[:100],
        first.rule,
    )


def _is_temporary(status: str, words: str) -> bool:
    """Return whether a refusal was for now: tried until somebody gave up, it says nothing of the
    address.
    """
    codes = {code[0] for code in _CODE.findall(words)}
    return status.startswith("4") or (codes == {"4"} and not status.startswith("5"))


def _decided(judgement: Judgement) -> bool:
    return bool(judgement.rule) and not judgement.rule.startswith("code")


def _quoted(text: str) -> str:
    """Return the lines that quote a server: they have a code, or the arrows of a transcript."""
    lines = [line for line in text.split("\n") if _QUOTING.search(line)]
    return "\n".join(lines)


_QUOTING = re.compile(r"<<<|(?<![\d.])[45]\d\d(?=[ -])|(?<![\d.])[45]\.\d{1,2}\.\d{1,3}(?![\d.])")


def _said_at_rcpt(text: str, status: str) -> bool:
    """Return whether "unknown user" is about the address.

    It is where an enhanced code of the address agrees (RFC 3463 §3.2), or where it answers RCPT.
    Filters say the same words of the letter's text, when the recipient had been accepted.
    """
    if re.match(r"[245]\.1\.(?!351)", status) or _AT_RCPT.search(text):
        return True
    if _AFTER_DATA.search(text):
        return False
    return not _FILTERS_EXCUSE.search(text)


_FILTERS_EXCUSE = re.compile(
    r"user unknown|unknown user|no such user|recipient not found", re.IGNORECASE
)

_AFTER_DATA = re.compile(
    r"end of data|final data|>>> ?(?:data|\.)\s|failed after i sent the message|after data"
    r"|after sending|\[?(?:data|dot|text)\]? command|smtp command\s+data",
    re.IGNORECASE,
)
_AT_RCPT = re.compile(r"rcpt[ _]to|rcpt command|does not like recipient|need rcpt", re.IGNORECASE)


# -- in sentences


def _words_about(message: Message, recipient: str, named: Sequence[Section]) -> str:
    """Return the lines of the explanation that speak of one recipient, and of its session."""
    own = [s for s in named if s.recipient.lower() == recipient.lower()]
    if own:
        return "\n".join(line for s in own for line in s.lines)
    return "" if len(named) > 1 else message.text[:4000]


def _told(message: Message, named: Sequence[Section]) -> list[Item]:
    """Return the items of a bounce that is nothing but sentences."""
    whole = message.text[:4000]
    items = []
    # Where it names nobody, the address that it came back to may still tell.
    for section in named or [Section("", whole.split("\n"))]:
        said = "\n".join(section.lines)
        alone = len(named) <= 1
        item = _item(section.recipient, said, whole if alone else "", "", "")
        if _DELAYED.search(whole) and not _GIVEN_UP.search(whole):
            item = _as(item, Cause.DELAYED)
        items.append(item)
    return items


_DELAYED = re.compile(
    r"(?:only|just) a (?:temporary|warning)|is delayed for|has been delayed"
    r"|will (?:be )?retr(?:y|ied)"
    r"|do not need to (?:re-?send|resend)|delivery attempts will continue|still being retried"
    r"|warning:? (?:message|could not send)",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"permanent(?:ly)? (?:error|fail)|giv(?:en|ing) up|fatal error|not going to try", re.IGNORECASE
)
