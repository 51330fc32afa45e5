"""What happens to one person's place in the book, and what every fact of it does to the next
sending.
"""

import json
import time
from pathlib import Path

import pytest

from distro.audience import book, consent, importing, intake
from distro.audience.segments import check_new
from distro.cli.hints import hint_for
from distro.errors import NotFoundError, RefusedError, UsageError
from distro.flow.submission import Order, plan
from distro.installation.context import Installation
from distro.model import DistributionId, State, Subscriber
from distro.store import Store, consents, keys, subscriber_rows
from distro.store.consents import refusals
from distro.store.embedded import Embedded
from distro.store.records import ids_of, unpack_ids
from distro.subscribers import housekeeping, opt_outs, people, personal_data
from tests.support import clock
from tests.support.installation import make_installation, write_release

BOOK = """\
email,name,language,outlet,lists,joined
ana@d.example,Ana,es,Daily,press;partners,2026-01-31
ben@d.example,Ben,en,Weekly,press,2025-12-01
cy@d.example,Cy,en,,partners,
"""


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    """Ana, Ben and Cy."""
    installation = make_installation(tmp_path, server, store)
    take(installation, tmp_path, BOOK)
    return installation


def take(
    installation: Installation, folder: Path, text: str, name: str = "all", *, sync: bool = False
) -> intake.Taken:
    path = folder / "rows.csv"
    path.write_text(text)
    return importing.commit(
        installation.store,
        importing.stage(
            installation.store, path, name, actor="t", hashes_of=installation.hashes_of, sync=sync
        ).number,
    )


def the(installation: Installation, name: str) -> Subscriber:
    found = book.by_address(installation.store, f"{name}@d.example")
    assert found is not None
    return found


def would_get(
    installation: Installation, tmp_path: Path, to: str = "all"
) -> tuple[int, dict[str, int]]:
    found = plan(installation, Order(files=[write_release(tmp_path)], to=to)).plan
    return found.audience, dict(found.left_out)


def test_pausing_and_its_end(installation: Installation, tmp_path: Path) -> None:
    opt_outs.pause(
        installation, the(installation, "ana"), int(time.time() * 1000) + 86_400_000, source="page"
    )
    assert would_get(installation, tmp_path) == (2, {"paused": 1})
    assert housekeeping.once(installation) == {}

    clock.move(90_000_000)
    assert housekeeping.once(installation) == {"resumed": 1}
    assert would_get(installation, tmp_path) == (3, {})


def test_an_admin_lifts_a_suppression_and_never_a_wish(
    installation: Installation, tmp_path: Path
) -> None:
    opt_outs.suppress(installation, "ana@d.example", "lawyer", source="m")
    opt_outs.lift(installation, "ana@d.example", "settled", source="m")
    assert would_get(installation, tmp_path)[0] == 3
    installation.consent.record(
        installation.store,
        subscriber=the(installation, "ana").id,
        address="ana@d.example",
        act=consent.UNSUBSCRIBED,
        source="link",
    )
    with pytest.raises(RefusedError, match="only they can undo"):
        opt_outs.lift(installation, "ana@d.example", "please", source="m")
    assert [h.act for h in personal_data.history(installation, the(installation, "ana"))] == [
        "imported",
        "suppressed",
        "lifted",
        "unsubscribed",
    ]


def test_whoever_is_not_in_the_book_is_suppressed_too(installation: Installation) -> None:
    opt_outs.suppress(installation, "New@d.example", "lawyer", source="m")
    new = people.add(installation, "new@d.example", ["press"], {}, source="m")
    assert refusals(installation.store, new.id) == ["suppressed"]

    opt_outs.suppress(installation, "later@d.example", "lawyer", source="m")
    installation.store.command("DEL", keys.NOES)
    installation.consent.replay(installation.store, whole=True)
    assert opt_outs.said_before(installation, "later@d.example") == "suppressed"
    opt_outs.lift(installation, "later@d.example", "settled", source="m")
    assert not refusals(
        installation.store,
        people.add(installation, "later@d.example", ["press"], {}, source="m").id,
    )
    with pytest.raises(NotFoundError, match="not suppressed"):
        opt_outs.lift(installation, "nobody@d.example", "settled", source="m")
    with pytest.raises(UsageError, match="no @"):
        opt_outs.suppress(installation, "nobody", "lawyer", source="m")


