"""Find whom a consent fact is about, after addresses and copies of the book have changed."""

import json
from dataclasses import replace

from distro.audience.consent import LIFTED, MOVED, NOES, RESUBSCRIBED, Fact, Hashes
from distro.store import Store, consents, subscriber_rows


class FactOwners:
    """The present owners of replayed facts.

    After a restore an id may be somebody else's; the address tells.
    """

    def __init__(self, store: Store, hashes_of: Hashes) -> None:
        self.store = store
        self.hashes_of = hashes_of
        self._by_hash: dict[str, int] | None = None
        # Hash of an address -> hash of the one that the person had before.
        self._before: dict[str, str] = {}

    def rightful(self, fact: Fact) -> Fact | None:
        """Return the fact with the id of whoever has its address now.

        None where nobody has: a refusal is then kept for whoever comes with that address.
        """
        row = json.loads(subscriber_rows.row(self.store, fact.subscriber) or b"{}")
        mine = [str(a) for a in (row.get("email", ""), *row.get("_former", ())) if a]
        if fact.act == MOVED and fact.detail:
            self._before[fact.address_hash] = fact.detail
        if not fact.address_hash or any(
            fact.address_hash in self.hashes_of(address) for address in mine
        ):
            return fact
        found = self._everybody().get(fact.address_hash)
        if not found:
            self._keep(fact)
            found = self._everybody().get(self._first(fact.address_hash))
        if found:
            return replace(fact, subscriber=found)
        return fact if fact.subscriber and not mine else None

    def _keep(self, fact: Fact) -> None:
        """Keep a refusal of somebody who is not in the book for whoever comes with that address."""
        if fact.act in NOES:
            consents.keep_refusal(self.store, [fact.address_hash], fact.act)
        elif fact.act in (RESUBSCRIBED, LIFTED):
            consents.drop_refusal(self.store, [fact.address_hash])

    def _first(self, address_hash: str) -> str:
        """Return the address hash under which the person was known before they moved."""
        for _ in range(20):
            if address_hash not in self._before:
                break
            address_hash = self._before[address_hash]
        return address_hash

    def _everybody(self) -> dict[str, int]:
        if self._by_hash is None:
            self._by_hash = {
                h: number
                for address, number in subscriber_rows.addresses(self.store).items()
                for h in self.hashes_of(address)
            }
        return self._by_hash
