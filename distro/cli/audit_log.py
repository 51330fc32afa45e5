"""audit log: who asked for what, and whether that was changed since."""

from typing import TYPE_CHECKING

from distro.cli import output
from distro.cli.options import Config, settings

if TYPE_CHECKING:
    from distro.installation.audit_log import Entry, Verdict

_SHOWN = 50


def show(config: Config, *, verify: bool, head: str, as_json: bool) -> int:
    """Print the newest entries, or the verdict on all; exit 1 where something was changed."""
    from distro.cli.opening import open_installation
    from distro.installation import audit_log

    with open_installation(settings(config)) as installation:
        zone = installation.settings.site.timezone
        if verify:
            return _verdict(audit_log.verify(installation.store, head), as_json=as_json)
        entries = audit_log.newest(installation.store, 0 if as_json else _SHOWN)
    if as_json:
        output.document([_document(entry, zone) for entry in entries])
        return 0
    for entry in entries:
        output.say(_line(entry, zone))
    if entries:
        output.say("\nNext: distro audit log verify")
    else:
        output.say("Nobody has asked for anything yet.")
    return 0


def _verdict(verdict: "Verdict", *, as_json: bool) -> int:
    good = not verdict.findings
    if as_json:
        output.document(
            {
                "lines": verdict.head.lines,
                "head": str(verdict.head),
                "unchanged": good,
                "findings": list(verdict.findings),
            }
        )
        return 0 if good else 1
    lines = output.count(verdict.head.lines, "line")
    output.say(
        f"✓ {lines}, none edited, dropped or moved" if good else f"✗ {lines}; it was changed:"
    )
    for finding in verdict.findings:
        output.say(f"  {finding}")
    output.say(f"It ends with {verdict.head}")
    return 0 if good else 1


def _document(entry: "Entry", zone: str) -> dict[str, str]:
    from dataclasses import asdict

    from distro.times import rfc3339

    return asdict(entry) | {"at": rfc3339(entry.at, zone)}


def _line(entry: "Entry", zone: str) -> str:
    from distro.times import from_ms

    when = from_ms(entry.at, zone)
    done = f"{entry.act} {entry.about}".strip() + (f" (was {entry.was})" if entry.was else "")
    told = [done, entry.wanted, f'"{entry.why}"' if entry.why else ""]
    refused = f"   refused: {entry.refused.replace('_', ' ')}" if entry.refused else ""
    by = f"{entry.who} ({', '.join(filter(None, (entry.credential, entry.host)))})"
    return f"{when:%Y-%m-%d %H:%M}   {by}   {'; '.join(filter(None, told))}{refused}"
