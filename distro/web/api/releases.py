"""Releases: check, plan, submit, correct, update, and what an approver decides."""

from typing import Any

from distro.errors import UsageError
from distro.flow import approval, corrections, submission
from distro.flow.as_json import accepted_json, planned_json, told_json
from distro.flow.corrections import Correction
from distro.flow.notices import Told
from distro.flow.submission import Order
from distro.mailing.checking import checked
from distro.model import DistributionId
from distro.readings import Choices, Level
from distro.store import api_answers, distributions
from distro.submit.as_json import problem_json, reading_json
from distro.times import rfc3339
from distro.web.api import given
from distro.web.api.operation import Call


def check(call: Call) -> dict[str, Any]:
    """Return what is understood of each file, and every problem with its line."""
    settings = call.installation.settings
    readings, problems = checked(settings, call.upload.files, _choices(call))
    return {
        "editions": [reading_json(reading) for reading in readings],
        "problems": [problem_json(problem) for problem in problems],
        "ok": all(problem.level is not Level.ERROR for problem in problems),
    }


def plan(call: Call) -> dict[str, Any]:
    """Return who would get a release, who not and why; nothing is sent."""
    return planned_json(submission.plan(call.installation, _order(call)))


def submit(call: Call) -> dict[str, Any]:
    """Store a release and its distribution; workers take it within a second of its time."""
    return accepted_json(submission.submit(call.installation, _order(call)))


def submitted(call: Call, number: DistributionId) -> dict[str, Any]:
    """Return the answer of a submit that was done, and whose answer was lost."""
    found = distributions.read(call.installation.store, number)
    return {
        "release": found.release,
        "distribution": found.label,
        "state": found.state.value,
        "audience": found.expected,
        "again": True,
    }


def correct(call: Call) -> dict[str, Any]:
    """Put a corrected text in the place of a release, and tell those who have it."""
    return _corrected(call, correction_of(call))


def update(call: Call) -> dict[str, Any]:
    """Send a newer text to those who have the earlier one, and to those who match now."""
    return _corrected(call, update_of(call))


def correction_of(call: Call) -> Correction:
    """Return the order that a call of `correct` is."""
    asked = call.body
    return Correction(
        files=call.upload.files,
        note=asked.note,
        it_said=asked.it_said,
        it_should_say=asked.it_should_say,
        only=tuple(asked.only),
        include_new=asked.include_new,
        tell=asked.tell or asked.change != "refile",
        break_glass=asked.break_glass,
        actor=call.actor,
        choices=_choices(call),
        idempotency_key=call.key,
    )


def update_of(call: Call) -> Correction:
    """Return the order that a call of `update` is."""
    asked = call.body
    return Correction(
        files=call.upload.files,
        note=asked.note,
        verb="update",
        to=asked.to,
        actor=call.actor,
        choices=_choices(call),
        idempotency_key=call.key,
    )


def _corrected(call: Call, order: Correction) -> dict[str, Any]:
    planned = corrections.plan(call.installation, call.distribution(), order)
    told = corrections.send(call.installation, planned)
    return told_json(told) | {"rest": told.rest}


def told(call: Call, number: DistributionId) -> dict[str, Any]:
    """Return the answer of an act about a release that was done, and whose answer was lost."""
    found = distributions.read(call.installation.store, number)
    _, last = api_answers.made(call.installation.store, call.key)
    rest = DistributionId(last).label if last != number else ""
    done = Told(
        release=found.release,
        id=number,
        state=found.state,
        audience=found.expected,
        rest=rest,
    )
    return told_json(done) | {"rest": rest}


def draft(call: Call) -> given.Draft:
    """Return a draft as an approver looks at it."""
    person = approval.person_of(call.installation, call.actor)
    shown = approval.show(call.installation, call.distribution(), person)
    found = shown.found
    return given.Draft(
        distribution=found.label,
        release=found.release,
        headline=found.headline,
        digest=shown.digest,
        audience=shown.plan.audience,
        editions=shown.plan.editions,
        expression=found.expression,
        starts_at="" if found.at_once else rfc3339(found.start_ms, call.zone),
        approvals=len(found.approvals),
        required=found.required,
        some=shown.some,
        changes=shown.changes,
        letters={language: approval.text_of(made) for language, made in shown.letters.items()},
    )


def approve(call: Call) -> dict[str, Any]:
    """Say yes to the draft whose digest was looked at."""
    number = call.distribution()
    person = approval.person_of(call.installation, call.actor)
    shown = approval.drafts(call.installation, number, person)
    if shown[0].digest != call.body.digest:
        raise UsageError("this is not the digest of the draft as it is now: look again")
    state = approval.approve(call.installation, shown, actor=call.actor)
    found = distributions.read(call.installation.store, number)
    return {
        "distribution": found.label,
        "state": state.value,
        "approvals": len(found.approvals),
        "required": found.required,
    }


def reject(call: Call) -> dict[str, Any]:
    """Say no to a draft, with the reason."""
    number, reason = call.distribution(), call.body.reason
    approval.reject(call.installation, number, actor=call.actor, reason=reason)
    return {"distribution": number.label, "state": "draft"}


def _order(call: Call) -> Order:
    asked = call.body
    return Order(
        files=call.upload.files,
        to=asked.to,
        at=asked.at,
        idempotency_key=call.key,
        as_new=asked.as_new,
        no_fallback=asked.no_fallback,
        actor=call.actor,
        choices=_choices(call),
    )


def _choices(call: Call) -> Choices:
    asked = call.body
    if asked.accept_changes and asked.reject_changes:
        raise UsageError("say one: accept_changes or reject_changes")
    changes = "accept" if asked.accept_changes else "reject" if asked.reject_changes else ""
    return Choices(changes, asked.drop_comments, asked.drop_hidden, asked.clean_files)
