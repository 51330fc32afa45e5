"""Parse the language of segments: ``journalists and language:es and (beats:migration or
beats:labour) and not country:US``.

    expression = term, {"or", term}          a bare word is a list or a named segment
    term       = factor, {"and", factor}     field:value is any column; * at the end of a value is a
    prefix
    factor     = "not", factor | "(", expression, ")" | word | field:value | field:>value (>=, <,
    <=: a number or a date)

`not` binds tighter than `and`, `and` than `or`. Quotes are for spaces. Errors point at the column.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from distro.audience.value_index import quantity
from distro.errors import ExpressionError

_TOKEN = re.compile(
    r"""\s*(?:(?P<paren>[()])|(?P<word>"""
    r"""(?:[^\s()":]+(?=\s|[()]|$))"""  # journalists
    r"""|(?:[^\s()":]+:(?:"(?:[^"\\]|\\.)*"|[^\s()"]*))"""  # outlet:"The Daily"
    r"""|"(?:[^"\\]|\\.)*"))"""  # "a name of several words"
)
_DEPTH = 100  # parentheses and `not` in one another; nobody types more
_LENGTH = 10_000  # characters


@dataclass(frozen=True, slots=True)
class Term:
    """`field` "" : a list or a named segment called `value`."""

    field: str
    value: str
    prefix: bool
    column: int  # where it stands, from 0
    width: int
    op: str = ""  # >, >=, <, <=: the value is a number or a date

    def __str__(self) -> str:
        value = f'"{self.value}"' if re.search(r'[\s()":]|^[<>*]', self.value) else self.value
        return f"{self.field}:{self.op}{value}{'*' if self.prefix else ''}" if self.field else value


@dataclass(frozen=True, slots=True)
class Not:
    """Everyone but `inner`."""

    inner: "Node"

    def __str__(self) -> str:
        return f"not {_grouped(self.inner)}"


@dataclass(frozen=True, slots=True)
class And:
    """Those in all of `parts`."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " and ".join(_grouped(p) for p in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """Those in any of `parts`."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " or ".join(_grouped(p) for p in self.parts)


Node = Term | Not | And | Or


def _grouped(node: Node) -> str:
    return f"({node})" if isinstance(node, And | Or) else str(node)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    column: int


def parse(expression: str) -> Node:
    """Read an expression; raises ExpressionError that points at the column."""
    if len(expression) > _LENGTH:
        raise ExpressionError(
            f"the expression is longer than {_LENGTH} characters",
            expression=expression[:80],
            column=0,
        )
    return _Parser(expression, _tokens(expression)).whole()


def _tokens(expression: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(expression.rstrip()):
        found = _TOKEN.match(expression, at)
        if not found:
            rest = len(expression[at:]) - len(expression[at:].lstrip())
            quote = '"' in expression[at:]
            raise ExpressionError(
                "a quote is not closed" if quote else "this is not understood",
                expression=expression,
                column=at + rest,
            )
        group = "paren" if found["paren"] else "word"
        tokens.append(_Token(found[group], found.start(group)))
        at = found.end()
    return tokens


class _Parser:
    def __init__(self, expression: str, tokens: list[_Token]) -> None:
        self.expression = expression
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def whole(self) -> Node:
        if not self.tokens:
            raise ExpressionError(
                "there is nothing to select",
                expression=self.expression,
                column=0,
                code="empty_expression",
            )
        node = self.either()
        if self.at < len(self.tokens):
            token = self.tokens[self.at]
            message = (
                "this closes nothing"
                if token.text == ")"
                else 'here an "and" or an "or" is missing'
            )
            raise ExpressionError(
                message, expression=self.expression, column=token.column, width=len(token.text)
            )
        return node

    def peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def either(self) -> Node:
        return self._chain("or", self.both, Or)

    def both(self) -> Node:
        return self._chain("and", self.factor, And)

    def _chain(self, word: str, inner: Callable[[], Node], kind: type[And] | type[Or]) -> Node:
        parts = [inner()]
        while self.peek().lower() == word:
            self.at += 1
            parts.append(inner())
        return parts[0] if len(parts) == 1 else kind(tuple(parts))

    def factor(self) -> Node:
        self.depth += 1
        try:
            return self._factor()
        finally:
            self.depth -= 1

    def _factor(self) -> Node:
        if self.at >= len(self.tokens):
            raise ExpressionError(
                "here something is missing",
                expression=self.expression,
                column=len(self.expression.rstrip()),
            )
        token = self.tokens[self.at]
        if self.depth > _DEPTH:
            raise ExpressionError(
                "too many parentheses in one another",
                expression=self.expression,
                column=token.column,
            )
        self.at += 1
        if token.text.lower() == "not":
            return Not(self.factor())
        if token.text == "(":
            node = self.either()
            if self.peek() != ")":
                raise ExpressionError(
                    "this parenthesis is not closed",
                    expression=self.expression,
                    column=token.column,
                )
            self.at += 1
            return node
        if token.text == ")" or token.text.lower() in ("and", "or"):
            raise ExpressionError(
                "here a list or field:value is missing",
                expression=self.expression,
                column=token.column,
                width=len(token.text),
            )
        return self._term(token)

    def _term(self, token: _Token) -> Term:
        text = token.text
        field, value = "", text
        if not text.startswith('"') and ":" in text:
            field, _, value = text.partition(":")
            if not value.strip('"'):
                raise ExpressionError(
                    f'after "{field}:" a value is missing',
                    expression=self.expression,
                    column=token.column,
                    width=len(text),
                )
        quoted = value.startswith('"')
        op = re.match(r"[<>]=?|", value)[0] if field else ""  # type: ignore[index]
        if op:
            return self._comparison(token, field.lower(), op, value[len(op) :])
        if quoted:
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        if field and not quoted and "*" in value[:-1]:
            raise ExpressionError(
                "a * stands at the end of a value only: what begins with it",
                expression=self.expression,
                column=token.column,
                width=len(text),
                hint=(
                    f'Write {field}:{value.replace("*", "")}*, or {field}:"{value}" for the star'
                    " itself."
                ),
            )
        prefix = value.endswith("*") and not quoted and bool(field)
        return Term(
            field.lower(),
            value.removesuffix("*") if prefix else value,
            prefix,
            token.column,
            len(text),
        )

    def _comparison(self, token: _Token, field: str, op: str, value: str) -> Term:
        value = value.strip('"')
        if quantity(value) is None:
            raise ExpressionError(
                f'"{value}" is neither a number nor a date',
                expression=self.expression,
                column=token.column,
                width=len(token.text),
                hint=f"Write {field}:{op}2026-01-31 or {field}:{op}20.",
            )
        return Term(field, value, prefix=False, column=token.column, width=len(token.text), op=op)
