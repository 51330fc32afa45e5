"""Hold a release back until its embargo is over, but from a list that is trusted with it.

The lift that counts is kept with the distribution: the time in a release's file is part of its
text, and a lift that moves is no other text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from distro.audience.list_roles import load_roles
from distro.errors import RefusedError
from distro.flow import notices
from distro.installation.context import Installation
from distro.installation.rights import admit
from distro.mailing.compose import compile_again, date_letters
from distro.model import DistributionId
from distro.readings import Reading
from distro.store import distributions, ledger_scripts, subscriber_rows
from distro.store.distribution import Distribution
from distro.submit.reading import embargo_of
from distro.times import moved_to, parse_time, rfc3339, to_ms

_ENDED = timedelta(seconds=1)  # a lift that lies so little ahead is now


@dataclass(frozen=True, slots=True)
class Tiers:
    """The tiers in which a release goes out: first the trusted, at the lift everyone else."""

    lift: str = ""  # RFC 3339, with the offset in which it was written; "": no embargo
    trusted: str = ""  # the list that has it before; "": everyone gets it at the same time

    @property
    def lift_ms(self) -> int:
        """Return when the embargo is over, unix ms; 0 where there is none."""
        return to_ms(datetime.fromisoformat(self.lift)) if self.lift else 0


def tiers_of(installation: Installation, readings: Sequence[Reading], at: str) -> Tiers:
    """Return the tiers in which a release goes out that is to begin `at` ("": now).

    There is one where the embargo is over by then. Raises RefusedError where the files contradict
    one another, and for a list that may not have a release early.
    """
    lift = embargo_of([r.edition for r in readings if r.edition])
    named = sorted({r.trusted for r in readings if r.trusted})
    if len(named) > 1:
        raise RefusedError(
            f"the editions trust different lists: {', '.join(named)}",
            hint="Give all of them the same `trusted:`.",
        )
    if not named:
        return Tiers(lift)
    _check_trusted(installation, named[0], readings)
    if not lift:
        raise RefusedError(
            f'the list "{named[0]}" is to have it before an embargo is over, and there is none',
            hint="Say until when: embargo: 2026-12-01 10:00 Europe/Zurich",
        )
    return Tiers(lift, named[0] if _begins_before(at, lift, installation) else "")


def _begins_before(at: str, lift: str, installation: Installation) -> bool:
    embargo = datetime.fromisoformat(lift)
    try:
        start = parse_time(at, installation.settings.site.timezone) if at else None
    except ValueError:
        return False  # what reads the time of the start says so
    return (start or datetime.now(embargo.tzinfo)) < embargo


def _check_trusted(installation: Installation, name: str, readings: Sequence[Reading]) -> None:
    """Raise RefusedError where a list that is not trusted would get a release early.

    Trust rests on what staff own: once any list is marked `embargo_trusted`, only a marked one
    may be named.
    """
    roles = load_roles(installation.settings.subscribers).values()
    marked = sorted(role.name for role in roles if role.embargo_trusted)
    if marked and name not in marked:
        file = next(r.file for r in readings if r.trusted)
        raise RefusedError(
            f'{file}: the list "{name}" may not have a release before its embargo is over',
            hint=f"Marked embargo_trusted in segments.toml: {', '.join(marked)}.",
        )
    if subscriber_rows.nobody_has(installation.store, "lists", name, bitmap=True):
        raise RefusedError(
            f'there is nobody on the list "{name}", which is to have it before the embargo is over',
            code="no_such_list",
        )


def lift_of(installation: Installation, found: Distribution) -> str:
    """Return when the embargo of a distribution is over: RFC 3339, with the offset in which its
    release says it; "" where it has none.
    """
    written = embargo_of(list(distributions.editions(installation.store, found).values()))
    return moved_to(written, found.lift_ms, installation.settings.site.timezone)


def lift(
    installation: Installation,
    distribution: DistributionId,
    *,
    actor: str,
    reason: str,
    broken: bool = False,
) -> list[DistributionId]:
    """End the embargo of a release now, and return its distributions that were under it.

    Everyone else gets it at once. `broken`: somebody did not keep it, and whoever has the release
    is told that it is over, with the reason. Raises RefusedError where no embargo holds it back.
    """
    actor = admit(installation, actor, "lift", about=f"D{distribution}", why=reason)
    if broken and not reason.strip():
        raise RefusedError("say why: whoever has it reads it", code="reason_missing")
    if broken:
        reason = notices.one_line(reason)
    held = _under_embargo(installation, distribution)
    for found in held:
        if (
            found.tiered and found.frozen and not found.over
        ):  # their letters were dated for the time of before
            date_letters(installation, replace(found, lift_ms=installation.store.now_ms()))
        installation.store.call(ledger_scripts.lift(found.id, 0, actor, "embargo lifted", reason))
    if broken:
        notices.tell_lift(installation, held[0], actor=actor, note=reason)
    return [found.id for found in held]


def move(installation: Installation, found: Distribution, at: str, *, actor: str) -> int:
    """Give the embargo of a release another time, and return it (unix ms).

    The letters of the trusted who do not have it yet say the new one. Raises RefusedError for a
    time that is over.
    """
    actor = admit(installation, actor, "lift", about=found.label, wanted=at)
    zone = installation.settings.site.timezone
    try:
        when = parse_time(at, zone)
    except ValueError as error:
        raise RefusedError(f"the time: {error}", code="time_unreadable") from None
    if when < datetime.now(when.tzinfo) + _ENDED:
        raise RefusedError(f"the time {at} is over", code="lift_over", distribution=found.label)
    lift_ms = to_ms(when)
    said = rfc3339(lift_ms, zone)
    for held in _under_embargo(installation, found.id):
        if held.required and held.began_ms and not held.over:
            why = "its embargo was moved: approve it again"
            installation.store.call(ledger_scripts.halt(held.id, actor, why, "approval"))
        if held.tiered and held.frozen and not held.over:
            compile_again(installation, replace(held, lift_ms=lift_ms))
        installation.store.call(
            ledger_scripts.lift(held.id, lift_ms, actor, "embargo moved", f"to {said}")
        )
    written = moved_to(lift_of(installation, found), lift_ms, zone)
    notices.tell_lift(installation, found, actor=actor, lift=written)
    return lift_ms


def _under_embargo(installation: Installation, distribution: DistributionId) -> list[Distribution]:
    """Return the distributions of a release that its embargo still holds back."""
    store = installation.store
    named = distributions.read(store, distribution)
    now = store.now_ms()
    mine = distributions.all_of(store, named.release)
    held = [found for found in mine if found.embargoed(now)]
    if not held:
        raise RefusedError(f"{named.label} is under no embargo", code="no_embargo")
    return held
