"""Media contacts as people write them: on lines of their own, or all in one."""

import re
from dataclasses import replace

from distro.model import Contact

EMAIL = re.compile(r"(?<![\w.+'-])[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.UNICODE)
PHONE = re.compile(r"(?<![\w@.])(?:\+|00)?\(?\d[\d\s().\u00a0/-]{6,20}\d(?![\w@])")
INTRO = re.compile(
    r"^\W*(?:for (?:more|further|additional) (?:information|details)|(?:media|press) (?:contacts?|enquiries|inquiries|office)"
    r"|contacts?(?: (?:for|details|information|us|person)\b.*)?\s*(?::|$)|(?:press|media|investor)(?: relations\b| contacts?\b)|rückfragen\b|m[áa]s informaci[óo]n\s*:|mais informa[çc][õo]es\s*:|informations?\s*:|for (?:interviews?|media|press)\b.*\bcontact"
    r"|(?:para|si desea) (?:m[áa]s|mayor|obtener m[áa]s|recibir m[áa]s) informaci[óo]n|contactos?(?: de| para)? (?:la )?prensa|contacto\b"
    r"|pour (?:plus|davantage|de plus amples|toute|tout) (?:d.|de )?(?:informations?|renseignements?|pr[ée]cisions?|amples)?|renseignements?\s*:|contacts? (?:presse|m[ée]dias?)"
    r"|(?:f[üu]r )?(?:weitere informationen|r[üu]ckfragen|presse-?kontakt|medienkontakt|ansprechpartner)"
    r"|para (?:mais|obter mais) informa[çc][õo]es|contatos? (?:de|para|com) (?:a )?imprensa|assessoria de imprensa"
    r"|(?:للمزيد|لمزيد) من المعلومات|للاتصال|للاستفسار\w*|للتواصل|مسؤول\w* الإعلام|جهات الاتصال"
    r"|kontakt(?:daten|informationen|person)?\s*(?::|$)|kontakt (?:f[üu]r|for|til)\b|联系(?:信息|方式|人|我们|电话)|(?:媒体|新闻)联[系络]|更多信息|聯[絡繫]|お問い?合わ?せ|報道関係|контакты?\s*(?::|$)|контакты? для|(?:для|за) дополнительной|пресс-служба"
    r"|ileti[şs]im|bas[ıi]n ileti[şs]im|perscontact|voor meer informatie|contatti?\s*(?::|$)|contatti? stampa|per (?:ulteriori|maggiori) informazioni|ufficio stampa)",
    re.IGNORECASE,
)
_WEB = re.compile(r"(?:https?://|www\.)\S*", re.IGNORECASE)
_LABEL = re.compile(
    r"^\W*(?:e-?mail|mail|correo(?: electr[óo]nico)?|courriel|tel(?:[ée]phone|[ée]fono|efone)?|t[ée]l|phone|mobile|cell?|m[óo]vil|portable|handy|fax|whatsapp|"
    r"name|nombre|nom|contact|البريد الإلكتروني|هاتف)\s*\.?\s*[:：]\s*",
    re.IGNORECASE,
)


def find(lines: list[str]) -> tuple[Contact, ...]:
    """The people named in the lines of a contact block, each address once."""
    found: list[Contact] = []
    current = Contact()

    def close() -> None:
        nonlocal current
        if (current.email or current.phone) and not any(c.email and c.email == current.email for c in found):
            found.append(current)
        current = Contact()

    for line in lines:
        emails = list(dict.fromkeys(e.lower() if e.isupper() else e for e in EMAIL.findall(re.sub(r"mailto:", " ", line))))
        phones = [m.group().strip() for m in PHONE.finditer(EMAIL.sub(" ", line)) if sum(map(str.isdigit, m.group())) >= 7]
        words = _words(line, phones)
        if words and current.email and (current.name or current.phone):
            close()
        for word in words:
            current = _named(current, word)
        for email in emails:
            if current.email and current.email.lower() != email.lower():
                close()
            current = replace(current, email=email)
        if phones and not current.phone:
            current = replace(current, phone=phones[0])
    close()
    return tuple(found)


def _words(line: str, phones: list[str]) -> list[str]:
    """What a contact line says besides addresses and numbers: names, roles, houses."""
    rest = line
    if INTRO.match(rest) and (":" in rest or EMAIL.search(rest)):
        rest = rest.split(":", 1)[1] if ":" in rest else re.sub(r"^.*?\bcontact(?:er|ar|o)?\b", "", rest, flags=re.IGNORECASE)
    elif INTRO.match(rest):
        return []
    rest = re.sub(r"""["'<]*mailto:|["'>]{2,}""", " ", rest)
    rest = _WEB.sub(" ", EMAIL.sub(" ", rest))
    for phone in phones:
        rest = rest.replace(phone, " ")
    parts = re.split(r"\s*[,;|•·/]\s*|\s+[–—-]\s+|\s{3,}|\t", _LABEL.sub("", rest))
    clean = (_LABEL.sub("", re.sub(r"^(?:please|and|at|or|tel|phone|email|e-mail)\b\s*", "", p.strip(" .:<>()\"'*_#-"), flags=re.IGNORECASE)) for p in parts)
    return [p for p in (c.strip(" .:<>()\"'") for c in clean) if len(p) > 1 and any(map(str.isalpha, p)) and not re.fullmatch(
        r"(?:e-?mail|mail|tel(?:ephone|éfono)?|phone|mobile|cell|fax|web|website|twitter|correo(?: electr[óo]nico)?|t[ée]l|courriel|www\.\S+|https?:\S*)", p, re.IGNORECASE)]


def _named(contact: Contact, word: str) -> Contact:
    if not contact.name and word[:1].islower():      # a piece of a sentence: "write a letter to"
        return contact
    if not contact.name:
        return replace(contact, name=word)
    return replace(contact, role=f"{contact.role}, {word}" if contact.role else word)
