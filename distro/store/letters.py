"""Keep the compiled letters of distributions, by language and tier."""

from distro.store import keys
from distro.store.client import Store


def set_letter(
    store: Store, distribution: str, language: str, letter: bytes | str, tier: str = ""
) -> None:
    """Keep a compiled letter; the first one counts."""
    store.command("SET", keys.letter(distribution, _name(language, tier)), letter, "NX")


def replace_letter(
    store: Store, distribution: str, language: str, letter: bytes | str, tier: str
) -> None:
    """Keep another compiled letter in place of the one before."""
    store.command("SET", keys.letter(distribution, _name(language, tier)), letter)


def letter(store: Store, distribution: str, language: str, tier: str = "") -> bytes:
    """Return a compiled letter as it is kept."""
    return store.raw(keys.letter(distribution, _name(language, tier)))


def _name(language: str, tier: str) -> str:
    """Return what tells the letters of a distribution apart: en, or en+embargo."""
    return f"{language}+{tier}" if tier else language
