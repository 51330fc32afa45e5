"""What doctor hears of a relay: a dialogue up to the letter, taken back, and the limits that it
tells.
"""

import pytest

from distro.admin.finding import Grade
from distro.admin.relay_dialogue import examine_relays
from distro.settings.load import Settings
from tests.support.smtp import ScriptedServer


def heard(server: ScriptedServer) -> list[tuple[Grade, str, str]]:
    settings = Settings(
        relay=[{"url": f"smtp://127.0.0.1:{server.port}?tls=off"}],
        sender={"address": "press@house.example"},
    )
    return [(f.grade, f.text, f.next) for f in examine_relays(settings)]


def test_a_relay_that_takes_our_letters_is_asked_and_nothing_is_sent() -> None:
    with ScriptedServer(
        extensions=("PIPELINING", "ENHANCEDSTATUSCODES", "SIZE 35000000")
    ) as server:
        found = heard(server)
    assert [grade for grade, _, _ in found] == [Grade.OK] * 3
    assert found[1][1] == "it takes letters from press@house.example (asked, and taken back)"
    assert found[2][1] == "it takes letters up to 35.0 MB"
    assert server.commands[-4:] == [
        "MAIL FROM:<press@house.example>",
        "RCPT TO:<press@house.example>",
        "RSET",
        "QUIT",
    ]
    assert server.messages == []


@pytest.mark.parametrize(
    ("verb", "reply", "grade", "words"),
    [
        (
            "MAIL",
            "550 5.7.1 not your domain",
            Grade.ERROR,
            "it refuses letters from press@house.example: 550 5.7.1 not your domain",
        ),
        (
            "MAIL",
            "451 4.7.1 later",
            Grade.WARNING,
            "it would not take letters now from press@house.example: 451 4.7.1 later",
        ),
        (
            "RCPT",
            "554 5.7.1 relay access denied",
            Grade.WARNING,
            (
                "it takes letters from press@house.example, and would not send one to"
                " press@house.example: 554 5.7.1 relay access denied"
            ),
        ),
    ],
)
def test_a_refusal_is_told_before_anything_is_sent(
    verb: str, reply: str, grade: Grade, words: str
) -> None:
    with ScriptedServer(lambda asked, _: reply if asked == verb else None) as server:
        assert (grade, words) in [(g, t) for g, t, _ in heard(server)]


def test_limits_that_it_tells_are_settings_to_write_down() -> None:
    with ScriptedServer(extensions=("SIZE 5000000", "LIMITS MAILMAX=50 RCPTMAX=100")) as server:
        found = heard(server)
    assert (
        Grade.WARNING,
        "it takes letters up to 5.0 MB",
        "Keep attachments and pictures smaller than that together",
    ) in found
    assert any(
        t == "it takes 50 letters a connection" and n.endswith("letters_per_connection = 50")
        for _, t, n in found
    )


@pytest.mark.parametrize(
    "extension",
    [
        "SIZE",
        "SIZE 0",
        "SIZE ²",
        "SIZE " + "9" * 300,
        "LIMITS",
        "LIMITS MAILMAX",
        "LIMITS MAILMAX=-1",
        "LIMITS =5 MAILMAX=٣",
    ],
)
def test_what_is_no_limit_is_none(extension: str) -> None:
    with ScriptedServer(extensions=("PIPELINING", "ENHANCEDSTATUSCODES", extension)) as server:
        assert [grade for grade, _, _ in heard(server)] == [Grade.OK] * 2
