"""The letter's own words in the reader's language, and dates as that language writes them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Labels:
    """Every word that a letter says by itself."""

    press_release: str
    statement: str
    media_advisory: str
    newsletter: str
    update: str
    notes_to_editors: str
    contacts: str
    about: str
    view_online: str
    unsubscribe: str
    why: str          # with {house}
    sent_to: str      # with {address}
    links: str
    unsubscribe_ask: str
    unsubscribe_button: str
    unsubscribed: str
    unsubscribed_more: str

    def kind(self, kind: str) -> str:
        """The name of a kind as the letter shows it."""
        return str(getattr(self, kind.replace("-", "_"), self.press_release))


_LABELS = {
    "en": Labels("Press release", "Statement", "Media advisory", "Newsletter", "Update", "Notes to editors", "Media contacts", "About us", "View online", "Unsubscribe",
                 "You receive this because you are on the press list of {house}.", "It was sent to {address}.", "Links",
                 "Stop all e-mail from {house} to this address?", "Unsubscribe", "You are unsubscribed.", "{house} will not write to {address} again."),
    "fr": Labels("Communiqué de presse", "Déclaration", "Avis aux médias", "Lettre d’information", "Mise à jour", "Notes aux rédactions", "Contacts presse", "À propos", "Voir en ligne", "Se désabonner",
                 "Vous recevez ce message parce que vous figurez sur la liste de presse de {house}.", "Il a été envoyé à {address}.", "Liens",
                 "Ne plus recevoir de courriels de {house} à cette adresse ?", "Se désabonner", "Vous êtes désabonné(e).", "{house} n’écrira plus à {address}."),
    "es": Labels("Comunicado de prensa", "Declaración", "Aviso a los medios", "Boletín", "Actualización", "Notas para la redacción", "Contactos de prensa", "Acerca de", "Ver en línea", "Darse de baja",
                 "Recibe este mensaje porque figura en la lista de prensa de {house}.", "Se envió a {address}.", "Enlaces",
                 "¿Dejar de recibir correos de {house} en esta dirección?", "Darse de baja", "Se ha dado de baja.", "{house} no volverá a escribir a {address}."),
    "ar": Labels("بيان صحفي", "تصريح", "دعوة إعلامية", "نشرة إخبارية", "تحديث", "ملاحظات للمحررين", "للتواصل الإعلامي", "نبذة عنا", "عرض على الويب", "إلغاء الاشتراك",
                 "تصلك هذه الرسالة لأنك مدرج في القائمة الصحفية لدى {house}.", "أُرسلت إلى {address}.", "روابط",
                 "هل تريد إيقاف جميع رسائل {house} إلى هذا العنوان؟", "إلغاء الاشتراك", "تم إلغاء اشتراكك.", "لن تراسل {house} العنوان {address} بعد الآن."),
    "de": Labels("Pressemitteilung", "Stellungnahme", "Medieneinladung", "Newsletter", "Aktualisierung", "Hinweise für Redaktionen", "Medienkontakt", "Über uns", "Im Browser lesen", "Abmelden",
                 "Sie erhalten diese Nachricht, weil Sie im Presseverteiler von {house} stehen.", "Sie ging an {address}.", "Links",
                 "Keine E-Mails von {house} mehr an diese Adresse?", "Abmelden", "Sie sind abgemeldet.", "{house} schreibt nicht mehr an {address}."),
    "pt": Labels("Comunicado de imprensa", "Declaração", "Aviso à imprensa", "Boletim", "Atualização", "Notas aos editores", "Contactos de imprensa", "Sobre nós", "Ver online", "Cancelar subscrição",
                 "Recebe esta mensagem porque consta da lista de imprensa de {house}.", "Foi enviada para {address}.", "Ligações",
                 "Deixar de receber mensagens de {house} neste endereço?", "Cancelar subscrição", "A subscrição foi cancelada.", "{house} não voltará a escrever para {address}."),
}


def labels_of(language: str) -> Labels:
    """The words of a language, or of its base language, else English."""
    return _LABELS.get(language) or _LABELS.get(language.split("-", maxsplit=1)[0]) or _LABELS["en"]


def long_date(when: datetime, language: str) -> str:
    """A date as the language writes it in full; no break between day and month."""
    from babel import Locale, UnknownLocaleError
    from babel.dates import format_date

    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse("en")
    told = format_date(when, "d MMMM y" if locale.language == "en" else "long", locale)
    return told.replace(" ", "\u00a0", 1)
