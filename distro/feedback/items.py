"""The nouns of this stage: causes, and an item: what one message says of one recipient."""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """The reason why something came back, in words that a report can show."""

    # The address is no good: each may suppress it (policy.py).
    UNKNOWN_USER = "unknown_user"
    MOVED = "moved"
    DOMAIN_GONE = "domain_gone"
    NO_MAIL = "no_mail"  # the host or domain says that it takes no mail at all
    # Their side, and it may pass.
    MAILBOX_FULL = "mailbox_full"
    DISABLED = "disabled"  # a mailbox that is there and locked
    SYSTEM = "system"  # the receiving system is in trouble
    NETWORK = "network"  # not reached, or given up after days
    # This letter, not this reader.
    MESSAGE_TOO_LARGE = "message_too_large"
    CONTENT_REFUSED = "content_refused"  # spam, virus, forbidden attachment
    REFUSED_BY_POLICY = "refused_by_policy"
    # Us: never the reader's fault.
    OUR_REPUTATION = "our_reputation"
    OUR_AUTHENTICATION = "our_authentication"
    OUR_PTR = "our_ptr"
    OUR_TLS = "our_tls"
    OUR_RATE = "our_rate"
    # No failure at all.
    DELAYED = "delayed"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto_reply"
    OUT_OF_OFFICE = "out_of_office"
    HAS_LEFT = "has_left"
    CHALLENGE = "challenge"
    AUTHENTICATION_REPORT = "authentication_report"  # RFC 6591: a receiver tells what it saw
    REMOVAL_REQUEST = "removal_request"  # "please take me off"
    REPLY = "reply"  # a person wrote
    UNCLASSIFIED = "unclassified"


GONE = frozenset({Cause.UNKNOWN_USER, Cause.MOVED, Cause.DOMAIN_GONE, Cause.NO_MAIL})
OURS = frozenset(
    {
        Cause.OUR_REPUTATION,
        Cause.OUR_AUTHENTICATION,
        Cause.OUR_PTR,
        Cause.OUR_TLS,
        Cause.OUR_RATE,
    }
)
ANSWERS = frozenset(
    {
        Cause.AUTO_REPLY,
        Cause.OUT_OF_OFFICE,
        Cause.HAS_LEFT,
        Cause.CHALLENGE,
        Cause.REMOVAL_REQUEST,
        Cause.REPLY,
    }
)
# Says nothing about whether the letter arrived for good, and moves no state.
NO_FAILURE = ANSWERS | {Cause.DELAYED, Cause.DELIVERED, Cause.AUTHENTICATION_REPORT}


@dataclass(frozen=True, slots=True)
class Item:
    """One recipient in one message or event. Texts that are not there are ""."""

    recipient: str  # an address, in lower-case domain; "": the message names none
    cause: Cause
    status: str = ""  # enhanced status code (RFC 3463): 5.1.1
    code: int = 0  # SMTP reply code; 0: none was quoted
    said: str = ""  # the words of the server or person, one line, at most 500 characters
    server: str = ""  # the host that refused it, where the report names one (RFC 3464 §2.3.5)
    rule: str = ""  # the rule that decided: "text:mailbox_full:…"

    @property
    def hard(self) -> bool:
        """Return whether the address itself is no good.

        "Takes no mail" counts only as a permanent answer.
        """
        if self.cause is Cause.NO_MAIL:
            return not (self.status.startswith("4") or 400 <= self.code < 500)
        return self.cause in GONE
