"""A text that went out lately, mended by a word: whoever sends it again under another name is
told.
"""

from pathlib import Path

import pytest

from distro.errors import RefusedError
from distro.flow.duplicate_text import similar_text
from distro.flow.submission import Order, plan, submit
from distro.installation.context import Installation
from distro.store import Store, keys
from distro.store.embedded import Embedded
from distro.submit import read, release_of
from tests.support.installation import add_readers, make_installation, write_release

FIRST = (
    "The three towns of the bay agreed today to run one ferry between them, from the first of"
    " March.\n\n"
)
REST = (
    "The boat leaves every hour until eight in the evening, and carries forty people and their"
    " bicycles.\n\nTickets are sold at the quay, in the library and on board, where a day costs as"
    " much as two single rides.\n"
)
OTHER = (
    "The library opens on Sundays from now on, as its readers asked for in a petition of last"
    " summer.\n"
)


@pytest.fixture
def installation(tmp_path: Path, server: Embedded, store: Store) -> Installation:
    found = make_installation(tmp_path, server, store)
    add_readers(store, 3, folder=tmp_path)
    submit(
        found,
        Order(
            files=[
                write_release(tmp_path, headline="Three towns share a ferry", body=FIRST + REST)
            ],
            to="journalists",
            actor="m.zammit",
        ),
    )
    return found


@pytest.mark.parametrize(
    ("headline", "body", "warned"),
    [
        ("Four towns share a ferry", FIRST.replace("three", "four") + REST, "D1"),
        ("Sundays in the library", OTHER, None),
        ("Sundays in the library", OTHER + "\n" + FIRST + REST, "D1"),
        ("Sundays in the library", OTHER * 3 + "\n" + OTHER * 2 + "\n" + FIRST, None),
        ("A short text", "The ferry goes.\n", None),
    ],
)
def test_nearly_the_same_text_is_told(
    installation: Installation, tmp_path: Path, headline: str, body: str, warned: str | None
) -> None:
    planned = plan(
        installation,
        Order(
            files=[write_release(tmp_path, headline=headline, body=body, name="second.md")],
            to="journalists",
        ),
    )
    assert (planned.before.distribution if planned.before else None) == warned
    assert planned.plan.audience == 3


def test_who_means_it_is_not_told(installation: Installation, tmp_path: Path) -> None:
    second = write_release(
        tmp_path,
        headline="Four towns share a ferry",
        body=FIRST + "And four.\n\n" + REST,
        name="second.md",
    )
    assert plan(installation, Order(files=[second], to="journalists", as_new=True)).before is None


def test_the_same_text_whole_is_refused_as_ever(installation: Installation, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="the same headline or text went out"):
        submit(
            installation,
            Order(
                files=[
                    write_release(
                        tmp_path, headline="Another headline", body=FIRST + REST, name="second.md"
                    )
                ],
                to="journalists",
            ),
        )


def test_what_is_older_than_two_weeks_is_not_told(
    installation: Installation, tmp_path: Path
) -> None:
    installation.store.command(
        "HSET",
        keys.distribution("1"),
        "submitted_at",
        str(installation.store.now_ms() - 15 * 86_400_000),
    )
    second = write_release(
        tmp_path,
        headline="Four towns share a ferry",
        body=FIRST + "And four.\n\n" + REST,
        name="second.md",
    )
    assert similar_text(installation, release_of([read(second)])) is None