def test_a_slip_in_the_name_of_a_column_or_list_is_asked_about(installation: Installation) -> None:
    for columns, lists, meant in (
        (["langauge"], [], "language"),
        ([], ["pres"], "press"),
        (["outlets"], [], "outlet"),
    ):
        with pytest.raises(UsageError, match="yet") as error:
            check_new(installation.store, columns, lists)
        assert meant in hint_for(error.value)
    check_new(installation.store, ["language", "desk"], ["press", "partners"])


def test_coming_back_within_four_weeks_only(installation: Installation, tmp_path: Path) -> None:
    ana = the(installation, "ana")
    installation.consent.record(
        installation.store,
        subscriber=ana.id,
        address=ana.email,
        act=consent.UNSUBSCRIBED,
        source="link",
    )
    assert opt_outs.come_back(installation, ana, source="page")
    assert would_get(installation, tmp_path)[0] == 3
    old = consent.Fact("f", the(installation, "ben").id, consent.UNSUBSCRIBED, 1, "link", "")
    installation.store.command("HSET", keys.facts(old.subscriber), "f", old.payload)
    assert not opt_outs.come_back(installation, the(installation, "ben"), source="page")


def test_facts_that_come_late_find_their_place(installation: Installation) -> None:
    """A wish of an hour ago that Redis had lost does not undo the newer one."""
    ana = the(installation, "ana")
    installation.consent.record(
        installation.store,
        subscriber=ana.id,
        address=ana.email,
        act=consent.UNSUBSCRIBED,
        source="link",
    )
    first = next(iter(installation.store.hash(keys.facts(ana.id))))
    time.sleep(0.002)
    installation.consent.record(
        installation.store,
        subscriber=ana.id,
        address=ana.email,
        act=consent.RESUBSCRIBED,
        source="page",
    )
    installation.store.command("HDEL", keys.facts(ana.id), first)
    assert installation.consent.replay(installation.store, whole=True) == 1
    assert consents.refusals(installation.store, ana.id) == []


def test_who_left_a_list_is_not_put_on_it_again(installation: Installation, tmp_path: Path) -> None:
    people.leave_list(installation, the(installation, "ana"), "press", source="page")
    take(installation, tmp_path, "email\nana@d.example\n", "press")
    assert the(installation, "ana").columns["lists"] == ("all", "partners")
    with pytest.raises(RefusedError, match="left press themselves"):
        people.edit(installation, "ana@d.example", {}, join=["press"], source="m")
    people.join_list(installation, the(installation, "ana"), "press", source="page")
    assert "press" in the(installation, "ana").columns["lists"]


def test_a_change_of_address_keeps_the_person(installation: Installation, tmp_path: Path) -> None:
    ana = the(installation, "ana")
    people.move(installation, "ana@d.example", "ana.ruiz@w.example", source="m")
    moved = book.by_address(installation.store, "ana.ruiz@w.example")
    assert moved is not None
    assert moved.id == ana.id
    # An old spreadsheet still finds her, at her new address.
    assert the(installation, "ana").email == "ana.ruiz@w.example"
    assert take(installation, tmp_path, "email\nana@d.example\n").new == 0
    assert moved.columns["domain"] == ("w.example",)
    with pytest.raises(RefusedError, match="another person"):
        people.move(installation, "ben@d.example", "cy@d.example", source="m")


