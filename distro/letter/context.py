"""The facts that a letter carries besides its edition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from distro.letter.brand import Brand


@dataclass(frozen=True, slots=True)
class LetterContext:
    """The facts that a letter carries besides its edition."""

    distribution: str  # "17"; "0" for a preview
    sender_name: str
    sender_address: str
    reply_to: str
    postal_address: str
    when: datetime  # Date, the same for everyone and at every repetition
    subject_prefix: str = ""  # before the subject: "[Test] "
    complaints: str = ""  # an address for complaint reports
    languages: tuple[str, ...] = ()  # of all editions of the release
    files: Mapping[str, bytes] = field(default_factory=dict)  # what travels with it, by hash
    clicks: bool = False  # whether links are counted
    attached: int = 2_000_000  # bytes of attachments in the letter; the rest are links
    brand: Brand = field(default_factory=Brand)

    @property
    def domain(self) -> str:
        """Return the sender's: of Message-ID, List-Id and Content-IDs."""
        return self.sender_address.rpartition("@")[2]
