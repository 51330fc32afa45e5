"""A release submitted a second time, when not everybody got it the first time."""

from pathlib import Path

import pytest

from distro.cli.hints import hint_for
from distro.errors import RefusedError
from distro.flow.submission import Order, submit
from distro.model import Outcome, State
from distro.relay.message import Message
from distro.store import Store
from distro.store.embedded import Embedded
from tests.support.installation import add_readers, make_installation, write_release
from tests.support.story import Story


@pytest.mark.parametrize(
    ("state", "code"), [(State.FAILED, 550), (State.IN_DOUBT, 0), (State.ACCEPTED, 250)]
)
def test_the_refusal_names_whom_the_first_sending_did_not_reach(
    tmp_path: Path, server: Embedded, store: Store, state: State, code: int
) -> None:
    installation = make_installation(tmp_path, server, store)
    add_readers(store, 3, folder=tmp_path)

    def answer(message: Message) -> Outcome | None:
        return (
            Outcome(state, code, "said", relay="memory:0")
            if message.recipient.startswith("reader1@")
            else None
        )

    order = Order(files=[write_release(tmp_path)], to="journalists", actor="m")
    submit(installation, order)
    story = Story(installation, answer)
    story.run()
    story.stop()
    with pytest.raises(RefusedError, match="Nothing to send") as error:
        submit(installation, order)
    wanted = {
        State.FAILED: "1 of D1 failed: distro resend D1 --only failed",
        State.IN_DOUBT: "1 of D1 in doubt: distro resend D1 --only in_doubt",
        State.ACCEPTED: "Really again?",
    }
    assert wanted[state] in hint_for(error.value)
