"""Embargo lines as they are written."""

import pytest

from distro.submit.embargo import LINE, read_time


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("EMBARGOED UNTIL 8:30 a.m. (ET), Friday, June 4, 2027", "2027-06-04T08:30:00-04:00"),
        ("Embargoed until 00:01 GMT on Monday 14 June 2027", "2027-06-14T00:01:00+00:00"),
        ("Under embargo until 2027-12-01 10:00 Europe/Zurich", "2027-12-01T10:00:00+01:00"),
        ("STRICTLY EMBARGOED: 12 noon CET, 1 March 2027", "2027-03-01T12:00:00+01:00"),
        ("Sous embargo jusqu'au 20 mai 2027 à 6h00", "2027-05-20T06:00:00+00:00"),
        ("Embargo hasta el 3 de julio de 2027 a las 9:00 horas", "2027-07-03T09:00:00+00:00"),
        ("Sperrfrist: 1. Februar 2027, 10 Uhr MEZ", "2027-02-01T10:00:00+01:00"),
        ("Embargado até 5 de março de 2027, 14h30", "2027-03-05T14:30:00+00:00"),
        ("EMBARGO: 11:00 p.m. Eastern, September 9, 2027", "2027-09-09T23:00:00-04:00"),
    ],
)
def test_a_time_in_words_is_understood(text: str, wanted: str) -> None:
    assert LINE.match(text)
    assert read_time(text, "UTC") == wanted


@pytest.mark.parametrize(
    "text",
    [
        "EMBARGOED UNTIL the minister has spoken",
        "Embargo: June 4, 2027",
        "Embargoed until 10:00",
        "Sperrfrist: 31. Februar 2027, 10 Uhr",
    ],
)
def test_what_is_not_understood_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        read_time(text, "UTC")
