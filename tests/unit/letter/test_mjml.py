"""The linter catches what the compiler swallows."""

import pytest

from distro.errors import TemplateError
from distro.letter.mjml import compile_mjml, lint

FRAME = "<mjml><mj-body>\n<mj-section><mj-column>{}</mj-column></mj-section></mj-body></mjml>"


def test_a_sound_source_compiles() -> None:
    html = compile_mjml(
        FRAME.format('<mj-text padding="0px 24px">One &nbsp; <b>two</b><br /></mj-text>'), "x"
    )
    assert "<b>two</b>" in html
    assert "fonts.googleapis" not in html


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("<mj-foo>x</mj-foo>", "no component <mj-foo>"),
        ('<mj-text colour="red">x</mj-text>', 'no attribute "colour"'),
        ("<mj-section>x</mj-section>", "cannot stand in <mj-column>"),
        ("stray", "text outside of a component"),
        ("<p>x</p>", "no component <p>"),
        ('<mj-text padding="0 32px">x</mj-text>', "write 0px"),
        ("<mj-text>a < b</mj-text>", "not well-formed"),
        ("<mj-text><p>unclosed</mj-text>", "mismatched tag"),
        ("<mj-text>&unknown;</mj-text>", "undefined entity"),
        ("<mj-text>" + "<div>" * 300 + "</div>" * 300 + "</mj-text>", "nested deeper"),
        ("<mj-text><mj-image src='x' /></mj-text>", "cannot stand inside"),
    ],
)
def test_mistakes_are_named_with_their_line(inside: str, words: str) -> None:
    with pytest.raises(TemplateError, match=f"letter line 2: .*{words}"):
        lint(FRAME.format(inside), "letter")
