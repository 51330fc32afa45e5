"""Notice a text that went out recently under another name.

Mended by a word, it would reach everybody once more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from distro.installation.context import Installation
from distro.model import DistributionState, Edition, Release
from distro.store import distributions
from distro.store.distribution import Distribution

_SINCE = 14 * 86_400_000  # ms
_LOOKED_AT = 30  # distributions
_WORTH = 60  # characters: shorter paragraphs say little
_NEARLY = 0.5  # of a text's characters, in paragraphs that both have


@dataclass(frozen=True, slots=True)
class SimilarText:
    """An earlier distribution of nearly the same text."""

    distribution: str
    release: str
    headline: str


def similar_text(installation: Installation, release: Release) -> SimilarText | None:
    """Return the newest distribution of another release, half of whose text this one repeats.

    Looks 14 days back; newsletters, which repeat themselves, are left out.
    """
    if release.kind in ("newsletter", "correction", "hold", "kill"):
        return None
    ours = {edition.language: _paragraphs(edition.body) for edition in release.editions}
    for earlier, edition in _recent(installation):
        mine, theirs = ours.get(edition.language, {}), _paragraphs(edition.body)
        shared = sum(length for text, length in mine.items() if text in theirs)
        if earlier.release != release.slug and shared and shared >= _NEARLY * sum(mine.values()):
            return SimilarText(earlier.label, earlier.release, edition.headline)
    return None


def _recent(installation: Installation) -> Iterator[tuple[Distribution, Edition]]:
    """Yield the editions of the newest distributions, newest first."""
    store = installation.store
    since = store.now_ms() - _SINCE
    for number in distributions.newest(store, _LOOKED_AT):
        found = distributions.get(store, number)
        if found is None or found.state is DistributionState.CANCELLED:
            continue
        if found.submitted_ms >= since:
            for edition in distributions.editions(store, found).values():
                yield found, edition


def _paragraphs(body: str) -> dict[str, int]:
    """Return the paragraphs of a text that are worth comparing, with their lengths."""
    found: Iterable[str] = (" ".join(part.casefold().split()) for part in body.split("\n\n"))
    return {text: len(text) for text in found if len(text) >= _WORTH}
