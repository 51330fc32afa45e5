"""Our signatures, verified by another hand (dkimpy), over hostile readers; and what a change in
transit does to them.
"""

from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distro.errors import SettingsError
from distro.letter import Filler, compile_letter
from distro.letter.context import LetterContext
from distro.letter.dkim import Signer, load_signer, make_key, relaxed
from distro.letter.templates import Templates
from distro.model import Edition
from distro.tokens import SecretKeys, read_return_token

KEYS = SecretKeys((b"new", b"old"), b"pepper")
ENVELOPE = LetterContext(
    "17",
    "Bureau de presse, Genève",
    "press@press.example",
    "",
    "1 Example Street",
    datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
    complaints="fbl@press.example",
)
LETTER = compile_letter(
    Edition(
        language="fr",
        headline="Les villes  sont d'accord : été",
        body="From here. " * 40 + "\n\n.dot",
    ),
    ENVELOPE,
    Templates(Path("/nowhere")),
)


@pytest.fixture(scope="module")
def signers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Signer, ...]:
    folder = tmp_path_factory.mktemp("keys")
    found = []
    for kind in ("rsa", "ed25519"):
        (folder / kind).write_bytes(make_key(kind))
        found.append(load_signer("press.example", f"k-{kind}", folder / kind))
    return tuple(found)


def verified(raw: bytes, signers: tuple[Signer, ...]) -> list[bool]:
    """One answer for each signature of the letter."""
    records = {f"{s.selector}._domainkey.{s.domain}.".encode(): s.record.encode() for s in signers}

    def holds(n: int) -> bool:
        try:
            return bool(
                dkim.DKIM(raw).verify(idx=n, dnsfunc=lambda name, timeout=5: records.get(name))
            )
        except dkim.ValidationError:  # it raises where the body is another one
            return False

    return [holds(n) for n in range(len(signers))]


def filled(
    signers: tuple[Signer, ...],
    address: str = "ana@daily.example",
    name: str = "Ana",
    ordinal: int = 42,
) -> bytes:
    filler = Filler(
        LETTER, distribution=17, site_url="https://press.example", keys=KEYS, signers=signers
    )
    return b"".join(filler.fill(ordinal, 981, address, name))


def test_both_signatures_hold_and_cover_the_unsubscribe_fields(signers: tuple[Signer, ...]) -> None:
    """RFC 6376, RFC 8463; RFC 8058 §4: both fields must be signed."""
    raw = filled(signers)
    assert verified(raw, signers) == [True, True]
    first = raw.partition(b"\r\n ")[0] + raw.partition(b"bh=")[0]
    for name in (
        b"list-unsubscribe:",
        b"list-unsubscribe-post:",
        b"feedback-id",
        b"cfbl-address",
        b"message-id",
    ):
        assert name in first.replace(b"\r\n  ", b"") + b":"
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject:", b"Subject: Extra"),
        (b"List-Unsubscribe-Post: List", b"List-Unsubscribe-Post: Fist"),
        (b"To: Ana", b"To: Eva"),
        (b"rom here", b"rom hire"),
        (
            b"MIME-Version: 1.0\r\n",
            b"MIME-Version: 1.0\r\nFrom: Somebody else <x@evil.example>\r\n",
        ),
        (b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\nReply-To: <x@evil.example>\r\n"),
    ],
)
def test_a_changed_letter_does_not_verify(
    signers: tuple[Signer, ...], old: bytes, new: bytes
) -> None:
    raw = filled(signers)
    assert old in raw
    assert verified(raw.replace(old, new, 1), signers) == [False, False]


@settings(max_examples=60, deadline=None)
@given(
    name=st.text(max_size=80),
    local=st.from_regex(r"[a-z][a-z0-9.+'_-]{0,30}[a-z0-9]", fullmatch=True),
    ordinal=st.integers(0, 2**32 - 1),
)
def test_every_reader_can_verify(
    signers: tuple[Signer, ...], name: str, local: str, ordinal: int
) -> None:
    assert verified(filled(signers, f"{local}@daily.example", name, ordinal), signers) == [
        True,
        True,
    ]


@settings(max_examples=200)
@given(
    st.from_regex(rb"[A-Z][A-Za-z-]{0,10}:( |\t|\r\n |[!-~]{1,9}){0,12}[!-~]\r\n", fullmatch=True)
)
def test_relaxed_headers_are_as_another_hand_makes_them(field: bytes) -> None:
    """RFC 6376 §3.4.2."""
    name, _, value = field.partition(b":")
    [(theirs, canonical)] = dkim.canonicalization.Relaxed.canonicalize_headers([(name, value)])
    assert relaxed(field) == theirs + b":" + canonical


def test_a_key_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_signer("press.example", "k", tmp_path / "nowhere")
    (tmp_path / "words").write_text("no key")
    with pytest.raises(SettingsError, match="no private key"):
        load_signer("press.example", "k", tmp_path / "words")


def test_a_return_path_names_its_reader_and_cannot_be_forged() -> None:
    filler = Filler(
        LETTER,
        distribution=17,
        site_url="https://press.example",
        keys=KEYS,
        return_path="bounces@press.example",
    )
    address = filler.envelope_sender(42)
    token = address.partition("+")[2].partition("@")[0]
    assert address == f"bounces+{token}@press.example"
    assert len(address.partition("@")[0]) <= 64
    assert read_return_token(token.upper(), KEYS) == (17, 42)
    assert read_return_token(token, SecretKeys((b"other", b"new"), b"")) == (17, 42)
    assert read_return_token(token, SecretKeys((b"other",), b"")) is None
    assert read_return_token(token[:-1] + ("0" if token[-1] != "0" else "1"), KEYS) is None
    assert read_return_token(token[:8] + "0000002b" + token[16:], KEYS) is None
    assert read_return_token("x" * 32, KEYS) is None
    assert read_return_token("", KEYS) is None
    assert (
        Filler(LETTER, distribution=17, site_url="", keys=KEYS).envelope_sender(42)
        == "press@press.example"
    )
