"""Evidence about letters in doubt, before the policy decides: what the relay's own log, or somebody
else, knows of them.
"""

from collections.abc import Callable

from distro import log
from distro.installation.context import Installation
from distro.ledger import external_evidence
from distro.ledger.external_evidence import Doubt
from distro.ledger.journal import Attempt
from distro.ledger.recovery import Recovery
from distro.letter import message_ids
from distro.mailing.compose import load_letter
from distro.store.ledger_scripts import RECORD_SIZE
from distro.store.records import address_at, batches_of, edition_spans, unpack_record

_AT_MOST = 500  # letters asked about in one round


def hear(installation: Installation, judge: Recovery, distribution: str, after_ms: int) -> int:
    """Ask the witnesses of `[in_doubt] evidence` about doubts that were waited for; gives how many
    are settled.
    """
    told = [
        external_evidence.evidence_source(name) for name in installation.settings.in_doubt.evidence
    ]
    if not told:
        return 0
    store = installation.store
    due = [
        int(o)
        for o in store.command(
            "ZRANGEBYSCORE",
            f"doubt:{distribution}",
            "-inf",
            store.now_ms() - after_ms,
            "LIMIT",
            0,
            _AT_MOST,
        )
    ]
    if not due:
        return 0
    asked = dict(zip(due, _questions(installation, distribution, due), strict=True))
    known = external_evidence.hear(told, list(asked.values()))
    verdicts = []
    for ordinal in sorted(due):
        outcome = known.get(asked[ordinal].message_id)
        if outcome:
            record = unpack_record(
                store.span(
                    f"rec:{distribution}", ordinal * RECORD_SIZE, (ordinal + 1) * RECORD_SIZE
                )
            )
            verdicts.append(
                (Attempt(distribution, ordinal, record.token, record.attempts), outcome)
            )
    if verdicts:
        became = judge.tell(distribution, verdicts)
        log.get().info(
            "letters in doubt are settled by evidence",
            distribution=f"D{distribution}",
            **{str(s): n for s, n in became.items()},
        )
    return len(verdicts)


def _questions(installation: Installation, distribution: str, ordinals: list[int]) -> list[Doubt]:
    languages = installation.store.hash(f"dist:{distribution}")["order"].split()
    spans = edition_spans(batches_of(installation.store, distribution))
    found = []
    message_id: dict[int, Callable[[int], bytes]] = {}
    for ordinal in ordinals:
        edition = next(e for e, (first, past) in spans.items() if first <= ordinal < past)
        if edition not in message_id:
            message_id[edition] = message_ids(
                load_letter(installation, distribution, languages[edition]),
                int(distribution),
                installation.keys,
            )
        found.append(
            Doubt(
                message_id[edition](ordinal).decode(),
                address_at(installation.store, distribution, ordinal),
            )
        )
    return found
