"""Refuse a submit: each reason as an error with a code and facts."""

from collections.abc import Sequence
from typing import Any

from distro.errors import RefusedError
from distro.model import DistributionId, Plan, State
from distro.store import Store, distributions
from distro.store.records import counters
from distro.store.release_scripts import Answer

_NOT_REACHED = (State.FAILED, State.IN_DOUBT)


def nobody(
    store: Store, plan: Plan, expression: str, headline: str, holders: Sequence[DistributionId]
) -> RefusedError:
    """Return why there is nothing to send, and which distributions hold the release."""
    left_out = plan.left_out
    facts: dict[str, Any] = {
        "holders": [d.label for d in holders],
        "left_out": left_out,
        "audience": 0,
    }
    matched, have = plan.matched, left_out.get("already_has_it", 0)
    if not matched:
        message = f"nobody matches   {expression}"
        return RefusedError(message, code="nobody_matches", **facts)
    if have:
        states = [f"{d.label}, {distributions.read(store, d).state}" for d in holders]
        who = f"all {have:,} already have"
        if have != matched:
            who = f"{have:,} of {matched:,} already have, and the others may not be written to:"
        return RefusedError(
            f'Nothing to send: {who} "{headline}" ({", ".join(states)}).',
            code="already_sent",
            not_reached=_not_reached(store, holders),
            **facts,
        )
    reasons = " · ".join(f"{n:,} {reason.replace('_', ' ')}" for reason, n in left_out.items())
    return RefusedError(
        f"Nothing to send: all {matched:,} who match are left out ({reasons}).",
        code="all_left_out",
        **facts,
    )


def _not_reached(store: Store, holders: Sequence[DistributionId]) -> dict[str, Any] | None:
    """Return the first sending that did not reach somebody, in which state and how many."""
    for number in holders:
        if not distributions.read(store, number).frozen:
            continue
        counts = counters(store, number)
        for state in _NOT_REACHED:
            if counts[state]:
                return {"distribution": number.label, "state": state.value, "people": counts[state]}
    return None


def not_accepted(answer: Answer) -> RefusedError:
    """Return why the store did not accept a submission."""
    about, slug = answer.about, answer.slug
    if answer.what == "idem_other":
        return RefusedError(
            f"this idempotency key stands for D{about}, which has other content",
            code="idempotency_key_used",
            hint="Use a fresh key for another release, audience or time.",
        )
    if answer.what == "held":
        return RefusedError(
            f'"{slug}" is on hold: see D{about}', code="submit_held", distribution=f"D{about}"
        )
    if answer.what == "killed":
        return RefusedError(
            f'"{slug}" was killed: see D{about}', code="submit_killed", distribution=f"D{about}"
        )
    if answer.what == "same":
        return RefusedError(
            f'the same headline or text went out as "{about}" within 30 days',
            code="same_text",
            release=about,
        )
    if answer.what == "changed":
        return RefusedError(
            f'the {about} text of "{slug}" differs from the one that readers already have',
            code="changed_text",
            release=slug,
        )
    return RefusedError(f"not accepted: {answer.what} {about}")
