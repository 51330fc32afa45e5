"""The given corpus of real messages: recipient, hard or soft, and no false hard one."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from distro.feedback import reader
from distro.feedback.items import NO_FAILURE, Cause

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "bounces"
pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason=f"needs the corpus of bounces in {CORPUS}"
)


def test_the_corpus() -> None:
    counts: Counter[str] = Counter()
    for line in (CORPUS / "expected.jsonl").read_text(encoding="utf-8").splitlines():
        said = json.loads(line)
        raw = (CORPUS / "mail" / said["file"]).read_bytes()
        found = {i.recipient.lower(): i for i in reader.read(raw, date(2026, 11, 26)).items}
        for expected in said["r"]:
            counts["all"] += 1
            item = found.get(expected["recipient"].lower())
            if item is None:
                continue
            hard = bool(expected["hard"])
            counts["recipient"] += 1
            counts["hard or soft"] += item.hard is hard
            counts["called hard"] += item.hard
            counts["rightly"] += item.hard and hard
            if expected["reason"] in ("vacation", "feedback"):
                assert item.cause in NO_FAILURE | {Cause.COMPLAINT}
    assert counts["recipient"] >= 0.97 * counts["all"]
    assert counts["hard or soft"] >= 0.94 * counts["all"]
    assert counts["rightly"] >= 0.98 * counts["called hard"]


def test_no_delayed_notice_and_no_answer_counts_as_a_bounce() -> None:
    for path in (CORPUS / "mail").glob("*rfc3834*"):
        items = reader.read(path.read_bytes(), date(2026, 11, 26)).items
        assert {i.cause for i in items} <= NO_FAILURE
    for name in ("opensmtpd-04", "sendmail-29", "rfc3464-55"):
        raw = (
            CORPUS / "mail" / f"bsd-{'lhost-' if 'rfc' not in name else ''}{name}.eml"
        ).read_bytes()
        assert {i.cause for i in reader.read(raw, date(2026, 11, 26)).items} == {Cause.DELAYED}