def test_erasing_keeps_a_fingerprint_and_nothing_else(
    installation: Installation, tmp_path: Path
) -> None:
    ana = the(installation, "ana")
    people.move(installation, "ana@d.example", "ana.ruiz@w.example", source="m")
    people.erase(installation, "ana.ruiz@w.example", source="m.zammit")
    everything = "".join(
        str(installation.store.command("DUMP", key)) + str(key)
        for key in installation.store.command("KEYS", "*")
        if not key.startswith((b"import", b"val:", b"idx:"))
    )
    assert "ruiz" not in everything.lower()
    assert "zammit" not in str(installation.store.hash(keys.facts(ana.id)))
    assert would_get(installation, tmp_path) == (2, {})

    for address in ("ANA@d.example", "ana.ruiz@w.example"):
        path = tmp_path / "again.csv"
        path.write_text(f"email\n{address}\nnew-{address}\n")
        judged = importing.stage(
            installation.store, path, "all", actor="t", hashes_of=installation.hashes_of
        )
        assert [(b.line, b.value) for b in judged.erased] == [(2, address)]
        assert judged.good == 1
        with pytest.raises(RefusedError, match="may not be taken back"):
            people.add(installation, address, ["all"], {}, source="m")


def test_a_half_done_erasure_is_finished(installation: Installation) -> None:
    """The command died after the fact was durable."""
    ana = the(installation, "ana")
    installation.consent.record(
        installation.store, subscriber=ana.id, address=ana.email, act=consent.ERASED, source="staff"
    )
    assert housekeeping.once(installation)["erased"] == 1
    assert book.by_address(installation.store, "ana@d.example") is None
    assert (
        installation.store.command("HGET", keys.NOES, installation.hash_of("ana@d.example"))
        == b"erased"
    )


def test_sync_takes_off_the_list_who_is_not_in_the_file(
    installation: Installation, tmp_path: Path
) -> None:
    taken = take(
        installation, tmp_path, "email\nben@d.example\nnew@d.example\n", "press", sync=True
    )
    assert (taken.new, taken.gone) == (1, 1)
    assert the(installation, "ana").columns["lists"] == ("all", "partners")
    assert ids_of(installation.store.raw(keys.index("lists", "press"))) == [
        the(installation, "ben").id,
        the(installation, "new").id,
    ]


def test_a_survey_says_what_the_import_then_does(
    installation: Installation, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        "email,outlet\nana@d.example,Daily\nBEN@d.example,Evening\nnew@d.example,X\nnew@d.example,X\n"
    )
    judged = importing.stage(installation.store, path, "press", actor="t", sync=True)
    foreseen = importing.survey(installation.store, judged.number)
    before = installation.store.text(keys.BOOK_VERSION)
    assert (foreseen.new, foreseen.changed, foreseen.unchanged, foreseen.gone) == (1, 1, 1, 0)
    assert installation.store.text(keys.BOOK_VERSION) == before
    taken = importing.commit(installation.store, judged.number)
    assert (taken.new, taken.changed, taken.unchanged, taken.gone) == (1, 1, 1, 0)


def test_the_index_is_what_the_rows_say_after_every_kind_of_change(
    installation: Installation, tmp_path: Path
) -> None:
    """Whatever was done, each bitmap, plane and list of ids equals one made anew from the rows."""
    people.edit(
        installation,
        "ben@d.example",
        {"outlet": "", "joined": "2024-02-29", "age": "41"},
        leave=["press"],
        source="m",
    )
    people.add(
        installation,
        "di@d.example",
        ["press"],
        {"name": "Di", "age": "-3.5"},
        source="m",
        basis="telephone",
    )
    people.move(installation, "cy@d.example", "cy@e.example", source="m")
    people.erase(installation, "ana@d.example", source="m")
    take(
        installation,
        tmp_path,
        "email,badge\n" + "".join(f"r{i}@d.example,B{i % 290}\n" for i in range(600)),
    )
    take(
        installation,
        tmp_path,
        "email,badge\n" + "".join(f"r{i}@d.example,B{(i + 7) % 290}\n" for i in range(0, 600, 3)),
    )
    _index_equals_rows(installation)


