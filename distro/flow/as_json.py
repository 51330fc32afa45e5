"""The JSON documents of what acts answer, as `--json` and the API give them."""

from typing import Any

from distro.flow.notices import Told
from distro.flow.orders import Cancelled
from distro.flow.submission import Accepted, Planned
from distro.model import DistributionId
from distro.submit.as_json import files_json, problem_json


def planned_json(planned: Planned) -> dict[str, Any]:
    """Return who would get a release, who not and why."""
    return {
        "audience": planned.plan.audience,
        "editions": planned.plan.editions,
        "left_out": planned.plan.left_out,
        "problems": [problem_json(p) for p in planned.problems],
        "matched": planned.plan.matched,
        "release": planned.release.slug,
        "told_before": planned.before.distribution if planned.before else None,
        "files": {e.language: files_json(e) for e in planned.release.editions},
        "trusted": planned.plan.trusted,
    }


def accepted_json(accepted: Accepted) -> dict[str, Any]:
    """Return what a submit made."""
    return {
        "release": accepted.release,
        "distribution": accepted.distribution,
        "state": accepted.state,
        "audience": accepted.audience,
        "again": accepted.again,
        "files": {e.language: files_json(e) for e in accepted.planned.release.editions},
    }


def told_json(told: Told) -> dict[str, Any]:
    """Return what an act about a release made."""
    return {
        "release": told.release,
        "distribution": told.distribution,
        "state": told.state,
        "audience": told.audience,
    }


def cancelled_json(number: DistributionId, left: Cancelled) -> dict[str, Any]:
    """Return the state of everyone in a cancelled distribution."""
    return {
        "distribution": number.label,
        "state": "cancelled",
        "counts": {s.value: n for s, n in left.counts.items()},
    }
