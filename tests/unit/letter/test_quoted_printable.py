"""Quoted-printable in pieces that can be spliced."""

import quopri

from hypothesis import example, given
from hypothesis import strategies as st

from distro.letter import quoted_printable

texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r"), max_size=400)


@given(texts)
@example(".\n..\n.begins\nFrom here\n" + "." * 200)
@example("ends with space \n\ttab\t")
def test_it_decodes_to_the_same_text(text: str) -> None:
    encoded = quoted_printable.encode(text.encode())
    assert quopri.decodestring(encoded).replace(b"\r\n", b"\n") == text.encode()


@given(texts)
@example("." * 300)
def test_no_line_is_long_begins_with_a_dot_or_with_from(text: str) -> None:
    for line in quoted_printable.encode(text.encode()).split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert line.isascii()


@given(
    texts,
    texts,
    st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=120),
)
@example("a", "b", "https://press.example/u/17.42.981.Zk3aAbBcCdDeEfFgGhHiIj" + "x" * 60)
@example("a", "b", ".dot")
@example("a", "b", "=41")
def test_a_spliced_value_reads_as_if_it_had_stood_there(
    before: str, after: str, value: str
) -> None:
    spliced = (
        quoted_printable.encode(before.encode())
        + quoted_printable.SOFT
        + quoted_printable.value(value.encode())
        + quoted_printable.encode(after.encode())
    )
    assert quopri.decodestring(spliced).replace(b"\r\n", b"\n") == (before + value + after).encode()
    assert not any(line.startswith(b".") for line in spliced.split(b"\r\n"))
