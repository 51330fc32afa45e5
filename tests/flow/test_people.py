"""What happens to one person's place in the book, and what every fact of it does to the next
sending.
"""

import json
import time
from pathlib import Path

import pytest

from distro.audience import book, consent, importing
from distro.audience.consent import refusals
from distro.audience.segments import check_new, rows
from distro.errors import NotFoundError, RefusedError, UsageError
from distro.flow.submission import Order, plan
from distro.installation.context import Office
from distro.model import State, Subscriber
from distro.store import Store
from distro.store.embedded import Embedded
from distro.store.records import ids_of, unpack_ids
from distro.subscribers import housekeeping, people
from tests.support.office import make_office, write_release

BOOK = """\
email,name,language,outlet,lists,joined
ana@d.example,Ana,es,Daily,press;partners,2026-01-31
ben@d.example,Ben,en,Weekly,press,2025-12-01
cy@d.example,Cy,en,,partners,
"""


@pytest.fixture
def office(tmp_path: Path, server: Embedded, store: Store) -> Office:
    """Ana, Ben and Cy."""
    office = make_office(tmp_path, server, store)
    take(office, tmp_path, BOOK)
    return office


def take(
    office: Office, folder: Path, text: str, name: str = "all", *, sync: bool = False
) -> importing.Taken:
    path = folder / "rows.csv"
    path.write_text(text)
    return importing.commit(
        office.store,
        importing.stage(
            office.store, path, name, actor="t", hashes_of=office.hashes_of, sync=sync
        ).number,
    )


def the(office: Office, name: str) -> Subscriber:
    found = book.by_address(office.store, f"{name}@d.example")
    assert found is not None
    return found


def would_get(office: Office, tmp_path: Path, to: str = "all") -> tuple[int, dict[str, int]]:
    found = plan(office, Order(files=[write_release(tmp_path)], to=to)).plan
    return found.audience, dict(found.left_out)


def test_pausing_and_its_end(office: Office, tmp_path: Path) -> None:
    people.pause(office, the(office, "ana"), int(time.time() * 1000) + 86_400_000, source="page")
    assert would_get(office, tmp_path) == (2, {"paused": 1})
    assert housekeeping.once(office) == {}

    office.store.command("SET", "test:clock", 90_000_000, "EX", 60)
    assert housekeeping.once(office) == {"resumed": 1}
    assert would_get(office, tmp_path) == (3, {})


def test_an_admin_lifts_a_suppression_and_never_a_wish(office: Office, tmp_path: Path) -> None:
    people.suppress(office, "ana@d.example", "lawyer", source="m")
    people.lift(office, "ana@d.example", "settled", source="m")
    assert would_get(office, tmp_path)[0] == 3
    office.consent.record(
        office.store,
        subscriber=the(office, "ana").id,
        address="ana@d.example",
        act=consent.UNSUBSCRIBED,
        source="link",
    )
    with pytest.raises(RefusedError, match="only they can undo"):
        people.lift(office, "ana@d.example", "please", source="m")
    assert [h.act for h in people.history(office, the(office, "ana"))] == [
        "imported",
        "suppressed",
        "lifted",
        "unsubscribed",
    ]


def test_whoever_is_not_in_the_book_is_suppressed_too(office: Office) -> None:
    people.suppress(office, "New@d.example", "lawyer", source="m")
    new = people.add(office, "new@d.example", ["press"], {}, source="m")
    assert refusals(office.store, new.id) == ["suppressed"]

    people.suppress(office, "later@d.example", "lawyer", source="m")
    office.store.command("DEL", "nos")
    office.consent.replay(office.store, whole=True)
    assert people.said_before(office, "later@d.example") == "suppressed"
    people.lift(office, "later@d.example", "settled", source="m")
    assert not refusals(
        office.store, people.add(office, "later@d.example", ["press"], {}, source="m").id
    )
    with pytest.raises(NotFoundError, match="not suppressed"):
        people.lift(office, "nobody@d.example", "settled", source="m")
    with pytest.raises(UsageError, match="no @"):
        people.suppress(office, "nobody", "lawyer", source="m")


def test_a_slip_in_the_name_of_a_column_or_list_is_asked_about(office: Office) -> None:
    for columns, lists, meant in (
        (["langauge"], [], "language"),
        ([], ["pres"], "press"),
        (["outlets"], [], "outlet"),
    ):
        with pytest.raises(UsageError, match="yet") as told:
            check_new(office.store, columns, lists)
        assert meant in told.value.hint
    check_new(office.store, ["language", "desk"], ["press", "partners"])


