"""Who followed a link: each sign of the table, and what it says of those before."""

import pytest

from distro.feedback import clicks
from distro.feedback.clicks import Click, Verdict, Who

SENT = 1_000_000
LATER = SENT + 60_000


def click(link: int = 1, at: int = LATER, **facts: object) -> Click:
    return Click(link, at, **({"network": "n1", "accepted": SENT} | facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (click(method="HEAD"), Verdict(Who.MACHINE, "method")),
        (click(link=0), Verdict(Who.MACHINE, "hidden link")),
        (click(accepted=0), Verdict(Who.MACHINE, "too early")),
        (click(at=SENT + 1_999), Verdict(Who.MACHINE, "too early")),
        (click(scanner=True, navigates=True), Verdict(Who.MACHINE, "scanner's network")),
        (click(navigates=True), Verdict(Who.HUMAN, "browser")),
        (click(), Verdict(Who.UNKNOWN, "no sign")),
    ],
)
def test_each_sign(one: Click, verdict: Verdict) -> None:
    assert clicks.judge(one, []) == verdict


def test_three_links_within_two_seconds_are_a_program() -> None:
    before = [click(1, navigates=True), click(2, LATER + 500)]
    third = click(3, LATER + 900, navigates=True)
    verdict = clicks.judge(third, before)
    assert verdict == Verdict(Who.MACHINE, "many at once")
    assert clicks.corrected(third, verdict, before) == [(1, "many at once"), (2, "many at once")]
    slow = click(3, LATER + 9_000, navigates=True)
    assert clicks.judge(slow, before).who is Who.HUMAN
    again = click(1, LATER + 600, navigates=True)  # the same link, pressed twice
    assert clicks.judge(again, before[:1]).who is Who.HUMAN


def test_the_hidden_link_tells_of_all_in_that_minute() -> None:
    before = [click(1, navigates=True)]
    trap = click(0, LATER + 5_000)
    assert clicks.corrected(trap, clicks.judge(trap, before), before) == [(1, "hidden link")]
    after = click(2, LATER + 6_000, navigates=True)
    assert clicks.judge(after, [*before, trap]).who is Who.MACHINE


def test_a_scanner_looks_first_then_the_reader_goes() -> None:
    first = click(1, network="n2")
    reader = click(1, LATER + 12_000, navigates=True)
    verdict = clicks.judge(reader, [first])
    assert verdict.who is Who.HUMAN
    assert clicks.corrected(reader, verdict, [first]) == [(1, "looked at first")]
    same = click(1, LATER + 12_000, network="n2", navigates=True)
    assert clicks.corrected(same, clicks.judge(same, [first]), [first]) == []


@pytest.mark.parametrize(
    ("address", "scanner"),
    [
        ("40.107.3.4", True),
        ("2a01:111:f403::1", True),
        ("192.0.2.1", False),
        ("203.0.113.9", True),  # of the settings
        ("not an address", False),
    ],
)
def test_known_networks(address: str, scanner: bool) -> None:
    assert clicks.is_scanner(address, ["203.0.113.0/24"]) is scanner


def test_the_network_of_an_address() -> None:
    assert clicks.network_of("192.0.2.77") == "192.0.2.0/24"
    assert clicks.network_of("2001:db8:1:2::7") == "2001:db8:1::/48"
    assert clicks.network_of("testclient") == ""
