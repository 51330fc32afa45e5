"""Links speak for one reader, one purpose, one address."""

from hypothesis import given
from hypothesis import strategies as st

from distro.tokens import UNSUBSCRIBE, VIEW, SecretKeys, TokenClaim, parse, sign, verify

KEYS = SecretKeys((b"new", b"old"), b"pepper")
HASH = KEYS.address_hash("ana@daily.example")
TOKEN = sign(b"new", UNSUBSCRIBE, 17, 42, 981, HASH).decode()


def test_a_token_names_its_reader_and_verifies() -> None:
    assert parse(TOKEN) == TokenClaim(17, 42, 981)
    assert verify(TOKEN, UNSUBSCRIBE, KEYS, [HASH])


def test_a_former_key_still_verifies() -> None:
    assert verify(sign(b"old", UNSUBSCRIBE, 1, 2, 3, HASH).decode(), UNSUBSCRIBE, KEYS, [HASH])


def test_a_token_is_for_one_purpose_and_one_address() -> None:
    assert not verify(TOKEN, VIEW, KEYS, [HASH])
    assert not verify(TOKEN, UNSUBSCRIBE, KEYS, [KEYS.address_hash("ben@daily.example")])
    assert not verify(TOKEN, UNSUBSCRIBE, SecretKeys((b"other",), b"pepper"), [HASH])


@given(st.text())
def test_no_invented_token_verifies_or_crashes(text: str) -> None:
    assert not verify(text, UNSUBSCRIBE, KEYS, [HASH]) or text == TOKEN


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="ascii"))
def test_a_changed_token_does_not_verify(at: int, character: str) -> None:
    changed = TOKEN[:at] + character + TOKEN[at + 1 :]
    assert changed == TOKEN or not verify(changed, UNSUBSCRIBE, KEYS, [HASH])
