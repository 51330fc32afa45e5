"""Name a secret by its hash: tokens, sessions, codes of devices.

Each is 256 random bits, so its SHA-256 tells nothing about it and needs no slow hash.
"""

import hashlib


def digest(word: str) -> str:
    """Return the name under which a secret is kept: 64 hexadecimal digits."""
    return hashlib.sha256(word.encode("utf-8", "replace")).hexdigest()
