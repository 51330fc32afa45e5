"""Place what travels with an edition: pictures in its text, attachments inside or as links."""

from collections.abc import Iterator
from dataclasses import replace

from markupsafe import Markup

from distro.letter.body import Block
from distro.letter.context import LetterContext
from distro.letter.mime import FilePart
from distro.model import Edition, Enclosed

_COLUMN = 552  # pixels of the text's width


def parts(edition: Edition, context: LetterContext) -> Iterator[FilePart]:
    """Yield the files that travel inside a letter: pictures in its text, then attachments."""
    for file in edition.files:
        if file.source and file.hash in context.files:
            yield FilePart(file.name, file.type, context.files[file.hash], _cid(file, context))
    for file, inside in attachments(edition, context):
        if inside:
            yield FilePart(file.name, file.type, context.files[file.hash])


def placed(block: Block, edition: Edition, context: LetterContext) -> Block:
    """Return a picture with its address in the letter; one that does not travel with it stands
    there as its words.
    """
    if block.kind != "picture":
        return block
    file = next((f for f in edition.files if f.source == block.source), None)
    if file is None or file.hash not in context.files:
        return Block("paragraph", Markup("[{}]").format(block.alt))
    return replace(block, source=f"cid:{_cid(file, context)}", width=min(file.width, _COLUMN))


def shown(file: Enclosed, inside: bool, view: str) -> dict[str, str]:
    """Return an attachment as a template shows it."""
    size = (
        f"{file.size / 1e6:.1f}\u00a0MB"
        if file.size > 950_000
        else f"{max(1, round(file.size / 1000))}\u00a0KB"
    )
    return {"name": file.name, "size": size, "url": "" if inside else f"{view}/{file.hash}"}


def attachments(edition: Edition, context: LetterContext) -> Iterator[tuple[Enclosed, bool]]:
    """Yield each attachment, and whether it fits into the letter; what does not is a link."""
    room = context.attached
    for file in (f for f in edition.files if not f.source):
        inside = file.size <= room and file.hash in context.files
        room -= file.size if inside else 0
        yield file, inside


def _cid(file: Enclosed, context: LetterContext) -> str:
    """Return the Content-ID of a picture (RFC 2392): its hash at our domain."""
    return f"{file.hash}@{context.domain}"
