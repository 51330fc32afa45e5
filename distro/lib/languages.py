"""Recognise the many ways in which people write a language (French, français, fra, fr_CH) and give
its BCP 47 code.
"""

import difflib
import re
import unicodedata
from functools import cache

_TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}")  # RFC 5646 §2.1, the forms that are in use
_NAMED_IN = ("en", "fr", "es", "ar", "ru", "zh", "de", "pt", "it", "nl", "tr", "ja")
# ISO 639-2 codes of languages that have a shorter one, both forms where there are two.
_THREE = {
    "eng": "en",
    "fra": "fr",
    "fre": "fr",
    "spa": "es",
    "ara": "ar",
    "rus": "ru",
    "zho": "zh",
    "chi": "zh",
    "deu": "de",
    "ger": "de",
    "por": "pt",
    "ita": "it",
    "nld": "nl",
    "dut": "nl",
    "tur": "tr",
    "jpn": "ja",
    "pol": "pl",
    "ukr": "uk",
    "ell": "el",
    "gre": "el",
    "swe": "sv",
    "dan": "da",
    "nor": "no",
    "fin": "fi",
    "ces": "cs",
    "cze": "cs",
    "ron": "ro",
    "rum": "ro",
    "hun": "hu",
    "heb": "he",
    "fas": "fa",
    "per": "fa",
    "hin": "hi",
    "ben": "bn",
    "kor": "ko",
    "vie": "vi",
    "tha": "th",
    "ind": "id",
    "swa": "sw",
    "urd": "ur",
}
_ALSO = {"castellano": "es", "mandarin": "zh", "farsi": "fa", "flemish": "nl", "brazilian": "pt-br"}


def code_of(text: str) -> str:
    """Return the code of a language given as a code or by its name, "" where it is neither.

    fr, FR, fr_CH and fr-CA are codes; French, français, francés, Französisch and الفرنسية are
    names.
    """
    name = " ".join(text.split()).lower().replace("_", "-")
    base, dash, rest = name.partition("-")
    base = _THREE.get(base, base)
    if _TAG.fullmatch(base + dash + rest) and base in _known():
        return base + dash + rest
    return _names().get(_folded(name), "")


def meant_by(text: str) -> str:
    """Return the code that was probably meant by what is none, "" where nothing is near."""
    near = difflib.get_close_matches(_folded(text)[:40], _names(), 1, 0.75)
    return _names()[near[0]] if near else ""


@cache
def _known() -> frozenset[str]:
    """Return the base codes of languages: those that Unicode's CLDR names."""
    from babel import Locale

    return frozenset(
        str(code).split("_", maxsplit=1)[0].lower() for code in Locale.parse("en").languages
    ) - {"und", "mul", "zxx", "root"}


@cache
def _names() -> dict[str, str]:
    """Return names of languages in a dozen languages, in their own, and without accents; English
    ones count first.
    """
    from babel import Locale

    found: dict[str, str] = {}
    for locale in map(Locale.parse, _NAMED_IN):
        for code, name in locale.languages.items():
            _, _, rest = code.lower().partition("_")
            if not rest or rest in ("gb", "us", "br", "pt", "ca", "ch", "at", "mx"):
                found.setdefault(_folded(name), code.lower().replace("_", "-"))
    own = {
        _folded(str(Locale.parse(code).get_display_name() or code)): code
        for code in (*_NAMED_IN, "uk", "pl", "el", "fa", "he", "ko", "sv")
    }
    return {**own, **found, **_ALSO}


def unaccented(text: str) -> str:
    """Return a text without its accents: é as e."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _folded(text: str) -> str:
    return unaccented(text.strip()[:60].lower())
