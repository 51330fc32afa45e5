"""What `doctor` says of the ways by which things come back."""

from pathlib import Path

import pytest

from distro.admin.feedback_ways import examine_feedback
from distro.admin.finding import Finding
from distro.lib.sending_providers import provider_of_relay
from distro.store import Store, returns
from distro.store.embedded import Embedded
from tests.support.installation import make_installation
from tests.support.server import free_port

SMTP = "email-smtp.eu-west-1.amazonaws.com"


def findings(folder: Path, server: Embedded, store: Store, **settings: object) -> list[Finding]:
    return list(examine_feedback(make_installation(folder, server, store, **settings)))


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        (SMTP, "ses"),
        ("smtp.sendgrid.net", "sendgrid"),
        ("smtp.mailgun.org.", "mailgun"),
        ("relay.press.example", ""),
        ("notsendgrid.net", ""),
    ],
)
def test_providers_by_the_host_of_their_relay(host: str, provider: str) -> None:
    assert provider_of_relay(host) == provider


def test_a_provider_that_may_not_report_is_an_error(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    relay = [{"url": f"smtp://user:secret@{SMTP}:587"}]
    (found,) = findings(tmp_path, server, store, relay=relay)
    assert (found.about, found.grade) == ("Webhooks", "error")
    assert "/feedback/ses is closed" in found.text
    topics = {"webhooks": {"ses_topics": ["arn:aws:sns:eu-west-1:123456789012:bounces"]}}
    assert findings(tmp_path, server, store, relay=relay, feedback=topics) == []


def test_a_return_path_that_nobody_reads(tmp_path: Path, server: Embedded, store: Store) -> None:
    (found,) = findings(tmp_path, server, store, feedback={"return_path": "bounces@press.example"})
    assert (found.about, found.grade) == ("Bounces", "warning")
    assert "by hand alone" in found.text


def test_a_mailbox_that_is_away(tmp_path: Path, server: Embedded, store: Store) -> None:
    url = f"imap://press:a-secret@127.0.0.1:{free_port()}/INBOX"
    (found,) = findings(tmp_path, server, store, feedback={"imap": url})
    assert (found.about, found.grade) == ("Mailbox", "error")
    assert "a-secret" not in found.text + found.next


def test_a_probe_that_cannot_leave_and_one_that_came_back(
    tmp_path: Path, server: Embedded, store: Store
) -> None:
    feedback = {
        "return_path": "bounces@press.example",
        "lmtp": f"127.0.0.1:{free_port()}",
    }
    (found,) = findings(tmp_path, server, store, feedback=feedback)
    assert (found.about, found.grade) == ("Bounces", "error")
    returns.note_probe(store, "bounces@press.example", "abcd")
    returns.note_probe_back(store, "abcd")
    (found,) = findings(tmp_path, server, store, feedback=feedback)
    assert (found.about, found.grade) == ("Bounces", "ok")


def test_what_had_no_effect_is_said(tmp_path: Path, server: Embedded, store: Store) -> None:
    returns.note_done(store, "m1", [], {"forged": 3, "wrong_recipient": 1})
    (found,) = findings(tmp_path, server, store)
    assert "3 with a forged token and 1 for another recipient" in found.text
