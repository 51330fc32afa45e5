"""Signatures of the book's scripts: write, consent."""

from collections.abc import Sequence

from distro.store.client import Call

Command = tuple[str | bytes | int, ...]
DONE, AGAIN, KNOWN = "done", "again", "known"


def write(
    version: int, commands: Sequence[Command], piece: tuple[int, int] | None = None
) -> Call[tuple[str, int]]:
    """Run these commands if the book still has this version; gives (done, again or known, the
    version now).

    `piece` is an import's number and which of its pieces this is: one that was done is not done
    again.
    """
    args: list[str | bytes | int] = [version, *(piece or ("", 0))]
    for command in commands:
        args.append(len(command))
        args += command
    return Call("book", tuple(args), lambda a: (a[0].decode(), int(a[1])))


def consent(host: str, offset: int | None, facts: Sequence[tuple[int, str, str]]) -> Call[int]:
    """Apply facts (subscriber, fact id, JSON), each once; gives how many were news."""
    args = [word for fact in facts for word in fact]
    return Call("consent", (host, "" if offset is None else offset, *args), int)
