"""Recognise refusals in other systems' exports: by a status, by a date, by a box that is ticked.

What counts is what a file says, never how it is called: exports are renamed. Whoever is not known
to want mail gets none; a value that cannot be understood in a column that speaks of a "no" is not
guessed.
"""

import re

UNSUBSCRIBED, SUPPRESSED = "unsubscribed", "suppressed"

# Names of columns, as `headers.plain` writes them. English, French, Spanish, German, Italian,
# Portuguese, Dutch, Turkish, Russian, Arabic, Chinese, Japanese.
_LEFT = re.compile(
    r"unsub|un_subscri|revoked|withdrawn|widerrufen|revocad|opt(?:ed|ing)?_?out|desabonn|"
    r"desinscri|desuscri|de_?suscri|(?:^|_)baja(?:_|$)|dado_de_baja|abgemeld|abmeld|abbestell|"
    r"ausgetragen|disiscri|disdett|descadastr|desinscr|desinscrit|afgemeld|uitgeschreven|"
    r"abonelikten|отписа|الغاء_الاشتراك|ملغ|غير_مشترك|退订|退訂|取消订阅|配信停止|解除"
)
_BARRED = re.compile(
    r"(?:^|_)cleaned(?:_|$)|clean_time|bounc|hard_?fail|undeliver|block(?:ed|list)|black_?list|"
    r"do_?not_?(?:contact|e?mail|disturb)|(?:^|_)dnc(?:_|$)|no_contact|ne_pas_contacter|"
    r"no_contactar|no_enviar|nicht_(?:anschreiben|kontaktieren|schreiben)|non_contattare|"
    r"nao_(?:contactar|contatar|enviar)|suppress|complain|spam|gesperrt|sperrliste|sperrvermerk|"
    r"bloqu|bloccat|rebot|rejet|заблок|не_писать|محظور|لا_تراسل|黑名单|屏蔽|拒信"
)
# A box that says yes to mail: unticked it is a "no".
_WANTS = re.compile(
    r"(?:is_)?subscribed|is_subscriber|opt_?in|opted_?in|(?:e_?)?mail_opt_?in|newsletter_opt_?in|"
    r"(?:marketing_)?consent(?:ement|imiento)?|abonne|inscrit|suscrito|inscrito|abonniert|"
    r"angemeldet|iscritto|is_the_email_of_this_subscriber_confirmed|confirmed|confirme|confirmado|"
    r"bestatigt|подписан|مشترك|已订阅"
)
# Words about a "no" that another column says.
_ABOUT = re.compile(
    r"reason|raison|motivo|grund|campaign|campagne|campana|kampagne|other|comment|note|source|ip$|"
    r"_ip_|_id$"
)
_COUNT = re.compile(r"(?:^|_)(?:number|count|num|nb|anzahl|nombre|numero|total)(?:_|$)")
STATUS = re.compile(
    r"(?:e?mail_|subscri(?:ption|ber)_|contact_|newsletter_|marketing_)?(?:status|statut|estado|"
    r"stato|zustand|situacao|state|статус|الحالة|状态|状態)"
)

# Values.
_NO = frozenset(
    (
        "",
        "0",
        "no",
        "n",
        "false",
        "f",
        "non",
        "nein",
        "nao",
        "nee",
        "hayir",
        "нет",
        "لا",
        "否",
        "いいえ",
        "never",
        "jamais",
        "nie",
        "nunca",
        "none",
        "null",
        "nil",
        "na",
        "n_a",
        "off",
        "unchecked",
        "0000_00_00",
        "0000_00_00_00_00_00",
        "keine",
        "aucun",
        "ninguno",
    )
)
_YES = frozenset(
    (
        "1",
        "yes",
        "y",
        "true",
        "t",
        "x",
        "oui",
        "o",
        "si",
        "s",
        "ja",
        "j",
        "sim",
        "evet",
        "да",
        "نعم",
        "是",
        "はい",
        "on",
        "checked",
        "✓",
        "✔",
        "☑",
        "wahr",
        "vrai",
        "vero",
        "verdadero",
        "verdadeiro",
    )
)
_DATE = re.compile(
    r"\d{1,4}_\d{1,2}_\d{1,4}(?:_\d{1,2}(?:_\d{1,2}){0,2}(?:_\d+)?)?(?:_?(?:am|pm|utc|gmt|z|"
    r"[a-z]{2,4}|t))*|\d{10}(?:\d{3})?|\d{5}(?:_\d+)?|\d{4}_\d{2}_\d{2}t\d.*|"
    r"[a-z]{3,9}_\d{1,2}_\d{4}.*|\d{1,2}_[a-z]{3,9}_\d{4}.*"
)
_SUBSCRIBED = frozenset(
    (
        "subscribed",
        "enabled",
        "confirmed",
        "active",
        "actif",
        "active_subscriber",
        "aktiv",
        "activo",
        "activa",
        "attivo",
        "ativo",
        "actief",
        "abonne",
        "abonniert",
        "suscrito",
        "iscritto",
        "inscrito",
        "angemeldet",
        "aktif",
        "подписан",
        "активен",
        "مشترك",
        "نشط",
        "已订阅",
        "yes",
        "ok",
        "valid",
        "verified",
        "member",
        "regular",
    )
)
_PENDING = re.compile(
    r"non_?sub|not_subscribed|unconfirm|not_confirmed|pending|waiting|unverified|invalid|disabled|"
    r"inactive|inaktiv|inactif|inactivo|archiv|deleted|removed|transactional|unreachable|clean|"
    r"cancel|annull|geloscht|supprime|eliminado|removido|неактив"
)


def column_kind(column: str) -> str:
    """Return what a column speaks of: "status", "left", "barred", "wants"; "" for anything else."""
    if STATUS.fullmatch(column):
        return "status"
    if _COUNT.search(column) and not _LEFT.search(column):
        return ""
    if _ABOUT.search(column) and (_LEFT.search(column) or _BARRED.search(column)):
        return ""
    if _WANTS.fullmatch(column):
        return "wants"
    if _LEFT.search(column):
        return "left"
    return "barred" if _BARRED.search(column) else ""


def meaning_of(status: str, *, of_a_system: bool) -> str:
    """Return what a status says: subscribed, unsubscribed or suppressed; "" where it says nothing
    about mail.

    Another system's word that is none of ours is a "no" too.
    """
    if not status:
        return ""
    if _LEFT.search(status):
        return UNSUBSCRIBED
    if status in _SUBSCRIBED:
        return "subscribed"
    if _BARRED.search(status) or _PENDING.search(status) or of_a_system:
        return SUPPRESSED
    return ""


def answer_of(kind: str, value: str) -> str | None:
    """Return what a cell of such a column says: unsubscribed, suppressed, "" (nothing); None where
    it is not understood.

    `value` as `headers.plain` writes it.
    """
    says_no = UNSUBSCRIBED if kind in ("left", "wants") else SUPPRESSED
    if kind == "wants":
        return says_no if value in _NO - {""} else ""
    if value in _NO:
        return ""
    if value in _YES or _DATE.fullmatch(value):
        return says_no
    meaning = meaning_of(value, of_a_system=False)
    if meaning:
        return "" if meaning == "subscribed" else meaning
    return None
