"""What spreadsheets call their columns, and whose export a file is: Mailchimp, listmonk, Mautic, Outlook, or anybody's."""

import re
import unicodedata
from dataclasses import dataclass

from distro.errors import InputFileError

_NAMES = {
    "email": "e_mail mail email_address e_mail_address adresse_e_mail adresse_email adresse_mail correo correo_electronico courriel e_mail_adresse mailadresse indirizzo_email endereco_de_email",
    "name": "full_name nom nombre display_name vollstandiger_name nome nome_completo nombre_completo",
    "first_name": "firstname given_name prenom vorname nombre_de_pila",
    "last_name": "lastname surname family_name nom_de_famille nachname apellidos apellido",
    "language": "lang langue idioma sprache lingua preferred_locale locale",
    "outlet": "media organisation organization company medium medio entreprise firma empresa societe",
    "country": "pays pais land country_region business_country_region paese",
    "phone": "telephone telefono telefon phone_number mobile mobile_phone business_phone tel",
    "time_zone": "timezone fuseau_horaire zona_horaria zeitzone",
    "kind": "type categorie category",
    "lists": "list liste listas listen", "beats": "beat topics themes temas themen", "tags": "tag etiquettes etiquetas",
    "joined": "optin_time date_added created_at date_identified subscribed_on inscrit_le",
    "status": "email_status subscription_status statut estado",
    "attributes": "",
}
_SYNONYMS = {other: ours for ours, others in _NAMES.items() for other in others.split()}
# What other systems write down for themselves and nobody here can use.
_OF_OTHERS = {
    "mailchimp": {"member_rating", "optin_ip", "confirm_time", "confirm_ip", "latitude", "longitude", "gmtoff", "dstoff", "cc", "leid", "euid", "last_changed", "unsub_time", "unsub_campaign_title", "unsub_campaign_id", "unsub_reason", "unsub_reason_other", "clean_time", "clean_campaign_title", "clean_campaign_id"},
    "listmonk": {"uuid", "updated_at"},
    "mautic": {"id", "points", "owner", "stage", "last_active", "is_published", "date_modified"},
    "outlook": {"title", "middle_name", "suffix", "e_mail_type", "e_mail_display_name", "e_mail_2_address", "e_mail_2_type", "e_mail_2_display_name", "e_mail_3_address", "e_mail_3_type", "e_mail_3_display_name", "initials", "gender", "sensitivity", "priority", "private"},
}
_MARKS = {"mailchimp": {"leid", "euid"}, "listmonk": {"uuid", "attributes"}, "mautic": {"points", "stage"}, "outlook": {"e_mail_display_name"}}
# What a status says. Another system's word that is neither is a "no" too: who is not known to want mail gets none.
_YES = frozenset(("subscribed", "enabled", "confirmed", "active", "actif", "aktiv", "activo", "yes"))
_UNSUBSCRIBED = re.compile(r"unsub|opt(?:ed)?_?out|desabonn|desinscri|baja|abgemeld|disiscri|cancelado")
_SUPPRESSED = re.compile(r"clean|bounc|block|black|complain|spam|archiv|disabled|non_?sub|unconfirm|pending|invalid")


def meaning_of(status: str, *, of_a_system: bool) -> str:
    """What a status says: subscribed, unsubscribed or suppressed; "" : nothing about mail."""
    if not status:
        return ""
    if _UNSUBSCRIBED.search(status):
        return "unsubscribed"
    if _SUPPRESSED.search(status) or (of_a_system and status not in _YES):
        return "suppressed"
    return "subscribed" if status in _YES else ""


@dataclass(frozen=True, slots=True)
class Header:
    """The columns by our names ("" : not taken), and whose export it is ("" : anybody's)."""

    columns: tuple[str, ...]
    system: str
    default_status: str       # Mailchimp says it in the file's name


def plain(text: str) -> str:
    """A name as it is compared: no accents, lower case, words joined by _."""
    folded = unicodedata.normalize("NFKD", text.strip().lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", folded).strip("_")


def header_of(cells: list[str], file: str) -> Header:
    """Understand a first line; raises InputFileError without a column for the address."""
    told = [plain(cell)[:60] for cell in cells]
    system = next((name for name, marks in _MARKS.items() if marks <= set(told)), "")
    ignored = _OF_OTHERS.get(system, set())
    columns: list[str] = []
    for column in told:
        ours = _SYNONYMS.get(column, column)
        # Exports of others name one thing twice (three telephones); the first that is known counts.
        # Another system's lists are not ours: whoever stands on one there is put on the list that the import names.
        columns.append("" if column in ignored or (system and (ours in columns or ours == "lists")) else ours)
    if "email" not in columns:
        near = next((cell.strip() for cell, column in zip(cells, columns, strict=True) if "mail" in column), "")
        raise InputFileError(f'{file} has no column "email"', hint=(f'Rename "{near}" to email. ' if near else "") + f"Its columns: {', '.join(c.strip() for c in cells)[:200]}")
    twice = {c for c in columns if c and columns.count(c) > 1}
    if twice:
        raise InputFileError(f"{file} has the column {', '.join(sorted(twice))} twice", hint="Rename or delete one of them.")
    named = re.match(r"(unsubscribed|cleaned|nonsubscribed)_", file.lower()) if system == "mailchimp" else None
    return Header(tuple(columns), system, named[1] if named else "")
