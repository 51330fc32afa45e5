"""The places of a letter that differ from reader to reader, as marks that survive Jinja and MJML untouched."""

import re

SLOTS = ("unsubscribe", "preferences", "view", "address", "confirm")


def mark(name: str) -> str:
    """What stands in the compiled text where the reader's own value goes."""
    return f"x0slot.{name}.0x"


PATTERN = re.compile(r"x0slot\.(" + "|".join(SLOTS) + r")\.0x")
