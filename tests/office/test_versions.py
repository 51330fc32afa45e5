"""Two versions of a letter side by side: every word is on its side, and what differs is marked."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distro.flow import corrections
from distro.flow.corrections import Correction
from distro.flow.submission import Order, submit
from distro.model import DistributionId
from distro.web.office.versions import Words, compare
from tests.office.conftest import Browser
from tests.support.installation import write_release
from tests.support.office import GENEVA, Office
from tests.support.story import Story

_TEXTS = st.lists(
    st.lists(st.sampled_from(["one", "two", "three", "<b>"]), min_size=1, max_size=5).map(" ".join),
    max_size=6,
)


def plain(words: Words) -> str:
    return " ".join(text for text, _ in words)


@given(_TEXTS, _TEXTS)
def test_each_side_has_its_own_text_and_only_what_differs_is_marked(
    was: list[str], now: list[str]
) -> None:
    pairs = compare("\n\n".join(was), "\n\n".join(now))
    assert [plain(pair.was) for pair in pairs if pair.was] == was
    assert [plain(pair.now) for pair in pairs if pair.now] == now
    marked = any(differs for pair in pairs for _, differs in (*pair.was, *pair.now))
    assert marked == (was != now)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("a\n\nb\n\n" * 20_000, "b\n\na\n\na\n\n" * 20_000),
        ("a b " * 50_000, "b a a " * 50_000),
        ("a b " * 140 + "\n\n", "b a a " * 95 + "\n\n"),
        (("a b " * 140 + "\n\n") * 400, ("b a a " * 95 + "\n\n") * 400),
    ],
    ids=["paragraphs", "words", "one", "both"],
)
def test_no_text_makes_it_long(was: str, now: str) -> None:
    began = time.process_time()
    pairs = compare(was, now)
    assert time.process_time() - began < 6
    assert [plain(pair.now) for pair in pairs if pair.now] == [
        part.strip() for part in now.split("\n\n") if part.strip()
    ]


def test_one_word_is_marked_and_not_its_paragraph() -> None:
    (pair,) = compare("They have 2.1 million.", "They have 2.3 million.")
    assert pair.was == (("They have", False), ("2.1", True), ("million.", False))
    assert pair.now == (("They have", False), ("2.3", True), ("million.", False))


def test_a_corrected_release_is_compared_with_what_went_before(
    office: Office, browser: Browser, tmp_path: Path
) -> None:
    made = office.installation
    story = Story(made)
    file = write_release(tmp_path, name="towns.md", headline="Towns", body="They have 2.1 <b>.")
    submit(made, Order(files=[file], to="journalists"))
    story.run(1)
    file.write_text(file.read_text().replace("2.1", "2.3"))
    number = DistributionId("3")
    order = Correction(files=[file], note="It is 2.3.", actor="ana")
    corrections.send(made, corrections.plan(made, number, order))
    story.stop()
    client = browser("viewer")
    html = client.get(f"/office/releases/{number.label}/versions").text
    assert "<del>2.1</del>" in html
    assert "<ins>2.3</ins>" in html
    assert "&lt;b&gt;" in html
    other = client.get(f"/office/releases/{number.label}/versions/D4/en").text
    assert other.partition("<table")[2] == html.partition("<table")[2]
    for path in ("D4/fr", "D99", "x"):
        place = f"/office/releases/{number.label}/versions/{path}"
        assert client.get(place).status_code == 404, path
    assert browser("viewer", GENEVA).get("/office/releases/D3/versions").status_code == 404
    assert "It is the only one so far" in client.get("/office/releases/D1/versions").text
