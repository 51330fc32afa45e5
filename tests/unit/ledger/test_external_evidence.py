"""Who else may know how a letter in doubt ended; what is not known for sure is not answered."""

from pathlib import Path

import pytest

from distro.ledger.external_evidence import Doubt, evidence_source, hear
from distro.model import Outcome, State

ASKED = [Doubt(f"<1.{n}.abc@press.example>", f"r{n}@a.example") for n in range(3)]
LOG = """\
Nov 24 10:00:00 mx postfix/smtpd[11]: 4XzQ1b2c3D: client=localhost[127.0.0.1]
Nov 24 10:00:00 mx postfix/cleanup[12]: 4XzQ1b2c3D: message-id=<1.0.abc@press.example>
2026-11-24T10:00:00.123456+00:00 mx postfix/qmgr[13]: 4XzQ1b2c3D: from=<press@press.example>, size=400, nrcpt=1 (queue active)
Nov 24 10:00:01 mx postfix/cleanup[12]: 5YzQ1b2c3E: message-id=<1.1.abc@press.example>
Nov 24 10:00:01 mx postfix/smtpd[11]: lost connection after DATA (120 bytes) from localhost[127.0.0.1]
Nov 24 10:00:02 mx postfix/submission/cleanup[12]: 6YzQ1b2c3F: message-id=<of.somebody@else.example>
Nov 24 10:00:02 mx postfix/qmgr[13]: 6YzQ1b2c3F: from=<x@else.example>, size=400, nrcpt=1 (queue active)
"""  # noqa: E501


def test_postfix_has_a_letter_only_once_it_is_in_its_queue(tmp_path: Path) -> None:
    """What it read and then lost the connection of is still in doubt; what it never mentions
    too.
    """
    path = tmp_path / "mail.log"
    path.write_text(LOG, encoding="utf-8")
    assert hear([evidence_source(f"postfix:{path}")], ASKED) == {
        "<1.0.abc@press.example>": Outcome(
            State.ACCEPTED, 250, "2.0.0 found in the relay's log as 4XzQ1b2c3D", "4XzQ1b2c3D"
        )
    }


def test_a_maildir_has_what_lies_in_it(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1").write_bytes(
        b"To: x\r\nMessage-Id: <1.2.abc@press.example>\r\n\r\nMessage-ID:"
        b" <1.0.abc@press.example>\r\n"
    )
    assert set(hear([evidence_source(f"maildir:{tmp_path}")], ASKED)) == {"<1.2.abc@press.example>"}


def test_a_program_is_asked_in_lines_of_json(tmp_path: Path) -> None:
    program = tmp_path / "ask"
    program.write_text(
        "#!/usr/bin/env python3\nimport json, sys\nfor line in sys.stdin:\n    q ="
        " json.loads(line)\n    if q['recipient'] == 'r1@a.example':\n       "
        " print(json.dumps({'message_id': q['message_id'], 'state': 'failed', 'code': 550, 'text':"
        " '5.1.1 gone'}))\nprint(json.dumps({'message_id': '<x>', 'state': 'accepted'}))\n"
    )
    program.chmod(0o755)
    assert hear([evidence_source(f"command:{program}")], ASKED) == {
        "<1.1.abc@press.example>": Outcome(State.FAILED, 550, "5.1.1 gone")
    }


@pytest.mark.parametrize(
    "source",
    ["postfix:/nowhere/mail.log", "command:/bin/false", "command:/nowhere", "command:/bin/cat"],
)
def test_a_witness_in_trouble_is_passed_over(source: str, tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text(LOG)
    assert (
        len(hear([evidence_source(source), evidence_source(f"postfix:{tmp_path}/mail.log")], ASKED))
        == 1
    )
