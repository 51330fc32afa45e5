"""Fill a compiled letter for one reader by splicing: a few microseconds, the hot path of all
sending.

Message-ID is a function of distribution and ordinal, so that a repetition after doubt carries the
same one.
"""

import html
import re
from collections.abc import Callable, Mapping, Sequence

from distro.letter import headers, quoted_printable
from distro.letter.compile import CompiledLetter
from distro.letter.dkim import Signed, Signer
from distro.letter.labels import labels_of
from distro.letter.slots import Slots
from distro.tokens import (
    CLICK,
    UNSUBSCRIBE,
    VIEW,
    SecretKeys,
    mac_of,
    return_token,
    sign,
    sign_view,
)

_PICTURE = re.compile(r'src="cid:([0-9a-f]{32})@[^"]*"')
# A name that needs neither quotes nor encoding, and an address that stands in HTML and in
# quoted-printable as it is.
_PLAIN_TO = re.compile(
    rb"To: [A-Za-z0-9](?:[A-Za-z0-9 '-]*[A-Za-z0-9])? <[A-Za-z0-9][A-Za-z0-9.@_+-]*[A-Za-z0-9]>\r\n"
)
_LINE = (
    76  # of a header (RFC 5322 §2.1.1), and of quoted-printable with its soft break (RFC 2045 §6.7)
)


def message_ids(
    domain: str, distribution: int, keys: SecretKeys, occasion: str = ""
) -> Callable[[int], bytes]:
    """Return a function from a recipient's ordinal to the Message-ID, angle brackets included.

    `domain` is the letter's, of its sender. `occasion` tells apart the letters that one person gets
    outside any distribution.
    """
    mac_of_ordinal = mac_of(keys.pepper)
    host = domain.encode()
    suffix = b"|" + occasion.encode() if occasion else b""

    def message_id(ordinal: int) -> bytes:
        """Return the Message-ID of the letter to the recipient with this ordinal."""
        mac = mac_of_ordinal(b"message-id|%d|%d%b" % (distribution, ordinal, suffix))
        return b"<%d.%d.%s@%s>" % (distribution, ordinal, mac[:8].hex().encode(), host)

    return message_id


def _thread(answers: bytes) -> bytes:
    """Return the fields that put a letter under another one (RFC 5322 §3.6.4)."""
    return b"In-Reply-To: %b\r\nReferences: %b\r\n" % (answers, answers) if answers else b""


