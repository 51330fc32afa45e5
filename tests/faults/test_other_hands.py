"""Debian's programs read our letters: opendkim verifies them, mu and munpack parse them,
SpamAssassin scores them.
"""

import random
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from distro.letter import Filler, compile_letter, service_letters
from distro.letter.context import LetterContext
from distro.letter.dkim import Signer, load_signer, make_key
from distro.letter.slots import Slots
from distro.letter.templates import Templates
from distro.model import Edition, Enclosed
from distro.tokens import SecretKeys
from tests.faults.test_postfix import texts
from tests.golden.test_templates import KINDS, SAMPLE
from tests.support.server import free_port

PROGRAMS = {"opendkim": "opendkim", "mu": "maildir-utils", "munpack": "mpack", "spamd": "spamd"}
missing = [
    package
    for program, package in PROGRAMS.items()
    if not shutil.which(program, path="/usr/sbin:/usr/bin")
]
pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(bool(missing), reason=f"apt install {' '.join(missing)}"),
]
KEYS = SecretKeys((b"k" * 32,), b"p")
LANGUAGES = ("en", "fr", "es", "ar")
ENVELOPE = LetterContext(
    "17",
    "Harbour Towns Office",
    "press@harbourtowns.example",
    "desk@harbourtowns.example",
    "4 Customs Quay, Alberwick",
    datetime.now(UTC).replace(microsecond=0),
    languages=LANGUAGES,
)


def run(*words: str) -> str:
    return subprocess.run(
        words,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp"},
    ).stdout


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    folder = tmp_path_factory.mktemp("key")
    (folder / "key").write_bytes(make_key())
    return load_signer("harbourtowns.example", "k", folder / "key")


@pytest.fixture(scope="module")
def spamd() -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        [
            "/usr/sbin/spamd",
            "-L",
            "--listen",
            f"127.0.0.1:{port}",
            "--max-children",
            "1",
            "--min-children",
            "1",
            "-x",
            "-s",
            "stderr",
        ],
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.1)
    yield port
    process.terminate()
    process.wait(10)


SLOTS = Slots()


def score(port: int, raw: bytes) -> tuple[float, str]:
    """SpamAssassin's score (5.0 is spam), by its network-free rules, and which applied."""
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(b"SYMBOLS SPAMC/1.5\r\nContent-length: %d\r\n\r\n%s" % (len(raw), raw))
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    found = re.search(r"Spam: \w+ ; (-?[\d.]+) /", answer)
    assert found, answer
    return float(found[1]), answer.strip().rpartition("\n")[2]


def filled(
    edition: Edition,
    tier: str,
    signer: Signer,
    name: str = "Ana Rivas",
    envelope: LetterContext = ENVELOPE,
) -> bytes:
    letter = compile_letter(edition, envelope, Templates(Path("/nowhere")), tier, SLOTS)
    return b"".join(
        Filler(
            letter,
            distribution=17,
            site_url="https://press.harbourtowns.example",
            keys=KEYS,
            signers=(signer,),
        ).fill(42, 99, "ana@daily.example", name, "https://press.harbourtowns.example/c/1")
    )


@pytest.mark.parametrize("kind", KINDS)
def test_opendkim_and_spamassassin(kind: str, signer: Signer, spamd: int, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"k._domainkey.harbourtowns.example {signer.record}\n")
    (tmp_path / "conf").write_text(f"Mode v\nTestPublicKeys {tmp_path}/keys\nSyslog no\n")
    for language in LANGUAGES:
        tier = kind if kind in ("embargo", "low-bandwidth") else ""
        edition = (
            getattr(service_letters, kind)(language, ENVELOPE.sender_name, SLOTS)
            if kind in ("confirm", "welcome")
            else replace(SAMPLE, language=language, kind="press-release" if tier else kind)
        )
        raw = filled(edition, tier, signer)
        (tmp_path / "letter.eml").write_bytes(raw)
        assert "succeeded" in run(
            "opendkim", "-x", str(tmp_path / "conf"), "-t", str(tmp_path / "letter.eml")
        )
        points, rules = score(spamd, raw)
        assert points < 2.0, (language, points, rules)


def test_mu_and_munpack_read_what_we_meant(signer: Signer, tmp_path: Path) -> None:
    """Sixty letters of hostile texts: subject and name as other programs decode them, attachments
    byte for byte.
    """
    dice = random.Random(11)
    for n in range(60):
        # Mu cuts longer ones.
        headline, name = (
            " ".join(texts(dice, dice.randrange(1, 9)).split())[:150].strip() or "x"
            for _ in range(2)
        )
        raw_file = dice.randbytes(3000)
        edition = Edition(
            language="en",
            headline=headline,
            body=texts(dice, 40) or "x",
            files=(Enclosed(f"facts-{n}.pdf", "application/pdf", 3000, "a" * 32),),
        )
        path = tmp_path / f"{n}.eml"
        # As a Maildir keeps it.
        path.write_bytes(
            filled(
                edition, "", signer, name, replace(ENVELOPE, files={"a" * 32: raw_file})
            ).replace(b"\r\n", b"\n")
        )
        fields = dict(
            line.split(": ", 1)
            for line in run("mu", "view", str(path)).splitlines()[:8]
            if ": " in line
        )
        assert " ".join(fields["Subject"].split()) == headline
        assert fields["To"].endswith("<ana@daily.example>")
        assert fields["From"] == "Harbour Towns Office <press@harbourtowns.example>"
        out = tmp_path / f"un{n}"
        out.mkdir()
        run("munpack", "-f", "-q", "-C", str(out), str(path))
        assert (out / f"facts-{n}.pdf").read_bytes() == raw_file, list(out.iterdir())
