"""Draw charts as SVG: title and description, zero-based, a texture for each state so that grey
print reads.
"""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from distro.model import State
from distro.reports.details import Bin

# Texture by state, drawn over its colour (CSS variables of the page).
_TEXTURES = {
    State.DEFERRED: (
        '<path d="M-1 7L7 -1M-1 3L3 -1M3 7L7 3" stroke="var(--page)" stroke-width="1.4"/>'
    ),
    State.FAILED: '<path d="M0 0L6 6M6 0L0 6" stroke="var(--page)" stroke-width="1.2"/>',
    State.IN_DOUBT: (
        '<rect width="3" height="3" fill="var(--page)"/><rect x="3" y="3" width="3" height="3"'
        ' fill="var(--page)"/>'
    ),
    State.QUEUED: (
        '<rect width="6" height="6" fill="var(--page)"/><circle cx="3" cy="3" r="0.9"'
        ' fill="var(--queued)"/>'
    ),
    State.SENDING: '<path d="M1.5 0V6M4.5 0V6" stroke="var(--page)" stroke-width="1.3"/>',
    State.SUPPRESSED: (
        '<circle cx="1.5" cy="1.5" r="1" fill="var(--page)"/><circle cx="4.5" cy="4.5" r="1"'
        ' fill="var(--page)"/>'
    ),
    State.CANCELLED: '<path d="M-1 7L7 -1" stroke="var(--page)" stroke-width="2.4"/>',
    State.BOUNCED: '<path d="M0 1.5H6M0 4.5H6" stroke="var(--page)" stroke-width="1.3"/>',
    State.COMPLAINED: '<rect x="1.5" y="1.5" width="3" height="3" fill="var(--page)"/>',
}


def patterns() -> str:
    """Return the textures, once a page; the parts of charts refer to them as url(#t-…)."""
    made = "".join(
        f'<pattern id="t-{state.value}" width="6" height="6" patternUnits="userSpaceOnUse"><rect'
        f' width="6" height="6" fill="var(--{state.value.replace("_", "-")})"/>{texture}</pattern>'
        for state, texture in {State.ACCEPTED: "", **_TEXTURES}.items()
    )
    return (
        '<svg width="0" height="0" aria-hidden="true" focusable="false"'
        f' class="defs"><defs>{made}</defs></svg>'
    )


def swatch(state: State) -> str:
    """Return a small square with the state's texture; the word stands beside it."""
    return (
        '<svg width="14" height="14" aria-hidden="true" focusable="false" class="swatch"><rect'
        f' x="0.5" y="0.5" width="13" height="13" fill="url(#t-{state.value})"'
        f' stroke="var(--{state.value.replace("_", "-")})"/></svg>'
    )


def balance(counts: dict[State, int], *, height: int = 36, label: str = "Where everyone is") -> str:
    """Return one bar to scale, a part for each state that has somebody; a part is never thinner
    than a pixel.
    """
    total = sum(counts.values())
    present = [(state, n) for state, n in counts.items() if n]
    text = ", ".join(f"{n:,} {state.value.replace('_', ' ')}" for state, n in present) or "nobody"
    x, parts = 0.0, []
    for state, n in present:
        width = 1000 * n / total
        parts.append(
            f'<rect x="{x:.2f}" y="0.5" width="{max(width, 1.5):.2f}" height="{height - 1}"'
            f' fill="url(#t-{state.value})" stroke="var(--{state.value.replace("_", "-")})"'
            f' vector-effect="non-scaling-stroke"><title>{n:,}'
            f" {state.value.replace('_', ' ')}</title></rect>"
        )
        x += width
    return (
        f'<svg role="img" width="100%" height="{height}" viewBox="0 0 1000 {height}"'
        f' preserveAspectRatio="none" class="bar"><title>{escape(label)}</title>'
        f"<desc>{escape(text)} of {total:,}.</desc>{''.join(parts)}</svg>"
    )


def over_time(bins: Sequence[Bin], width: int, zone: str) -> str:
    """Return accepted letters by time, as bars from zero; the numbers are in the description."""
    if len(bins) < 3:  # two bars say less than the sentence above them
        return ""
    most = max(b.accepted for b in bins)
    step = 1000 / len(bins)
    bars = "".join(
        f'<rect x="{n * step:.2f}" y="{120 - 118 * b.accepted / most:.2f}"'
        f' width="{max(step - 1, 0.8):.2f}" height="{118 * b.accepted / most:.2f}"'
        f' fill="var(--accepted)"><title>{_clock(b.at, zone)}: {b.accepted:,}</title></rect>'
        for n, b in enumerate(bins)
        if b.accepted
    )
    text = "; ".join(f"{_clock(b.at, zone)} {b.accepted:,}" for b in bins)
    unit = "each second" if width == 1 else f"every {width} seconds"
    return (
        '<figure><svg role="img" width="100%" height="120" viewBox="0 0 1000 120"'
        ' preserveAspectRatio="none" class="time"><title>Letters accepted'
        f' {unit}</title><desc>{escape(text)}</desc><line x1="0" x2="1000" y1="119.5" y2="119.5"'
        f' stroke="var(--ink)" vector-effect="non-scaling-stroke"/>{bars}</svg>'
        f"<figcaption><span>{_clock(bins[0].at, zone)}</span>"
        f"<span>at most {most:,} {unit}</span>"
        f"<span>{_clock(bins[-1].at + width, zone)}</span></figcaption></figure>"
    )


def _clock(at: int, zone: str) -> str:
    return f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%H:%M:%S}"
