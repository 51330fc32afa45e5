"""Sign tokens in links, bound to a purpose and to the reader's address; hash addresses with a key.

A token is readable and short: ``17.42.981.Zk3…`` is distribution 17, recipient 42, subscriber 981
and 128 bits of HMAC-SHA-256. The signature covers a keyed hash of the address, so that an id given
out again (after a restore, say) cannot act for another person. The first key signs, all verify; the
key of address hashes is never rotated.
"""

import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache

from distro.model import address_key, former_address_key

UNSUBSCRIBE = b"unsubscribe"
VIEW = b"view"
REPORT = b"report"
CLICK = b"click"
_RETURN = b"return"


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@cache
def mac_of(key: bytes) -> Callable[[bytes], bytes]:
    """Return HMAC-SHA-256 under one key, for many messages.

    Its two hash states are begun once and copied (RFC 2104 §4).
    """
    block = hashlib.sha256(key).digest() if len(key) > 64 else key
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block.ljust(64, b"\0")))
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in block.ljust(64, b"\0")))

    def digest(message: bytes) -> bytes:
        """Return the MAC of a message."""
        one = inner.copy()
        one.update(message)
        two = outer.copy()
        two.update(one.digest())
        return two.digest()

    return digest


@dataclass(frozen=True, slots=True)
class SecretKeys:
    """The secrets of an installation."""

    # The first signs, all verify; none: this user may not read them.
    signing: tuple[bytes, ...] = field(repr=False)
    pepper: bytes = field(repr=False)  # of address hashes, never rotated

    def address_hash(self, address: str) -> bytes:
        """Return 16 bytes that stand for an address, however it is spelt, and tell nothing about it
        without the key.
        """
        return mac_of(self.pepper)(address_key(address).encode())[:16]

    def address_hashes(self, address: str) -> tuple[bytes, ...]:
        """Return today's hash of an address, and the one under which earlier versions kept it where
        that differs.
        """
        former = former_address_key(address)
        here = self.address_hash(address)
        return (
            (here,)
            if former == address_key(address)
            else (here, mac_of(self.pepper)(former.encode())[:16])
        )


@dataclass(frozen=True, slots=True)
class TokenClaim:
    """The one whom a token speaks for."""

    distribution: int
    ordinal: int
    subscriber: int


def sign(
    key: bytes,
    purpose: bytes,
    distribution: int,
    ordinal: int,
    subscriber: int,
    address_hash: bytes,
) -> bytes:
    """Return the token of one reader for one purpose; ASCII, safe in a URL."""
    message = b"%d.%d.%d" % (distribution, ordinal, subscriber)
    mac = mac_of(key)(b"%b|%b|%b" % (purpose, message, address_hash))
    return b"%b.%b" % (
        message,
        binascii.b2a_base64(mac[:16], newline=False)[:22].translate(_URL_SAFE),
    )


def _mac_text(key: bytes, message: bytes) -> str:
    """Return 128 bits of a signature, 22 characters that are safe in a URL."""
    return (
        binascii.b2a_base64(mac_of(key)(message)[:16], newline=False)[:22]
        .translate(_URL_SAFE)
        .decode()
    )


def parse(token: str) -> TokenClaim | None:
    """Return whom a token claims to speak for; nothing is verified yet."""
    parts = token.split(".")
    if len(parts) != 4 or not all(p.isascii() and p.isdigit() and len(p) < 12 for p in parts[:3]):
        return None
    return TokenClaim(*(int(p) for p in parts[:3]))


def verify(token: str, purpose: bytes, keys: SecretKeys, address_hashes: Iterable[bytes]) -> bool:
    """Return whether the token was signed here for this purpose and one of these addresses (today's
    and former ones).
    """
    reader = parse(token)
    if reader is None:
        return False
    given = token.encode("ascii", "replace")
    good = False
    for key in keys.signing:
        for address_hash in address_hashes:
            made = sign(
                key, purpose, reader.distribution, reader.ordinal, reader.subscriber, address_hash
            )
            good |= hmac.compare_digest(made, given)
    return good


def return_token(key: bytes, distribution: int, ordinal: int) -> str:
    """Return a recipient's name in a Return-Path: 32 lower-case hexadecimal digits.

    The last 16 of them are a signature.
    """
    message = distribution.to_bytes(4, "big") + ordinal.to_bytes(4, "big")
    return (message + mac_of(key)(_RETURN + message)[:8]).hex()


def read_return_token(token: str, keys: SecretKeys) -> tuple[int, int] | None:
    """Return distribution and recipient that a returned letter names; None: not made here.

    Case is not looked at: some mailers change it.
    """
    try:
        raw = bytes.fromhex(token)
    except ValueError:
        return None
    if len(raw) != 16:
        return None
    distribution, ordinal = int.from_bytes(raw[:4], "big"), int.from_bytes(raw[4:8], "big")
    made = [bytes.fromhex(return_token(key, distribution, ordinal)) for key in keys.signing]
    ours = [hmac.compare_digest(m, raw) for m in made]  # all of them, whichever it is
    return (distribution, ordinal) if any(ours) else None


def sign_view(key: bytes, distribution: int, language: str) -> str:
    """Return the token of a letter's page, for whoever has its address (17.fr.Zk3…)."""
    message = f"{distribution}.{language}"
    return f"{message}.{_mac_text(key, f'page|{message}'.encode())}"


def read_view(token: str, keys: SecretKeys) -> tuple[int, str] | None:
    """Return the distribution and language whose page a token opens; None: it was not made here."""
    parts = token.split(".")
    if len(parts) != 3 or not (parts[0].isascii() and parts[0].isdigit() and len(parts[0]) < 12):
        return None
    made = [sign_view(key, int(parts[0]), parts[1]).encode() for key in keys.signing]
    good = [hmac.compare_digest(m, token.encode("utf-8", "replace")) for m in made]
    return (int(parts[0]), parts[1]) if any(good) else None


CONFIRM = b"confirm"  # who asked for mail at this address confirms that it is theirs
BACK = b"back"  # who left comes back: their address, once more
NEVER = b"never"  # who never asked for mail wants no question about it again
PERSONAL_DATA = b"held"  # to see, take away or erase what is held on a person


def sign_pass(
    key: bytes, purpose: bytes, subscriber: int, expires: int, address_hash: bytes, event: str = ""
) -> str:
    """Return a token of one person for one purpose until a time (unix seconds), and for what
    happened and is answered with it.
    """
    message = f"{subscriber}.{expires}"
    signed = b"pass|%b|%b|%b|%b" % (purpose, message.encode(), address_hash, event.encode())
    return f"{message}.{_mac_text(key, signed)}"


def parse_pass(token: str) -> tuple[int, int] | None:
    """Return subscriber and expiry that a token claims; nothing is verified yet."""
    parts = token.split(".")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() and len(p) < 12 for p in parts[:2]):
        return None
    return int(parts[0]), int(parts[1])


def verify_pass(
    token: str, purpose: bytes, keys: SecretKeys, address_hash: bytes, now: float, event: str = ""
) -> bool:
    """Return whether the token was signed here for this purpose, address and event and is still
    good.
    """
    claimed = parse_pass(token)
    if claimed is None:
        return False
    good = [
        hmac.compare_digest(
            sign_pass(key, purpose, *claimed, address_hash, event).encode(),
            token.encode("ascii", "replace"),
        )
        for key in keys.signing
    ]
    return any(good) and now <= claimed[1]
