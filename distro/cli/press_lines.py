"""Show what a press office asks about a distribution: tiers, approval, what took whose place, whom
to ring.
"""

from collections.abc import Iterator
from typing import Any

from distro.cli import output

_RUNG = 10  # people of a call list that are shown


def press_lines(fields: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a report's fields that most distributions do not have."""
    tiers = fields["tiers"]
    if len(tiers) > 1:
        for tier in tiers:
            accepted = tier["counts"]["accepted"]
            since = output.clock(tier["starts_at"])
            yield f"  {tier['name']:<9} {accepted:,} of {tier['audience']:,} have it   from {since}"
    if fields["supersedes"]:
        yield f"  takes the place of {fields['supersedes']}"
    if fields["superseded_by"]:
        yield f"  superseded by {fields['superseded_by']}: its text is not sent any more"
    for yes in fields["approvals"]:
        yield f"  approved by {yes['by']} on {output.clock(yes['at'])}"
    if fields["break_glass"]:
        yield f"  went out without approval: {fields['break_glass']}"
    yield from _call_list(fields.get("call_list", []))


def _call_list(people: list[dict[str, str]]) -> Iterator[str]:
    if not people:
        return
    yield f"\n  To ring, because no letter reaches them ({len(people):,})"
    for who in people[:_RUNG]:
        shown = " · ".join(filter(None, (who["name"], who["outlet"], who["phone"])))
        yield f"    {shown or who['address']}"
    if len(people) > _RUNG:
        yield f"    … {len(people) - _RUNG:,} more: --json lists all in call_list"
