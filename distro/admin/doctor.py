"""Examine an installation before anything is sent: each finding with what to type next."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from distro.admin.dns_records import Names, examine_names
from distro.admin.feedback_ways import examine_feedback
from distro.admin.finding import Finding, Grade
from distro.admin.public_pages import examine_pages
from distro.admin.relay_dialogue import examine_relays
from distro.admin.relay_standings import learnt_limits
from distro.errors import DistroError
from distro.flow.alarms import alarms
from distro.flow.fault_halt import FAULT
from distro.flow.relay_notes import setting_of
from distro.installation import readiness, running_parts
from distro.installation.context import Installation
from distro.installation.secrets import is_member
from distro.letter import TIERS, service_letters
from distro.letter.slots import Slots
from distro.mailing.compose import compile_edition
from distro.model import KINDS, DistributionState, Edition
from distro.outgoing.signatures import public_key
from distro.settings.load import Settings
from distro.store import distributions, processes, server, webhooks
from distro.subscribers import scanner_bursts
from distro.times import from_ms

_LITTLE_DISK = 500_000_000  # bytes; below it an AOF rewrite may not fit
_FULL = 0.8  # of maxmemory
_SKEW_MS = 500
_LATE_MS = 30_000  # after its time, from which a distribution that nobody looks at is reported
_LOOKED_AT = 500  # distributions, the newest
_SILENT_HOURS = 24  # for which a receiver took nothing, from which it is an error


def examine(installation: Installation) -> list[Finding]:
    """Look at everything; errors first, then warnings."""
    found = [
        *_redis(installation),
        *_parts(installation),
        *_faults(installation),
        *_alarms(installation),
        *_storms(installation),
        *_receivers(installation),
        *_learnt(installation),
        *_clock(installation),
        *_templates(installation),
        *examine_feedback(installation),
        *without_redis(installation.settings),
    ]
    return sorted(found, key=lambda f: list(Grade).index(f.grade))


def _alarms(installation: Installation) -> Iterator[Finding]:
    """Yield what a person of the press office must look at."""
    next_ = {
        "hold_overdue": "distro clear {about}, correct {about} or kill {about}, with --note TEXT",
        "approval_missing": "distro approve {about}; or another time: distro reschedule {about}",
        "lift_overdue": "distro report {about}",
        "our_fault": "Look at SPF, DKIM, DMARC and reverse DNS below; its letters go slowly now.",
        "storm": "distro feedback storms",
    }
    for alarm in alarms(installation):
        yield Finding("Press", Grade.ERROR, alarm.text, next_[alarm.code].format(about=alarm.about))


def _receivers(installation: Installation) -> Iterator[Finding]:
    """Yield how the receivers of webhooks are."""
    for receiver in installation.settings.webhook:
        state = webhooks.state(installation.store, receiver.name)
        about = f"Webhook {receiver.name}"
        since = int(state.get("failing_since", 0))
        if state.get("gone"):
            text = "said that it is gone (410): nothing is told to it"
            yield Finding(about, Grade.ERROR, text, "Another url, or take it out of distro.toml.")
        elif since:
            hours = (installation.store.now_ms() - since) / 3_600_000
            grade = Grade.ERROR if hours >= _SILENT_HOURS else Grade.WARNING
            text = f"has taken nothing for {hours:.1f} hours: {state.get('why', '')}"
            yield Finding(about, grade, text, "Look at its log; what it missed is told in order.")
        else:
            key = public_key(receiver)
            yield Finding(about, Grade.OK, f"is told what happens{f'; {key}' if key else ''}")


def without_redis(settings: Settings) -> list[Finding]:
    """Look at what needs no Redis: relays, pages, disk, settings, DNS records."""
    return [
        *examine_relays(settings),
        *examine_pages(settings),
        *_disk(settings),
        *_settings(settings),
        *examine_names(settings, Names()),
    ]


def _redis(installation: Installation) -> Iterator[Finding]:
    if is_member(installation.settings):
        yield Finding(
            "Redis", Grade.OK, "answers; how it is set is for the owner of its folder to look at"
        )
        return
    info = server.info(installation.store)
    if not info.append_only:
        yield Finding(
            "Redis",
            Grade.ERROR,
            "it keeps no append-only file: a restart forgets who got what",
            "CONFIG SET appendonly yes, and in redis.conf: appendonly yes",
        )
    elif info.fsync != "always":
        yield Finding(
            "Redis",
            Grade.ERROR,
            f"appendfsync is {info.fsync}: a power cut makes silent duplicates",
            "redis.conf: appendfsync always",
        )
    else:
        yield Finding("Redis", Grade.OK, "append-only file, written before every answer")
    if info.eviction != "noeviction":
        yield Finding(
            "Redis",
            Grade.ERROR,
            f"maxmemory-policy is {info.eviction}: it may throw the ledger away",
            "redis.conf: maxmemory-policy noeviction",
        )
    used, limit = info.used, info.limit
    full = bool(limit) and used > limit * _FULL
    yield Finding(
        "Redis",
        Grade.WARNING if full else Grade.OK,
        f"{used / 1e6:,.0f} MB used" + (f" of {limit / 1e6:,.0f}" if limit else ", no limit set"),
        "Raise maxmemory: without room it refuses to write, and sending pauses." if full else "",
    )
    each = server.write_ms(installation.store)
    yield Finding(
        "Redis",
        Grade.WARNING if each > 20 else Grade.OK,
        f"a write on disk takes {each:.1f} ms",
        "A faster disk for its folder: every group of letters waits for it." if each > 20 else "",
    )


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.data if settings.data.exists() else settings.data.parent).free
    if free < _LITTLE_DISK:
        yield Finding(
            "Disk",
            Grade.ERROR,
            f"{free / 1e6:,.0f} MB left where {settings.data} lies",
            "Free space: Redis stops when it cannot write.",
        )
    else:
        yield Finding("Disk", Grade.OK, f"{free / 1e9:,.1f} GB left where {settings.data} lies")


def _parts(installation: Installation) -> Iterator[Finding]:
    if readiness.missing(installation):
        yield Finding(
            "Worker",
            Grade.ERROR,
            "no sending process has said that it lives within 20 s",
            "distro up   (or distro worker and distro sweep)",
        )
    else:
        alive = len(processes.alive(installation.store))
        yield Finding(
            "Worker", Grade.OK, f"{alive} sending process{'es live' if alive != 1 else ' lives'}"
        )
    older = running_parts.warning(installation)
    if older:
        yield Finding("Settings", Grade.WARNING, older)
    late = distributions.overdue(installation.store, _LATE_MS)
    if late:
        yield Finding(
            "Sweep",
            Grade.ERROR,
            f"{late[0].label} is due for more than 30 s and nobody looks at it",
            "distro sweep",
        )


def _faults(installation: Installation) -> Iterator[Finding]:
    """Find distributions that a fault keeps from going on."""
    for number in distributions.newest(installation.store, _LOOKED_AT):
        found = distributions.get(installation.store, number)
        if found and found.state is DistributionState.HALTED and found.guard == FAULT:
            yield Finding(
                "Halted",
                Grade.ERROR,
                f"{found.label}: {found.reason}",
                f"When it is mended: distro resume {found.label}",
            )


def _storms(installation: Installation) -> Iterator[Finding]:
    for domain, at, count, distribution in scanner_bursts.recent(installation):
        when = from_ms(at, installation.settings.site.timezone)
        yield Finding(
            "Scanner",
            Grade.WARNING,
            f"{count} readers at {domain} left within seconds after {distribution} on"
            f" {when:%d %B %H:%M}; probably a scanner pressed their links",
            f"Ask {domain}'s IT desk to exempt your links; who wants back presses the link in any"
            " letter (28 days)",
        )


def _learnt(installation: Installation) -> Iterator[Finding]:
    """Tell what relays taught the processes that live, as settings to write down."""
    for relay, limits in learnt_limits(installation.store).items():
        if setting_of(limits):
            yield Finding(
                "Relay",
                Grade.OK,
                f"{relay} allows less than was asked for, which was learnt while sending:"
                f" {setting_of(limits)}",
                "Write it into its [[relay]] in distro.toml",
            )


def _clock(installation: Installation) -> Iterator[Finding]:
    skew = installation.store.now_ms() - time.time_ns() // 1_000_000
    bad = abs(skew) > _SKEW_MS
    yield Finding(
        "Clock",
        Grade.ERROR if bad else Grade.OK,
        f"{abs(skew)} ms between this host and Redis",
        "Set both by NTP: a lift needs both clocks to agree." if bad else "",
    )


def _templates(installation: Installation) -> Iterator[Finding]:
    now, organisation, slots = (
        datetime.now().astimezone(),
        installation.settings.sender.name,
        Slots(),
    )
    sample = Edition(language="en", headline="Headline", body="Text.", embargo=now.isoformat())
    letters = (
        [(replace(sample, kind=kind), "") for kind in KINDS]
        + [(sample, tier) for tier in TIERS]
        + [
            (make("en", organisation, slots), "")
            for make in (service_letters.confirm, service_letters.welcome)
        ]
    )
    for edition, tier in letters:
        try:
            compile_edition(installation, edition, "0", now, tier=tier, slots=slots)
        except DistroError as error:
            yield Finding(
                "Templates", Grade.ERROR, f"{tier or edition.kind}: {error.message}", error.hint
            )
            return
    yield Finding("Templates", Grade.OK, f"{len(letters)} kinds compile")


def _settings(settings: Settings) -> Iterator[Finding]:
    loose = settings.readable_by_others
    if loose:
        yield Finding(
            "Settings",
            Grade.WARNING,
            f"{loose} holds a password or key, and other users of this machine can read it",
            f"chmod 600 {loose}",
        )
    if settings.site.environment != "production":
        n = len(settings.site.allow)
        yield Finding(
            "Settings",
            Grade.WARNING,
            f"environment is {settings.site.environment}: only the allow-list is written to ({n}"
            " entries)",
            'For real: [site] environment = "production"',
        )
    if settings.site.url.startswith("http://"):
        yield Finding(
            "Settings",
            Grade.WARNING,
            f"unsubscribe links lead to {settings.site.url}, which readers cannot reach",
            '[site] url = "https://…"',
        )
    if not settings.sender.postal_address:
        yield Finding(
            "Settings",
            Grade.WARNING,
            "no postal address at the foot of letters, which many countries' law asks for",
            '[sender] postal_address = "…"',
        )
    if settings.sender.address.endswith(".example"):
        yield Finding(
            "Settings",
            Grade.WARNING,
            f"letters come from {settings.sender.address}, an address that cannot exist",
            '[sender] address = "press@your.domain"',
        )
