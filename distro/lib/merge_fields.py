"""Fields in a text that differ from reader to reader: {{ name | default("Dear reader") }}.

A grammar of one form, read by one expression; nothing in it is ever run.
"""

import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import NamedTuple

# What staff may put into a text. Whatever else stands in the book stays in the book.
COLUMNS = ("name", "first_name", "last_name", "outlet", "organisation", "city", "country")
MOST = 20  # fields of a text
LONGEST = 80  # characters of a value
_FIELD = re.compile(
    r"\{\{ {0,3}([a-z][a-z0-9_]{0,30}) {0,3}"
    r"(?:\| {0,3}default\( {0,3}[\"“]([^\"“”{}\n]{1,80})[\"”] {0,3}\) {0,3})?\}\}"
)


class MergeField(NamedTuple):
    """One field: a column of the book, and what stands there for whoever has nothing in it."""

    column: str
    default: str

    def value_of(self, row: Mapping[str, object]) -> str:
        """Return what one reader gets; `row` has their columns, each a text or a list of texts."""
        found = row.get(self.column, "")
        first = found[0] if isinstance(found, list) and found else found
        text = " ".join(str(first).split())[:LONGEST] if first else ""
        return text or self.default


def fields_of(text: str) -> tuple[MergeField, ...]:
    """Return the fields of a text, in order."""
    return tuple(MergeField(found[1], found[2] or "") for found in _FIELD.finditer(text))


def replaced(text: str, by: Callable[[int, MergeField], str]) -> str:
    """Return a text with each field, by its place and itself, as something else."""
    numbers = count()
    return _FIELD.sub(lambda found: by(next(numbers), MergeField(found[1], found[2] or "")), text)


def why_not(field: MergeField) -> str:
    """Return why a field cannot be sent, "" where it can."""
    if field.column not in COLUMNS:
        return f'there is no field "{field.column}": {", ".join(COLUMNS)}'
    if not field.default:
        return (
            f"what do readers without {field.column.replace('_', ' ')} read?"
            f' {{{{ {field.column} | default("Dear reader") }}}}'
        )
    return ""
