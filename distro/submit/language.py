"""Detect the language of a text by its script and its commonest words."""

import re

_WORDS = {
    "en": (
        "the of and to in is that for on with as are was by at from has will this have it be an its"
        " not which"
    ),
    "es": (
        "el la de que y en los del las un por con una para se su al es lo como más pero sus este"
        " entre está"
    ),
    "fr": (
        "le la les de des et en un une du pour que dans qui sur au par plus pas ce avec est son aux"
        " ont à été"
    ),
    "de": (
        "der die und das den von zu mit sich des auf für ist im dem nicht ein eine als auch es an"
        " werden aus bei"
    ),
    "pt": (
        "o a os as de que e do da em um para com não uma dos no se na por mais das à ao foi pelo"
        " pela são está"
    ),
    "nl": (
        "de het een en van in is dat op te voor met zijn niet aan er om ook als door bij naar uit"
        " dit die deze worden heeft over nog maar kan"
    ),
    "tr": (
        "ve bir bu için ile da de olarak en çok daha gibi olan kadar sonra ancak göre her ise ya"
        " var değil yeni yıl dedi eden etti olduğu oldu"
    ),
    "it": (
        "il di che e la per un in è del della non una i le con si da gli nel alla dei delle sono"
        " come anche"
    ),
}
_SETS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_KANA = re.compile("[\u3040-\u30ff]")
_SCRIPTS = (
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
)


def detect(text: str, fallback: str = "en") -> str:
    """Return the language code of a text; `fallback` where nothing speaks for any."""
    letters = sum(map(str.isalpha, text)) or 1
    if len(_KANA.findall(text)) * 10 > letters:
        return "ja"
    for language, script in _SCRIPTS:
        if len(script.findall(text)) * 2 > letters:
            return language
    words = re.findall(r"[^\W\d_]+", text.replace("İ", "i").lower())
    scores = {language: sum(w in known for w in words) for language, known in _SETS.items()}
    best = max(scores, key=lambda language: scores[language])
    return best if scores[best] else fallback
