"""What is approved is what goes out; whoever submitted it is no other person."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from distro import tokens
from distro.actors import Actor
from distro.errors import RefusedError
from distro.flow import approval, corrections, notices, orders
from distro.flow.corrections import Correction
from distro.flow.notices import Notice
from distro.flow.submission import Order, submit
from distro.installation import people
from distro.installation.context import Installation
from distro.model import DistributionId, DistributionState
from distro.reports.summary import report
from distro.store import Store, distributions, users
from distro.store.embedded import Embedded
from distro.subscribers.people import add
from tests.support import clock
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story

D1 = DistributionId("1")
ROOT = Actor.of("root")


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    found = make_installation(tmp_path, server, store, approval={"required": 1})
    add_readers(store, 30, folder=tmp_path)
    return found


@pytest.fixture
def story(installation: Installation) -> Iterator[Story]:
    found = Story(installation)
    yield found
    found.stop()


@pytest.fixture
def who(installation: Installation) -> dict[str, Actor]:
    roles = {"vera": "viewer", "ana": "editor", "ben": "approver", "cleo": "approver"}
    return {
        name: Actor.of("root", people.add(installation, name, role, "", actor=ROOT), "host")
        for name, role in roles.items()
    }


def say_yes(installation: Installation, number: DistributionId, actor: Actor) -> DistributionState:
    person = approval.person_of(installation, actor)
    shown = approval.drafts(installation, number, person)
    return approval.approve(installation, shown, actor=actor)


def draft(installation: Installation, folder: Path, actor: Actor, *, at: str = "") -> None:
    submit(
        installation,
        Order(files=[write_release(folder)], to="journalists", at=at, actor=actor),
    )


def test_nothing_goes_out_before_another_person_said_yes(
    installation: Installation, story: Story, who: dict[str, Actor], tmp_path: Path
) -> None:
    draft(installation, tmp_path, who["ben"])
    story.run(2)
    assert not story.letters

    assert say_yes(installation, D1, who["cleo"]) is DistributionState.SCHEDULED
    story.run(3)

    assert len(story.letters) == 30
    fields = report(installation.store, D1, "UTC").fields
    assert [yes["by"] for yes in fields["approvals"]] == ["cleo"]


@pytest.mark.parametrize(
    ("name", "code"), [("ben", "own_draft"), ("ana", "role_too_low"), ("vera", "role_too_low")]
)
def test_who_may_not_approve(
    installation: Installation, who: dict[str, Actor], tmp_path: Path, name: str, code: str
) -> None:
    draft(installation, tmp_path, who["ben"])

    with pytest.raises(RefusedError) as error:
        say_yes(installation, D1, who[name])

    assert error.value.code == code
    assert distributions.read(installation.store, D1).state is DistributionState.DRAFT


@pytest.mark.parametrize(
    ("token", "code"), [("", "token_needed"), ("distro_forged", "token_invalid")]
)
def test_who_is_not_identified_is_never_another_person(
    installation: Installation, who: dict[str, Actor], tmp_path: Path, token: str, code: str
) -> None:
    stranger = Actor.of("root", token)
    with pytest.raises(RefusedError) as error:
        draft(installation, tmp_path, stranger)
    assert error.value.code == code

    draft(installation, tmp_path, who["ana"])
    with pytest.raises(RefusedError) as error:
        say_yes(installation, D1, stranger)
    assert error.value.code == code


def test_a_token_ends(installation: Installation, who: dict[str, Actor], tmp_path: Path) -> None:
    people.disable(installation, "cleo", actor=ROOT)
    people.new_token(installation, "ben", "", actor=ROOT)
    brief = people.add(installation, "dora", "editor", "1h", actor=ROOT)
    for actor in (who["cleo"], who["ben"]):
        with pytest.raises(RefusedError, match="not valid"):
            draft(installation, tmp_path, actor)
    clock.move(3_700_000)
    with pytest.raises(RefusedError, match="has expired"):
        draft(installation, tmp_path, Actor.of("root", brief))


def test_no_token_is_kept(installation: Installation, who: dict[str, Actor]) -> None:
    keys = [k.decode() for k in installation.store.command("KEYS", "*")]
    kept = " ".join(
        str(installation.store.command("DUMP", key)) for key in keys if "tmp" not in key
    )
    assert not any(actor.token[7:] in kept for actor in who.values())
    assert [user.name for user in users.everybody(installation.store)] == sorted(who)


def test_another_time_asks_again(
    installation: Installation, who: dict[str, Actor], tmp_path: Path
) -> None:
    draft(installation, tmp_path, who["ana"], at="2099-05-04 10:00")
    say_yes(installation, D1, who["ben"])

    orders.reschedule(installation, D1, "2099-05-04 11:00", actor=who["ana"])

    found = distributions.read(installation.store, D1)
    assert (found.state, found.approvals) == (DistributionState.DRAFT, ())
    assert found.reason == "it has another time now"


def test_an_audience_that_moved_asks_again(
    installation: Installation, story: Story, who: dict[str, Actor], tmp_path: Path
) -> None:
    draft(installation, tmp_path, who["ana"])
    say_yes(installation, D1, who["ben"])
    add_readers(installation.store, 20, folder=tmp_path, first=100)

    story.run(2)

    found = distributions.read(installation.store, D1)
    assert found.state is DistributionState.DRAFT
    assert "was 30 when it was approved, and is 50" in found.reason
    assert not story.letters


@pytest.mark.parametrize(
    "change",
    [
        {"sender": {"name": "Somebody else", "address": "other@press.example"}},
        {"relay": [{"url": "smtp://elsewhere.example:25?tls=off"}]},
    ],
)
def test_another_sender_or_relay_asks_again(
    installation: Installation,
    who: dict[str, Actor],
    tmp_path: Path,
    server: Embedded,
    store: Store,
    change: dict[str, object],
) -> None:
    draft(installation, tmp_path, who["ana"])
    say_yes(installation, D1, who["ben"])
    changed = make_installation(tmp_path, server, store, approval={"required": 1}, **change)
    other = Story(changed)

    other.run(2)
    other.stop()

    found = distributions.read(installation.store, D1)
    assert found.state is DistributionState.DRAFT
    assert "not what was approved" in found.reason


def test_a_template_that_changed_changes_no_letter(
    installation: Installation, story: Story, who: dict[str, Actor], tmp_path: Path
) -> None:
    draft(installation, tmp_path, who["ana"])
    say_yes(installation, D1, who["ben"])
    folder = tmp_path / "templates" / "press-release"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("Changed: {{ headline }}\n")

    story.run(3)

    assert len(story.letters) == 30
    assert not any(b"Changed:" in raw for _, raw in story.letters)


def test_a_rejected_draft_says_why(
    installation: Installation, who: dict[str, Actor], tmp_path: Path
) -> None:
    draft(installation, tmp_path, who["ana"])

    with pytest.raises(RefusedError, match="needs a reason"):
        approval.reject(installation, D1, actor=who["ben"], reason=" ")
    approval.reject(installation, D1, actor=who["ben"], reason="The quote is not cleared.")

    assert distributions.read(installation.store, D1).reason == (
        "rejected by ben: The quote is not cleared."
    )


def test_an_approver_sees_what_changed_since(
    installation: Installation, who: dict[str, Actor], tmp_path: Path
) -> None:
    draft(installation, tmp_path, who["ana"])
    say_yes(installation, D1, who["ben"])
    order = Correction(
        files=[write_release(tmp_path, body="The villages agreed today.")],
        note="It was villages.",
        actor=who["cleo"],
    )
    told = corrections.send(installation, corrections.plan(installation, D1, order))

    shown = approval.show(installation, told.id, "ben")

    assert any("villages" in line for line in shown.changes if line.startswith("+"))
    assert any("towns agreed" in line for line in shown.changes if line.startswith("-"))


def test_a_correction_halts_at_once_and_waits_for_approval(
    installation: Installation, story: Story, who: dict[str, Actor], tmp_path: Path
) -> None:
    draft(installation, tmp_path, who["ana"])
    say_yes(installation, D1, who["ben"])
    story.run(3)
    order = Correction(
        files=[write_release(tmp_path, body="The villages agreed today.")],
        note="It was villages.",
        actor=who["cleo"],
    )

    told = corrections.send(installation, corrections.plan(installation, D1, order))
    story.run(2)
    assert told.state is DistributionState.DRAFT
    assert len(story.letters) == 30
    say_yes(installation, told.id, who["ben"])
    story.run(3)

    assert len(story.letters) == 60


def test_a_hold_needs_the_role_alone_and_its_end_an_approval(
    installation: Installation, story: Story, who: dict[str, Actor], tmp_path: Path
) -> None:
    draft(installation, tmp_path, who["ana"])
    say_yes(installation, D1, who["ben"])
    story.run(3)
    hold = Notice(verb="hold", note="We check a figure.", actor=who["ben"])
    with pytest.raises(RefusedError, match="is an editor"):
        notices.plan(installation, D1, replace(hold, actor=who["ana"]))

    notices.send(installation, notices.plan(installation, D1, hold))
    story.run(3)
    assert len(story.letters) == 60
    clear = Notice(verb="clear", note="It is right.", actor=who["ben"])
    told = notices.send(installation, notices.plan(installation, D1, clear))
    story.run(2)
    assert len(story.letters) == 60
    say_yes(installation, told.id, who["cleo"])
    story.run(3)

    assert len(story.letters) == 90


def test_in_an_emergency_a_kill_goes_out_without_approval_and_says_so_for_ever(
    installation: Installation, story: Story, who: dict[str, Actor], tmp_path: Path
) -> None:
    draft(installation, tmp_path, who["ana"])
    say_yes(installation, D1, who["ben"])
    story.run(3)
    kill = Notice(verb="kill", note="It is wrong.", break_glass="it is false", actor=ROOT)
    with pytest.raises(RefusedError, match="needs to know who you are"):
        notices.plan(installation, D1, kill)

    order = replace(kill, actor=who["ben"])
    told = notices.send(installation, notices.plan(installation, D1, order))
    story.run(3)

    assert len(story.letters) == 60
    assert report(installation.store, told.id, "UTC").fields["break_glass"] == "it is false"


def test_an_emergency_frees_the_note_and_not_the_text_for_the_rest(
    installation: Installation, story: Story, who: dict[str, Actor], tmp_path: Path
) -> None:
    """Else a correction of one's own draft would send any text to everybody."""
    draft(installation, tmp_path, who["ben"])
    order = Correction(
        files=[write_release(tmp_path, body="Anything at all.")],
        note="x",
        break_glass="y",
        actor=who["ben"],
    )

    told = corrections.send(installation, corrections.plan(installation, D1, order))
    story.run(3)

    assert not story.letters
    rest = DistributionId.parse(told.rest)
    assert rest
    assert distributions.read(installation.store, rest).state is DistributionState.DRAFT


