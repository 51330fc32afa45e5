"""It stops by itself (promise 11), and what is refused says why and names the override."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from distro.audience.consent import SUPPRESSED
from distro.cli.hints import hint_for
from distro.errors import ExpressionError, RefusedError, SettingsError
from distro.flow.freeze import advance
from distro.flow.orders import halt, resume
from distro.flow.submission import Order, plan, submit
from distro.installation.context import Installation
from distro.ledger.audit import audit
from distro.model import DistributionId
from distro.settings.sections import Dkim
from distro.store import Store, keys
from distro.store.embedded import Embedded
from tests.support import clock
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    return make_installation(tmp_path, server, store, limits={"usual_least": 20})


def test_an_empty_audience_is_refused(installation: Installation, tmp_path: Path) -> None:
    add_readers(installation.store, 3, folder=tmp_path)
    with pytest.raises(RefusedError, match="nobody matches"):
        submit(
            installation, Order(files=[write_release(tmp_path)], to="journalists and language:ar")
        )
    assert installation.store.command("EXISTS", keys.distribution("1")) == 0


def test_an_unknown_list_is_refused_with_a_suggestion(
    installation: Installation, tmp_path: Path
) -> None:
    add_readers(installation.store, 3, folder=tmp_path)
    with pytest.raises(ExpressionError) as error:
        plan(installation, Order(files=[write_release(tmp_path)], to="journalist"))
    assert "Did you mean journalists (3 people)?" in hint_for(error.value)


def test_ten_times_the_usual_is_halted_before_the_first_letter_and_resume_overrides(
    installation: Installation, tmp_path: Path
) -> None:
    add_readers(installation.store, 2, folder=tmp_path, name="few")
    story = Story(installation)
    for n in range(5):
        submit(
            installation,
            Order(
                files=[write_release(tmp_path, headline=f"Story number {n}", body=f"Text {n}.")],
                to="few",
            ),
        )
        story.run(3)
    add_readers(installation.store, 60, folder=tmp_path, name="many", first=100)
    order = Order(
        files=[write_release(tmp_path, headline="To everyone", body="Everyone.")], to="many"
    )

    assert plan(installation, order).too_large
    submit(installation, order)
    story.run(3)
    row = installation.store.hash(keys.distribution("6"))
    assert row["state"] == "halted"
    assert "over 10 times the usual 2" in row["reason"]
    assert len(story.letters) == 10

    assert resume(installation, DistributionId("6"), actor="me", reason="it is right") == "sending"
    story.run(3)
    story.stop()
    assert installation.store.hash(keys.distribution("6"))["state"] == "sent"
    assert len(story.letters) == 70


def test_an_embargo_is_not_broken(installation: Installation, tmp_path: Path) -> None:
    add_readers(installation.store, 3, folder=tmp_path)
    lift = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    path = tmp_path / "e.md"
    path.write_text(
        f"---\nheadline: Under embargo\nembargo: {lift.isoformat()}\nlanguage: en\n---\nText.\n"
    )

    for at in ("", (lift - timedelta(minutes=1)).isoformat()):
        with pytest.raises(RefusedError, match="embargo") as error:
            submit(installation, Order(files=[path], to="journalists", at=at))
        assert lift.isoformat() in hint_for(error.value)
    assert (
        submit(installation, Order(files=[path], to="journalists", at=lift.isoformat())).state
        == "scheduled"
    )


def test_a_scheduled_distribution_freezes_ahead_and_starts_at_its_time(
    installation: Installation, tmp_path: Path
) -> None:
    add_readers(installation.store, 3, folder=tmp_path)
    start = datetime.now(UTC) + timedelta(minutes=10)
    submit(
        installation, Order(files=[write_release(tmp_path)], to="journalists", at=start.isoformat())
    )
    story = Story(installation)
    story.run(1)
    assert "frozen_at" not in installation.store.hash(keys.distribution("1"))

    clock.move(9 * 60_000)
    story.run(2)
    row = installation.store.hash(keys.distribution("1"))
    assert (row["state"], "frozen_at" in row) == ("scheduled", True)
    clock.move(11 * 60_000)
    story.run(2)
    # Redis says it is time, this host's clock does not.
    assert installation.store.hash(keys.distribution("1"))["state"] == "scheduled"
    assert story.letters == []
    story.stop()


def test_a_changed_text_is_refused_for_who_has_the_other(
    installation: Installation, tmp_path: Path
) -> None:
    add_readers(installation.store, 3, folder=tmp_path)
    story = Story(installation)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    story.run(3)
    add_readers(installation.store, 2, folder=tmp_path, first=3)
    changed = write_release(tmp_path, body="The towns did not agree.")

    with pytest.raises(RefusedError, match="differs") as error:
        submit(installation, Order(files=[changed], to="journalists"))
    assert "--as-new" in hint_for(error.value)
    assert (
        submit(installation, Order(files=[changed], to="journalists", as_new=True)).release
        == "towns-agree-a-plan-2"
    )
    story.run(3)
    story.stop()
    assert len(story.letters) == 3 + 5


def test_the_same_text_under_another_slug_is_noticed(
    installation: Installation, tmp_path: Path
) -> None:
    add_readers(installation.store, 3, folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    with pytest.raises(RefusedError, match="the same headline or text"):
        submit(
            installation,
            Order(files=[write_release(tmp_path, headline="Another headline")], to="journalists"),
        )


def test_an_idempotency_key_prints_the_same_id(installation: Installation, tmp_path: Path) -> None:
    add_readers(installation.store, 3, folder=tmp_path)
    order = Order(files=[write_release(tmp_path)], to="journalists", idempotency_key="k1")
    first, again = submit(installation, order), submit(installation, order)
    assert (first.distribution, again.distribution, again.again) == ("D1", "D1", True)
    with pytest.raises(RefusedError, match="other content"):
        submit(
            installation,
            Order(
                files=[write_release(tmp_path, body="Other.")],
                to="journalists",
                idempotency_key="k1",
            ),
        )


def test_who_may_not_be_written_to_is_left_out_with_the_reason(
    installation: Installation, tmp_path: Path
) -> None:
    add_readers(installation.store, 4, folder=tmp_path, languages=("en", "de"))
    installation.consent.record(
        installation.store, subscriber=1, address="", act=SUPPRESSED, source="bounced"
    )
    found = plan(
        installation, Order(files=[write_release(tmp_path)], to="journalists", no_fallback=True)
    ).plan
    assert found.left_out == {"suppressed": 1, "no_edition_in_their_language": 2}
    assert (found.matched, found.audience) == (4, 1)


def test_outside_production_only_the_allow_list_is_written_to(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    installation = make_installation(
        tmp_path,
        server,
        store,
        site={"environment": "staging", "allow": ["reader1@b.example", "c.example"]},
    )
    add_readers(store, 8, folder=tmp_path)
    found = plan(installation, Order(files=[write_release(tmp_path)], to="journalists")).plan
    assert (found.audience, found.left_out) == (3, {"not_on_the_allow_list": 5})
    empty = make_installation(tmp_path, server, store, site={"environment": "staging"})
    assert plan(empty, Order(files=[write_release(tmp_path)], to="journalists")).plan.audience == 0


def test_a_freeze_that_finds_nobody_left_cancels_and_says_who_holds_it(
    installation: Installation, tmp_path: Path
) -> None:
    add_readers(installation.store, 2, folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    for number in (1, 2):
        installation.consent.record(
            installation.store, subscriber=number, address="", act=SUPPRESSED, source="bounced"
        )
    advance(installation, DistributionId("1"))
    row = installation.store.hash(keys.distribution("1"))
    assert row["state"] == "cancelled"
    assert "nobody is left" in row["reason"]


def test_a_broken_template_halts_and_resume_tries_again(
    installation: Installation, tmp_path: Path
) -> None:
    add_readers(installation.store, 2, folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    own = tmp_path / "templates" / "press-release"
    own.mkdir(parents=True)
    (own / "subject.txt").write_text("{{ nothing }}")
    story = Story(installation)
    story.run(1)
    assert "the letter cannot be made" in installation.store.hash(keys.distribution("1"))["reason"]

    (own / "subject.txt").unlink()
    resume(installation, DistributionId("1"), actor="me", reason="mended")
    story.run(3)
    story.stop()
    assert installation.store.hash(keys.distribution("1"))["state"] == "sent"
    assert audit(installation.store, "1").findings == ()


def test_there_is_nothing_to_halt_in_what_is_sent(
    installation: Installation, tmp_path: Path
) -> None:
    add_readers(installation.store, 1, folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    story = Story(installation)
    story.run(3)
    story.stop()
    with pytest.raises(RefusedError, match="sent"):
        halt(installation, DistributionId("1"), actor="me", reason="")
    with pytest.raises(RefusedError, match="not halted"):
        resume(installation, DistributionId("1"), actor="me", reason="")


def test_a_start_in_the_past_is_refused(installation: Installation, tmp_path: Path) -> None:
    """A wrong year must not send at once."""
    add_readers(installation.store, 1, folder=tmp_path)
    with pytest.raises(RefusedError, match="is over"):
        submit(
            installation,
            Order(
                files=[write_release(tmp_path)],
                to="journalists",
                at="2025-12-01 10:00 Europe/Zurich",
            ),
        )


def test_a_key_that_cannot_sign_stops_it_before_the_first_letter(
    installation: Installation, tmp_path: Path
) -> None:
    """At submit; and at the freeze, when the file went away in between."""
    broken = replace(
        installation,
        settings=installation.settings.model_copy(
            update={"dkim": Dkim(key=str(tmp_path / "nowhere.pem"))}
        ),
    )
    add_readers(installation.store, 3, folder=tmp_path)
    with pytest.raises(SettingsError, match="cannot be read"):
        submit(broken, Order(files=[write_release(tmp_path)], to="journalists"))
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    advance(broken, DistributionId("1"))
    row = installation.store.hash(keys.distribution("1"))
    assert row["state"] == "halted"
    assert "cannot be read" in row["reason"]
