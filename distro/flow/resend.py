"""A person's order to try again: whom it did not reach, whose end is unknown, or one reader, on
record.
"""

import json

from distro.audience import book
from distro.audience.expression import parse
from distro.errors import NotFoundError, RefusedError
from distro.flow.audience_query import query_for
from distro.installation.context import Installation
from distro.model import Edition, State
from distro.store import audience_scripts, ledger_scripts

_WHICH = {"in_doubt": State.IN_DOUBT, "failed": State.FAILED}


def resend(installation: Installation, distribution: str, only: str, *, actor: str) -> int:
    """Queue again all who are `in_doubt` or `failed`; gives how many. Opens a distribution that was
    sent.
    """
    told = _resendable(installation, distribution)
    if "frozen_at" not in told:
        raise RefusedError(f"D{distribution} has not begun: there is nobody to send to again")
    moved, at = 0, 0
    while at >= 0:
        what, at, n = installation.store.call(
            ledger_scripts.resend(distribution, _WHICH[only].letter, at, actor)
        )
        if what != "ok":
            raise RefusedError(f"D{distribution} cannot be sent again: it was cancelled meanwhile")
        moved += n
    if not moved:
        raise RefusedError(
            f"nobody of D{distribution} is {only.replace('_', ' ')}",
            hint=f"See who is what: distro report D{distribution}",
        )
    return moved


def resend_to(installation: Installation, distribution: str, address: str, *, actor: str) -> str:
    """A distribution of one, who gets the release whether or not they have it; gives its number.

    Raises RefusedError where they may not be written to, NotFoundError where they are not in the
    book.
    """
    told = _resendable(installation, distribution)
    if "began_at" not in told:
        raise RefusedError(f"D{distribution} has not begun: nobody gets it before its time")
    person = book.by_address(installation.store, address)
    if person is None:
        raise NotFoundError(
            f"nobody in the book has the address {address}",
            hint="Add them: distro subscribers import FILE --list NAME",
        )
    expanded = parse(f'email:"{person.email}"')
    order = told["order"].split()
    plan = installation.store.call(
        audience_scripts.plan(
            query_for(
                installation,
                told["release"],
                expanded,
                order,
                kind="",
                no_fallback=False,
                again=True,
            )
        )
    )
    if plan.audience == 0:
        why = ", ".join(plan.left_out)
        raise RefusedError(
            f"{address} cannot be written to: {why.replace('_', ' ')}",
            hint=f"More: distro explain {address}",
        )
    editions = [
        (lang, version, installation.store.text(f"ed:{version}"))
        for lang, version in json.loads(told["versions"]).items()
    ]
    first = Edition.from_json(next(text for lang, _, text in editions if lang == order[0]))
    what, which, _ = installation.store.call(
        audience_scripts.accept(
            {
                "slug": told["release"],
                "kind": told["kind"],
                "headline": told["headline"],
                "as_new": False,
                "editions": [
                    {"lang": lang, "version": version, "json": text}
                    for lang, version, text in sorted(editions, key=lambda e: order.index(e[0]))
                ],
                "same": [],
                "start": 0,
                "idem": "",
                "content": "",
                "fields": {
                    "expression": str(expanded),
                    "expanded": str(expanded),
                    "actor": actor,
                    "planned": "1",
                    "no_fallback": "",
                    "sender": first.sender,
                    "again": "1",
                    "resend_of": distribution,
                },
            }
        )
    )
    if what != "ok":
        raise RefusedError(
            f"the {which} text of D{distribution} is not the one that readers have now",
            hint=f"See `distro report {told['release']}`.",
        )
    return which


def _resendable(installation: Installation, distribution: str) -> dict[str, str]:
    told = installation.store.hash(f"dist:{distribution}")
    if told.get("state") == "cancelled":
        raise RefusedError(
            f"D{distribution} is cancelled: nothing of it is sent again",
            hint="Whom it did not reach: submit the release again.",
        )
    if told.get("superseded"):
        raise RefusedError(f"D{distribution} is superseded: its text is not sent any more")
    return told
