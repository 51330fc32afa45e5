"""halt, resume, cancel, reschedule, resend: a person's orders about a distribution."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from distro.cli import output
from distro.cli.options import At, Config, Distribution, Json, Yes, actor, described, settings
from distro.errors import UsageError

if TYPE_CHECKING:
    from distro.flow.orders import Cancelled
    from distro.installation.context import Installation

Reason = Annotated[
    str, typer.Option("--reason", help="Why, for the record.", metavar="TEXT", show_default=False)
]


_Distribution = Annotated[
    str,
    typer.Argument(
        help="D17, or the release where it has only one.", metavar="[ID]", show_default=False
    ),
]
_Domain = Annotated[
    str,
    typer.Option(
        "--domain",
        help=(
            "Stop one domain, or a provider (microsoft, google, yahoo, apple), in "
            "all distributions."
        ),
        metavar="D",
        show_default=False,
    ),
]
_During = Annotated[
    str,
    typer.Option(
        "--for", help="How long a domain is stopped: 30m, 2h, 1d; 0s lifts it.", metavar="TIME"
    ),
]


def halt(
    distribution: _Distribution = "",
    domain: _Domain = "",
    during: _During = "2h",
    reason: Reason = "",
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Stop a distribution, or one domain: no letter begins more than a second later. `resume`
    continues it.

    Examples:

        distro halt D17 --reason "wrong photo"
        distro halt --domain outlook.com --for 2h --reason "they ask us to slow down"
    """
    from distro.cli.opening import open_installation
    from distro.flow import orders
    from distro.store.distributions import find

    if bool(distribution) == bool(domain):
        raise UsageError("say what: a distribution, or --domain D", hint="See distro halt --help")
    with open_installation(settings(config)) as installation:
        if domain:
            return _halt_domain(
                installation, domain, during, reason or f"by {actor()}", as_json=as_json
            )
        number = find(installation.store, distribution)
        state = orders.halt(installation, number, actor=actor(), reason=reason or f"by {actor()}")
    output.answer(
        {"distribution": f"D{number}", "state": state},
        f"D{number} is halted. Next: distro resume D{number}",
        as_json=as_json,
    )
    return 0


def _halt_domain(
    installation: "Installation", domain: str, during: str, reason: str, *, as_json: bool
) -> int:
    from distro.flow.domain_halts import halt_domain
    from distro.times import parse_duration, rfc3339

    try:
        seconds = parse_duration(during)
    except ValueError as error:
        raise UsageError(f"--for: {error}") from None
    stop = halt_domain(installation, domain, seconds, actor=actor(), reason=reason)
    until = rfc3339(int(stop.until * 1000), installation.settings.site.timezone) if seconds else ""
    if as_json:
        output.document({"domain": domain, "until": until})
    else:
        output.say(
            f"Nothing goes to {domain} until {until}; what waits for it goes on then. The others go"
            " on now."
            if seconds
            else f"{domain} is open again; what waits for it keeps the time that it was told."
        )
    return 0


def resume(
    distribution: Distribution, reason: Reason = "", config: Config = None, as_json: Json = False
) -> int:
    """Continue a halted distribution; this overrides the check that halted it.

    Examples:

        distro resume D17
    """
    from distro.cli.opening import open_installation
    from distro.flow.orders import resume as go_on
    from distro.store.distributions import find

    with open_installation(settings(config)) as installation:
        number = find(installation.store, distribution)
        state = go_on(installation, number, actor=actor(), reason=reason)
    output.answer(
        {"distribution": f"D{number}", "state": state},
        f"D{number} is {state} again.",
        as_json=as_json,
    )
    return 0


