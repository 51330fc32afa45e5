"""Ask for evidence about letters in doubt, before the policy decides about them."""

from collections.abc import Callable

from distro import log
from distro.installation.context import Installation
from distro.ledger import external_evidence
from distro.ledger.external_evidence import Doubt
from distro.ledger.journal import Attempt
from distro.ledger.recovery import Recovery
from distro.letter import message_ids
from distro.mailing.compose import load_letter
from distro.model import DistributionId
from distro.store import distributions, records

_AT_MOST = 500  # letters asked about in one round


def hear(
    installation: Installation, recovery: Recovery, distribution: DistributionId, after_ms: int
) -> int:
    """Ask the sources of `[in_doubt] evidence` about letters in doubt; return how many are settled.

    Only those that have been in doubt for `after_ms` are asked about.
    """
    names = installation.settings.in_doubt.evidence
    sources = [external_evidence.evidence_source(name) for name in names]
    if not sources:
        return 0
    store = installation.store
    due = distributions.doubts_since(store, distribution, store.now_ms() - after_ms, _AT_MOST)
    if not due:
        return 0
    doubts = dict(zip(due, _doubts(installation, distribution, due), strict=True))
    known = external_evidence.hear(sources, list(doubts.values()))
    verdicts = []
    for ordinal in sorted(due):
        outcome = known.get(doubts[ordinal].message_id)
        if outcome:
            record = records.record_at(store, distribution, ordinal)
            attempt = Attempt(distribution, ordinal, record.token, record.attempts)
            verdicts.append((attempt, outcome))
    if verdicts:
        became = recovery.record(distribution, verdicts)
        log.get().info(
            "letters in doubt are settled by evidence",
            distribution=distribution.label,
            **{str(s): n for s, n in became.items()},
        )
    return len(verdicts)


def _doubts(
    installation: Installation, distribution: DistributionId, ordinals: list[int]
) -> list[Doubt]:
    """Return the Message-ID and the address of each letter."""
    store = installation.store
    languages = distributions.read(store, distribution).languages
    batches = records.batches_of(store, distribution)
    found = []
    message_id: dict[int, Callable[[int], bytes]] = {}
    for ordinal in ordinals:
        edition = records.edition_at(batches, ordinal)
        if edition not in message_id:
            letter = load_letter(installation, distribution, languages[edition])
            message_id[edition] = message_ids(letter.domain, int(distribution), installation.keys)
        address = records.address_at(store, distribution, ordinal)
        found.append(Doubt(message_id[edition](ordinal).decode(), address))
    return found
