"""What a line of a plain text is: furniture of a web page, a marker, a date, a bullet, prose; and hard wraps undone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from distro.submit import contacts
from distro.submit.embargo import MONTH

MARKER = re.compile(
    r"^\W*(?:for immediate release|(?:press|news|media) (?:release|statement|advisory|alert|note)(?:\s*(?:no|nr|n°|#)?\.?\s*[\d/.-]+)?|press|news|release|statement|advisory"
    r"|communiqu[ée](?: de presse)?(?: national| r[ée]gional)?(?: [–—-] .{2,60})?|avis aux m[ée]dias|comunicado(?: de prensa| de imprensa)?|nota (?:de prensa|informativa|à imprensa)|aviso a los medios"
    r"|pour diffusion imm[ée]diate|para (?:su )?(?:publicaci[óo]n|difusi[óo]n|distribuci[óo]n|divulga[çc][ãa]o) (?:inmediata|imediata)|pressemitteilung|presseinformation|medienmitteilung"
    r"|(?:news provided|nouvelles fournies|noticias proporcionadas) (?:by|par|por)|بيان صحفي|للنشر الفوري)(?:\s*(?:no|nr|n°|#)?\.?\s*\d[\d/.-]*)?\W*$", re.IGNORECASE)
END = re.compile(r"^\W*(?:#\s?#\s?#|#{3,}|[-–—*]*\s*(?:ends?|fin|fim|ende)\s*[-–—*]*|-\s?30\s?-|\*\s?\*\s?\*)\W*$", re.IGNORECASE)
SOURCE = re.compile(r"^(?:SOURCE|FUENTE|QUELLE)\b.{0,60}$")
NOTES = re.compile(r"^\W*(?:notes? (?:to|for) (?:the )?editors?|editors?['’] notes?|notas? (?:para|a|ao) (?:los |la |os )?(?:editores|redacci[óo]n|redactores|periodistas|editor)|notes? (?:aux|à l['’](?:attention|intention) des) (?:r[ée]dact.*|journalistes|[ée]diteurs)|hinweise? (?:f[üu]r|an) (?:die )?redaktion(?:en)?|ملاحظات? للمحررين)\W*$", re.IGNORECASE)
ABOUT = re.compile(r"^\W*(?:about (?:the |us\b)?[\w&.' -]{0,50}|acerca de [\w&.' -]{1,50}|sobre (?:a |o |la |el )?[A-ZÁ][\w&.' -]{1,50}|[àa] propos(?: d[eu]s? ?l?['’]?)?[\w&.'’ -]{0,50}|[üu]ber (?:uns|die |das |den )?[\w&.' -]{0,50}|forward-looking statements|نبذة عن .{1,50})\W*$", re.IGNORECASE)
FURNITURE = re.compile(
    r"^\W*(?:©.*|copyright\b.*|.*all rights reserved.*|(?:download|t[ée]l[ée]charger|descargar|herunterladen)\b.{0,30}|related (?:news|stories|content|articles|links).*|read (?:more|also|next)|share (?:this|on|via)\b.*|share|tweet|print|e-?mail|pdf|subscribe\b.*|sign up\b.*"
    r"|follow us.*|newsletter|.*\bcookies?\b.*|[^|]{5,120}\s\|\s[^|@]{3,60}|(?:by|por|par|von) [A-ZÁÉ][\w .'’-]{2,50}|accept(?: all)?|privacy.*|terms (?:of use|and conditions).*|back to .*|skip to .*|jump to .*|(?:main )?menu|search|home|donate(?: now)?|also in this section|contact us|accessibility"
    r"|noticias relacionadas|not[íi]cias relacionadas|compartir\b.*|compartilh\w+\b.*|leia tamb[ée]m.*|lea tambi[ée]n.*|lire aussi.*|mehr zum thema.*|partilhar\b.*|s[íi]guenos.*|suscr[íi]b.*|aviso legal|pol[íi]tica de .*|actualit[ée]s li[ée]es|[àa] lire aussi.*|partager\b.*|suivez-nous.*|abonnez-vous.*|voir aussi.*"
    r"|mentions l[ée]gales.*|ver tambi[ée]n.*|tags?\s*:.*|categor(?:y|ies)\s*:.*|latest news|more news|impressum|datenschutz.*|teilen.*|drucken|nach oben|&nbsp;|[^>]{1,30}(?:\s[>»›]\s[^>]{1,80})+"
    r"|أخبار ذات صلة|جميع الحقوق محفوظة|شارك.*|تابعونا.*|الرئيسية|اتصل بنا)\W*$", re.IGNORECASE)
_CLOCK = r"\d{1,2}[:.h]\d{2}(?:\s*(?:[ap]\.?m\.?|uhr|hrs?))?(?:\s*(?:\(?[A-Z]{2,5}\)?|(?:[A-Z][a-z]{2,12} ){1,3}time))?"
_MONTH_WORD = r"[^\W\d_]{3,12}"
DATE_ONLY = re.compile(
    rf"^\W*(?:(?:date|fecha|data|datum|erscheinungsdatum|stand|published|posted|publi[ée]|publicado|updated|ver[öo]ffentlicht)\s*(?:le|on|el|am|em)?\s*:?\s*)?(?:[^\W\d_]+(?:day|tag|di|es|feira|o|s)?,?\s+(?:le |den |am )?)?"
    rf"(?:\d{{1,2}}(?:er|st|nd|rd|th|\.)?[./ -]\s?(?:de )?{_MONTH_WORD}\.?[./ -]?(?:,? ?(?:de )?\d{{4}})?|{_MONTH_WORD}\.? \d{{1,2}},? \d{{4}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|\d{{4}}-\d{{2}}-\d{{2}})(?:,?\s+{_CLOCK})?\W*$", re.IGNORECASE)
TIME_ONLY = re.compile(rf"^\W*{_CLOCK}\W*$", re.IGNORECASE)
SENTENCE_END = re.compile(r"[.!?…:؟。][\"'”’»)\]]*$")
BULLET = re.compile(r"^\s*(?:[-*•·–▪●‣]|\d{1,2}[.)])\s+(?=\S)")
LABEL = re.compile(r"^(?:[A-ZÁÉÍÓÚÀÈÊÄÖÜÇ][A-ZÁÉÍÓÚÀÈÊÄÖÜÇ ]{1,20}|What|When|Where|Who|Why|Qué|Cuándo|Dónde|Quién|Quoi|Quand|Où|Qui|Was|Wann|Wo|Wer|Quando|Onde|Quem):\s+\S")
SHORT = 300    # characters; what is longer is prose
_NUMBER = re.compile(r"([0-9]{1,2})[.)]\s+(\S+)")
_WIDE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_LISTING = 20  # short lines that may follow a colon in the middle of a text
_SCRAPS = re.compile(r"^\s*(?:[-–—|•]|&nbsp;)?\s*$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its number, from 1; white space folded."""

    number: int
    text: str

    @property
    def ends_sentence(self) -> bool:
        return bool(SENTENCE_END.search(self.text))

    @property
    def furniture(self) -> bool:
        return is_furniture(self.text)

    @property
    def apparatus(self) -> bool:
        """Something that stands around a headline and belongs to neither it nor the text."""
        return bool(matches(MARKER, self.text) or matches(DATE_ONLY, self.text) or matches(TIME_ONLY, self.text)) or self.furniture

    @property
    def title_like(self) -> bool:
        words = self.text.split()
        return not BULLET.match(self.text) and (len(words) >= 3 or wide_length(self.text) > 20 or len(_WIDE.findall(self.text)) >= 6) and len(self.text) <= 220 and not re.search(r"[.:;,。：；，、]$", self.text) and any(map(str.isalpha, self.text))


