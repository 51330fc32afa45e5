"""What is no reader's fault: our own trouble, and a server that says the same of everybody."""

import pytest

from distro.errors import NotFoundError
from distro.flow.alarms import alarms
from distro.incoming import our_trouble, processing, storms
from distro.store import Store, consents, keys, returns
from tests.incoming.conftest import Office
from tests.support.installation import add_readers
from tests.support.returned import bounce

US = {"status": "5.7.26", "said": "550 5.7.26 Unauthenticated email is not accepted"}


def suppressed(office: Office) -> int:
    """Return how many may not be written to."""
    return consents.refused(office.store, "suppressed").count(b"\xff") or int(
        office.store.command("BITCOUNT", keys.refused("suppressed"))
    )


def test_our_trouble_touches_nobody_slows_and_alarms(office: Office) -> None:
    add_readers(office.store, 12, folder=office.folder, first=6)
    at_a = [s for s in office.publish() if s.recipient.endswith("@a.example")]
    assert len(at_a) >= our_trouble.LEAST
    for letter in at_a[: our_trouble.LEAST - 1]:
        assert office.receive(bounce(letter, **US))[0].book == ""
    assert office.receive(bounce(at_a[our_trouble.LEAST - 1], **US))[0].book == "slowed"
    assert suppressed(office) == 0
    halted = office.store.hash(keys.HALTS)
    assert list(halted) == ["a.example"]
    found = [alarm for alarm in alarms(office.installation) if alarm.code == "our_fault"]
    assert "a.example" in found[0].text


def test_a_known_provider_is_slowed_not_halted(office: Office, store: Store) -> None:
    rows = "".join(f"r{i}@gmail.com,R,journalist,en,CH\n" for i in range(4))
    path = office.folder / "g.csv"
    path.write_text("email,name,kind,language,country\n" + rows, encoding="utf-8")
    from distro.audience import importing

    importing.commit(store, importing.stage(store, path, "journalists", actor="test").number)
    for letter in [s for s in office.publish() if "gmail" in s.recipient][:3]:
        effect = office.receive(bounce(letter, **US))[0]
    assert effect.book == "slowed"
    assert store.hash(keys.pace("group:google"))["slow_rate"]
    assert store.hash(keys.HALTS) == {}


def strike_all(office: Office, count: int) -> list[str]:
    """Have one text strike so many readers of one server; return what each did to the book."""
    letters = [s for s in office.publish() if s.recipient.endswith("@a.example")][:count]
    said = "550 5.1.1 No such user {} here"
    return [
        office.receive(bounce(s, said=said.format(n), server="mx1.a.example"))[0].book
        for n, s in enumerate(letters)
    ]


def test_a_storm_of_one_text_is_held_until_somebody_looks(office: Office) -> None:
    add_readers(office.store, 100, folder=office.folder, first=6)
    done = strike_all(office, 25)
    assert done == ["suppressed"] * (storms.LEAST - 1) + ["held"] * 6
    assert suppressed(office) == 0  # also those who were suppressed before it was seen
    assert office.states().count("b") == 25  # the letters did not arrive all the same
    (storm,) = storms.open_storms(office.installation)
    assert (storm.people, storm.server, storm.decided) == (25, "mx1.a.example", "")
    storms.dismiss(office.installation, storm.name, actor="ana")
    assert suppressed(office) == 0
    assert storms.open_storms(office.installation)[0].decided == "dismissed"


def test_a_storm_that_is_right_is_carried_out(office: Office) -> None:
    add_readers(office.store, 100, folder=office.folder, first=6)
    strike_all(office, 25)
    (storm,) = storms.open_storms(office.installation)
    assert storms.accept(office.installation, storm.name, actor="ana") == 25
    assert suppressed(office) == 25
    # Whoever is struck by it later is suppressed as usual.
    with pytest.raises(NotFoundError):
        storms.accept(office.installation, "0000", actor="ana")


def test_a_few_of_many_are_no_storm(office: Office) -> None:
    add_readers(office.store, 1200, folder=office.folder, first=6)
    assert set(strike_all(office, 25)) == {"suppressed"}  # 25 of 300 at that domain
    assert suppressed(office) == 25


def test_different_texts_are_no_storm(office: Office) -> None:
    add_readers(office.store, 100, folder=office.folder, first=6)
    letters = [s for s in office.publish() if s.recipient.endswith("@a.example")][:25]
    words = ("unknown", "not here", "gone away", "no mailbox", "never heard of")
    for n, letter in enumerate(letters):
        text = f"550 5.1.1 user {words[n % 5]} {'x' * (n + 1)}"
        office.receive(bounce(letter, said=text, server=f"mx{n}.host{n}.example"))
    assert storms.open_storms(office.installation) == []
    assert suppressed(office) == 25


def test_storms_of_late_are_forgotten_with_what_was_kept(office: Office) -> None:
    add_readers(office.store, 100, folder=office.folder, first=6)
    strike_all(office, 25)
    assert returns.counts(office.store)["moved"] == 25
    assert processing.tend(office.installation) == 0
    office.later(40)
    assert processing.tend(office.installation) == 25