def test_a_draft_is_on_no_page(
    installation: Installation,
    story: Story,
    who: dict[str, Actor],
    tmp_path: Path,
    client: TestClient,
) -> None:
    draft(installation, tmp_path, who["ana"])
    say_yes(installation, D1, who["ben"])
    story.run(3)
    page = "/v/" + tokens.sign_view(installation.keys.signing[0], 1, "en")
    order = Correction(
        files=[write_release(tmp_path, body="The villages agreed today.")],
        note="It was villages.",
        actor=who["cleo"],
    )
    told = corrections.send(installation, corrections.plan(installation, D1, order))

    approval.drafts(installation, told.id, "ben")
    assert "villages" not in client.get(page).text
    say_yes(installation, told.id, who["ben"])
    story.run(3)

    assert "villages" in client.get(page).text


def test_what_changed_while_somebody_looked_is_not_approved(
    installation: Installation, who: dict[str, Actor], tmp_path: Path
) -> None:
    draft(installation, tmp_path, who["ana"], at="2099-05-04 10:00")
    shown = approval.drafts(installation, D1, "ben")
    orders.reschedule(installation, D1, "2099-05-05 10:00", actor=who["ana"])

    with pytest.raises(RefusedError) as error:
        approval.approve(installation, shown, actor=who["ben"])

    assert error.value.code == "changed_meanwhile"


