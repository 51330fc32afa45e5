"""Split a plain text into lines, and classify each by itself."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from distro.submit import contacts, embargo
from distro.submit.dates import names_month, without_day
from distro.submit.phrases import LONG, kinds_of

SENTENCE_END = re.compile(r"[.!?…:؟。！？][\"'”’»›“)\]）」』]*$")
_FULL_STOP = re.compile(r"[.!?…؟。！？][\"'”’»›“)\]）」』]*$")
_INNER_END = re.compile(
    r"[^\W\d_]{3}[.!?؟][\"”’»“)]? +[\"“„«»‘(]?[^\W\d_a-zà-ÿ]|[。！？][^\s」』）)]"
)
BULLET = re.compile(
    r"^\s*(?:[-*•·–▪●‣◦○■□◆・]|\d{1,2}[.)、．]|[(（]\d{1,2}[)）]|[①-⑳])\s*(?=\S)(?<![-*·–.)]\b)"
)
WIDE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_LINKING = re.compile(r"\s(?:vom|du|del?|of|van|от|dated)\s*$", re.IGNORECASE)
_CLOCK = (
    r"(?:\d{1,2}[:.h]\d{2}(?::\d{2})?(?:\s*(?:[ap]\.?m\.?|uhr|hrs?|uur))?|"
    r"\d{1,2}\s*(?:[ap]\.?m\.?|uhr|uur|h|heures|horas))(?:\s*(?:\(?[A-Z]{2,5}\)?|"
    r"(?:[A-Z][a-z]{2,12} ){1,3}time))?"
)
_SEPARATORS = re.compile(r"\s[·•|]\s|\s{3,}")
_ANY_CLOCK = re.compile(r"\d{1,2}[:.h時点时]\s?\d{2}分?|\d{1,2}\s?[時时点]")
_MONTH = r"[^\W\d_]{3,12}(?:\s?/\s?[^\W\d_]{3,12})?"
_WEEKDAY = r"(?:[^\W\d_]+(?:-feira)?[,،]?\s+(?:the |le |den |dem |el |il |op |день |يوم )?)?"
_DAY = (
    rf"(?:\d{{1,2}}(?:er|st|nd|rd|th|º|°|\.)?[./ -]\s?(?:de |of |d')?{_MONTH}\.?[./ -]?(?:[,،]?"
    rf" ?(?:de |del )?\d{{4}})?(?: г(?:\.|ода)?| yılı| م)?|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,?"
    r" \d{4}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
    r"|(?:\d{4}\s?年)\s?\d{1,2}\s?月\s?\d{1,2}\s?日(?:\s?[(（].{1,3}[)）])?|令和\d{1,2}年\d{1,2}月\d{1,2}日)"
)
DATE_ONLY = re.compile(
    rf"^\W*(?:(?:date|fecha|data|datum|erscheinungsdatum|stand|posted|published|updated|"
    rf"publish date|release date|publi[ée]e?|publicad[oa]|pubblicat[oa]|gepubliceerd|geplaatst|"
    rf"ver[öo]ffentlicht|опубликовано|обновлено|дата(?: публикации)?|tarih|yay[ıi]n tarihi|"
    rf"g[üu]ncelleme|التاريخ|تاريخ النشر|نُ?شر|发布(?:时间|日期)|时间|日期|公開日|掲載日|更新日|"
    rf"発表日|配信日)\s*(?:le|on|el|am|em|il|op|в|في|at)?\s*[:：]?\s*)?{_WEEKDAY}{_DAY}(?:[,،|"
    rf"–-]?\s*(?:at |à |a las |às |um |om |alle (?:ore )?|в |saat |الساعة |"
    rf"ore )?{_CLOCK})?(?:\s*[|·•]\s*.{{0,40}})?\W*$",
    re.IGNORECASE,
)
TIME_ONLY = re.compile(rf"^\W*{_CLOCK}\W*$", re.IGNORECASE)
_BREADCRUMB = re.compile(
    r"^[^>›»«/|→]{1,40}(?:\s+[>›»→]\s+[^>›»«→]{1,120}|\s?[>›]\s?[^>›»«→]{1,120}){1,8}$|^[^/|"
    r"]{1,30}(?:\s/\s[^/]{1,60}){2,8}$"
)
_BAR = re.compile(r"^[^|｜]{3,160}\s?[|｜]\s?[^|｜@]{2,60}(?:\s?[|｜]\s?[^|｜@]{1,60}){0,12}$")
_DOTS = re.compile(r"^[^·•]{2,30}(?:\s[·•]\s[^·•]{2,30}){2,12}$")
_COLUMNS = re.compile(r"^[^\d\s][^\d]{0,30}?(?:\s{3,}[^\d\s][^\d]{0,30}?){2,}$")
_HOUSE_END = re.compile(
    r"(?:\b(?:university|museum|agency|institute|council|foundation|hospital|federation|"
    r"association|plc|inc\.?|ltd\.?|limited|gmbh|ag|s\.?a\.?|e\. ?v\.|b\.?v\.?|a\.?ş\.?|"
    r"belediyesi|m[üu]d[üu]rl[üu][ğg][üu]|valili[ğg]i|ba[şs]kanl[ıi][ğg][ıi]|bakanl[ıi][ğg][ıi]|"
    r"[üu]niversitesi|m[üu]zesi|kurumu|derne[ğg]i|vakf[ıi])|大学|统计局|博物馆|协会|委员会|"
    r"人民政府|研究所|公司|医院|学会|基金会|株式会社|振興会|財団|法人|事務局|市役所|美術館|博物館|"
    r"協会|省|庁|機構|水族館|病院)$",
    re.IGNORECASE,
)
_SCRAPS = re.compile(r"^(?:[\W_]*|\W*&nbsp;\W*|\W*\d{1,4}\W*)$")
_SITE = re.compile(r"^\W*(?:https?://\S+|www\.\S+)\W*$", re.IGNORECASE)


def wide_length(text: str) -> int:
    """Return a length in letters of an alphabet: a character of Chinese or Japanese says as much as
    two.
    """
    return len(text) + (0 if text.isascii() else len(WIDE.findall(text)))


def matches(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Match a pattern that speaks of short lines; a long line is none of them, and would cost the
    square of its length.
    """
    return pattern.match(text) if len(text) <= LONG else None


