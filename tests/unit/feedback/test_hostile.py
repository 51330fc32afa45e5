"""Broken and hostile messages: an answer, never a crash, never a second, bounded memory."""

import gc
import os
import random
import resource
import time
from datetime import date

import pytest

from distro.feedback import reader, rules
from distro.feedback.message import MOST_BYTES, take_apart
from tests.support.returned import Sent, answer, bounce, complaint
from tests.unit.feedback.test_bounces import HEAD, LETTER, OLD_GMAIL, QMAIL, RETURNED, SENDMAIL

MANY = 20_000 if os.environ.get("DISTRO_FAULTS") == "all" else 400
TODAY = date(2026, 11, 26)
SECOND = 1.0
SEEDS = (
    bounce(LETTER),
    bounce(LETTER, action="delayed"),
    complaint(LETTER, recipient="ana@daily.example"),
    answer(LETTER, "I am out of the office until 14 December. Contact bob@daily.example."),
    answer(LETTER, "Please remove me from your list.\n\nThanks"),
    f"{HEAD}Subject: failure notice\n\n{QMAIL}{RETURNED}".encode(),
    f"{HEAD}Subject: Returned mail\n\n{SENDMAIL}{RETURNED}".encode(),
    f"{HEAD}Subject: Delivery Status Notification (Failure)\n\n{OLD_GMAIL}{RETURNED}".encode(),
)
PIECES = (
    b"Content-Type: message/rfc822\n\n",
    b"Content-Type: multipart/mixed; boundary=b0\n\n--b0\n",
    b"=?utf-8?b?////?=",
    b"=?x-unknown?q?=FF?=",
    b"\x00\xff\xfe",
    b"\r\r\n",
    b"Final-Recipient: rfc822;" + b"a" * 5000 + b"@b.example\n",
    b"<" * 2000,
    b"@" * 2000,
    b"-" * 3000,
    b"550 5.1.1 ",
    b"\xe2\x80\xae\xd8\xa7",
    b"\n" * 500,
    b" \t" * 2000,
)


def spoiled(raw: bytes, chance: random.Random) -> bytes:
    """Cut, double, overwrite, swap, or put something strange in."""
    found = bytearray(raw)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(found) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            del found[at : at + chance.randrange(1, 400)]
        elif kind == 1:
            found[at:at] = found[at : at + chance.randrange(1, 2000)]
        elif kind == 2 and found:
            found[at % len(found)] = chance.randrange(256)
        elif kind == 3:
            found[at:at] = chance.choice(PIECES)
        else:
            found[at:at] = chance.choice(SEEDS)
    return bytes(found)


def test_spoiled_messages() -> None:
    chance, slowest = random.Random(20), 0.0
    for _ in range(MANY):
        raw = spoiled(chance.choice(SEEDS), chance)
        began = time.process_time()
        for item in reader.read(raw, TODAY).items:
            assert len(item.said) <= 1000
            assert "\n" not in item.said
            assert len(item.recipient) <= 400
        slowest = max(slowest, time.process_time() - began)
    assert slowest < SECOND


HEAVY = {
    "boundaries": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000)
    ),
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 20_000,
    "one long line": b"Subject: x\n\n" + b"a@b" * 300_000,
    "many addresses": b"Subject: failure notice\nFrom: mailer-daemon@x\n\n"
    + b"".join(b"<r%d@b.example>: 550 5.1.1 unknown\n" % n for n in range(20_000)),
    "many fields": b"".join(b"X-F%d: y\n" % n for n in range(60_000)) + b"\n",
    "folded": b"Subject: x" + b"\n y" * 300_000 + b"\n\n",
    "words": b"Subject: " + b"=?utf-8?q?a?= " * 60_000 + b"\n\n",
    "quotes": b"Subject: re\n\n" + b"> " * 400_000,
    "spaces": b"Subject: failure notice\nFrom: mailer-daemon@x\n\n<a@b.example>: 550"
    + b" " * 900_000,
    "dots": b"From: a@b.example\nSubject: Out of office\n\nuntil " + b"1." * 400_000,
    "brackets": b"Content-Type: text/html\nSubject: undeliverable\n\n" + b"<a " * 300_000,
    "styles": b"Content-Type: text/html\nSubject: undeliverable\n\n" + b"<style>" * 140_000,
    "encoded": b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
    + b"QUFB" * 250_000,
    "quoted printable": b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * 900_000,
    "statuses": b"Content-Type: message/delivery-status\n\n"
    + b"Final-Recipient: rfc822;a@b.example\n\n" * 25_000,
    "turkish": b"Subject: Re\n\n" + "İ".encode() * 400_000,
}


@pytest.mark.parametrize("name", sorted(HEAVY))
def test_messages_made_to_be_slow(name: str) -> None:
    began = time.process_time()
    reader.read(HEAVY[name], TODAY)
    assert time.process_time() - began < SECOND


def test_what_is_over_a_megabyte_is_cut() -> None:
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    raw = b"Subject: x\n\n" + b"line of a letter\n" * 1_500_000
    found = take_apart(raw)
    assert len(found.text) <= MOST_BYTES
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert used < 60_000  # KB


@pytest.mark.parametrize("word", ["a" * 2000, "550 " * 500, "user " * 400, "mailbox is " * 200])
def test_rules_are_quick_on_whatever_a_server_says(word: str) -> None:
    began = time.process_time()
    for n in range(20):
        rules.judge(f"{n} {word}")
    assert (time.process_time() - began) / 20 < 0.05


def test_a_letter_without_anything() -> None:
    for raw in (b"", b"\n", b"\x00", b"From ", Sent("", "", b"").raw):
        reader.read(raw, TODAY)
