"""Try again by a person's order: whom a distribution did not reach, or one reader, on record."""

from dataclasses import replace

from distro.audience import book
from distro.audience.expression import parse
from distro.errors import RefusedError
from distro.flow import submit_refusals
from distro.flow.audience_query import query_for
from distro.flow.orders import on_hold
from distro.installation.context import Installation
from distro.installation.rights import admit
from distro.model import DistributionId, DistributionState, Edition, State, Subscriber
from distro.store import audience_scripts, distributions, ledger_scripts, release_scripts, releases
from distro.store.distribution import Distribution
from distro.store.release_scripts import NewDistribution, Submission

RESENDABLE = {"in_doubt": State.IN_DOUBT, "failed": State.FAILED}


def resend(
    installation: Installation, distribution: DistributionId, only: str, *, actor: str
) -> int:
    """Queue again all who are `in_doubt` or `failed`, and return how many.

    Opens a distribution that was sent. Raises RefusedError where it is cancelled or superseded,
    and where nobody is in that state.
    """
    actor = admit(installation, actor, "resend", about=distribution.label, wanted=only)
    found = _resendable(installation, distribution)
    if not found.frozen:
        raise RefusedError(f"{found.label} has not begun: there is nobody to send to again")
    letter, moved, at = RESENDABLE[only].letter, 0, 0
    while at >= 0:
        again = ledger_scripts.resend(distribution, letter, at, actor)
        what, at, n = installation.store.call(again)
        if what != "ok":
            raise RefusedError(f"{found.label} cannot be sent again: it was cancelled meanwhile")
        moved += n
    if not moved:
        raise RefusedError(
            f"nobody of {found.label} is {only.replace('_', ' ')}",
            code="nobody_in_state",
            distribution=found.label,
        )
    return moved


def resend_to(
    installation: Installation,
    distribution: DistributionId,
    address: str,
    *,
    actor: str,
    idempotency_key: str = "",
) -> DistributionId:
    """Submit a distribution of one, who gets the release whether or not they have it.

    Returns its number. Raises RefusedError where they may not be written to, NotFoundError where
    they are not in the book.
    """
    actor = admit(installation, actor, "resend", about=distribution.label, wanted="one reader")
    found = _resendable(installation, distribution)
    if not found.began_ms:
        raise RefusedError(f"{found.label} has not begun: nobody gets it before its time")
    person = book.person(installation.store, address)
    submission = replace(
        _for_one(installation, found, person, actor), idempotency_key=idempotency_key
    )
    answer = installation.store.call(release_scripts.accept(submission))
    if answer.what in ("held", "killed"):
        raise submit_refusals.not_accepted(answer)
    if answer.what not in ("ok", "again"):
        raise RefusedError(
            f"the {answer.about} text of {found.label} is not the one that readers have now",
            code="changed_text_of_distribution",
            release=found.release,
        )
    return DistributionId(answer.about)


def _for_one(
    installation: Installation, found: Distribution, person: Subscriber, actor: str
) -> Submission:
    """Return the same release for one reader; raise RefusedError where they may not get it."""
    expanded = parse(f'email:"{person.email}"')
    query = query_for(
        installation,
        found.release,
        installation.segments().program(expanded),
        found.languages,
        kind="",
        no_fallback=False,
        again=True,
    )
    plan = installation.store.call(audience_scripts.plan(query))
    if plan.audience == 0:
        why = ", ".join(plan.left_out).replace("_", " ")
        raise RefusedError(
            f"{person.email} cannot be written to: {why}",
            code="may_not_be_written_to",
            address=person.email,
        )
    texts = releases.texts_of(installation.store, found)
    distribution = NewDistribution(
        kind=found.kind,
        headline=found.headline,
        editions=texts,
        expression=str(expanded),
        expanded=str(expanded),
        actor=actor,
        planned=1,
        sender=Edition.from_json(texts[0].json).sender,
        again=True,
        resend_of=found.id,
        trusted=found.trusted,
        lift_ms=found.lift_ms,
        required=installation.settings.approval.required,
    )
    return Submission(slug=found.release, distribution=distribution)


def _resendable(installation: Installation, distribution: DistributionId) -> Distribution:
    found = distributions.read(installation.store, distribution)
    if found.state is DistributionState.CANCELLED:
        raise RefusedError(
            f"{found.label} is cancelled: nothing of it is sent again",
            hint="Whom it did not reach: submit the release again.",
        )
    if found.held:
        raise on_hold(found.id)
    if found.superseded:
        raise RefusedError(f"{found.label} is superseded: its text is not sent any more")
    return found
