"""Alarms: a hold past its word, a draft without approval near its time, a lift not carried out."""

from pathlib import Path

import pytest

from distro.admin.doctor import examine
from distro.flow import notices
from distro.flow.alarms import alarms
from distro.flow.notices import Notice
from distro.flow.submission import Order, submit
from distro.model import DistributionId
from distro.store import Store
from distro.store.embedded import Embedded
from tests.support import clock
from tests.support.installation import add_readers, make_installation, write_release

D1 = DistributionId("1")
HOUR = 3_600_000


@pytest.mark.parametrize(("until", "hours"), [("2099-12-01 10:00", 700_000), ("", 25)])
def test_a_hold_past_its_word_is_an_alarm(
    tmp_path: Path, server: Embedded, store: Store, until: str, hours: int
) -> None:
    installation = make_installation(tmp_path, server, store)
    add_readers(store, 2, folder=tmp_path)
    submit(installation, Order(files=[write_release(tmp_path)], to="journalists"))
    hold = Notice(verb="hold", note="We check.", until=until, actor="ana")
    notices.send(installation, notices.plan(installation, D1, hold))

    assert not list(alarms(installation))
    clock.move(hours * HOUR)

    (alarm,) = alarms(installation)
    assert alarm.code == "hold_overdue"
    assert alarm.text in [finding.text for finding in examine(installation)]


def test_a_draft_near_its_time_is_an_alarm(tmp_path: Path, server: Embedded, store: Store) -> None:
    installation = make_installation(tmp_path, server, store, approval={"required": 2})
    add_readers(store, 2, folder=tmp_path)
    release = write_release(tmp_path)
    submit(installation, Order(files=[release], to="journalists", at="2099-12-01 10:00"))

    assert not list(alarms(installation))
    clock.move((4_099_802_400_000 - store.now_ms()) - HOUR // 3)

    (alarm,) = alarms(installation)
    assert (alarm.code, alarm.about) == ("approval_missing", "D1")
    assert "2 of 2 approvals are missing" in alarm.text
