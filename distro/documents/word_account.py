"""Count the paragraphs of a Word file by another walk than the reader's, to check its sum.

It knows nothing of styles, lists or tables: a stream of elements, part by part.
"""

import re
from xml.etree import ElementTree as ET

from distro.documents.archive import Archive, parse_xml

_PARTS = re.compile(rb"(?:document|header|footer|footnotes|endnotes|comments)\d*\.xml")
_WORDS = ("t", "delText")


def paragraphs_with_words(archive: Archive, main: str) -> int:
    """Return how many paragraphs hold words: in the text, headers, footers, notes, comments, boxes.

    What an older program would show instead of a drawing (Fallback) says the same once more.
    """
    folder, _, name = main.rpartition("/")
    mentioned = _PARTS.findall(archive.read(f"{folder}/_rels/{name}.rels"))
    parts = {main} | {f"{folder}/{part.decode()}" for part in mentioned}
    return sum(_count(parse_xml(raw, part)) for part in parts if (raw := archive.read(part)))


def _count(root: ET.Element) -> int:
    with_words: set[int] = set()
    waiting: list[tuple[ET.Element, int]] = [(root, 0)]
    number = 0
    while waiting:
        element, paragraph = waiting.pop()
        space, _, name = element.tag.rpartition("}")
        if name == "Fallback":
            continue
        if "wordprocessingml" in space:
            if name == "p":
                number += 1
                paragraph = number
            elif name in _WORDS and (element.text or "").strip():
                with_words.add(paragraph)
        waiting += ((child, paragraph) for child in element)
    return len(with_words - {0})
