"""What a desk editor sees in an edition, and in editions side by side."""

from dataclasses import replace

import pytest

from distro.model import Contact, Edition
from distro.readings import Reading
from distro.submit import desk
from distro.submit.side_by_side import differences, missing_editions, numbers_in

PLAIN = Edition(
    language="en",
    headline="Twelve towns agree a plan",
    body="Twelve towns agreed a plan with 1,450 beds.",
    boilerplate="The Harbour Towns Office is the joint office of twelve municipalities there.",
    dateline="GENEVA",
    date="2027-03-03",
    contacts=(Contact("Ines Calloway", "", "c@press.example", "+41 22 555 01 02"),),
)


def test_a_good_edition_is_left_alone() -> None:
    assert list(desk.look(PLAIN)) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"boilerplate": ""}, "no boilerplate"),
        ({"body": "On Tuesday, 3 March 2027 it begins."}, "that day is a Wednesday"),
        ({"language": "fr", "body": "Le mardi 3 mars 2027."}, "that day is a Wednesday"),
        ({"language": "de", "body": "Am Dienstag, dem 3. März 2027."}, "that day is a Wednesday"),
        ({"language": "es", "body": "El martes 3 de marzo de 2027."}, "that day is a Wednesday"),
        ({"embargo": "2030-12-01T10:00:00+09:00"}, "ends at 02:00"),
        ({"dateline": "NAIROBI", "embargo": "2030-12-01T10:00:00+01:00"}, "ends at 12:00"),
        ({"body": f"Plan.\n\n{PLAIN.boilerplate}"}, "stands in the text too"),
        ({"body": "Families “find one desk."}, "are not pairs"),
        ({"body": 'Families "find one desk.'}, "no other half"),
        ({"body": "COME TO OUR HARBOUR today."}, "shouting"),
        ({"body": "Come now!!"}, "one mark is enough"),
        ({"body": "Click here to see."}, "advertising"),
        ({"contacts": (Contact("A", "", "", "022 555 01 02"),)}, "no country code"),
    ],
)
def test_what_somebody_should_look_at(change: dict[str, object], says: str) -> None:
    found = list(desk.look(replace(PLAIN, **change)))  # type: ignore[arg-type]
    assert len(found) == 1
    assert says in found[0]


@pytest.mark.parametrize(
    "change",
    [
        {"body": "On Wednesday, 3 March 2027 it begins."},
        {"embargo": "2030-12-01T10:00:00+01:00"},
        {"body": "“One.\n\n“Two, they said.”"},
        {"body": 'A 27" screen.'},
        {"body": "WHO and UNICEF agreed."},
        {"body": "UN WHO FAO UNICEF agreed."},
        {"body": "It has a) money, b) people."},
        {"body": "She said: “We will go on.\n\n“And then?”"},
        {"body": "On Monday 12 people came; on 4 May 2027 more."},
        {"language": "fr", "body": "Du lundi 1 au mardi 2 mars 2027."},
        {"embargo": "2030-12-01T10:00:00+00:00"},
        {"contacts": (Contact("A", "", "", "(+41) 22 555 01 02"),)},
    ],
)
def test_what_is_right_is_no_finding(change: dict[str, object]) -> None:
    assert list(desk.look(replace(PLAIN, **change))) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,450 beds", {"1450"}),
        ("1 450 lits", {"1450"}),
        ("1\u202f450 lits", {"1450"}),
        ("1.450 Betten", {"1450"}),
        ("١٬٤٥٠ سريرا", {"1450"}),
        ("2.4 million", {"2.4"}),
        ("2,4 millions", {"2.4"}),
        ("3 towns", set()),
        ("12 000 500 people", {"12000500"}),
        ("from 12 to 60", {"12", "60"}),
        ("In 2024 100 people", {"2024", "100"}),
        ("at 14:00, 2 p.m.", set()),
    ],
)
def test_numbers_are_compared_whatever_their_spelling(text: str, numbers: set[str]) -> None:
    assert numbers_in(text) == numbers


def reading(edition: Edition) -> Reading:
    return Reading(f"r.{edition.language}.md", "Markdown", edition)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"body": "Douze villes, 1 540 lits."}, ["1450", "1540"]),
        ({"body": "1 450 lits [ici](https://a.example/x)"}, ["https://a.example/x"]),
        ({"body": "1 450 lits le 4 mars 2027"}, ["2027-03-04", "2027"]),
        ({"body": "1 450 lits", "contacts": ()}, ["c@press.example"]),
        (
            {"body": "1 450 lits, dit Inès Caloway."},
            ["en writes Ines Calloway, fr Inès Caloway"],
        ),
        ({"body": "1 450 lits", "embargo": "2030-12-01T10:00:00+01:00"}, ["embargo: en says –"]),
    ],
)
def test_editions_that_differ_are_named(change: dict[str, object], says: list[str]) -> None:
    french = replace(PLAIN, language="fr", headline="Douze villes", **change)  # type: ignore[arg-type]
    found = [p.message for p in differences([reading(PLAIN), reading(french)])]
    assert len(found) == len(says)
    assert all(any(words in message for message in found) for words in says)


def test_editions_that_say_the_same_are_left_alone() -> None:
    arabic = replace(PLAIN, language="ar", headline="خطة", body="خطة فيها ١٬٤٥٠ سريرا.")
    assert list(differences([reading(PLAIN), reading(arabic)])) == []


def test_an_edition_that_is_missing_is_named() -> None:
    wanted = replace(reading(PLAIN), required=("en", "fr"))
    assert ["fr" in p.message for p in missing_editions([wanted], ["en"])] == [True]
