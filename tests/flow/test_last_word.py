"""Correct, update, hold, clear, kill: exactly those who have a text hear about it."""

import email
import email.policy
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from distro.errors import RefusedError
from distro.flow import corrections, notices, orders, resend
from distro.flow.corrections import Correction
from distro.flow.notices import Notice, Told
from distro.flow.submission import Order, submit
from distro.installation.context import Installation
from distro.ledger.journal import Attempt
from distro.model import DistributionId, DistributionState, Outcome, State
from distro.relay.message import Message
from distro.reports.explain import explain
from distro.reports.summary import report
from distro.store import Store, consents, distributions, keys, records
from distro.store.embedded import Embedded
from tests.support import clock
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story

D1 = DistributionId("1")
OLD, NEW = "The towns agreed today.", "The villages agreed today."


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    found = make_installation(tmp_path, server, store)
    add_readers(store, 6, folder=tmp_path, languages=("en", "fr"))
    return found


@pytest.fixture
def refused() -> dict[str, Outcome]:
    """What the relay says instead of taking a letter, by the beginning of the address."""
    return {}


@pytest.fixture
def story(installation: Installation, refused: dict[str, Outcome]) -> Iterator[Story]:
    def answer(message: Message) -> Outcome | None:
        return refused.get(message.recipient.partition("@")[0])

    found = Story(installation, answer)
    yield found
    found.stop()


def files(folder: Path, body: str = OLD, french: str = "Les villes sont d'accord.") -> list[Path]:
    return [
        write_release(folder, body=body),
        write_release(folder, language="fr", headline="Les villes", name="r.fr.md", body=french),
    ]


def sent(installation: Installation, story: Story, folder: Path) -> None:
    submit(installation, Order(files=files(folder), to="journalists"))
    story.run(3)


def say(installation: Installation, verb: str, note: str = "We say so.") -> Told:
    order = Notice(verb=verb, note=note, actor="ana")
    return notices.send(installation, notices.plan(installation, D1, order))


def correct(installation: Installation, paths: list[Path], **words: object) -> Told:
    order = Correction(files=paths, note="It was villages.", actor="ana", **words)  # type: ignore[arg-type]
    return corrections.send(installation, corrections.plan(installation, D1, order))


def messages(story: Story) -> list[tuple[str, email.message.EmailMessage]]:
    return [
        (who.partition("@")[0], email.message_from_bytes(raw, policy=email.policy.default))
        for who, raw in story.letters
    ]