def test_moving_an_embargo_needs_the_role_of_lifting_it_and_a_new_approval(
    installation: Installation, story: Story, who: dict[str, Actor], tmp_path: Path
) -> None:
    add_readers(installation.store, 2, name="desk", folder=tmp_path, first=500)
    release = write_release(tmp_path)
    front = "---\nembargo: 2099-12-01T10:00Z\ntrusted: desk\n"
    release.write_text(release.read_text().replace("---\n", front, 1))
    submit(installation, Order(files=[release], to="journalists or desk", actor=who["ana"]))
    say_yes(installation, D1, who["ben"])
    story.run(3)
    assert len(story.letters) == 2

    with pytest.raises(RefusedError, match="is an editor"):
        orders.reschedule(installation, D1, "2099-11-01 10:00", actor=who["ana"])
    orders.reschedule(installation, D1, "2099-11-01 10:00", actor=who["ben"])

    found = distributions.read(installation.store, D1)
    assert (found.state, found.guard) == (DistributionState.HALTED, "approval")
    with pytest.raises(RefusedError, match="waits for approval"):
        orders.resume(installation, D1, actor=who["ana"], reason="")
    say_yes(installation, D1, who["cleo"])
    assert distributions.read(installation.store, D1).state is DistributionState.SENDING


def test_a_clear_is_for_everybody_who_was_asked_to_wait_by_then(
    installation: Installation, story: Story, who: dict[str, Actor], tmp_path: Path
) -> None:
    draft(installation, tmp_path, who["ana"])
    say_yes(installation, D1, who["ben"])
    story.run(3)
    for verb in ("hold", "clear", "clear"):
        order = Notice(verb=verb, note="We say so.", actor=who["ben"])
        notices.send(installation, notices.plan(installation, D1, order))
    story.run(3)

    say_yes(installation, DistributionId("4"), who["cleo"])
    story.run(3)

    stale = distributions.read(installation.store, DistributionId("3"))
    assert stale.state is DistributionState.CANCELLED
    assert len(story.letters) == 90


@pytest.mark.parametrize("verb", ["clear", "kill"])
def test_nobody_approves_their_own_words_in_another_guise(
    installation: Installation, story: Story, who: dict[str, Actor], tmp_path: Path, verb: str
) -> None:
    draft(installation, tmp_path, who["ana"])
    say_yes(installation, D1, who["ben"])
    story.run(3)
    notices.send(
        installation,
        notices.plan(installation, D1, Notice(verb="hold", note="Wait.", actor=ROOT)),
    )

    with pytest.raises(RefusedError, match="needs to know who you are"):
        notices.plan(installation, D1, Notice(verb=verb, note="Now.", actor=ROOT))


def test_a_viewer_puts_nobody_on_a_trusted_list(
    installation: Installation, who: dict[str, Actor]
) -> None:
    with pytest.raises(RefusedError, match="vera is a viewer"):
        add(installation, "vera@a.example", ["desk"], {}, source=who["vera"])
