"""Count who followed which link of a distribution: three numbers, never one."""

from typing import Any

from distro.letter import CompiledLetter
from distro.model import DistributionId
from distro.store import Store, clicks, distributions, letters

_VERDICTS = ("human", "machine", "unknown")


def links(store: Store, distribution: DistributionId) -> list[dict[str, Any]]:
    """Return each counted link with how many recipients followed it, most people first; [] where
    none is counted. The link that nobody sees is left out.
    """
    found = distributions.read(store, distribution)
    rows: dict[str, dict[str, Any]] = {}
    for language in found.languages:
        kept = letters.letter(store, distribution, language)
        targets = CompiledLetter.from_json(kept).links if kept else ()
        if not targets:
            continue
        counted = clicks.counts(store, distribution, language, len(targets))
        for url, numbers in list(zip(targets, counted, strict=True))[1:]:
            row = rows.setdefault(url, {"url": url} | dict.fromkeys(_VERDICTS, 0))
            for who in _VERDICTS:
                row[who] += numbers[who]
    return sorted(rows.values(), key=lambda row: (-row["human"], row["url"]))