class Filler:
    """Fills one letter of one distribution for any number of readers."""

    def __init__(
        self,
        letter: CompiledLetter,
        *,
        distribution: int,
        site_url: str,
        keys: SecretKeys,
        signers: Sequence[Signer] = (),
        return_path: str = "",
        occasion: str = "",
        own_pages: bool = False,
    ) -> None:
        """Prepare a letter; `own_pages`: "View online" is each reader's own address."""
        self.letter = letter
        self._own_pages = own_pages
        self._distribution = distribution
        self._keys = keys
        self._unsubscribe = f"{site_url}/u/".encode()
        self._preferences = f"{site_url}/p/".encode()
        self._site = site_url
        self._slots = Slots(letter.slots)
        view = sign_view(keys.signing[0], distribution, letter.language)
        self._view = f"{site_url}/v/{view}".encode()  # the same for every reader: people share it
        self._view_value = quoted_printable.value(self._view)
        self._head = letter.head.encode() + b"\r\n"
        self._statics = [piece.encode() for piece in letter.body[::2]]
        # One static more than slots.
        self._slotted = list(zip(self._statics, letter.body[1::2], strict=False))
        # Then with any token: those are letters, digits, "._-".
        self._plain_links = quoted_printable.is_plain(self._unsubscribe + b"x")
        self.message_id = message_ids(letter.domain, distribution, keys, occasion)
        self._signed = Signed(signers, letter.head.encode(), self._statics[0]) if signers else None
        self._return = return_path.partition("@")

    def envelope_sender(self, ordinal: int) -> str:
        """Return the envelope sender: the plain sender, or an address that names the recipient
        (VERP).
        """
        return self._back(ordinal) if self._return[1] else self.letter.sender_address

    def _back(self, ordinal: int) -> str:
        """Return the address to which this letter comes back."""
        local, _, domain = self._return
        token = return_token(self._keys.signing[0], self._distribution, ordinal)
        return f"{local}+{token}@{domain}"

    def _leave(self, unsubscribe: bytes, ordinal: int) -> bytes:
        """Return the field by which mail programs offer to leave (RFC 2369 §3.2, RFC 8058 §3.1):
        one click, and a mail to the address that letters come back to, where somebody reads it.
        """
        if not self._return[1]:
            return b"List-Unsubscribe: <%b>\r\n" % unsubscribe
        mail = f"<mailto:{self._back(ordinal)}?subject=unsubscribe>".encode()
        # On one line: so it is signed (dkim.Signed).
        return b"List-Unsubscribe: <%b>, %b\r\n" % (unsubscribe, mail)

    def links(self, ordinal: int, subscriber: int, address: str) -> tuple[bytes, bytes, bytes]:
        """Return the reader's addresses: unsubscribe, preferences (the same token), view online."""
        address_hash = self._keys.address_hash(address)
        unsubscribe = sign(
            self._keys.signing[0],
            UNSUBSCRIBE,
            self._distribution,
            ordinal,
            subscriber,
            address_hash,
        )
        view = self._view
        if self._own_pages:
            who = (self._distribution, ordinal, subscriber, address_hash)
            view = f"{self._site}/v/".encode() + sign(self._keys.signing[0], VIEW, *who)
        return self._unsubscribe + unsubscribe, self._preferences + unsubscribe, view

    def fill(
        self,
        ordinal: int,
        subscriber: int,
        address: str,
        name: str,
        confirm: str = "",
        never: str = "",
        answers: bytes = b"",
        row: Mapping[str, object] | None = None,
    ) -> list[bytes]:
        """Return the message as pieces to write: CRLF line ends, no line begins with a dot, no
        final dot.

        `confirm` and `never` are the links of a letter that an installation writes by itself;
        `answers` is the Message-ID of the letter that this one belongs to (RFC 5322 §3.6.4);
        `row` has the reader's columns, for a personal letter.
        """
        unsubscribe, preferences, view = self.links(ordinal, subscriber, address)
        raw = address.encode()
        to = b"To: %b <%b>\r\n" % (name.encode("utf-8", "replace"), raw)
        if len(to) <= _LINE + 2 and _PLAIN_TO.fullmatch(to):
            shown = raw + quoted_printable.SOFT
        else:
            to, shown = (
                headers.address_field("To", name, address),
                quoted_printable.value(html.escape(address).encode()),
            )
        message_id, leave = (
            b"Message-ID: %b\r\n" % self.message_id(ordinal),
            self._leave(unsubscribe, ordinal),
        )
        if self._plain_links and len(unsubscribe) < _LINE:
            values = {
                "unsubscribe": unsubscribe + quoted_printable.SOFT,
                "preferences": preferences + quoted_printable.SOFT,
                "view": self._view_value,
                "address": shown,
            }
        else:
            values = {
                "unsubscribe": quoted_printable.value(unsubscribe),
                "preferences": quoted_printable.value(preferences),
                "view": self._view_value,
                "address": shown,
            }
        if self._own_pages:
            values["view"] = quoted_printable.value(view)
        own = self._own_values(ordinal, subscriber, address, row or {})
        if confirm:
            own |= {"confirm": confirm, "never": never}
        for slot, text in own.items():
            values[slot] = quoted_printable.value(text.encode("utf-8", "replace"))
        pieces = [to + message_id + leave + _thread(answers), self._head]
        for static, slot in self._slotted:
            pieces += (static, values[slot])
        pieces.append(self._statics[-1])
        if self._signed:
            pieces.insert(0, self._signed.headers(to, message_id, leave, pieces[3:]))
        return pieces

    def _own_values(
        self, ordinal: int, subscriber: int, address: str, row: Mapping[str, object]
    ) -> dict[str, str]:
        """Return what stands in one reader's letter alone: their words, their links."""
        own = self._own_words(row) if self.letter.personal else {}
        if self.letter.links:
            own |= self._counted(ordinal, subscriber, address, row)
        return own

    def _own_words(self, row: Mapping[str, object]) -> dict[str, str]:
        """Return what stands in each field of a personal letter for one reader."""
        words = [field.value_of(row) for field in self.letter.personal]
        in_html = {f"h{n}": html.escape(text) for n, text in enumerate(words)}
        return in_html | {f"t{n}": text for n, text in enumerate(words)}

    def _counted(
        self, ordinal: int, subscriber: int, address: str, row: Mapping[str, object]
    ) -> dict[str, str]:
        """Return where each counted link leads for one reader: straight on for who refused."""
        if row.get("clicks") == ["no"]:
            true = (html.escape(link or self._site) for link in self.letter.links)
            return {f"c{n}": link for n, link in enumerate(true)}
        hash_ = self._keys.address_hash(address)
        who = (self._distribution, ordinal, subscriber, hash_)
        token = sign(self._keys.signing[0], CLICK, *who).decode()
        return {f"c{n}": f"{self._site}/l/{token}/{n}" for n in range(len(self.letter.links))}

    def page(
        self,
        ordinal: int,
        subscriber: int,
        address: str,
        confirm: str = "",
        row: Mapping[str, object] | None = None,
    ) -> str:
        """Return the letter's HTML for one reader, as a preview shows it."""
        shown, source = html.escape(address), self._with_pictures()
        return self._put(source, ordinal, subscriber, address, shown, confirm, row)

    def shared_page(self, token: str = "") -> str:
        """Return the letter's HTML as "View online" shows it: nothing of a person, for people share
        its address.

        The links to leave and to choose lead to a page that asks for an address and sends a letter
        to it. `token`: of the reader whose own page it is, before an embargo is over.
        """
        leave, readers = (
            f"{self._site}/leave",
            html.escape(labels_of(self.letter.language).our_readers),
        )
        values = {
            "unsubscribe": leave,
            "preferences": leave,
            "view": f"{self._site}/v/{token}" if token else self._view.decode(),
            "address": readers,
            "confirm": "",
            "never": "",
            **self._own_words({}),
        }
        return self._slots.pattern.sub(lambda found: values[found[1]], self._with_pictures())

    def _with_pictures(self) -> str:
        """Return the HTML with pictures from the page's own address."""
        return _PICTURE.sub(rf'src="{self._slots.placeholder("view")}/\1"', self.letter.html)

    def plain(
        self,
        ordinal: int,
        subscriber: int,
        address: str,
        confirm: str = "",
        row: Mapping[str, object] | None = None,
    ) -> str:
        """Return the text part for one reader."""
        return self._put(self.letter.text, ordinal, subscriber, address, address, confirm, row)

    def _put(
        self,
        text: str,
        ordinal: int,
        subscriber: int,
        address: str,
        shown: str,
        confirm: str,
        row: Mapping[str, object] | None,
    ) -> str:
        unsubscribe, preferences, view = self.links(ordinal, subscriber, address)
        values = {
            "unsubscribe": unsubscribe.decode(),
            "preferences": preferences.decode(),
            "view": view.decode(),
            "address": shown,
            "confirm": confirm,
            "never": confirm,
            **self._own_words(row or {}),
        }
        return self._slots.pattern.sub(lambda found: values[found[1]], text)
