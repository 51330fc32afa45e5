"""Two thousand letters of hostile texts through a real Postfix into a Maildir: unchanged, and
signed so that another hand can verify.
"""

import asyncio
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest

from distro.letter import Filler, compile_letter
from distro.letter.context import LetterContext
from distro.letter.dkim import Signer, load_signer, make_key
from distro.letter.templates import Templates
from distro.model import Edition
from distro.relay.endpoint import Endpoint
from distro.relay.message import Message
from distro.relay.session import Session
from distro.tokens import SecretKeys
from tests.support.postfix import AVAILABLE, postfix

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not AVAILABLE, reason="needs root and Postfix: apt install postfix"),
]
EDITIONS, READERS = 40, 50
SCRIPTS = (
    "plain words of a release ",
    "Żółć gęślą jaźń ",
    "محمد الأمين ",
    "李小龍 ",
    "Ünïcode ",
    "=?utf-8?q?x?= ",
    ".dot\n\n.",
    "From here ",
    "a" * 200 + " ",
    "👩‍👩‍👧‍👦 ",
    "{{ 7*7 }} ",
    "<b>&amp; ",
    "tab\there ",
    "-- \n\n",
    ",;:()[] ",
    '"quoted" \\ ',
)
KEYS = SecretKeys((b"k" * 32,), b"p")


def texts(dice: random.Random, pieces: int) -> str:
    return "".join(dice.choice(SCRIPTS) for _ in range(pieces))


def letters(signer: Signer) -> list[tuple[str, Message]]:
    """Names and messages; each edition for so many readers."""
    dice, found = random.Random(7), []
    for n in range(EDITIONS):
        headline = " ".join(texts(dice, dice.randrange(1, 12)).split())
        edition = Edition(
            language=dice.choice(("en", "fr", "ar", "zh")),
            headline=headline,
            body=texts(dice, dice.randrange(1, 200)),
            subhead=" ".join(texts(dice, 3).split()),
        )
        envelope = LetterContext(
            str(n),
            " ".join(texts(dice, 3).split()),
            "press@press.example",
            "",
            "1 Street",
            datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
        )
        filler = Filler(
            compile_letter(edition, envelope, Templates(Path("/nowhere"))),
            distribution=n,
            site_url="https://press.example",
            keys=KEYS,
            signers=(signer,),
            return_path="bounces@press.example",
        )
        for m in range(READERS):
            local = dice.choice(("ana", "o'neill", "x+y=z", "żółć", "a.b", "{x}", "ünï"))
            address = f"{local}.{n}.{m}@{dice.choice('abcd')}.example"
            name = texts(dice, dice.randrange(0, 5))
            found.append(
                (
                    address,
                    Message(
                        filler.envelope_sender(m),
                        address,
                        filler.fill(m, m, address, name),
                        f"D{n}.{m}",
                    ),
                )
            )
    return found


async def send(port: int, messages: list[Message]) -> list[int]:
    async def yes() -> bool:
        return True

    session = Session(Endpoint("127.0.0.1", port, "off", helo="press.example"))
    await session.open()
    assert {"PIPELINING", "CHUNKING", "SMTPUTF8", "DSN"} <= set(session.extensions)
    codes = [(await session.send(message, yes, lambda: None)).outcome.code for message in messages]
    await session.quit()
    return codes


def test_every_letter_arrives_unchanged_and_verifies(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(make_key())
    signer = load_signer("press.example", "k", tmp_path / "key")
    made = letters(signer)
    rig = tmp_path / "postfix"
    rig.mkdir()
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)  # Postfix's own user looks in
    with postfix(rig) as port:
        began = time.monotonic()
        assert set(asyncio.run(send(port, [message for _, message in made]))) == {250}
        assert time.monotonic() - began < 45, (
            "each letter waited for an acknowledgement: that is 90 s"
        )
        box, end = rig / "boxes" / "all" / "new", time.monotonic() + 60
        while not box.exists() or len(list(box.iterdir())) < len(made):
            assert time.monotonic() < end, (
                f"{len(list(box.iterdir())) if box.exists() else 0} arrived"
            )
            time.sleep(0.1)
        arrived = [path.read_bytes() for path in box.iterdir()]
    assert len(arrived) == len(made) == EDITIONS * READERS
    by_reader = {
        raw.partition(b"X-Original-To: ")[2].partition(b"\n")[0].decode(): raw for raw in arrived
    }
    assert len(by_reader) == len(made)
    for address, message in made:
        raw, sent = by_reader[address], b"".join(message.pieces)
        assert raw.endswith(b"\n" + sent.replace(b"\r\n", b"\n")), address
        assert f"Return-Path: <{message.sender}>".encode() in raw[:300]
    for address, _ in made[::5]:  # one hand verifies 230 a second
        raw = by_reader[address].replace(b"\n", b"\r\n")
        assert dkim.DKIM(raw).verify(dnsfunc=lambda name, timeout=5: signer.record.encode()), (
            address
        )