def _index_equals_rows(installation: Installation) -> None:
    from distro.audience.value_index import IndexKeys

    index = IndexKeys(installation.store.hash(keys.COLUMNS))
    expected: dict[str, set[int]] = {keys.EVERYONE: set()}
    for number, raw in subscriber_rows.all_rows(installation.store):
        row = json.loads(raw)
        expected[keys.EVERYONE].add(number)
        for key in (key for cell in index.row(row) for key in cell.keys):
            expected.setdefault(key, set()).add(number)
    found = {}
    for raw in installation.store.command("KEYS", "*"):
        key = raw.decode()
        if key.startswith(("idx:", "pl:", "ids:")):
            here = set(
                unpack_ids(installation.store.raw(key))
                if key.startswith("ids:")
                else ids_of(installation.store.raw(key))
            )
            if here:
                found[key] = here
    assert found == expected


def test_two_writers_at_once_lose_nothing(installation: Installation) -> None:
    from distro.audience.book_writer import Writer
    from distro.audience.row_changes import RowChange

    one, two = Writer(installation.store), Writer(installation.store)
    for n in range(20):
        for writer, name in ((one, "a"), (two, "b")):
            assert (
                writer.write(
                    [
                        RowChange(
                            "ben@d.example",
                            lambda row, n=n, name=name: row and row | {f"{name}{n}": ["x"]},  # type: ignore[misc]
                        )
                    ]
                )
                is not None
            )
    assert {f"{name}{n}" for n in range(20) for name in "ab"} <= set(
        the(installation, "ben").columns
    )


def test_a_column_that_cannot_be_set_says_what_to_type(installation: Installation) -> None:
    for column, words in (("email", "--move-to"), ("lists", "--join"), ("_in", "cannot be set")):
        with pytest.raises(UsageError) as caught:
            people.edit(installation, "ben@d.example", {column: "x"}, source="m")
        assert words in f"{caught.value.message} {hint_for(caught.value)}"


def test_all_that_is_held_can_be_taken_away_by_the_person(installation: Installation) -> None:
    leased = personal_data.personal_data(installation, the(installation, "ana"))
    assert json.loads(json.dumps(leased))["columns"]["outlet"] == ["Daily"]
    assert leased["may_be_written_to"] is True
    assert [h["act"] for h in leased["history"]] == ["imported"]  # type: ignore[attr-defined]


def test_who_wants_digests_gets_newsletters_only(
    installation: Installation, tmp_path: Path
) -> None:
    people.prefer(installation, the(installation, "ana"), {"frequency": "digest"}, source="page")
    assert would_get(installation, tmp_path) == (2, {"wants_digests_only": 1})
    path = tmp_path / "news.md"
    path.write_text(
        "---\nheadline: The week\nkind: newsletter\nlanguage: en\ncontacts: [{name: D, email:"
        " d@p.example}]\n---\n\nAll of it.\n"
    )
    assert plan(installation, Order(files=[path], to="all")).plan.audience == 3


def test_readers_of_one_domain_who_leave_within_seconds_are_told_and_gone(
    installation: Installation, tmp_path: Path
) -> None:
    """Each wish counts at once; at a provider of many, neighbours are no colleagues."""
    from distro.subscribers import links, scanner_bursts

    take(
        installation,
        tmp_path,
        "email\n" + "".join(f"r{i}@{d}\n" for d in ("bank.example", "gmail.com") for i in range(6)),
    )
    for domain in ("bank.example", "gmail.com"):
        for i in range(6):
            who = book.by_address(installation.store, f"r{i}@{domain}")
            assert who is not None
            links.unsubscribe(installation, links.LinkReader(who, 7, i, "en", ""), "one-click link")
            assert consents.refusals(installation.store, who.id) == ["unsubscribed"]
    assert [(domain, count, d) for domain, _, count, d in scanner_bursts.recent(installation)] == [
        ("bank.example", 6, "D7")
    ]
    assert len(installation.store.elements(keys.events("7"))) == 1