def test_coming_back_within_four_weeks_only(office: Office, tmp_path: Path) -> None:
    ana = the(office, "ana")
    office.consent.record(
        office.store, subscriber=ana.id, address=ana.email, act=consent.UNSUBSCRIBED, source="link"
    )
    assert people.come_back(office, ana, source="page")
    assert would_get(office, tmp_path)[0] == 3
    old = consent.Fact("f", the(office, "ben").id, consent.UNSUBSCRIBED, 1, "link", "")
    office.store.command("HSET", f"facts:{old.subscriber}", "f", old.told)
    assert not people.come_back(office, the(office, "ben"), source="page")


def test_facts_that_come_late_find_their_place(office: Office) -> None:
    """A wish of an hour ago that Redis had lost does not undo the newer one."""
    ana = the(office, "ana")
    office.consent.record(
        office.store, subscriber=ana.id, address=ana.email, act=consent.UNSUBSCRIBED, source="link"
    )
    first = next(iter(office.store.hash(f"facts:{ana.id}")))
    time.sleep(0.002)
    office.consent.record(
        office.store, subscriber=ana.id, address=ana.email, act=consent.RESUBSCRIBED, source="page"
    )
    office.store.command("HDEL", f"facts:{ana.id}", first)
    assert office.consent.replay(office.store, whole=True) == 1
    assert consent.refusals(office.store, ana.id) == []


def test_who_left_a_list_is_not_put_on_it_again(office: Office, tmp_path: Path) -> None:
    people.leave_list(office, the(office, "ana"), "press", source="page")
    take(office, tmp_path, "email\nana@d.example\n", "press")
    assert the(office, "ana").columns["lists"] == ("all", "partners")
    with pytest.raises(RefusedError, match="left press themselves"):
        people.edit(office, "ana@d.example", {}, join=["press"], source="m")
    people.join_list(office, the(office, "ana"), "press", source="page")
    assert "press" in the(office, "ana").columns["lists"]


def test_a_change_of_address_keeps_the_person(office: Office, tmp_path: Path) -> None:
    ana = the(office, "ana")
    people.move(office, "ana@d.example", "ana.ruiz@w.example", source="m")
    moved = book.by_address(office.store, "ana.ruiz@w.example")
    assert moved is not None
    assert moved.id == ana.id
    assert (
        the(office, "ana").email == "ana.ruiz@w.example"
    )  # an old spreadsheet still finds her, at her new address
    assert take(office, tmp_path, "email\nana@d.example\n").new == 0
    assert moved.columns["domain"] == ("w.example",)
    with pytest.raises(RefusedError, match="another person"):
        people.move(office, "ben@d.example", "cy@d.example", source="m")


def test_erasing_keeps_a_fingerprint_and_nothing_else(office: Office, tmp_path: Path) -> None:
    ana = the(office, "ana")
    people.move(office, "ana@d.example", "ana.ruiz@w.example", source="m")
    people.erase(office, "ana.ruiz@w.example", source="m.zammit")
    everything = "".join(
        str(office.store.command("DUMP", key)) + str(key)
        for key in office.store.command("KEYS", "*")
        if not key.startswith((b"import", b"val:", b"idx:"))
    )
    assert "ruiz" not in everything.lower()
    assert "zammit" not in str(office.store.hash(f"facts:{ana.id}"))
    assert would_get(office, tmp_path) == (2, {})

    for address in ("ANA@d.example", "ana.ruiz@w.example"):
        path = tmp_path / "again.csv"
        path.write_text(f"email\n{address}\nnew-{address}\n")
        judged = importing.stage(office.store, path, "all", actor="t", hashes_of=office.hashes_of)
        assert [(b.line, b.value) for b in judged.erased] == [(2, address)]
        assert judged.good == 1
        with pytest.raises(RefusedError, match="may not be taken back"):
            people.add(office, address, ["all"], {}, source="m")


def test_a_half_done_erasure_is_finished(office: Office) -> None:
    """The command died after the fact was durable."""
    ana = the(office, "ana")
    office.consent.record(
        office.store, subscriber=ana.id, address=ana.email, act=consent.ERASED, source="staff"
    )
    assert housekeeping.once(office)["erased"] == 1
    assert book.by_address(office.store, "ana@d.example") is None
    assert office.store.command("HGET", "nos", office.hash_of("ana@d.example")) == b"erased"