def text(message: email.message.EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def test_a_correction_stands_under_the_letter_that_its_reader_has(
    installation: Installation, story: Story, tmp_path: Path
) -> None:
    sent(installation, story, tmp_path)
    first = {who: message["Message-ID"] for who, message in messages(story)}

    told = correct(
        installation,
        [write_release(tmp_path, body=NEW)],
        only=("en",),
        it_said="towns",
        it_should_say="villages",
    )
    story.run(3)

    notes = messages(story)[6:]
    assert sorted(who for who, _ in notes) == ["reader0", "reader2", "reader4"]  # the English ones
    for who, note in notes:
        assert note["In-Reply-To"] == note["References"] == first[who]
        assert note["Subject"].startswith("Correction")
        assert all(part in text(note) for part in (NEW, "It was villages.", "It should say"))
    assert told.rest == ""
    fields = report(installation.store, told.id, "UTC").fields
    assert (fields["supersedes"], fields["superseded_by"]) == ("D1", "")
    assert report(installation.store, D1, "UTC").fields["superseded_by"] == told.distribution


def test_whom_the_earlier_text_never_reached_gets_the_new_one_alone(
    installation: Installation, story: Story, refused: dict[str, Outcome], tmp_path: Path
) -> None:
    refused["reader0"] = Outcome(State.DEFERRED, 450, "4.2.1 later", relay="memory:0")
    refused["reader1"] = Outcome(State.FAILED, 550, "5.1.1 unknown", relay="memory:0")
    sent(installation, story, tmp_path)
    refused.clear()

    told = correct(installation, files(tmp_path, NEW, "Les villages sont d'accord."))
    story.run(4)

    found = distributions.read(installation.store, D1)
    assert (found.state, found.reason) == (DistributionState.CANCELLED, "superseded by D2")
    rest = DistributionId.parse(told.rest)
    assert rest
    assert distributions.read(installation.store, rest).audience == 2
    later = dict(messages(story)[4:])
    assert len(later) == 6
    assert "It was villages." not in text(later["reader0"])
    assert "It was villages." in text(later["reader2"])


def test_a_refile_writes_to_nobody_who_has_it(
    installation: Installation, story: Story, tmp_path: Path
) -> None:
    sent(installation, story, tmp_path)

    correct(installation, files(tmp_path, NEW), tell=False)
    story.run(3)

    assert len(story.letters) == 6


def test_an_update_goes_to_holders_and_to_who_matches_now(
    installation: Installation, story: Story, tmp_path: Path
) -> None:
    sent(installation, story, tmp_path)
    add_readers(installation.store, 2, folder=tmp_path, first=50)

    correct(installation, files(tmp_path, NEW, "Les villages."), verb="update", to="journalists")
    story.run(3)

    assert Counter(who for who, _ in messages(story)) == Counter(
        [f"reader{n}" for n in range(6)] * 2 + ["reader50", "reader51"]
    )


@pytest.mark.parametrize(
    ("body", "words", "code"),
    [
        (OLD, {}, "no_change"),
        (NEW, {}, "languages_missing"),
        (NEW, {"only": ("fr",)}, "only_other_languages"),
    ],
)
def test_what_is_no_correction(
    installation: Installation,
    story: Story,
    tmp_path: Path,
    body: str,
    words: dict[str, object],
    code: str,
) -> None:
    sent(installation, story, tmp_path)
    paths = files(tmp_path, body) if code == "no_change" else [write_release(tmp_path, body=body)]

    with pytest.raises(RefusedError) as error:
        correct(installation, paths, **words)

    assert error.value.code == code
    assert distributions.read(installation.store, D1).superseded is False


def test_a_language_that_nobody_has_is_no_correction(
    installation: Installation, story: Story, tmp_path: Path
) -> None:
    sent(installation, story, tmp_path)
    german = write_release(tmp_path, language="de", headline="Die Orte", name="r.de.md", body="Ja.")
    with pytest.raises(RefusedError) as error:
        correct(installation, [german])
    assert error.value.code == "language_not_held"


@pytest.mark.parametrize(("note", "code"), [(" ", "note_empty"), ("a\nb", "note_lines")])
def test_a_note_is_one_line(
    installation: Installation, story: Story, tmp_path: Path, note: str, code: str
) -> None:
    sent(installation, story, tmp_path)
    with pytest.raises(RefusedError) as error:
        say(installation, "hold", note)
    assert error.value.code == code


def test_a_hold_stops_everything_until_it_is_cleared(
    installation: Installation, story: Story, refused: dict[str, Outcome], tmp_path: Path
) -> None:
    refused["reader0"] = Outcome(State.DEFERRED, 450, "4.2.1 later", relay="memory:0")
    sent(installation, story, tmp_path)
    refused.clear()

    say(installation, "hold")
    story.run(3)
    assert sorted(who for who, _ in messages(story)[5:]) == [f"reader{n}" for n in range(1, 6)]
    refusals: tuple[Callable[[], object], ...] = (
        lambda: orders.resume(installation, D1, actor="ana", reason=""),
        lambda: orders.reschedule(installation, D1, "2099-01-01 10:00", actor="ana"),
        lambda: resend.resend(installation, D1, "failed", actor="ana"),
        lambda: submit(installation, Order(files=files(tmp_path), to="journalists")),
        lambda: say(installation, "hold"),
    )
    for order in refusals:
        with pytest.raises(RefusedError, match="on hold"):
            order()
    clock.move(1_200_000)
    story.run(2)
    assert len(story.letters) == 10

    say(installation, "clear", "It is right.")
    story.run(4)
    later = messages(story)[10:]
    assert Counter(who for who, _ in later) == Counter(f"reader{n}" for n in range(6))
    assert "It is right." not in text(dict(later)["reader0"])


def test_nothing_is_cleared_that_was_not_held(
    installation: Installation, story: Story, tmp_path: Path
) -> None:
    sent(installation, story, tmp_path)
    with pytest.raises(RefusedError) as error:
        say(installation, "clear")
    assert error.value.code == "not_held"


def test_a_kill_closes_the_pages_and_lists_whom_to_ring(
    installation: Installation, story: Story, tmp_path: Path, client: TestClient
) -> None:
    sent(installation, story, tmp_path)
    page = re.search(r"/v/[^\s>]+", text(messages(story)[0][1]))
    assert page
    assert client.get(page[0]).status_code == 200
    for key in (keys.REFUSED, keys.refused("unsubscribed")):
        installation.store.command("SETBIT", key, 3, 1)
    assert consents.is_refused(installation.store, "unsubscribed", 3)

    told = say(installation, "kill", "The report was withdrawn.")
    story.run(3)

    killed = [text(message) for _, message in messages(story)[6:]]
    assert len(killed) == 5 == told.audience
    assert not any("agreed" in words for words in killed)
    assert all("The report was withdrawn." in words for words in killed)
    gone = client.get(page[0])
    assert (gone.status_code, "The report was withdrawn." in gone.text) == (410, True)
    rung = report(installation.store, told.id, "UTC").fields["call_list"]
    assert [who["address"] for who in rung] == ["reader2@c.example"]
    acts: tuple[Callable[[], object], ...] = (
        lambda: say(installation, "kill"),
        lambda: correct(installation, files(tmp_path)),
    )
    for act in acts:
        with pytest.raises(RefusedError, match="was killed"):
            act()


def test_a_corrected_page_shows_the_correction(
    installation: Installation, story: Story, tmp_path: Path, client: TestClient
) -> None:
    sent(installation, story, tmp_path)
    page = re.search(r"/v/[^\s>]+", text(messages(story)[0][1]))
    assert page
    correct(installation, files(tmp_path, NEW, "Les villages."))
    story.run(3)

    shown = client.get(page[0]).text

    assert "It was villages." in shown
    assert "towns agreed" not in shown


@pytest.mark.parametrize("late", [False, True])
def test_who_proves_later_to_have_it_is_told_too(
    installation: Installation,
    story: Story,
    refused: dict[str, Outcome],
    tmp_path: Path,
    late: bool,
) -> None:
    """While the kill is under way it grows; afterwards they get a kill of their own."""
    refused["reader0"] = Outcome(State.DEFERRED, 450, "4.2.1 later", relay="memory:0")
    sent(installation, story, tmp_path)
    told = say(installation, "kill")
    if late:
        story.run(3)
        assert distributions.read(installation.store, told.id).state is DistributionState.SENT
    else:
        refused["reader1"] = Outcome(State.DEFERRED, 450, "4.2.1 later", relay="memory:0")
        story.run(3)
    del refused["reader0"]
    who = next(
        o for o in range(6) if records.address_at(installation.store, D1, o).startswith("reader0@")
    )
    record = records.record_at(installation.store, D1, who)
    attempt = Attempt(D1, who, record.token, record.attempts)

    truth = Outcome(State.ACCEPTED, 250, "2.0.0 taken after all")
    story.sweep.judge.record(D1, [(attempt, truth)])
    story.run(3)

    mine = [text(message) for reader, message in messages(story) if reader == "reader0"]
    assert len(mine) == 1
    assert "We say so." in mine[0]
    mine_too = distributions.of_release(installation.store, "towns-agree-a-plan")
    assert len(mine_too) == (3 if late else 2)


def test_a_correction_in_another_language_does_not_end_one_that_is_pending(
    installation: Installation, story: Story, tmp_path: Path
) -> None:
    sent(installation, story, tmp_path)
    english = correct(installation, [write_release(tmp_path, body=NEW)], only=("en",))
    french = write_release(
        tmp_path, language="fr", headline="Les villes", name="r.fr.md", body="Les villages."
    )

    correct(installation, [french], only=("fr",))
    story.run(4)

    assert not distributions.read(installation.store, english.id).superseded
    later = messages(story)[6:]
    assert Counter(who for who, _ in later) == Counter(f"reader{n}" for n in range(6))
    assert all(("villages agreed" in text(m)) == (int(w[-1]) % 2 == 0) for w, m in later)


def test_a_correction_of_some_of_the_languages_of_a_pending_one_is_refused(
    installation: Installation, story: Story, tmp_path: Path
) -> None:
    sent(installation, story, tmp_path)
    correct(installation, files(tmp_path, NEW, "Les villages."))

    with pytest.raises(RefusedError) as error:
        correct(installation, [write_release(tmp_path, body="The hamlets agreed.")], only=("en",))

    assert (error.value.code, error.value.facts["distribution"]) == ("correction_pending", "D2")


def test_a_plan_of_before_another_correction_is_not_carried_out(
    installation: Installation, story: Story, tmp_path: Path
) -> None:
    sent(installation, story, tmp_path)
    order = Correction(files=files(tmp_path, NEW), note="It was villages.", actor="ana")
    planned = corrections.plan(installation, D1, order)
    correct(installation, files(tmp_path, "The hamlets agreed."))

    with pytest.raises(RefusedError) as error:
        corrections.send(installation, planned)

    assert error.value.code == "changed_meanwhile"


def test_a_text_under_a_later_embargo_is_no_correction_of_one_that_is_out(
    installation: Installation, story: Story, tmp_path: Path
) -> None:
    sent(installation, story, tmp_path)
    evening = write_release(tmp_path, body=NEW)
    evening.write_text(evening.read_text().replace("---\n", "---\nembargo: 2099-12-01T10:00Z\n", 1))

    with pytest.raises(RefusedError) as error:
        correct(installation, [evening], only=("en",))

    assert error.value.code == "embargo_in_correction"


def test_what_was_sent_is_not_sent_to_more_people_under_a_hold(
    installation: Installation, story: Story, refused: dict[str, Outcome], tmp_path: Path
) -> None:
    refused["reader1"] = Outcome(State.FAILED, 550, "5.1.1 unknown", relay="memory:0")
    sent(installation, story, tmp_path)
    assert distributions.read(installation.store, D1).state is DistributionState.SENT
    say(installation, "hold")
    orders_under_hold: tuple[Callable[[], object], ...] = (
        lambda: resend.resend(installation, D1, "failed", actor="ana"),
        lambda: resend.resend_to(installation, D1, "reader1@b.example", actor="ana"),
    )

    for order in orders_under_hold:
        with pytest.raises(RefusedError, match="on hold"):
            order()


def test_the_recipient_of_a_note_is_explained(
    installation: Installation, story: Story, tmp_path: Path
) -> None:
    sent(installation, story, tmp_path)
    told = say(installation, "hold")
    story.run(3)

    found = explain(installation, "reader0@a.example", told.distribution)

    assert (found.matches_now, found.rules[0].holds) == (True, True)
    assert found.rules[0].text == "holders of towns-agree-a-plan"
