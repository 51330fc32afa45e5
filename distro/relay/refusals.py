"""Tell refusals about us from refusals about a recipient: for those about us everything halts.

Two rules: three senders refused in a row (5xx at MAIL) over different recipients; and refusals by
policy (5.7.x: policy, authentication, reputation; RFC 3463 §3.8) of over 5 % of at least 50 letters
across three or more domains.
"""

from distro.lib.smtp_codes import enhanced
from distro.model import State, domain_of
from distro.relay.reply import Scope
from distro.relay.session import Sent

_SENDERS = 3  # refused in a row
_LEAST = 50  # letters, before the share counts
_SHARE = 0.05
_DOMAINS = 3
_WINDOW = 2000  # letters that count; older ones fade


class RefusalMonitor:
    """The record of one relay's answers about us."""

    def __init__(self) -> None:
        self._senders: tuple[str, ...] = ()  # recipients whose MAIL was refused, in a row
        self._judged = 0  # letters that a relay took or refused for good
        self._policy: dict[str, int] = {}  # domain -> refusals by policy

    def learn(self, recipient: str, sent: Sent) -> str:
        """Note how a letter ended; gives why it is our fault, "" if it is not."""
        outcome = sent.outcome
        if sent.scope is Scope.US:
            self._senders += () if recipient in self._senders else (recipient,)
            if len(self._senders) >= _SENDERS:
                self._senders = ()
                return f"refuses our sender: {outcome.code} {outcome.text}"
            return ""
        if outcome.state not in (State.ACCEPTED, State.FAILED):
            return ""
        self._senders = ()
        self._judged += 1
        if outcome.state is State.FAILED and enhanced(outcome.text).startswith("5.7."):
            domain = domain_of(recipient)
            self._policy[domain] = self._policy.get(domain, 0) + 1
            refused = sum(self._policy.values())
            if (
                self._judged >= _LEAST
                and len(self._policy) >= _DOMAINS
                and refused > self._judged * _SHARE
            ):
                judged, self._judged, self._policy = self._judged, 0, {}
                return (
                    f"refuses us by policy: {refused} of the last {judged} letters, at last with"
                    f" {outcome.code} {outcome.text}"
                )
        if self._judged >= _WINDOW:
            self._judged, self._policy = (
                self._judged // 2,
                {d: n // 2 for d, n in self._policy.items() if n > 1},
            )
        return ""
