"""What is told to the person who asks: who by name, when, and in which of a release's
distributions.
"""

import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from distro.flow import submission
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.model import DistributionId, Outcome, State
from distro.relay.message import Message
from distro.reports import export, live, summary
from distro.reports.explain import explain
from distro.reports.explanation_text import ExplanationText
from distro.store import Store, keys
from distro.store.embedded import Embedded
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story

FAILING = 30  # more than are named in a report


def answer(message: Message) -> Outcome | None:
    number = int(message.recipient.removeprefix("reader").partition("@")[0])
    if number < FAILING:
        return Outcome(State.FAILED, 550, f"5.1.1 no mailbox {number}", relay="memory:0")
    return (
        Outcome(
            State.IN_DOUBT, 0, "closed after the end of the message", relay="memory:0", inside=False
        )
        if number == FAILING
        else None
    )


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    """Forty readers: thirty refused, one in doubt, nine accepted."""
    installation = make_installation(tmp_path, server, store)
    add_readers(store, 40, folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists", actor="m.zammit"))
    run(installation)
    return installation


def address(number: int) -> str:
    return f"reader{number}@{'abcd'[number % 4]}.example"


def run(installation: Installation) -> None:
    story = Story(installation, answer)
    story.run()
    story.stop()


def test_a_report_names_the_first_and_says_how_to_see_all(
    installation: Installation, tmp_path: Path
) -> None:
    result = summary.report(installation.store, DistributionId("1"), "UTC")
    assert result.fields["counts"]["failed"] == FAILING
    assert len(result.fields["named"]["failed"]) == 20
    assert [p["address"] for p in result.fields["named"]["in_doubt"]] == [address(FAILING)]

    everybody = list(summary.everybody(installation.store, DistributionId("1"), "failed"))
    assert sorted(p.address for p in everybody) == sorted(map(address, range(FAILING)))
    assert all(
        p.why == f"5.1.1 no mailbox {p.address.removeprefix('reader').partition('@')[0]}"
        for p in everybody
    )

    live.write(installation, DistributionId("1"), tmp_path / "r.html")
    html = (tmp_path / "r.html").read_text()
    assert html.count("5.1.1 no mailbox") >= 20
    assert "The first 20 of 30" in html
    assert "distro report D1 --who failed" in html


def test_a_protected_reader_is_in_no_report(installation: Installation) -> None:
    number = next(
        n
        for n in range(1, 41)
        if f"reader{FAILING}@" in installation.store.text(keys.subscriber(n))
    )
    row = installation.store.text(keys.subscriber(number)).replace(
        '"email"', '"protected": ["yes"], "email"', 1
    )
    installation.store.command("SET", keys.subscriber(number), row)
    assert [
        p["address"]
        for p in summary.report(installation.store, DistributionId("1"), "UTC").fields["named"][
            "in_doubt"
        ]
    ] == [f"protected reader {number}"]


def test_each_time_is_of_what_it_says(installation: Installation) -> None:
    result = summary.report(installation.store, DistributionId("1"), "Europe/Zurich").fields
    assert result["submitted_at"] <= result["began_at"] <= result["first_pass_at"]
    assert (result["due_at"], result["halted_at"]) == ("", "")
    assert result["began_at"].endswith(("+01:00", "+02:00"))
    (row,) = summary.listing(installation.store, "UTC")
    assert row["due_at"] == ""


def test_a_second_schedule_of_the_same_release_is_told(
    installation: Installation, tmp_path: Path
) -> None:
    add_readers(installation.store, 45, folder=tmp_path)
    first = submit(
        installation,
        Order(files=[tmp_path / "release.md"], to="journalists", at="2099-01-01 10:00 UTC"),
    )
    assert submission.also_waiting(installation, first) == []
    again = submit(
        installation,
        Order(files=[tmp_path / "release.md"], to="journalists", at="2099-01-02 10:00 UTC"),
    )
    assert [
        (name, datetime.fromisoformat(due))
        for name, due in submission.also_waiting(installation, again)
    ] == [("D2", datetime(2099, 1, 1, 10, tzinfo=UTC))]
    assert [row["due_at"] != "" for row in summary.listing(installation.store, "UTC")] == [
        True,
        True,
        False,
    ]


def test_explain_answers_over_all_distributions_of_a_release(
    installation: Installation, tmp_path: Path
) -> None:
    """Who got D1 is not told that they did not get D2."""
    add_readers(installation.store, 45, folder=tmp_path)
    submit(installation, Order(files=[tmp_path / "release.md"], to="journalists"))
    run(installation)

    old, new = explain(installation, address(39)), explain(installation, address(44))
    assert "was sent D1" in next(ExplanationText(old).sentences())
    assert "was sent D2" in next(ExplanationText(new).sentences())
    named = list(ExplanationText(explain(installation, address(39), "D2")).sentences())
    assert "did not get D2" in named[0]
    assert "they were sent D1 of this release" in named[1]
    assert any(line.strip().startswith("D1 accepted on") for line in named)
    assert any(
        "We sent it to you" in line
        for line in ExplanationText(explain(installation, address(39), "D2")).spoken()
    )
    assert [
        o["distribution"] for o in explain(installation, address(39), "D2").to_json()["others"]
    ] == ["D1"]


def test_people_are_listed_and_found_by_a_part_of_their_name(installation: Installation) -> None:
    everybody = export.list_people(installation, limit=5)
    assert (len(everybody.people), everybody.found) == (5, 40)
    found = export.list_people(installation, search="READER12@")
    assert [p.person.email for p in found.people] == [address(12)]
    assert export.list_people(installation, "journalists and email:reader3*").found == 11
    assert export.list_people(installation, search="nobody at all").found == 0


@pytest.mark.parametrize(
    ("typed", "says", "sent"),
    [("n\n", "Nothing was sent.", 0), ("y\n", "as soon as a worker takes it", 1)],
)
def test_submit_on_a_terminal_shows_the_plan_and_asks(
    tmp_path: Path, server: Embedded, store: Store, typed: str, says: str, sent: int
) -> None:
    shown = on_a_terminal(
        office_folder(tmp_path, server, store),
        ["submit", "release.md", "--to", "journalists", "--now"],
        typed,
    )
    assert "3 will get it" in shown
    assert "Send it now: 3 recipients?" in shown
    assert says in shown
    assert store.command("EXISTS", keys.distribution("1")) == sent


@pytest.mark.parametrize("words", [["--yes"], ["--json"]])
def test_submit_asks_no_script(
    tmp_path: Path, server: Embedded, store: Store, words: list[str]
) -> None:
    """Nor does it without a terminal, as everywhere else in these tests."""
    shown = on_a_terminal(
        office_folder(tmp_path, server, store),
        ["submit", "release.md", "--to", "journalists", "--now", *words],
        "",
    )
    assert "Send it now" not in shown
    assert store.command("EXISTS", keys.distribution("1")) == 1


def office_folder(folder: Path, server: Embedded, store: Store) -> Path:
    """A folder with settings, three readers and a release."""
    installation = make_installation(folder, server, store)
    add_readers(store, 3, folder=folder)
    write_release(folder)
    (folder / "distro.toml").write_text(
        f'redis = "{server.url()}"\ndata = "{installation.settings.data}"\n[[relay]]\nurl ='
        ' "smtp://127.0.0.1:1?tls=off"\n[limits]\ngrace = "0s"\n'
    )
    return folder


def on_a_terminal(folder: Path, words: list[str], typed: str) -> str:
    """Run `distro` with a terminal for its input; gives what it says."""
    ours, theirs = pty.openpty()
    os.write(ours, typed.encode())
    done = subprocess.run(
        [sys.executable, "-m", "distro", *words],
        cwd=folder,
        stdin=theirs,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    os.close(ours)
    os.close(theirs)
    return done.stdout


def test_who_asks_about_a_person_hears_of_their_other_releases_too(
    installation: Installation, tmp_path: Path
) -> None:
    submit(
        installation,
        Order(
            files=[
                write_release(
                    tmp_path,
                    headline="The library opens on Sundays",
                    body="From March on.",
                    name="second.md",
                )
            ],
            to="journalists",
            actor="m.zammit",
        ),
    )
    run(installation)
    explanation = explain(installation, address(35))
    assert explanation.found is not None
    assert explanation.found.distribution == "2"
    assert [(e.distribution, e.state) for e in explanation.earlier] == [("1", State.ACCEPTED)]
    assert any(
        line.startswith("  D1    accepted on") for line in ExplanationText(explanation).sentences()
    )
    assert explain(installation, address(35), "D2").earlier == ()
