"""Addresses: the fast path gives what the library gives."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from distro.audience.addresses import _judge_slowly, judge, key

part = st.text("abcXYZ019._+-", min_size=1, max_size=12)
labels = st.lists(st.text("abcz09-", min_size=1, max_size=8), min_size=1, max_size=4).map(".".join)


@given(part, labels, st.sampled_from(["example", "org", "test", "localhost", "c", "museum", "x1"]))
@example("a", "b--c", "example")
@example("a", "xn--bcher-kva", "example")
def test_the_fast_path_equals_the_library(local: str, middle: str, last: str) -> None:
    """Whatever the fast path takes, the library takes and gives the same."""
    address = f"{local}@{middle}.{last}"
    assert judge(address) == _judge_slowly(address)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not-an-address", "no @"),
        ("jo@@daily.example", "two @ signs"),
        ("", "no e-mail address"),
        ("a b@c.example", "invalid"),
        ("a..b@c.example", "two periods"),
        ("a@localhost", ""),
        ("a@[127.0.0.1]", ""),
        ('"a b"@c.example', ""),
        ("a\u202eb@c.example", ""),
    ],
)
def test_what_is_no_address_has_a_reason(text: str, reason: str) -> None:
    found, why = judge(text)
    assert not found
    assert why
    assert reason in why


def test_a_domain_travels_in_a_labels_and_case_makes_no_other_person() -> None:
    assert judge("desk@Bücher.example") == ("desk@xn--bcher-kva.example", "")
    assert key(judge("Ana.R@C.example")[0]) == key(judge("ana.r@c.EXAMPLE")[0])
    assert judge("mailto:ana@c.example")[0] == "ana@c.example"
