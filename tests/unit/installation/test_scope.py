"""A person with some desks and lists: the rest is not there for them, whichever way they ask."""

from pathlib import Path

import pytest

from distro.actors import Actor
from distro.audience import book
from distro.errors import DistroError, NotFoundError, RefusedError, UsageError
from distro.flow import orders, submission
from distro.flow.submission import Order
from distro.installation import people
from distro.installation.context import Installation
from distro.installation.rights import as_seen_by, check_whole
from distro.reports import explain, export, summary
from distro.store import Store, distributions
from distro.store.embedded import Embedded
from distro.store.scope import Scope
from distro.subscribers import opt_outs
from distro.subscribers import people as readers
from tests.support.installation import add_readers, make_installation, write_release

MINE, THEIRS = "reader1@b.example", "reader12@a.example"


@pytest.fixture
def whole(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    """Two desks, two lists, a release of each desk."""
    made = make_installation(
        tmp_path, server, store, senders={"geneva": {"address": "geneva@press.example"}}
    )
    add_readers(store, 3, folder=tmp_path)
    add_readers(store, 4, name="partners", folder=tmp_path, first=10)
    for name, desk in (("ours", "geneva"), ("theirs", "")):
        file = write_release(tmp_path, name=f"{name}.md", headline=f"The {name}", body=name * 9)
        text = file.read_text().replace("---\nheadline", f"---\nsender: {desk}\nheadline", 1)
        file.write_text(text if desk else file.read_text())
        submission.submit(made, Order(files=[file], to="journalists or partners"))
    return made


@pytest.fixture
def ana(whole: Installation) -> Actor:
    scope = Scope(("geneva",), ("journalists",))
    token = people.add(whole, "ana", "editor", "", scope=scope, actor=Actor.of("root"))
    return Actor.of("root", token)


@pytest.fixture
def seen(whole: Installation, ana: Actor) -> Installation:
    """The office as she sees it."""
    return as_seen_by(whole, ana)


def test_distributions_of_other_desks_are_not_there(seen: Installation) -> None:
    assert distributions.newest(seen.store) == ["1"]
    assert [row["distribution"] for row in summary.listing(seen.store, "UTC")] == ["D1"]
    missing = []
    for name in ("D2", "D99"):
        with pytest.raises(NotFoundError) as error:
            distributions.find(seen.store, name)
        missing.append((error.value.message.replace(name, "X"), error.value.code))
    assert missing[0] == missing[1]  # another desk's number reads as one that never was
    with pytest.raises(NotFoundError):
        distributions.find(seen.store, "the-theirs")
    with pytest.raises(NotFoundError):
        summary.report(seen.store, distributions.of_release(seen.store, "the-theirs")[0], "UTC")


def test_an_act_on_another_desk_finds_nothing(seen: Installation, ana: Actor) -> None:
    number = distributions.of_release(seen.store, "the-theirs")[0]
    with pytest.raises(NotFoundError):
        orders.reschedule(seen, number, "2030-01-01 10:00", actor=ana)
    with pytest.raises(NotFoundError):
        orders.halt(seen, number, actor=ana, reason="")


def test_people_of_other_lists_are_not_there(seen: Installation, ana: Actor) -> None:
    assert book.person(seen.store, MINE).email == MINE
    assert export.list_people(seen).found == 3
    assert export.list_people(seen, search="reader").found == 3
    asks = (
        lambda: book.person(seen.store, THEIRS),
        lambda: explain.explain(seen, THEIRS),
        lambda: readers.edit(seen, THEIRS, {"name": "X"}, source=ana),
        lambda: readers.edit(seen, MINE, {}, join=["partners"], source=ana),
        lambda: readers.add(seen, "new@x.example", ["partners"], {}, source=ana),
        lambda: readers.erase(seen, THEIRS, source=ana),
        lambda: opt_outs.suppress(seen, THEIRS, "because", source=ana),
        lambda: opt_outs.suppress(seen, "nobody@x.example", "because", source=ana),
    )
    for ask in asks:
        with pytest.raises(NotFoundError):
            ask()
    with pytest.raises(DistroError):  # and is not taken over either
        readers.add(seen, THEIRS, ["journalists"], {}, source=ana)


def test_an_expression_means_people_of_ones_own_lists(
    seen: Installation, whole: Installation, ana: Actor, tmp_path: Path
) -> None:
    file = write_release(tmp_path, name="new.md", headline="Another", body="Other words here.")
    with pytest.raises(NotFoundError, match="no desk"):
        submission.plan(seen, Order(files=[file], to="journalists", actor=ana))
    file.write_text(file.read_text().replace("---\nheadline", "---\nsender: geneva\nheadline", 1))
    planned = submission.plan(seen, Order(files=[file], to="country:CH", actor=ana))
    assert planned.plan.matched == 3
    accepted = submission.accept(seen, planned)
    # What is kept says so too: the worker that freezes it sees everything.
    kept = distributions.read(whole.store, accepted.id)
    assert kept.expanded == "country:CH and lists:journalists"
    with pytest.raises(UsageError, match="partners"):
        submission.plan(seen, Order(files=[file], to="partners", actor=ana))


def test_the_id_of_another_desks_release_is_not_taken_over(
    seen: Installation, ana: Actor, tmp_path: Path
) -> None:
    file = write_release(tmp_path, name="fr.md", headline="X", language="fr")
    head = "---\nid: the-theirs\nsender: geneva\nheadline"
    file.write_text(file.read_text().replace("---\nheadline", head, 1))
    with pytest.raises(RefusedError, match="another release"):
        submission.plan(seen, Order(files=[file], to="journalists", actor=ana))


def test_who_has_no_scope_sees_everything(whole: Installation, seen: Installation) -> None:
    token = people.add(whole, "ben", "viewer", "", actor=Actor.of("root"))
    assert distributions.newest(as_seen_by(whole, Actor.of("root", token)).store) == ["2", "1"]
    check_whole(whole, "import")
    with pytest.raises(RefusedError):
        check_whole(seen, "import")
    with pytest.raises(RefusedError):
        as_seen_by(whole, Actor.of("root", "distro_made-up"))


@pytest.mark.parametrize("scope", [Scope(("rome",)), Scope((), ("jornalists",))])
def test_a_desk_or_list_that_is_not_there_is_refused(whole: Installation, scope: Scope) -> None:
    with pytest.raises(UsageError, match="there is no"):
        people.add(whole, "eve", "editor", "", scope=scope, actor=Actor.of("root"))
