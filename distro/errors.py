"""Errors that can be reported to a person: one class per kind of trouble.

Expected answers are values (an `Outcome`, a `Problem`); an exception of this tree means that the
command cannot go on. The edges turn it into a message without a traceback; whatever is not of this
tree is a bug and shows one.
"""


class DistroError(Exception):
    """Something that a person can mend.

    `code` names the kind of trouble for those who word it in their own terms (the terminal, pages,
    the API), `facts` are what they need for it. `hint` says what to do where that is the same for
    everybody; `details` has one line for each problem.
    """

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        hint: str = "",
        details: list[str] | None = None,
        **facts: object,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.details = details or []
        self.facts = facts


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
        self,
        message: str,
        *,
        expression: str,
        column: int,
        width: int = 1,
        code: str = "",
        hint: str = "",
        **facts: object,
    ) -> None:
        caret = " " * column + "^" * max(1, width)
        super().__init__(message, code=code, hint=hint, details=[expression, caret], **facts)
        self.expression = expression
        self.column = column


class NotFoundError(DistroError):
    """A release, distribution or subscriber that is not there."""


class RefusedError(DistroError):
    """A rule forbids it: an empty audience, a changed text, a distribution that is over."""


class InputFileError(DistroError):
    """A file that cannot be taken: unreadable, empty, binary, too large, or with bad rows."""


class TemplateError(DistroError):
    """A template is incomplete or would make a broken letter; names the file and the line."""


class StoreGoneError(DistroError):
    """Redis cannot be reached, or refuses to write (memory or disk full)."""
