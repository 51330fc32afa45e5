"""Answers in twelve languages: away until, has left, wants no more mail."""

from datetime import date

import pytest

from distro.feedback import answers
from distro.feedback.answers import Answer
from distro.feedback.message import take_apart

TODAY = date(2026, 11, 26)


def read(subject: str, text: str, **fields: str) -> Answer:
    extra = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items())
    raw = (
        f"From: Ana <ana@daily.example>\nTo: press@press.example\nSubject: {subject}\n{extra}"
        f"Content-Type: text/plain; charset=utf-8\n\n{text}"
    )
    return answers.read(take_apart(raw.encode()), TODAY)


@pytest.mark.parametrize(
    ("subject", "text", "back_on"),
    [
        ("Automatic reply: plan", "I am out of office until 14 December 2026.", "2026-12-14"),
        ("Out of office", "I will be back on Monday, January 4th.", "2027-01-04"),
        ("Réponse automatique", "Je suis en congés jusqu'au 5 décembre.", "2026-12-05"),
        (
            "Respuesta automática",
            "Estoy fuera de la oficina hasta el 10 de diciembre.",
            "2026-12-10",
        ),
        ("رد تلقائي", "أنا خارج المكتب حتى 15 ديسمبر 2026", "2026-12-15"),
        ("Abwesenheitsnotiz", "Ich bin bis zum 3. Januar im Urlaub.", "2027-01-03"),
        ("Resposta automática", "Estarei de férias até 8 de dezembro.", "2026-12-08"),
        ("Risposta automatica", "Sarò assente fino al 9 dicembre.", "2026-12-09"),
        ("Автоответ", "Я в отпуске до 12 декабря 2026.", "2026-12-12"),
        ("自动回复: plan", "我正在休假，至2026年12月15日返回。", "2026-12-15"),
        ("Afwezig", "Ik ben afwezig tot en met 4 januari.", "2027-01-04"),
        ("Odpowiedź automatyczna", "Jestem na urlopie do 7 grudnia.", "2026-12-07"),
        ("自動返信", "12月10日まで不在にしております。", "2026-12-10"),
    ],
)
def test_away_until(subject: str, text: str, back_on: str) -> None:
    found = read(subject, text)
    assert (found.cause, str(found.back_on)) == ("out_of_office", back_on)


@pytest.mark.parametrize(
    "text",
    [
        "Ana no longer works at the Daily.",
        "Ana ne travaille plus au journal.",
        "Ana ya no trabaja en el diario.",
        "لم تعد آنا تعمل في الصحيفة.",
        "Frau Zammit ist nicht mehr bei der Zeitung tätig.",
        "A Ana já não trabalha no jornal.",
        "Ana non lavora più al giornale.",
        "Анна больше не работает в редакции.",
        "安娜已离职。",
        "Ana werkt niet meer bij de krant.",
        "Ana nie jest już pracownikiem redakcji.",
        "アナは退職いたしました。",
    ],
)
def test_has_left(text: str) -> None:
    found = read("Automatic reply", text, Auto_Submitted="auto-replied")
    assert found.cause == "has_left"


@pytest.mark.parametrize(
    ("text", "stand_in"),
    [
        ("In urgent cases contact bob@daily.example.", "bob@daily.example"),
        ("Bitte wenden Sie sich an karl@daily.example", "karl@daily.example"),
        ("My address is ana@daily.example, contact me there", ""),
        ("See the newsletter of info@daily.example", ""),
    ],
)
def test_the_stand_in(text: str, stand_in: str) -> None:
    found = read("Out of office", f"I am away until 14 December. {text}")
    assert found.stand_in == stand_in


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; x=y"},
        {"X_Autoreply": "yes"},
        {"Precedence": "auto_reply"},
        {"Return_Path": "<>"},
        {"X_Apple_Action": "VACATION"},
    ],
)
def test_what_no_person_wrote(fields: dict[str, str]) -> None:
    assert read("Re: plan", "Thank you for your message.", **fields).cause == "auto_reply"


def test_what_a_person_wrote() -> None:
    assert read("Re: plan", "May I speak to the minister?").cause == "reply"
    assert read("Re: plan", "May I ask?", Auto_Submitted="no").cause == "reply"
    assert (
        read("Re: plan", "I was away until 5 May and missed it. Who can I call?").cause == "reply"
    )


def test_a_challenge() -> None:
    found = read("Please confirm your message", "Click here", Auto_Submitted="auto-replied")
    assert found.cause == "challenge"


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "unsubscribe",
        "Unsubscribe me please.",
        "Please remove me from your mailing list.\n\nThanks,\nAna Zammit\nThe Daily",
        "Hello,\n\nplease take me off your list.\n\nBest regards",
        "Bonjour,\n\nMerci de me désabonner.\n\nCordialement",
        "Por favor, denme de baja de su lista. Gracias.",
        "يرجى حذفي من القائمة",
        "Bitte nehmen Sie mich aus Ihrem Verteiler.\n\nMit freundlichen Grüßen",
        "Por favor, remova-me da sua lista. Obrigado.",
        "Cancellatemi dalla vostra lista, grazie",
        "Пожалуйста, удалите меня из рассылки",
        "退订",
        "Graag uitschrijven",
        "Proszę o wypisanie z listy",
        "配信停止をお願いします",
        "STOP\n\nOn Tue, 24 Nov 2026 at 10:00, Press <press@press.example> wrote:\n> Towns agree",
    ],
)
def test_a_plain_no(text: str) -> None:
    assert read("Re: plan", text).cause == "removal_request"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Stop the presses! Great story, could you send pictures?", False),
        ("Could you take me off the list for sport, but keep politics?", True),
        ("How do I unsubscribe my colleague who has left?", True),
        ("Please do not remove me from your list, I only change my address.", True),
        ("Thanks", False),
        ("", False),
        ("Please confirm the figures. We will not stop reporting on this.", False),
    ],
)
def test_what_is_no_plain_no(text: str, shown: bool) -> None:
    found = read("Re: plan", text)
    assert (found.cause, found.asks_removal) == ("reply", shown)


def test_a_subject_says_no_only_where_nothing_else_is_said() -> None:
    """A release may be called Stop."""
    assert read("Re: Stop", "Great headline! Who wrote it?").cause == "reply"
    assert read("Stop", "").cause == "removal_request"
    assert read("unsubscribe", "Apple Mail sent this email to unsubscribe.").cause == (
        "removal_request"
    )
    assert read("Re: unsubscribe", "How do I do that?").cause == "reply"


def test_own_words_end_where_the_quoted_letter_begins() -> None:
    for quoted in (
        "> STOP",
        "On Tue, 24 Nov 2026, Press wrote:\nSTOP",
        "Am 24.11.2026 um 10:00 schrieb Press:\nSTOP",
        "-----Original Message-----\nSTOP",
        "From: Press <press@press.example>\nSTOP",
        "Le mar. 24 nov. 2026 à 10:00, Press a écrit :\nSTOP",
    ):
        assert answers.own_words(f"My words\n\n{quoted}") == "My words"


@pytest.mark.parametrize("text", ["until 99 Foo 2026", "until 3 May 1999", "until you ring", ""])
def test_no_date(text: str) -> None:
    assert read("Out of office", f"I am away {text}").back_on is None
