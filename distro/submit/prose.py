"""Extract the prose of Markdown: paragraphs of plain text, list items included, from the token
stream.
"""

from markdown_it.token import Token

from distro.lib.commonmark import parser


def inline_text(token: Token) -> str:
    """Return the words of an inline token, without marks."""
    words = []
    for child in token.children or []:
        if child.type in ("text", "code_inline"):
            words.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            words.append(" ")
        elif child.type == "image":
            words.append(child.content)
    return " ".join("".join(words).split())


def paragraphs(markdown: str) -> tuple[str, ...]:
    """Return every paragraph, heading, list item and table cell of a text, in order."""
    return tuple(
        filter(None, (inline_text(t) for t in parser().parse(markdown) if t.type == "inline"))
    )
