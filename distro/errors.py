"""What can be reported to a person: one class per kind of trouble, each with what to type next.

Expected answers are values (an `Outcome`, a `Problem`); an exception of this tree means that the
command cannot go on.
The edges turn it into a message without a traceback; whatever is not of this tree is a bug and
shows one.
"""


class DistroError(Exception):
    """Something that a person can mend. `hint` says how, in words to type or to look at."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", details: list[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details or []


class UsageError(DistroError):
    """The command was called in a way that it does not understand."""

    exit_code = 2


class SettingsError(DistroError):
    """`distro.toml` or a DISTRO_* variable is wrong; `details` has every problem, not only the
    first.
    """

    exit_code = 2


class ExpressionError(UsageError):
    """A segment cannot be understood. `expression` and `column` (from 0) say where, `width` how
    long the culprit is.
    """

    def __init__(
        self, message: str, *, expression: str, column: int, width: int = 1, hint: str = ""
    ) -> None:
        caret = " " * column + "^" * max(1, width)
        super().__init__(message, hint=hint, details=[expression, caret])
        self.expression = expression
        self.column = column


class NotFoundError(DistroError):
    """A release, distribution or subscriber that is not there."""


class RefusedError(DistroError):
    """A rule of the house forbids it (an empty audience, a changed text); says which and names the
    override.
    """

    def __init__(
        self, message: str, *, hint: str = "", details: list[str] | None = None, **facts: object
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.facts = facts


class InputFileError(DistroError):
    """A file that cannot be taken: unreadable, empty, binary, too large, or with bad rows."""


class TemplateError(DistroError):
    """A template is incomplete or would make a broken letter; names the file and the line."""


class StoreGoneError(DistroError):
    """Redis cannot be reached, or refuses to write (memory or disk full)."""
