"""Find where one person stands in a distribution: the ordinal, the reservation, the reason they
were left out.
"""

from dataclasses import dataclass

from distro.model import DistributionId, DistributionState, State
from distro.store import Store, consents, distributions, records
from distro.store.audience_scripts import LEFT_OUT
from distro.store.records import Record

REASONS = (*consents.REASONS, *LEFT_OUT)


@dataclass(frozen=True, slots=True)
class Standing:
    """The place of a person in one distribution."""

    distribution: DistributionId
    headline: str
    dist_state: DistributionState
    ordinal: int  # -1: not in the audience
    state: State | None  # in the audience
    said: str  # the relay's words, or the reason
    left_out: str  # matched, but excluded for this reason; ""
    frozen_ms: int  # 0: not frozen yet
    edition: str
    record: Record | None  # the last attempt


def locate(store: Store, distribution: DistributionId, subscriber: int) -> Standing:
    """Return where somebody stands in a distribution."""
    found = distributions.read(store, distribution)
    ordinal = records.ordinal_in(store, distribution, subscriber) if found.frozen else -1
    common = (distribution, found.headline, found.state)
    if ordinal < 0:
        left_out = records.left_out_for(store, distribution, REASONS, subscriber)
        edition = distributions.reserved_edition(store, found, subscriber)
        return Standing(*common, -1, None, "", left_out, found.frozen_ms, edition, None)
    return Standing(
        *common,
        ordinal,
        records.state_at(store, distribution, ordinal),
        records.replies_at(store, distribution, [ordinal])[0],
        "",
        found.frozen_ms,
        distributions.reserved_edition(store, found, subscriber),
        records.record_at(store, distribution, ordinal),
    )
