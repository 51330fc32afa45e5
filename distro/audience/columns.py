"""Map a spreadsheet's columns to ours, and recognise exports of Mailchimp, listmonk, Mautic, Brevo.

A column that means nothing here is kept under its own name: nothing of a file is thrown away.
"""

import re
from dataclasses import dataclass

from distro.audience.opt_out_columns import column_kind
from distro.errors import InputFileError
from distro.lib.languages import unaccented


def plain(text: str) -> str:
    """Return a name as it is compared: no accents, lower case, words joined by _; letters of every
    script stay.
    """
    folded = unaccented(text.strip().lower().replace("ß", "ss"))
    return re.sub(r"[\W_]+", "_", folded).strip("_")


_NAMES = {
    "email": (
        "e_mail mail email_address e_mail_address adresse_e_mail adresse_email adresse_mail"
        " adresse_electronique correo correo_electronico courriel e_mail_adresse mailadresse"
        " indirizzo_email endereco_de_email email_id e_mail_1_value emailadres e_posta eposta почта"
        " эл_почта электронная_почта البريد_الالكتروني البريد بريد_الكتروني 邮箱 电子邮件 电子邮箱"
        " メール メールアドレス subscriber"
    ),
    "name": (
        "full_name nombre_completo nome_completo display_name vollstandiger_name nom_complet"
        " fullname volledige_naam ad_soyad имя_и_фамилия фио الاسم_الكامل 姓名 名前 氏名"
        " contact_name"
    ),
    "first_name": (
        "firstname first given_name prenom vorname nombre_de_pila primer_nombre primeiro_nome"
        " nome_proprio voornaam имя الاسم_الاول 名 fname"
    ),
    "last_name": (
        "lastname last surname family_name nom_de_famille nachname familienname apellidos apellido"
        " cognome sobrenome apelido ultimo_nome achternaam soyad soyadi soyisim фамилия اسم_العائلة"
        " اللقب 姓 lname"
    ),
    "middle_name": (
        "middle middlename second_name deuxieme_prenom segundo_nombre zweiter_vorname отчество"
        " tussenvoegsel additional_name"
    ),
    "language": (
        "lang langue idioma sprache lingua preferred_locale locale preferred_language taal dil язык"
        " اللغة 语言 言語 lingua_preferita"
    ),
    "outlet": (
        "media organisation organization company medium medio entreprise firma empresa societe"
        " organizacion organizzazione azienda veiculo redaktion redaction redaccion 媒体"
        " وسيلة_الاعلام المؤسسة издание organization_1_name"
    ),
    "country": (
        "pays pais land country_region business_country_region paese ulke страна البلد 国家 国"
    ),
    "phone": (
        "telephone telefono telefon phone_number mobile mobile_phone business_phone tel telefone"
        " celular handy sms telefoon телефон الهاتف 电话 電話 phone_1_value"
    ),
    "time_zone": "timezone fuseau_horaire zona_horaria zeitzone fuso_orario",
    "kind": "type categorie category",
    "lists": "list liste listas listen",
    "beats": "beat topics themas temas themen themes",
    "tags": "tag etiquettes etiquetas",
    "joined": (
        "optin_time date_added created_at date_identified subscribed_on inscrit_le entered"
        " added_time registered"
    ),
    "attributes": "",
}
# The columns that mean something to us.
COLUMNS = frozenset(_NAMES) - {
    "first_name",
    "last_name",
    "middle_name",
    "attributes",
}
_SYNONYMS = {plain(other): ours for ours, others in _NAMES.items() for other in others.split()}
# One word that is a whole name alone, and half of one beside its other half: nom + prénom, nombre +
# apellidos.
_HALVES = {
    "nom": "last_name",
    "nombre": "first_name",
    "nome": "first_name",
    "naam": "last_name",
    "ad": "first_name",
    "isim": "first_name",
    "الاسم": "first_name",
}
_MARKS = {
    "mailchimp": {"leid", "euid"},
    "listmonk": {"uuid", "attributes"},
    "mautic": {"points", "stage"},
    "outlook": {"e_mail_display_name"},
    "google": {"e_mail_1_value"},
    "brevo": {"contact_id", "email"},
    "phplist": {"unique_id_for_subscriber"},
    "keila": {"external_id", "data"},
}
_BREVO = re.compile(r"blacklisted|blocklisted|sendinblue|brevo|double_opt_in|optin_time|added_time")


@dataclass(frozen=True, slots=True)
class Header:
    """The columns by our names, what those that speak of a "no" speak of, and whose export it is
    ("" : anybody's).
    """

    columns: tuple[str, ...]
    system: str
    names: tuple[str, ...] = ()  # as the file names them
    # Place and kind (opt_out_columns.column_kind) of columns that speak of a "no".
    noes: tuple[tuple[int, str], ...] = ()
    default_no: str = ""  # what the file's name says of everybody in it, where no column does
    eastern: bool = False  # the family name comes first, without a space


def header_of(cells: list[str], file: str) -> Header:
    """Understand a first line; raises InputFileError without a column for the address."""
    names = [plain(cell[:200])[:60] for cell in cells]
    known = set(names)
    system = next(
        (
            name
            for name, marks in _MARKS.items()
            if marks <= known and (name != "brevo" or any(map(_BREVO.search, known)))
        ),
        "",
    )
    noes = tuple((n, kind) for n, column in enumerate(names) if (kind := column_kind(column)))
    columns = _ours(names, system, {n for n, _ in noes})
    if "email" not in columns:
        near = next(
            (cell.strip() for cell, column in zip(cells, columns, strict=True) if "mail" in column),
            "",
        )
        raise InputFileError(
            f'{file} has no column "email"',
            hint=(f'Rename "{near}" to email. ' if near else "")
            + f"Its columns: {', '.join(c.strip() for c in cells)[:200]}",
        )
    twice = {c for c in columns if c and columns.count(c) > 1}
    if twice:
        raise InputFileError(
            f"{file} has the column {', '.join(sorted(twice))} twice",
            hint="Rename or delete one of them.",
        )
    named = (
        re.match(r"(unsubscribed|cleaned|nonsubscribed)_", file.lower())
        if system == "mailchimp" and not noes
        else None
    )
    default_no = ""
    if named:
        default_no = "unsubscribed" if named[1] == "unsubscribed" else "suppressed"
    eastern = any(column in ("姓", "名", "姓名") for column in names)
    return Header(
        tuple(columns), system, tuple(cell.strip() for cell in cells), noes, default_no, eastern
    )


def _ours(names: list[str], system: str, noes: set[int]) -> list[str]:
    """Return each column by our name; a second one for the same thing keeps its own."""
    halves = {_SYNONYMS.get(column, column) for column in names} & {"first_name", "last_name"}
    columns: list[str] = []
    for n, column in enumerate(names):
        ours = _SYNONYMS.get(column, column)
        if column == "name" and "vorname" in names:
            ours = "last_name"
        elif column in _HALVES:
            half = _HALVES[column]
            ours = half if halves and half not in halves and halves != {half} else "name"
        if n in noes:
            is_status = column in ("status", "statut", "estado", "stato")
            ours = "status" if is_status and "status" not in columns else column
        # Another system's lists are not ours: whoever stands on one there is put on the list that
        # the import names.
        if system and ours == "lists":
            ours = f"{system}_lists"
        # Exports of others name one thing twice (three telephones): the first has our name.
        if system and ours in columns:
            ours = column if column not in columns else f"{column}_{n}"
        columns.append(ours)
    return columns