def test_a_protected_readers_name_is_in_no_report(
    installation: Installation, tmp_path: Path
) -> None:
    from distro.flow.submission import submit
    from distro.reports.export import export_csv
    from tests.support.story import Story

    people.edit(installation, "ana@d.example", {"protected": "yes"}, source="m")
    submit(installation, Order(files=[write_release(tmp_path)], to="all"))
    story = Story(installation)
    story.run()
    story.stop()
    export_csv(installation, DistributionId("1"), tmp_path / "out.csv", actor="test")
    text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "Ben" in text
    assert "protected reader 1" in text
    assert "ana" not in text.lower().replace("language", "")


def test_segments_say_why_and_raise_an_alarm(installation: Installation, tmp_path: Path) -> None:
    from distro.subscribers.segment_checks import audit, why

    lines = why(
        installation,
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
    assert {a.name: a.alarm for a in audit(installation) if a.alarm} == {
        "nobody": "matches nobody",
        "broken": 'no subscriber has a column "colour"',
    }
    people.edit(installation, "ana@d.example", {"language": "en"}, source="m")
    people.edit(installation, "ben@d.example", {"language": "es"}, source="m")
    people.erase(installation, "ben@d.example", source="m")
    assert {a.name: a.alarm for a in audit(installation)}["partners"] == ""
    assert {a.name: a.alarm for a in audit(installation)}["spanish"] == "matches nobody"


def test_a_list_is_closed_after_everybody_on_it_was_told(
    installation: Installation, tmp_path: Path
) -> None:
    from distro.flow.submission import submit
    from distro.subscribers.close_list import close_list
    from tests.support.story import Story

    submit(
        installation,
        Order(files=[write_release(tmp_path, headline="Goodbye")], to="partners and language:en"),
    )
    submit(
        installation,
        Order(
            files=[write_release(tmp_path, headline="We close", body="The list ends.")],
            to="partners",
        ),
    )
    for announced in ("D1", "D2"):
        with pytest.raises(RefusedError, match="did not tell everybody on partners"):
            close_list(installation, "partners", announced_by=announced, reason="merged", actor="m")
    story = Story(installation)
    story.run()
    story.stop()
    with pytest.raises(RefusedError, match="did not tell everybody"):
        close_list(installation, "partners", announced_by="D1", reason="merged", actor="m")
    assert close_list(installation, "partners", announced_by="D2", reason="merged", actor="m") == 2
    assert the(installation, "ana").columns["lists"] == ("all", "press")
    assert ("list closed", "merged") in [
        (h.act, h.detail) for h in personal_data.history(installation, the(installation, "ana"))
    ]
    _index_equals_rows(installation)
    with pytest.raises(RefusedError, match="no list"):
        close_list(installation, "partners", announced_by="D2", reason="merged", actor="m")


def test_who_is_erased_between_reading_and_writing_is_not_taken(
    installation: Installation, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("email\nana@d.example\nnew@d.example\n")
    judged = importing.stage(
        installation.store, path, "press", actor="t", hashes_of=installation.hashes_of
    )
    people.erase(installation, "ana@d.example", source="m")
    assert importing.commit(installation.store, judged.number, installation.consent).new == 1
    assert book.by_address(installation.store, "ana@d.example") is None


def test_erasing_blanks_what_the_consent_file_says(installation: Installation) -> None:
    people.edit(installation, "ana@d.example", {"phone": "+41 79 SECRET"}, source="m.zammit")
    opt_outs.suppress(installation, "ana@d.example", "letter of Ana's lawyer", source="m.zammit")
    opt_outs.suppress(installation, "ben@d.example", "bounces", source="m.zammit")
    size = installation.consent.path.stat().st_size
    people.erase(installation, "ana@d.example", source="m")
    text = installation.consent.path.read_text()
    assert "SECRET" not in text
    assert "lawyer" not in text
    assert text.count("m.zammit") == 1
    assert len(text.splitlines()) == 4
    assert installation.consent.path.stat().st_size > size
    assert installation.consent.replay(installation.store) == 0  # every offset is what it was


def test_a_no_of_another_system_is_in_the_file_too(
    installation: Installation, tmp_path: Path
) -> None:
    path = tmp_path / "unsubscribed_members.csv"
    path.write_text("Email Address,LEID,EUID\nben@d.example,1,2\n")
    importing.commit(
        installation.store,
        importing.stage(
            installation.store, path, "press", actor="t", hashes_of=installation.hashes_of
        ).number,
        installation.consent,
    )
    assert consents.refusals(installation.store, the(installation, "ben").id) == ["unsubscribed"]
    assert installation.hash_of("ben@d.example") in installation.consent.path.read_text()


def test_only_lists_that_staff_trust_may_be_named_trusted(
    installation: Installation, tmp_path: Path
) -> None:
    path = tmp_path / "r.md"
    path.write_text(
        "---\nheadline: A plan\nlanguage: en\ntrusted: press\nembargo: 2099-12-01T10:00Z\n"
        "contacts: [{name: D, email: d@p.example}]\n---\n\nIt is agreed.\n"
    )
    assert plan(installation, Order(files=[path], to="all")).plan.audience == 3
    (tmp_path / "subscribers").mkdir()
    (tmp_path / "subscribers" / "segments.toml").write_text(
        "[lists.partners]\nembargo_trusted = true\n"
    )
    with pytest.raises(RefusedError, match='"press" may not have a release before its embargo'):
        plan(installation, Order(files=[path], to="all"))
    (tmp_path / "subscribers" / "segments.toml").write_text(
        "[lists.press]\nembargo_trusted = true\n"
    )
    assert plan(installation, Order(files=[path], to="all")).plan.audience == 3


def test_a_report_knows_its_domains_also_when_there_are_many(
    installation: Installation, tmp_path: Path
) -> None:
    from distro.flow.submission import submit
    from distro.reports.details import details
    from tests.support.story import Story

    take(
        installation,
        tmp_path,
        "email\n" + "".join(f"r{i}@d{i % 300}.example\n" for i in range(400)),
        "many",
    )
    assert installation.store.hash(keys.COLUMNS)["domain"] == "ids"
    submit(installation, Order(files=[write_release(tmp_path)], to="many"))
    story = Story(installation)
    story.run()
    story.stop()
    found = details(installation.store, DistributionId("1"))
    assert found.domains[0].counts[State.ACCEPTED] == 2
    assert (
        sum(row.counts[State.ACCEPTED] for row in [*found.domains, found.other_domains] if row)
        == 400
    )


def test_answers_and_loose_files_are_kept_no_longer_than_said(installation: Installation) -> None:
    """A year for what receivers said, of ended distributions only; a file goes that no edition
    names and nobody touched.
    """
    year = 365 * 86_400_000
    now = installation.store.now_ms()
    for number, age, state in (
        ("1", year + 1000, "sent"),
        ("2", year + 1000, "sending"),
        ("3", year - 60_000, "sent"),
    ):
        installation.store.pipeline(
            [
                ("ZADD", keys.DISTRIBUTIONS, now - age, number),
                ("HSET", keys.distribution(number), "state", state),
                ("HSET", keys.replies(number), 0, "550 no such user ana"),
            ]
        )
    installation.store.pipeline(
        [
            ("SET", keys.file("named"), "x"),
            ("SET", keys.file("fresh"), "x"),
            ("SET", keys.edition("v"), json.dumps({"files": [{"hash": "named"}]})),
        ]
    )
    assert housekeeping.once(installation) == {"answers": 1}
    assert [installation.store.command("EXISTS", keys.replies(n)) for n in "123"] == [0, 1, 1]
    # A submit may be under way.
    assert [installation.store.command("EXISTS", keys.file(n)) for n in ("named", "fresh")] == [
        1,
        1,
    ]
