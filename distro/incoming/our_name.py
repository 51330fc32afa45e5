"""Answer from what receivers report: who sends as us, what share aligns, who fails TLS."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from distro.feedback import aggregates as reports
from distro.feedback.aggregates import Aggregate, UnreadableReportError
from distro.feedback.message import Message
from distro.installation.context import Installation
from distro.model import domain_of
from distro.store import aggregates, returns

DAYS = 30
_AHEAD = timedelta(days=2)
_OLD = timedelta(days=31)
# The second level under which a country's domains lie: no office has it.
_PUBLIC = re.compile(r"(?:ac|co|com|edu|gob|gov|go|ne|net|or|org)\.[a-z]{2}")


@dataclass(frozen=True, slots=True)
class Standing:
    """One domain of ours, as receivers report it."""

    domain: str
    letters: int = 0
    aligned: int = 0
    # Address -> letters that did not align, the most first.
    others: dict[str, int] = field(default_factory=dict)
    receivers: tuple[str, ...] = ()
    sessions: int = 0  # of TLS that went well
    failures: dict[str, int] = field(default_factory=dict)  # "result at host" -> sessions

    @property
    def share(self) -> float:
        """Return the share of letters that align, 0 to 1; 1 where nothing is reported."""
        return self.aligned / self.letters if self.letters else 1.0


def take(installation: Installation, message: Message) -> list[Aggregate]:
    """Count the reports in a message that are about a domain of ours; return them."""
    found: list[Aggregate] = []
    try:
        for report in reports.in_message(message):
            if _is_ours(installation, report):
                _count(installation, report)
                found.append(report)
    except UnreadableReportError:
        returns.count(installation.store, "unreadable report")
    return found


def _is_ours(installation: Installation, report: Aggregate) -> bool:
    """Return whether a report is about our mail, of a day that can be."""
    settings = installation.settings
    ours = {domain_of(s.address) for s in (settings.sender, *settings.senders.values())}
    ours |= {domain_of(settings.feedback.return_path)} - {""}
    today = datetime.now(UTC).date()
    about_us = any(_is_below(domain, report.domain) for domain in ours)
    return about_us and today - _OLD < report.day < today + _AHEAD


def _is_below(domain: str, other: str) -> bool:
    """Return whether a domain is another one, or lies below it; but for public suffixes."""
    if domain == other:
        return True
    return domain.endswith(f".{other}") and "." in other and not _PUBLIC.fullmatch(other)


def _count(installation: Installation, report: Aggregate) -> None:
    counts: Counter[str] = Counter()
    for source in report.sources:
        counts["letters"] += source.letters
        counts["aligned"] += source.letters * source.aligned
        if not source.aligned:
            counts[f"other:{source.address}"] += source.letters
    for failure in report.failures:
        where = failure.host or "an unnamed host"
        counts[f"failed:{failure.result} at {where}"] += failure.sessions
    counts["sessions"] += report.sessions
    counts[f"receiver:{report.reporter}"] += 1
    name = f"{report.reporter}|{report.name}"
    aggregates.count(installation.store, report.kind, report.domain, report.day, name, counts)


def standings(installation: Installation, days: int = DAYS) -> list[Standing]:
    """Return each domain of ours, as receivers reported it in so many days."""
    since = datetime.now(UTC).date() - timedelta(days=days)
    found: dict[str, Counter[str]] = {}
    for kind in ("dmarc", "tls"):
        for (domain, _), counts in aggregates.days(installation.store, kind, since).items():
            found.setdefault(domain, Counter()).update(counts)
    return [_standing(domain, counts) for domain, counts in sorted(found.items())]


def _standing(domain: str, counts: Counter[str]) -> Standing:
    def under(prefix: str) -> dict[str, int]:
        """Return what is counted under a prefix, the most first."""
        some = {k.removeprefix(prefix): n for k, n in counts.items() if k.startswith(prefix)}
        return dict(sorted(some.items(), key=lambda pair: (-pair[1], pair[0])))

    return Standing(
        domain,
        counts["letters"],
        counts["aligned"],
        under("other:"),
        tuple(under("receiver:")),
        counts["sessions"],
        under("failed:"),
    )
