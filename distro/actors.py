"""The actor of an act: a person with a token and a role, or the account of a machine."""

ROLES = ("viewer", "editor", "approver", "admin")  # each may do what those before it may
# The least role for each act. Whoever owns the data may do everything but approve.
LEAST_ROLE = {
    "submit": "editor",
    "test": "editor",
    "import": "editor",
    "add": "editor",
    "change": "editor",
    "move": "editor",
    "erase": "editor",
    "suppress": "editor",
    "close": "editor",
    "feedback": "editor",
    "export": "editor",
    "save": "viewer",
    "passkey": "viewer",
    "halt": "editor",
    "resume": "editor",
    "cancel": "editor",
    "reschedule": "editor",
    "resend": "editor",
    "approve": "approver",
    "reject": "approver",
    "correct": "approver",
    "update": "approver",
    "hold": "approver",
    "clear": "approver",
    "kill": "approver",
    "lift": "approver",
    "users": "admin",
}
# Acts that need a token as soon as anything must be approved: who is not identified is never
# "another person".
NEED_A_PERSON = frozenset(
    ("submit", "correct", "update", "clear", "kill", "lift", "reschedule", "resume", "resend")
)
ONLY_A_PERSON = frozenset(("approve", "reject"))
# Acts whose letters may leave without approval, in an emergency and on record.
BREAK_GLASS = frozenset(("correct", "hold", "kill"))


def may(role: str, act: str) -> bool:
    """Return whether a role is enough for an act."""
    return ROLES.index(role) >= ROLES.index(LEAST_ROLE[act])


class Actor(str):
    """The account that types, and the token that it shows; nothing of it is verified yet."""

    __slots__ = ("host", "token")

    host: str
    token: str

    @classmethod
    def of(cls, account: str, token: str = "", host: str = "") -> "Actor":
        """Return an account with a token ("": none) on a host."""
        made = cls(account)
        made.token, made.host = token, host
        return made
