"""Signed tokens in links, bound to a purpose and to the reader's address; and the keyed hash of an address.

A token is readable and short: ``17.42.981.Zk3…`` is distribution 17, recipient 42, subscriber 981 and 128 bits of
HMAC-SHA-256. The signature covers a keyed hash of the address, so that an id given out again (after a restore, say)
cannot act for another person. The first key signs, all verify; the key of address hashes is never rotated.
"""

import base64
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

UNSUBSCRIBE = b"unsubscribe"
VIEW = b"view"
REPORT = b"report"


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of an installation."""

    signing: tuple[bytes, ...]   # the first signs, all verify
    pepper: bytes                # of address hashes, never rotated

    def address_hash(self, address: str) -> bytes:
        """16 bytes that stand for a normalised address and tell nothing about it without the key."""
        return hmac.digest(self.pepper, address.encode(), "sha256")[:16]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a token speaks for."""

    distribution: int
    ordinal: int
    subscriber: int


def sign(key: bytes, purpose: bytes, distribution: int, ordinal: int, subscriber: int, address_hash: bytes) -> bytes:
    """The token of one reader for one purpose; ASCII, safe in a URL."""
    told = b"%d.%d.%d" % (distribution, ordinal, subscriber)
    mac = hmac.digest(key, purpose + b"|" + told + b"|" + address_hash, "sha256")
    return told + b"." + base64.urlsafe_b64encode(mac[:16]).rstrip(b"=")


def parse(token: str) -> Reader | None:
    """Whom a token claims to speak for; nothing is verified yet."""
    parts = token.split(".")
    if len(parts) != 4 or not all(p.isascii() and p.isdigit() and len(p) < 12 for p in parts[:3]):
        return None
    return Reader(*(int(p) for p in parts[:3]))


def verify(token: str, purpose: bytes, keys: Keys, address_hashes: Iterable[bytes]) -> bool:
    """Whether the token was signed here for this purpose and one of these addresses (today's and former ones)."""
    reader = parse(token)
    if reader is None:
        return False
    given = token.encode("ascii", "replace")
    good = False
    for key in keys.signing:
        for address_hash in address_hashes:
            made = sign(key, purpose, reader.distribution, reader.ordinal, reader.subscriber, address_hash)
            good |= hmac.compare_digest(made, given)
    return good
