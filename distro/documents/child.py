"""The child process that reads one document and writes it to stdout, as MessagePack."""

import sys
from importlib import import_module

import msgspec

from distro.documents.blocks import UnreadableError
from distro.documents.reader import READERS, Answer, examined
from distro.readings import Choices

# What a broken file may make a reader raise: it is told as a sentence.
TOLERATED = (OSError, RecursionError, ValueError)
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "pty.")


def _guard(event: str, _: object) -> None:
    """Refuse the network and other programs, whatever a library may be talked into."""
    if event.startswith(_FORBIDDEN):
        raise PermissionError(event)


def main(task: str, given: str) -> None:
    """Read the document from stdin and write an `Answer`.

    `task`: the document's suffix, with the choices as `given`; or "examine" or "clean", with the
    name of a file that travels with a release.
    """
    reader = import_module(f"distro.documents.{READERS[task]}") if task in READERS else None
    sys.addaudithook(_guard)
    sys.setrecursionlimit(3_000)
    try:
        raw = sys.stdin.buffer.read()
        if reader is not None:
            document = reader.read(raw, msgspec.json.decode(given, type=Choices))
            answer = Answer(document=document)
        else:
            answer = Answer(examined=examined(given, raw, clean=task == "clean"))
    except UnreadableError as error:
        answer = Answer(why=str(error), instead=error.instead)
    except TOLERATED as error:
        answer = Answer(why=f"it cannot be read ({type(error).__name__})")
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))


if __name__ == "__main__":
    main(*sys.argv[1:3])