def wide_length(text: str) -> int:
    """Return a length in letters of an alphabet: a character of Chinese or Japanese says as much as two."""
    return len(text) + (0 if text.isascii() else len(_WIDE.findall(text)))


def join(above: str, line: str) -> str:
    """Join two lines of one paragraph: with a space, which Chinese and Japanese do not have."""
    return above + line if _WIDE.match(above[-1:]) and _WIDE.match(line[:1]) else f"{above} {line}"


def matches(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Match a pattern that speaks of short lines; a long line is none of them, and would cost the square of its length."""
    return pattern.match(text) if len(text) <= SHORT else None


@lru_cache(4096)
def is_furniture(text: str) -> bool:
    """Return whether a line belongs to the page around a text: its menu, its footer, its buttons."""
    return bool(text) and not text.endswith(":") and bool(matches(FURNITURE, text) or matches(_SCRAPS, text))


def is_prose(lines: Sequence[Line], n: int) -> bool:
    """Whether a line belongs to running text rather than to a menu."""
    line = lines[n]
    text = line.text
    if not text or line.furniture or matches(END, text):
        return False
    size, words = wide_length(text), len(text.split()) + (0 if text.isascii() else len(_WIDE.findall(text)) // 2)
    if size >= 40 or contacts.EMAIL.search(text) or (matches(contacts.INTRO, text) and address_near(lines, n)):
        return True
    if BULLET.match(text):
        return len(text) >= 24 or line.ends_sentence
    before = next((lines[m].text for m in range(n - 1, -1, -1) if lines[m].text), "")
    continues = len(before) >= 30 and not SENTENCE_END.search(before)
    return (line.ends_sentence and words >= 2) or (continues and (text[:1].islower() or line.ends_sentence)) or words >= 7


def address_near(lines: Sequence[Line], n: int) -> bool:
    """Whether an address or a number stands on this line or one of the next six."""
    near = [line.text for line in lines[n:n + 7] if line.text]
    return any(contacts.EMAIL.search(text) or contacts.PHONE.search(text) for text in near)


def body_run(lines: Sequence[Line]) -> tuple[int, int]:
    """The first and last index (exclusive) of the longest run of prose; a short line or two within does not end it."""
    best, best_weight = (0, len(lines)), 0.0
    n = 0
    while n < len(lines):
        if not is_prose(lines, n):
            n += 1
            continue
        start, end, weight, misses = n, n + 1, 0.0, 0
        while n < len(lines) and misses <= (_LISTING if lines[end - 1].text.endswith(":") and weight > 100 else 2) and not (lines[n].furniture and weight > 200):
            text = lines[n].text
            if matches(END, text) or is_prose(lines, n):
                end, misses = n + 1, 0
                weight += min(len(text), 400) * (2 if lines[n].ends_sentence or len(text) > 55 else 1)
            elif text:
                misses += 1
            n += 1
        # A lone long line among menu entries is a teaser, not a text.
        weight *= 1 if sum(line.ends_sentence for line in lines[start:end]) > 1 else 0.3
        if weight > best_weight:
            best, best_weight = (start, end), weight
        n = max(n, end)
    return best


def wrap_width(lines: Sequence[Line]) -> int:
    """The width at which these lines were wrapped: the second longest, so that one outlier does not count."""
    longest = sorted((len(line.text) for line in lines if line.text), reverse=True)
    return longest[min(1, len(longest) - 1)] if longest else 0


def unwrap(lines: Sequence[Line]) -> str:
    """Hard-wrapped lines as Markdown paragraphs, bullets as list items."""
    width = wrap_width(lines)
    wrapped = width <= 110
    numbered = _numbered(lines)
    blocks: list[str] = []
    current = ""
    for n, line in enumerate(lines):
        if not line.text:
            # A blank line ends a paragraph, unless the text is double-spaced: then the sentence goes on.
            goes_on = wrapped and lines[n - 1].text and not lines[n - 1].ends_sentence and n + 1 < len(lines) and lines[n + 1].text[:1].islower()
            if current and not goes_on:
                blocks.append(current)
                current = ""
            continue
        text = line.text
        if BULLET.match(text) and _opens_item(lines, n) and (n in numbered or not text[:1].isdigit()):
            if current:
                blocks.append(current)
            current = "- " + _escape(BULLET.sub("", text)) if not text[:1].isdigit() else _escape(text)
            continue
        if matches(LABEL, text) and current:
            blocks.append(current)
            current = ""
        before = lines[n - 1].text if n else ""
        fits = len(before) + 1 + len(text.split()[0]) <= width
        if current and before and ((not wrapped and (SENTENCE_END.search(before) or len(before) > 110)) or (SENTENCE_END.search(before) and fits)):
            blocks.append(current)
            current = ""
        current = join(current, _escape(text)) if current else _escape(text, first=True)
    if current:
        blocks.append(current)
    return "\n\n".join(blocks)


def _numbered(lines: Sequence[Line]) -> set[int]:
    """Return which lines are items of a numbered list: one number follows the other, and no month follows them.

    "3. Oktober ist der erste Abend" is a date, "1994. Then came …" the end of a sentence.
    """
    told = [(n, int(found[1])) for n, line in enumerate(lines) if (found := _NUMBER.match(line.text)) and found[2].strip(".,").lower() not in MONTH]
    follows = [later == earlier + 1 for (_, earlier), (_, later) in pairwise(told)]
    return {n for m, (n, _) in enumerate(told) if (m and follows[m - 1]) or (m < len(follows) and follows[m])}


def _opens_item(lines: Sequence[Line], n: int) -> bool:
    """Whether a line that begins with a bullet is a list item, and not a sentence broken before its dash."""
    before = lines[n - 1].text if n else ""
    return not before or bool(re.search(r"[.;:!?]$", before)) or bool(BULLET.match(before)) or lines[n].text[:1] in "•▪●‣*"


def _escape(text: str, *, first: bool = False) -> str:
    """Keep Markdown's marks as the plain characters that they are here."""
    text = re.sub(r"([\\`*_\[\]<>&])", r"\\\1", text)
    return re.sub(r"^([#>+~=-]|[0-9]{1,9}(?=[.)]))", _escaped, text) if first else text


def _escaped(found: re.Match[str]) -> str:
    """A sign with a backslash before it; after a number, before its full stop or bracket."""
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def unescape(text: str) -> str:
    """The plain characters again."""
    return re.sub(r"\\([\\`*_\[\]<>&#+~=.)-])", r"\1", text)
