"""Times as people write them."""

from datetime import UTC, datetime

import pytest

from distro.times import parse_duration, parse_time, rfc3339


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-12-01T10:00+01:00", "2026-12-01T09:00"),
        ("2026-12-01T10:00:30Z", "2026-12-01T10:00:30"),
        ("2026-12-01 10:00 Europe/Zurich", "2026-12-01T09:00"),
        ("2026-12-01T10:00 America/Argentina/Buenos_Aires", "2026-12-01T13:00"),
        ("2026-12-01 9:05", "2026-12-01T08:05"),
    ],
)
def test_a_time_is_understood(text: str, utc: str) -> None:
    assert parse_time(text, "Europe/Zurich").astimezone(UTC) == datetime.fromisoformat(utc).replace(
        tzinfo=UTC
    )


@pytest.mark.parametrize(
    "text",
    [
        "tomorrow",
        "2026-13-01 10:00",
        "2026-12-01",
        "2026-12-01 10:00 Mars/Olympus",
        "2026-12-01 25:00",
        "",
    ],
)
def test_what_is_no_time_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        parse_time(text)


def test_a_time_that_a_clock_change_skips_is_refused() -> None:
    with pytest.raises(ValueError, match="clocks go forward"):
        parse_time("2026-03-29 02:30 Europe/Zurich")


def test_a_time_that_a_clock_change_repeats_needs_its_offset() -> None:
    with pytest.raises(ValueError, match=r"02:30:00\+02:00 or .*02:30:00\+01:00"):
        parse_time("2026-10-25 02:30 Europe/Zurich")
    assert parse_time("2026-10-25T02:30+01:00").astimezone(UTC).hour == 1


def test_json_carries_offset_and_fraction() -> None:
    assert rfc3339(1_795_514_404_123, "Europe/Zurich").endswith("+01:00")
    assert "04.123" in rfc3339(1_795_514_404_123, "UTC")
    assert rfc3339(0) == ""


def test_durations() -> None:
    assert [parse_duration(t) for t in ("500ms", "60s", "5m", "2h", "2d")] == [
        0.5,
        60,
        300,
        7200,
        172_800,
    ]
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration("soon")
