"""The nouns of what becomes of an item: what was done, as it is kept, printed and compared."""

from dataclasses import asdict, dataclass
from typing import Any

from distro.feedback.items import Cause, Item
from distro.incoming.matching import By, Match

LEDGER = ("moved", "waits", "kept", "counted", "not_attempted")
PROBLEMS = ("forged", "wrong_recipient", "unmatched")
# Everything under which something is counted; but for whom we slow down.
COUNTED = (
    *LEDGER,
    *PROBLEMS,
    *(cause.value for cause in Cause),
    "address alone",
    "circle",
    "unreadable",
    "unreadable report",
)


@dataclass(frozen=True, slots=True)
class Effect:
    """Everything that one item did. Texts that are not there are ""."""

    recipient: str
    hard: bool
    cause: str
    status: str
    distribution: str  # D17
    matched_by: str
    ledger: str = ""  # of LEDGER; "": nothing to record
    book: str = ""  # suppressed, struck, unsubscribed, held, suggested; "": nothing
    problem: str = ""  # of PROBLEMS
    ordinal: int = -1
    said: str = ""
    rule: str = ""

    @classmethod
    def of(
        cls, item: Item, match: Match, *, ledger: str = "", book: str = "", hidden: str = ""
    ) -> "Effect":
        """Return what an item did; `hidden`: an address that its words must not repeat."""
        letter = match.letter
        return cls(
            item.recipient,
            item.hard,
            item.cause,
            item.status,
            letter.distribution.label if letter else "",
            match.by,
            ledger,
            book,
            match.problem,
            letter.ordinal if letter else -1,
            item.said.replace(hidden, "recipient") if hidden else item.said,
            item.rule,
        )

    @property
    def counted(self) -> str:
        """Return the name under which it is counted."""
        if self.matched_by == By.RECIPIENT and not self.ledger and not self.problem:
            return "address alone"
        return self.problem or self.ledger or self.cause

    def shown(self) -> dict[str, Any]:
        """Return it as `feedback read --json` prints it."""
        return asdict(self)

    def kept(self) -> dict[str, Any]:
        """Return it as it is kept beside the message: nothing of a person but their place."""
        found = asdict(self)
        del found["recipient"], found["said"]
        return found