def test_sync_takes_off_the_list_who_is_not_in_the_file(office: Office, tmp_path: Path) -> None:
    taken = take(office, tmp_path, "email\nben@d.example\nnew@d.example\n", "press", sync=True)
    assert (taken.new, taken.gone) == (1, 1)
    assert the(office, "ana").columns["lists"] == ("all", "partners")
    assert ids_of(office.store.raw("idx:lists:press")) == [
        the(office, "ben").id,
        the(office, "new").id,
    ]


def test_a_survey_says_what_the_import_then_does(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        "email,outlet\nana@d.example,Daily\nBEN@d.example,Evening\nnew@d.example,X\nnew@d.example,X\n"
    )
    judged = importing.stage(office.store, path, "press", actor="t", sync=True)
    foreseen = importing.survey(office.store, judged.number)
    before = office.store.text("book:version")
    assert (foreseen.new, foreseen.changed, foreseen.unchanged, foreseen.gone) == (1, 1, 1, 0)
    assert office.store.text("book:version") == before
    taken = importing.commit(office.store, judged.number)
    assert (taken.new, taken.changed, taken.unchanged, taken.gone) == (1, 1, 1, 0)


def test_the_index_is_what_the_rows_say_after_every_kind_of_change(
    office: Office, tmp_path: Path
) -> None:
    """Whatever was done, each bitmap, plane and list of ids equals one made anew from the rows."""
    people.edit(
        office,
        "ben@d.example",
        {"outlet": "", "joined": "2024-02-29", "age": "41"},
        leave=["press"],
        source="m",
    )
    people.add(
        office,
        "di@d.example",
        ["press"],
        {"name": "Di", "age": "-3.5"},
        source="m",
        basis="telephone",
    )
    people.move(office, "cy@d.example", "cy@e.example", source="m")
    people.erase(office, "ana@d.example", source="m")
    take(
        office,
        tmp_path,
        "email,badge\n" + "".join(f"r{i}@d.example,B{i % 290}\n" for i in range(600)),
    )
    take(
        office,
        tmp_path,
        "email,badge\n" + "".join(f"r{i}@d.example,B{(i + 7) % 290}\n" for i in range(0, 600, 3)),
    )
    _index_equals_rows(office)


def _index_equals_rows(office: Office) -> None:
    from distro.audience.value_index import Keys

    keys = Keys(office.store.hash("book:columns"))
    expected: dict[str, set[int]] = {"idx:all": set()}
    for number, row in rows(office.store, 1, int(office.store.text("book:seq")) + 1):
        expected["idx:all"].add(number)
        for key in (key for cell in keys.row(row) for key in cell.keys):
            expected.setdefault(key, set()).add(number)
    found = {}
    for raw in office.store.command("KEYS", "*"):
        key = raw.decode()
        if key.startswith(("idx:", "pl:", "ids:")):
            here = set(
                unpack_ids(office.store.raw(key))
                if key.startswith("ids:")
                else ids_of(office.store.raw(key))
            )
            if here:
                found[key] = here
    assert found == expected


def test_two_writers_at_once_lose_nothing(office: Office) -> None:
    from distro.audience.book_writer import Wish, Writer

    one, two = Writer(office.store), Writer(office.store)
    for n in range(20):
        for writer, name in ((one, "a"), (two, "b")):
            assert (
                writer.write(
                    [
                        Wish(
                            "ben@d.example",
                            lambda row, n=n, name=name: row and row | {f"{name}{n}": ["x"]},  # type: ignore[misc]
                        )
                    ]
                )
                is not None
            )
    assert {f"{name}{n}" for n in range(20) for name in "ab"} <= set(the(office, "ben").columns)


def test_a_column_that_cannot_be_set_says_what_to_type(office: Office) -> None:
    for column, words in (("email", "--move-to"), ("lists", "--join"), ("_in", "cannot be set")):
        with pytest.raises(UsageError) as caught:
            people.edit(office, "ben@d.example", {column: "x"}, source="m")
        assert words in f"{caught.value.message} {caught.value.hint}"


def test_all_that_is_held_can_be_taken_away_by_the_person(office: Office) -> None:
    held = people.held_on(office, the(office, "ana"))
    assert json.loads(json.dumps(held))["columns"]["outlet"] == ["Daily"]
    assert held["may_be_written_to"] is True
    assert [h["act"] for h in held["history"]] == ["imported"]  # type: ignore[attr-defined]


def test_who_wants_digests_gets_newsletters_only(office: Office, tmp_path: Path) -> None:
    people.prefer(office, the(office, "ana"), {"frequency": "digest"}, source="page")
    assert would_get(office, tmp_path) == (2, {"wants_digests_only": 1})
    path = tmp_path / "news.md"
    path.write_text(
        "---\nheadline: The week\nkind: newsletter\nlanguage: en\ncontacts: [{name: D, email:"
        " d@p.example}]\n---\n\nAll of it.\n"
    )
    assert plan(office, Order(files=[path], to="all")).plan.audience == 3