def cancel(
    distribution: Distribution,
    reason: Reason = "",
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """End a distribution: no more letters begin, and another submit can reach the readers who did
    not get it.

    Examples:

        distro cancel D17 --reason "the meeting was called off"
    """
    from distro.cli.opening import open_installation
    from distro.flow.as_json import cancelled_json
    from distro.flow.orders import cancel as stop_for_good
    from distro.store.distributions import find, read

    with open_installation(settings(config)) as installation:
        number = find(installation.store, distribution)
        headline = read(installation.store, number).headline
        if (
            not yes
            and not as_json
            and sys.stdin.isatty()
            and not typer.confirm(f'Cancel D{number} "{headline}" for good?', err=True)
        ):
            output.say("Nothing was changed.")
            return 1
        left = stop_for_good(installation, number, actor=actor(), reason=reason or f"by {actor()}")
    if as_json:
        output.document(cancelled_json(number, left))
    else:
        _show_cancelled(number, left)
    return 0


def _show_cancelled(number: str, left: "Cancelled") -> None:
    from distro.model import State

    output.say(
        f"D{number} is cancelled: {output.count(left.counts[State.CANCELLED], 'reader')}"
        f" will not get it, {left.counts[State.ACCEPTED]:,} have it."
    )
    if left.counts[State.IN_DOUBT]:
        output.say(f"{left.counts[State.IN_DOUBT]:,} are in doubt: see distro report D{number}")
    if left.in_flight:
        output.say(
            f"{left.in_flight:,} are in flight at this moment; the sweep writes down how each ends."
        )
    if left.counts[State.ACCEPTED]:
        output.say(f"Who has it should hear why: distro report D{number} --csv d{number}.csv")


def reschedule(
    distribution: Distribution, at: At, config: Config = None, as_json: Json = False
) -> int:
    """Move a distribution that has not begun to another time; its audience is selected again. Where
    some have it before its embargo is over, move the embargo.

    Examples:

        distro reschedule D17 --at "2026-12-01 10:00 Europe/Zurich"
    """
    from distro.cli.opening import open_installation
    from distro.flow.orders import reschedule as move
    from distro.store.distributions import find, read
    from distro.times import rfc3339

    found = settings(config)
    with open_installation(found) as installation:
        number = find(installation.store, distribution)
        begun = bool(read(installation.store, number).began_ms)
        start = move(installation, number, at, actor=actor())
        state = read(installation.store, number).state
    when = rfc3339(start, found.site.timezone)
    if as_json:
        output.document({"distribution": number.label, "state": state, "at": when})
    else:
        verb = "goes out" if not begun else "is under embargo until"
        day = f"on {output.clock(when)}" if not begun else output.clock(when)
        output.say(f"{number.label} {verb} {day} ({found.site.timezone}).")
    return 0


_Broken = Annotated[
    bool,
    typer.Option("--broken", help="Somebody did not keep it: tell everyone who has the release."),
]


def lift(
    distribution: Distribution,
    reason: Reason = "",
    broken: _Broken = False,
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """End an embargo now: everyone who waits for it gets the release at once.

    Examples:

        distro lift D17 --reason "the minister spoke earlier than planned"
        distro lift D17 --broken --reason "A broadcaster reported it at noon."
    """
    from distro.cli.opening import open_installation
    from distro.flow import embargo
    from distro.store.distributions import find, read

    with open_installation(settings(config)) as installation:
        number = find(installation.store, distribution)
        headline = read(installation.store, number).headline
        asks = not yes and not as_json and sys.stdin.isatty()
        if asks and not typer.confirm(f'End the embargo of "{headline}" now?', err=True):
            output.say("Nothing was changed.")
            return 1
        lifted = embargo.lift(installation, number, actor=actor(), reason=reason, broken=broken)
        state = read(installation.store, number).state
    labels = [d.label for d in lifted]
    output.answer(
        {"distribution": number.label, "state": state, "lifted": labels},
        f"The embargo is over: {', '.join(labels)} goes to everyone now. Next: distro watch"
        f" {number.label}",
        as_json=as_json,
    )
    return 0


_Only = Annotated[
    str,
    typer.Option(
        "--only",
        help="in_doubt: whose end is unknown; failed: who was refused.",
        metavar="in_doubt|failed",
        show_default=False,
    ),
]
_To = Annotated[
    str,
    typer.Option(
        "--to",
        help="One reader, whether or not they have it.",
        metavar="ADDRESS",
        show_default=False,
    ),
]


def resend(
    distribution: Distribution,
    only: _Only = "",
    to: _To = "",
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Send again, on record: to those in doubt, to those who failed, or to one reader.

    Examples:

        distro resend D17 --only failed
        distro resend D17 --to ana@daily.example
    """
    from distro.cli.opening import open_installation
    from distro.flow import resend as again
    from distro.store.distributions import find

    if bool(only) == bool(to) or only not in ("", "in_doubt", "failed"):
        raise UsageError(
            "say whom: --only in_doubt, --only failed, or --to ADDRESS",
            hint="See distro resend --help",
        )
    with open_installation(settings(config)) as installation:
        number = find(installation.store, distribution)
        if to:
            made = again.resend_to(installation, number, to, actor=actor())
            output.answer(
                {"distribution": f"D{made}", "audience": 1},
                f"D{made} sends it to {to}. Next: distro report D{made}",
                as_json=as_json,
            )
            return 0
        moved = again.resend(installation, number, only, actor=actor())
    if as_json:
        output.document({"distribution": f"D{number}", "audience": moved})
    else:
        twice = " They may get it twice; the report counts them." if only == "in_doubt" else ""
        output.say(
            f"D{number}: {output.count(moved, 'reader')} {only.replace('_', ' ')} will be tried"
            f" again.{twice} Next: distro watch D{number}"
        )
    return 0


def add_to(app: typer.Typer) -> None:
    """Put these commands into the tree."""
    for command in (halt, resume, cancel, reschedule, lift, resend):
        described(app, command)
