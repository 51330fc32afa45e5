"""Read media contacts as people write them: on lines of their own, or all in one."""

import re
import unicodedata
from dataclasses import replace

from distro.model import Contact
from distro.submit.phrases import says

_PRESS = re.compile(
    r"press|media|presse|prensa|imprensa|stampa|\bpers\b|perso?n?dienst|persvoor|voorlicht|"
    r"woordvoer|medien|bas[iı]n|medya|pressa|smi\b|\bpr\b|news|comm?s?\b|comunica|communic|"
    r"kommunik|i?letisim|kurumsal|koho|houdou|kouhou|spokes|porte-?parole|portavoz|newsdesk|"
    r"redaktion|marketing|ucc\b|\bmr\b|xinwen|media",
    re.IGNORECASE,
)
_EVERYBODY = re.compile(
    r"(?:info\w*|contact\w*|contac?to|kontakt|enquir\w*|inquir\w*|office|mail\w*|post\w*|"
    r"services?|support|help\w*|sales|cs|customer\w*|kundenservice|klantenservice|webmaster|web|"
    r"admin\w*|privacy|dpo|hello|bulletin|newsletter|no-?reply|subscri\w*|abo|mairie|secretar\w*|"
    r"sekretariat|atendimento|ouvidoria|sac|accueil|geral|general|feedback|reception|tickets?|"
    r"taquilla|boleteria|biglietteria|billet\w*|boutique|shop|spende\w*|dons?|donat\w*|apoie|jobs|"
    r"careers|portal|urp|protocollo|pec|segreteria|bilgi|destek|iletisim|toiawase|soudan|"
    r"okyakusama|nyushi|pals|booking|ir|ri|investor\w*|stadt|gemeinde|gemeente|bank|leden|"
    r"members?|membership|bureau|cozum\w*|rathaus|townhall|ayuntamiento|prefeitura|comune|museum|"
    r"museo|university|uni)",
    re.IGNORECASE,
)
EMAIL = re.compile(r"(?<![\w.+'-])[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.UNICODE)
PHONE = re.compile(r"(?<![\w@.])(?:\+|00)?\(?\d[\d\s().\u00a0/-]{6,20}\d(?![\w@])")
_RINGS = re.compile(
    r"(?:t[ée]l|phone|mob|cell|m[óo]vil|handy|fax|whatsapp|call|ruf|bel|тел|هاتف|جوال|电话|電話|"
    r"手机|☎|📞|tlf|\bt\b|\bm\b|\bp\b)[^\d@]{0,24}$",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?: \d{1,2})?|\d{1,2}[./-]\d{1,2}[./-]\d{4}(?: .*)?|(?:19|"
    r"20)\d\d\s?[–-]\s?(?:19|20)\d\d"
)
_WEB = re.compile(r"(?:https?://|www\.)\S*", re.IGNORECASE)
_LABEL = re.compile(
    r"^\W*(?:e-?mail|mail|correo(?: electr[óo]nico)?|courriel|tel(?:[ée]phone|[ée]fono|efone)?|"
    r"t[ée]l|phone|mobile|cell?|m[óo]vil|portable|handy|fax|whatsapp|name|nombre|nom|contact|"
    r"البريد الإلكتروني|هاتف)\s*\.?\s*[:：]\s*",
    re.IGNORECASE,
)


def personal(address: str, near: str) -> bool:
    """Return whether an address is a person's or a press office's, by its own words or by the names
    that stand near it.
    """
    box = address.partition("@")[0].lower()
    if _EVERYBODY.fullmatch(re.split(r"[._+-]", box)[0]) and not _PRESS.search(box):
        return False
    pieces = [piece for piece in re.split(r"[._+-]", box) if len(piece) >= 3]
    rest = EMAIL.sub(" ", near)
    # Names in another script: nothing to compare.
    if sum(c.isalpha() and not c.isascii() and ord(c) > 0x24F for c in rest) > 10:
        return True
    words = _folded(rest)
    return (
        bool(_PRESS.search(box))
        or (
            "." in box
            and not any(
                part in ("info", "contact", "customer", "service") for part in box.split(".")
            )
        )
        or any(word[:5] in box for word in words if len(word) >= 4)
        or any(p in words for p in pieces)
    )


def _folded(text: str) -> list[str]:
    """Return the words of a text without their accents, in small letters."""
    plain = (
        unicodedata.normalize("NFKD", text.replace("ı", "i").replace("ß", "ss").replace("ø", "o"))
        .encode("ascii", "ignore")
        .decode()
        .lower()
    )
    return re.findall(r"[a-z]{3,}", plain)


def phones(text: str) -> list[str]:
    """Return the telephone numbers of a line: seven digits or more, with a sign that they are no
    figures, and no dates.
    """
    plain = EMAIL.sub(" ", text)
    found = ((m, m.group().strip()) for m in PHONE.finditer(plain))
    return [
        number
        for m, number in found
        if sum(map(str.isdigit, number)) >= 7
        and not _DATE.fullmatch(number)
        and (
            number[0] in "+0("
            or "-" in number
            or (number.isdigit() and len(number) >= 9)
            or _RINGS.search(plain[: m.start()])
        )
    ]


def find(lines: list[str]) -> tuple[Contact, ...]:
    """Return the people named in the lines of a contact block, each address once."""
    found: list[Contact] = []
    current = Contact()

    def close() -> None:
        """End the person that is being read."""
        nonlocal current
        if (current.email or current.phone) and not any(
            c.email and c.email == current.email for c in found
        ):
            found.append(current)
        current = Contact()

    for line in lines:
        emails = list(
            dict.fromkeys(
                e.lower() if e.isupper() else e
                for e in EMAIL.findall(re.sub(r"mailto:", " ", line))
            )
        )
        numbers = phones(line)
        names = _words(line, numbers)
        if names and current.email and (current.name or current.phone):
            close()
        for word in names:
            current = _named(current, word)
        for email in emails:
            if current.email and current.email.lower() != email.lower():
                close()
            current = replace(current, email=email)
        if numbers and not current.phone:
            current = replace(current, phone=numbers[0])
    close()
    return tuple(found)


def _words(line: str, phones: list[str]) -> list[str]:
    """Return what a contact line says besides addresses and numbers: names, roles, houses."""
    rest = line
    if says("contact", rest) and (":" in rest or EMAIL.search(rest)):
        rest = (
            rest.split(":", 1)[1]
            if ":" in rest
            else re.sub(r"^.*?\bcontact(?:er|ar|o)?\b", "", rest, flags=re.IGNORECASE)
        )
    elif says("contact", rest):
        return []
    rest = re.sub(r"""["'<]*mailto:|["'>]{2,}""", " ", rest)
    rest = _WEB.sub(" ", EMAIL.sub(" ", rest))
    for phone in phones:
        rest = rest.replace(phone, " ")
    parts = re.split(r"\s*[,;|•·/]\s*|\s+[–—-]\s+|\s{3,}|\t", _LABEL.sub("", rest))
    clean = (
        _LABEL.sub(
            "",
            re.sub(
                r"^(?:please|and|at|or|tel|phone|email|e-mail)\b\s*",
                "",
                p.strip(" .:<>()\"'*_#-"),
                flags=re.IGNORECASE,
            ),
        )
        for p in parts
    )
    return [
        p
        for p in (c.strip(" .:<>()\"'") for c in clean)
        if len(p) > 1
        and any(map(str.isalpha, p))
        and not re.fullmatch(
            r"(?:e-?mail|mail|tel(?:ephone|éfono)?|phone|mobile|cell|fax|web|website|twitter|"
            r"correo(?: electr[óo]nico)?|t[ée]l|courriel|www\.\S+|https?:\S*)",
            p,
            re.IGNORECASE,
        )
    ]


def _named(contact: Contact, word: str) -> Contact:
    if not contact.name and word[:1].islower():  # a piece of a sentence: "write a letter to"
        return contact
    if not contact.name:
        return replace(contact, name=word)
    return replace(contact, role=f"{contact.role}, {word}" if contact.role else word)