def test_readers_of_one_domain_who_leave_within_seconds_are_told_and_gone(
    office: Office, tmp_path: Path
) -> None:
    """Each wish counts at once; at a provider of many, neighbours are no colleagues."""
    from distro.subscribers import links, scanner_bursts

    take(
        office,
        tmp_path,
        "email\n" + "".join(f"r{i}@{d}\n" for d in ("bank.example", "gmail.com") for i in range(6)),
    )
    for domain in ("bank.example", "gmail.com"):
        for i in range(6):
            who = book.by_address(office.store, f"r{i}@{domain}")
            assert who is not None
            links.unsubscribe(office, links.LinkReader(who, 7, i, "en", ""), "one-click link")
            assert consent.refusals(office.store, who.id) == ["unsubscribed"]
    assert [(domain, count, d) for domain, _, count, d in scanner_bursts.lately(office)] == [
        ("bank.example", 6, "D7")
    ]
    assert len(office.store.elements("ev:7")) == 1


def test_a_protected_readers_name_is_in_no_report(office: Office, tmp_path: Path) -> None:
    from distro.flow.submission import submit
    from distro.reports.export import export_csv
    from tests.support.story import Story

    people.edit(office, "ana@d.example", {"protected": "yes"}, source="m")
    submit(office, Order(files=[write_release(tmp_path)], to="all"))
    story = Story(office)
    story.run()
    story.stop()
    export_csv(office, "1", tmp_path / "out.csv")
    told = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "Ben" in told
    assert "protected reader 1" in told
    assert "ana" not in told.lower().replace("language", "")


def test_segments_say_why_and_raise_an_alarm(office: Office, tmp_path: Path) -> None:
    from distro.subscribers.segment_checks import audit, why

    lines = why(
        office,
        "press and (language:es or joined:<2025-12-31) and not outlet:daily",
        "ben@d.example",
    )
    assert [(t.depth, t.text, t.holds, t.has) for t in lines] == [
        (0, "all of", True, ""),
        (1, "lists:press", True, "all; press"),
        (1, "any of", True, ""),
        (2, "language:es", False, "en"),
        (2, "joined:<2025-12-31", True, "2025-12-01"),
        (1, "not", True, ""),
        (2, "outlet:daily", False, "Weekly"),
    ]
    (tmp_path / "subscribers").mkdir()
    (tmp_path / "subscribers" / "segments.toml").write_text(
        '[segments]\nspanish = "language:es"\nnobody = "language:xx"\nbroken = "colour:red"\n'
    )
    assert {a.name: a.alarm for a in audit(office) if a.alarm} == {
        "nobody": "matches nobody",
        "broken": 'no subscriber has a column "colour"',
    }
    people.edit(office, "ana@d.example", {"language": "en"}, source="m")
    people.edit(office, "ben@d.example", {"language": "es"}, source="m")
    people.erase(office, "ben@d.example", source="m")
    assert {a.name: a.alarm for a in audit(office)}["partners"] == ""
    assert {a.name: a.alarm for a in audit(office)}["spanish"] == "matches nobody"


def test_a_list_is_closed_after_everybody_on_it_was_told(office: Office, tmp_path: Path) -> None:
    from distro.flow.submission import submit
    from distro.subscribers.close_list import close_list
    from tests.support.story import Story

    submit(
        office,
        Order(files=[write_release(tmp_path, headline="Goodbye")], to="partners and language:en"),
    )
    submit(
        office,
        Order(
            files=[write_release(tmp_path, headline="We close", body="The list ends.")],
            to="partners",
        ),
    )
    for told in ("D1", "D2"):
        with pytest.raises(RefusedError, match="did not tell everybody on partners"):
            close_list(office, "partners", told=told, reason="merged", actor="m")
    story = Story(office)
    story.run()
    story.stop()
    with pytest.raises(RefusedError, match="did not tell everybody"):
        close_list(office, "partners", told="D1", reason="merged", actor="m")
    assert close_list(office, "partners", told="D2", reason="merged", actor="m") == 2
    assert the(office, "ana").columns["lists"] == ("all", "press")
    assert ("list closed", "merged") in [
        (h.act, h.detail) for h in people.history(office, the(office, "ana"))
    ]
    _index_equals_rows(office)
    with pytest.raises(RefusedError, match="no list"):
        close_list(office, "partners", told="D2", reason="merged", actor="m")


