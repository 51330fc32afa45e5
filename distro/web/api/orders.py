"""Orders about a distribution: halt, resume, cancel, lift, resend, hold, clear, kill."""

from typing import Any

from distro.errors import UsageError
from distro.flow import embargo, notices, orders
from distro.flow import resend as again
from distro.flow.as_json import cancelled_json, told_json
from distro.flow.domain_halts import halt_domain
from distro.flow.notices import Notice
from distro.model import DistributionId
from distro.store import api_answers, distributions
from distro.times import parse_duration, rfc3339
from distro.web.api.operation import Call


def halt(call: Call) -> dict[str, Any]:
    """Stop it: no letter begins more than a second later."""
    number = call.distribution()
    state = orders.halt(call.installation, number, actor=call.actor, reason=_why(call))
    return {"distribution": number.label, "state": state.value}


def resume(call: Call) -> dict[str, Any]:
    """Go on; this overrides the check that halted it."""
    number = call.distribution()
    state = orders.resume(call.installation, number, actor=call.actor, reason=call.body.reason)
    return {"distribution": number.label, "state": state.value}


def cancel(call: Call) -> dict[str, Any]:
    """End it for good."""
    number = call.distribution()
    left = orders.cancel(call.installation, number, actor=call.actor, reason=_why(call))
    return cancelled_json(number, left)


def reschedule(call: Call) -> dict[str, Any]:
    """Move what has not begun to another time, or an embargo that holds."""
    number = call.distribution()
    start = orders.reschedule(call.installation, number, call.body.at, actor=call.actor)
    return _ordered(call, number) | {"at": rfc3339(start, call.zone)}


def lift(call: Call) -> dict[str, Any]:
    """End an embargo now."""
    number, asked = call.distribution(), call.body
    lifted = embargo.lift(
        call.installation, number, actor=call.actor, reason=asked.reason, broken=asked.broken
    )
    return _ordered(call, number) | {"lifted": [one.label for one in lifted]}


def resend(call: Call) -> dict[str, Any]:
    """Send again, on record: to those in doubt, to those who failed, or to one reader."""
    number, asked = call.distribution(), call.body
    if bool(asked.only) == bool(asked.to):
        raise UsageError("say whom: `only`, or `to`")
    if not asked.to:
        # Before the act: a repeat after a death moves nobody a second time.
        api_answers.note_act(call.installation.store, call.key, number)
        moved = again.resend(call.installation, number, asked.only, actor=call.actor)
        return {"distribution": number.label, "audience": moved}
    made = again.resend_to(
        call.installation, number, asked.to, actor=call.actor, idempotency_key=call.key
    )
    return resent(call, made)


def resent(call: Call, made: DistributionId) -> dict[str, Any]:
    """Return the answer of a resend that was done: to one reader, or that nobody more is tried."""
    again_all = made == call.distribution()
    return {"distribution": made.label, "audience": 0 if again_all else 1}


def hold(call: Call) -> dict[str, Any]:
    """Halt a release and ask exactly those who have it to wait."""
    asked = call.body
    return _told(call, "hold", until=asked.until, break_glass=asked.break_glass)


def clear(call: Call) -> dict[str, Any]:
    """End a hold."""
    return _told(call, "clear")


def kill(call: Call) -> dict[str, Any]:
    """Take a release back, and tell everyone who has it."""
    return _told(call, "kill", break_glass=call.body.break_glass)


def _told(call: Call, verb: str, until: str = "", break_glass: str = "") -> dict[str, Any]:
    order = Notice(
        verb=verb,
        note=call.body.note,
        until=until,
        break_glass=break_glass,
        actor=call.actor,
        idempotency_key=call.key,
    )
    planned = notices.plan(call.installation, call.distribution(), order)
    return told_json(notices.send(call.installation, planned)) | {"rest": ""}


def halt_one_domain(call: Call) -> dict[str, Any]:
    """Send nothing to a domain or provider for a while, in all distributions."""
    asked = call.body
    try:
        seconds = parse_duration(asked.during)
    except ValueError as error:
        raise UsageError(f"during: {error}") from None
    stop = halt_domain(
        call.installation, asked.domain, seconds, actor=call.actor, reason=_why(call)
    )
    until = rfc3339(int(stop.until * 1000), call.zone) if seconds else ""
    return {"domain": asked.domain, "until": until}


def _why(call: Call) -> str:
    return call.body.reason or f"by {call.user.name}"


def _ordered(call: Call, number: DistributionId) -> dict[str, Any]:
    state = distributions.read(call.installation.store, number).state
    return {"distribution": number.label, "state": state.value}
