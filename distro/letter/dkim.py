"""Sign letters with DKIM (RFC 6376, RFC 8463) while they are spliced: relaxed headers, simple body.

What is the same for every reader is canonicalised and hashed once (`Signed`); what a letter adds
for one reader costs a hash over the rest of its body and one signature a key. Both unsubscribe
headers are signed, as RFC 8058 §4 demands, and From, To, Subject and Reply-To are named once more
than they occur, so that nobody can add another.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from distro.errors import SettingsError
from distro.lib.files import read_regular

RSA, ED25519 = "rsa-sha256", "ed25519-sha256"
# In this order; a field that a letter lacks is named all the same: nobody can add it.
_STATIC = (
    "from",
    "subject",
    "date",
    "reply-to",
    "list-id",
    "list-unsubscribe-post",
    "feedback-id",
    "cfbl-address",
    "auto-submitted",
    "mime-version",
    "content-language",
    "content-type",
)
_OWN = ("to", "message-id", "list-unsubscribe")
_ONCE_MORE = ("from", "to", "subject", "reply-to")
_NAMES = ":".join((*_STATIC, *_OWN, *_ONCE_MORE))
_SPACES = re.compile(rb"[ \t]+")
_LEAST_BITS = 2048


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key under the name by which receivers find its public half:
    selector._domainkey.domain.
    """

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        """Return the algorithm's name in the signature field: rsa-sha256 or ed25519-sha256."""
        return RSA if isinstance(self.key, RSAPrivateKey) else ED25519

    @property
    def record(self) -> str:
        """Return the TXT record to publish at `selector._domainkey.domain` (RFC 6376 §3.6.1, RFC
        8463 §4).
        """
        public = self.key.public_key()
        if isinstance(self.key, RSAPrivateKey):
            public_bytes = public.public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            return f"v=DKIM1; k=rsa; p={base64.b64encode(public_bytes).decode()}"
        public_bytes = public.public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(public_bytes).decode()}"

    def sign(self, data: bytes) -> bytes:
        """Return the signature over canonicalised headers."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(hashlib.sha256(data).digest())  # RFC 8463 §3: over the hash


def make_key(kind: str = "rsa") -> bytes:
    """Return a fresh private key as PEM: "rsa" (2048 bits) or "ed25519"."""
    key = (
        generate_private_key(65537, _LEAST_BITS) if kind == "rsa" else Ed25519PrivateKey.generate()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_signer(domain: str, selector: str, path: Path) -> Signer:
    """Return a key from its PEM file; raise SettingsError for a file that cannot be read, is no
    key, or is too short a one.
    """
    try:
        key = serialization.load_pem_private_key(read_regular(path, 100_000), password=None)
    except OSError as error:
        raise SettingsError(
            f"dkim: {path} cannot be read ({error.strerror})",
            code="no_dkim_key",
        ) from None
    except (ValueError, TypeError):
        raise SettingsError(
            f"dkim: {path} is no private key in PEM without a passphrase",
            code="no_dkim_key",
        ) from None
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise SettingsError(f"dkim: {path} is neither an RSA nor an Ed25519 key")
    if isinstance(key, RSAPrivateKey) and key.key_size < _LEAST_BITS:
        raise SettingsError(
            f"dkim: {path} has {key.key_size} bits; receivers want {_LEAST_BITS} (RFC 8301 §3.2)"
        )
    return Signer(domain, selector, key)


def relaxed(field: bytes) -> bytes:
    """Return a header field in relaxed canonical form (RFC 6376 §3.4.2), with its line end."""
    name, _, value = field.partition(b":")
    return (
        name.strip().lower()
        + b":"
        + _SPACES.sub(b" ", value.replace(b"\r\n", b"")).strip()
        + b"\r\n"
    )


def fields(head: bytes) -> dict[str, bytes]:
    """Return the fields of a header by name, in lower case, each with its continuation lines."""
    return {
        found.partition(b":")[0].decode().lower(): found
        for found in re.findall(rb"[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*", head)
    }


class Signed:
    """One edition's letters, to be signed for one reader after the other."""

    def __init__(self, signers: Sequence[Signer], head: bytes, opening: bytes) -> None:
        """Prepare signatures; `head`: the fields that all share, `opening`: the body up to a
        slot.
        """
        known = fields(head)
        self._static = b"".join(relaxed(known[name]) for name in _STATIC if name in known)
        self._opening = hashlib.sha256(opening)
        self._signers = [_Field(signer) for signer in signers]

    def headers(
        self, to: bytes, message_id: bytes, unsubscribe: bytes, rest: Sequence[bytes]
    ) -> bytes:
        """Return the DKIM-Signature fields of one letter: its own three fields, and its body after
        the opening.

        Message-ID and List-Unsubscribe come on one line each, as `Filler` writes them.
        """
        body = self._opening.copy()
        body.update(b"".join(rest))
        digest = binascii.b2a_base64(body.digest(), newline=False)
        headers = b"%bmessage-id:%blist-unsubscribe:%b" % (
            self._static + relaxed(to),
            message_id[12:],
            unsubscribe[18:],
        )
        return b"".join([field.signed(headers, digest) for field in self._signers])


class _Field:
    """A DKIM-Signature field of one key: as it is written, and its canonical form, both but for
    body hash and signature.
    """

    def __init__(self, signer: Signer) -> None:
        self._sign = signer.sign
        names = _NAMES.split(":")
        lines = ":\r\n  ".join(":".join(names[n : n + 5]) for n in range(0, len(names), 5))
        self._written = (
            f"DKIM-Signature: v=1; a={signer.algorithm}; c=relaxed/simple; d={signer.domain};"
            f" s={signer.selector};\r\n h={lines};\r\n bh=%b;\r\n b=".encode()
        )
        self._canonical = relaxed(self._written)[:-2]

    def signed(self, signed_headers: bytes, digest: bytes) -> bytes:
        """Return the field; its own canonical form, without a signature, is the last thing signed
        (RFC 6376 §3.7).
        """
        value = binascii.b2a_base64(
            self._sign(signed_headers + self._canonical % digest), newline=False
        )
        folded = [value[n : n + 72] for n in range(0, len(value), 72)]
        return b"%b%b\r\n" % (self._written % digest, b"\r\n  ".join(folded))
