"""The language of segments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distro.audience.expression import And, Node, Not, Or, Term, parse
from distro.errors import ExpressionError


def term(text: str) -> Term:
    node = parse(text)
    assert isinstance(node, Term)
    return node


def test_not_binds_tighter_than_and_and_than_or() -> None:
    node = parse("a or b and not c:d")
    assert isinstance(node, Or)
    assert isinstance(node.parts[1], And)
    assert isinstance(node.parts[1].parts[1], Not)


def test_values_may_be_quoted_or_prefixes() -> None:
    assert (term('outlet:"Radio \\"5\\" (North)"').value, term("country:M*").prefix) == (
        'Radio "5" (North)',
        True,
    )
    assert not term('outlet:"M*"').prefix


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 0, "nothing to select"),
        ("a b", 2, '"and" or an "or"'),
        ("(a", 0, "not closed"),
        ("a)", 1, "closes nothing"),
        ("a and", 5, "missing"),
        ("and a", 0, "missing"),
        ('outlet:"x', 7, "quote"),
        ("language:", 0, "a value is missing"),
        ("not", 3, "missing"),
    ],
)
def test_errors_point_at_the_column(text: str, column: int, words: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert words in error.value.message
    assert error.value.column == column


def test_depth_and_length_are_bounded() -> None:
    for text in ("(" * 5000 + "a" + ")" * 5000, "not " * 5000 + "a"):
        with pytest.raises(ExpressionError):
            parse(text)


words = st.sampled_from(["press", "few", "desk-1"])
terms = st.builds(
    Term,
    st.sampled_from(["", "language", "beats"]),
    st.sampled_from(["es", "a b", "x:y", "M"]),
    st.just(False),
    st.just(0),
    st.just(0),
)
nodes: st.SearchStrategy[Node] = st.recursive(
    terms,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda p: And(tuple(p)), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda p: Or(tuple(p)), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=8,
)


def shape(node: Node) -> object:
    if isinstance(node, Term):
        return (node.field, node.value, node.prefix)
    return (
        ("not", shape(node.inner))
        if isinstance(node, Not)
        else (type(node).__name__, tuple(shape(p) for p in node.parts))
    )


@given(nodes)
def test_what_is_printed_is_read_back_as_the_same(node: Node) -> None:
    assert shape(parse(str(node))) == shape(node)


@given(st.text(max_size=60))
def test_no_text_crashes_the_parser(text: str) -> None:
    try:
        parse(text)
    except ExpressionError as error:
        assert 0 <= error.column <= len(text)


@pytest.mark.parametrize("text", ["name:*x", "name:a*b", "outlet:*", "outlet:a*"])
def test_a_star_stands_at_the_end_only(text: str) -> None:
    if text.endswith("*"):
        parse(text)
        return
    with pytest.raises(ExpressionError, match="end of a value") as error:
        parse(text)
    assert "for the star itself" in error.value.hint
    parse(text.replace(":", ':"') + '"')
