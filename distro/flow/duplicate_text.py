"""A text that went out lately under another name: mended by a word, it would reach everybody once
more.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from distro.installation.context import Installation
from distro.model import Edition, Release

_LATELY = 14 * 86_400_000  # ms
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
    """Return the newest distribution of another release, within 14 days, half of whose text this
    one repeats; newsletters repeat themselves.
    """
    if release.kind in ("newsletter", "correction", "hold", "kill"):
        return None
    ours = {edition.language: _paragraphs(edition.body) for edition in release.editions}
    for number, slug, edition in _lately(installation):
        mine, theirs = ours.get(edition.language, {}), _paragraphs(edition.body)
        shared = sum(length for text, length in mine.items() if text in theirs)
        if slug != release.slug and shared and shared >= _NEARLY * sum(mine.values()):
            return SimilarText(f"D{number}", slug, edition.headline)
    return None


def _lately(installation: Installation) -> Iterator[tuple[str, str, Edition]]:
    """Editions of the newest distributions, newest first."""
    numbers = [
        raw.decode() for raw in installation.store.command("ZREVRANGE", "dists", 0, _LOOKED_AT - 1)
    ]
    since = installation.store.now_ms() - _LATELY
    for number in numbers:
        told = installation.store.hash(f"dist:{number}")
        if told.get("state") == "cancelled" or int(told.get("submitted_at") or 0) < since:
            continue
        for version in json.loads(told.get("versions") or "{}").values():
            raw = installation.store.text(f"ed:{version}")
            if raw:
                yield number, told.get("release", ""), Edition.from_json(raw)


def _paragraphs(body: str) -> dict[str, int]:
    """The paragraphs of a text that are worth comparing, with their lengths."""
    found: Iterable[str] = (" ".join(part.casefold().split()) for part in body.split("\n\n"))
    return {text: len(text) for text in found if len(text) >= _WORTH}