def test_who_is_erased_between_reading_and_writing_is_not_taken(
    office: Office, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("email\nana@d.example\nnew@d.example\n")
    judged = importing.stage(office.store, path, "press", actor="t", hashes_of=office.hashes_of)
    people.erase(office, "ana@d.example", source="m")
    assert importing.commit(office.store, judged.number, office.consent).new == 1
    assert book.by_address(office.store, "ana@d.example") is None


def test_erasing_blanks_what_the_consent_file_says(office: Office) -> None:
    people.edit(office, "ana@d.example", {"phone": "+41 79 SECRET"}, source="m.zammit")
    people.suppress(office, "ana@d.example", "letter of Ana's lawyer", source="m.zammit")
    people.suppress(office, "ben@d.example", "bounces", source="m.zammit")
    size = office.consent.path.stat().st_size
    people.erase(office, "ana@d.example", source="m")
    text = office.consent.path.read_text()
    assert "SECRET" not in text
    assert "lawyer" not in text
    assert text.count("m.zammit") == 1
    assert len(text.splitlines()) == 4
    assert office.consent.path.stat().st_size > size
    assert office.consent.replay(office.store) == 0  # every offset is what it was


def test_a_no_of_another_system_is_in_the_file_too(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "unsubscribed_members.csv"
    path.write_text("Email Address,LEID,EUID\nben@d.example,1,2\n")
    importing.commit(
        office.store,
        importing.stage(office.store, path, "press", actor="t", hashes_of=office.hashes_of).number,
        office.consent,
    )
    assert consent.refusals(office.store, the(office, "ben").id) == ["unsubscribed"]
    assert office.hash_of("ben@d.example") in office.consent.path.read_text()


def test_only_lists_that_staff_trust_may_be_named_trusted(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "r.md"
    path.write_text(
        "---\nheadline: A plan\nlanguage: en\ntrusted: press\ncontacts: [{name: D, email:"
        " d@p.example}]\n---\n\nIt is agreed.\n"
    )
    assert plan(office, Order(files=[path], to="all")).plan.audience == 3
    (tmp_path / "subscribers").mkdir()
    (tmp_path / "subscribers" / "segments.toml").write_text(
        "[lists.partners]\nembargo_trusted = true\n"
    )
    with pytest.raises(RefusedError, match='"press" may not have a release before its embargo'):
        plan(office, Order(files=[path], to="all"))
    (tmp_path / "subscribers" / "segments.toml").write_text(
        "[lists.press]\nembargo_trusted = true\n"
    )
    assert plan(office, Order(files=[path], to="all")).plan.audience == 3


def test_a_report_knows_its_domains_also_when_there_are_many(
    office: Office, tmp_path: Path
) -> None:
    from distro.flow.submission import submit
    from distro.reports.details import details
    from tests.support.story import Story

    take(
        office,
        tmp_path,
        "email\n" + "".join(f"r{i}@d{i % 300}.example\n" for i in range(400)),
        "many",
    )
    assert office.store.hash("book:columns")["domain"] == "ids"
    submit(office, Order(files=[write_release(tmp_path)], to="many"))
    story = Story(office)
    story.run()
    story.stop()
    found = details(office.store, "1")
    assert found.domains[0].counts[State.ACCEPTED] == 2
    assert (
        sum(row.counts[State.ACCEPTED] for row in [*found.domains, found.other_domains] if row)
        == 400
    )


def test_answers_and_loose_files_are_kept_no_longer_than_said(office: Office) -> None:
    """A year for what receivers said, of ended distributions only; a file goes that no edition
    names and nobody touched.
    """
    year = 365 * 86_400_000
    now = office.store.now_ms()
    for number, age, state in (
        ("1", year + 1000, "sent"),
        ("2", year + 1000, "sending"),
        ("3", year - 60_000, "sent"),
    ):
        office.store.pipeline(
            [
                ("ZADD", "dists", now - age, number),
                ("HSET", f"dist:{number}", "state", state),
                ("HSET", f"err:{number}", 0, "550 no such user ana"),
            ]
        )
    office.store.pipeline(
        [
            ("SET", "file:named", "x"),
            ("SET", "file:fresh", "x"),
            ("SET", "ed:v", json.dumps({"files": [{"hash": "named"}]})),
        ]
    )
    assert housekeeping.once(office) == {"answers": 1}
    assert [office.store.command("EXISTS", f"err:{n}") for n in "123"] == [0, 1, 1]
    assert [office.store.command("EXISTS", f"file:{n}") for n in ("named", "fresh")] == [
        1,
        1,
    ]  # a submit may be under way