@dataclass(frozen=True)
class TextLine:
    """One line with its number, from 1; white space folded.

    A line of a document also knows what it was there.
    """

    number: int
    text: str
    markdown: str = ""  # the same, with the marks of its look
    style: str = ""  # "title", "subtitle", "heading", "item", "quote", "table", "picture"
    level: int = 0  # of a heading, or how deep an item stands
    goes_on: bool = False  # a line of the same paragraph as the one above
    likely: float = 0.0  # what a library says for it as part of a page's article

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Return what the line says by its words, as listed in `phrases.toml`."""
        found = kinds_of(self.text)
        if not found and len(self.text) <= 100 and any(map(str.isdigit, self.text)):
            rest = _LINKING.sub("", without_day(self.text)).strip(" ,،|–-()")
            return kinds_of(rest) & {"release"} if rest and rest != self.text else found
        return found

    @cached_property
    def names_organisation(self) -> bool:
        """Return whether it may be the name of a house, rather than what it has to say."""
        return (
            self.word_count <= 7
            and not self.bullet
            and self.length <= 75
            and not re.search(r"[\d:«„“\"]", self.text)
            and not self.full_stop
            and ("house" in self.kinds or bool(_HOUSE_END.search(self.text)))
        )

    @cached_property
    def length(self) -> int:
        """Return its length; wide characters count twice."""
        return wide_length(self.text)

    @cached_property
    def word_count(self) -> int:
        """Return its words; two characters of Chinese or Japanese count as one."""
        return (
            len(self.text.split())
            if self.text.isascii()
            else len(WIDE.sub(" ", self.text).split()) + len(WIDE.findall(self.text)) // 2
        )

    @cached_property
    def ends_sentence(self) -> bool:
        """Return whether it ends as a sentence does."""
        return bool(SENTENCE_END.search(self.text))

    @cached_property
    def full_stop(self) -> bool:
        """Return whether it ends with a full stop, a question or an exclamation mark."""
        return bool(_FULL_STOP.search(self.text))

    @cached_property
    def holds_sentences(self) -> bool:
        """Return whether a sentence ends within the line and another begins."""
        return bool(_INNER_END.search(self.text))

    @cached_property
    def bullet(self) -> bool:
        """Return whether it begins as a list item does."""
        return bool(BULLET.match(self.text))

    @cached_property
    def address(self) -> bool:
        """Return whether an e-mail address or a telephone number stands here."""
        return bool(contacts.EMAIL.search(self.text) or contacts.phones(self.text))

    @cached_property
    def date(self) -> bool:
        """Return whether it is a day and nothing else."""
        # "by Eva Lund · 3 March 2027 · 4 min".
        if (
            70 < len(self.text) <= 160
            and len(_SEPARATORS.findall(self.text)) >= 2
            and not self.full_stop
        ):
            return without_day(self.text) != self.text
        if len(self.text) > 70 or not any(map(str.isdigit, self.text)):
            return False
        if matches(DATE_ONLY, self.text):
            return names_month(self.text)
        rest = without_day(self.text)
        letters = re.findall(r"[^\W\d_]", _ANY_CLOCK.sub(" ", rest))
        return (
            rest != self.text
            and len(letters) * (2 if WIDE.search(rest) else 1) <= 14
            and not self.full_stop
        )

    @cached_property
    def time(self) -> bool:
        """Return whether it is an hour and nothing else."""
        return bool(matches(TIME_ONLY, self.text))

    @cached_property
    def embargo(self) -> bool:
        """Return whether it is a line that names an embargo."""
        return embargo.speaks(self.text) if len(self.text) <= LONG else False

    @cached_property
    def way(self) -> bool:
        """Return whether it is a path of the site ("Home > News"), a bar of links, or the page's
        title ("Headline | House").
        """
        return (
            bool(
                matches(_BREADCRUMB, self.text)
                or matches(_BAR, self.text)
                or matches(_DOTS, self.text)
                or matches(_COLUMNS, self.text)
            )
            and not self.address
        )

    @cached_property
    def scrap(self) -> bool:
        """Return whether it says nothing: signs, a lone number, an address of the web."""
        return (
            bool(matches(_SCRAPS, self.text) or matches(_SITE, self.text))
            and "end" not in self.kinds
        )

    @cached_property
    def furniture(self) -> bool:
        """Return whether it belongs to the page around a text."""
        return bool(self.kinds & {"button", "closing", "legal", "teaser"}) or self.way or self.scrap

    @cached_property
    def apparatus(self) -> bool:
        """Return whether it stands around a headline and belongs to neither it nor the text."""
        return (
            bool(self.kinds & {"release", "aside", "caption"})
            or self.date
            or self.time
            or self.embargo
        )

    @cached_property
    def title_like(self) -> bool:
        """Return whether it may be a title by its shape."""
        return (
            not self.bullet
            and (
                len(self.text.split()) >= 3
                or (self.length >= 12 and bool(WIDE.search(self.text)))
                or self.length >= 20
            )
            and self.length <= 240
            and not re.search(r"[.:;,。：；，、،؛]$", self.text)
            and any(map(str.isalpha, self.text))
        )


def wrap_width(lines: Iterable[TextLine]) -> int:
    """Return the width at which a text was hard-wrapped; 0 where a paragraph is one line."""
    long = [line for line in lines if line.length >= 40 and not line.furniture]
    lengths = sorted(line.length for line in long)
    if (
        not long
        or lengths[int(len(long) * 0.9)] > 110
        or sum(not line.ends_sentence for line in long) < 0.3 * len(long)
    ):
        return 0
    return lengths[int(len(long) * 0.95)]
