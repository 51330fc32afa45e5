"""Read a saved web page (.html, .mhtml): every visible character becomes part of a block.

What the page says of itself (JSON-LD, schema.org NewsArticle) and what trafilatura takes for the
article weigh for each block; they do not decide alone.
"""

import email
import email.policy
import re
from collections.abc import Mapping
from dataclasses import replace

from lxml import html
from lxml.etree import LxmlError

from distro.documents.article import Article, article_of, readings_of
from distro.documents.blocks import Block, Document, Kind, Remark, UnreadableError
from distro.documents.page_blocks import PageWalk, visible_characters
from distro.readings import Choices

_DIFFER = 0.2  # of the words: above it, two readings of a page are both shown
_NAMED = 6  # elements with a class or an id, from which on they may tell something
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)


def read(raw: bytes, _: Choices) -> Document:
    """Return what stands in a saved page."""
    source, pictures = _unpacked(raw) if _is_mhtml(raw) else (raw, {})
    tree = parsed(source)
    body = tree.find("body") if tree.tag != "body" else tree
    if body is None:
        raise UnreadableError("it holds no page")
    article = article_of(tree)
    walk = PageWalk(article.address, pictures)
    title = _title(tree)
    blocks = [*title, *walk.blocks(body)]
    # Of a page without any structure, a library knows less than the words themselves say.
    text = source.decode(_encoding(source), "replace") if _structured(body) else ""
    narrow, wide = readings_of(text, article) if text else ("", "")
    return Document(
        format="a saved page",
        unit="characters",
        blocks=tuple(_weighed(block, article, narrow, wide) for block in blocks),
        pieces=visible_characters(body) + sum(b.pieces for b in title),
        remarks=(*walk.remarks, *_differences(narrow, wide)),
        pictures=walk.pictures,
        fields=article.fields(),
    )


def parsed(raw: bytes) -> html.HtmlElement:
    """Parse a page; nothing is fetched."""
    parser = html.HTMLParser(encoding=_encoding(raw), no_network=True, huge_tree=False)
    try:
        found = html.document_fromstring(raw, parser=parser)
    except (LxmlError, ValueError, AssertionError) as error:
        raise UnreadableError(f"it is no page ({error})") from None
    return found


def _encoding(raw: bytes) -> str:
    if raw[:3] == b"\xef\xbb\xbf":
        return "utf-8"
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    said = _CHARSET.search(raw[:4096])
    for name in (said[1].decode("ascii") if said else "", "utf-8"):
        try:
            raw.decode(name or "utf-8")
        except (UnicodeDecodeError, LookupError):
            continue
        return name or "utf-8"
    return "cp1252"


def _is_mhtml(raw: bytes) -> bool:
    return b"multipart/related" in raw[:4096].lower() and not raw.lstrip().startswith(b"<")


def _unpacked(raw: bytes) -> tuple[bytes, Mapping[str, bytes]]:
    """Return the page of a web archive (RFC 2557), and its pictures by address."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    page, pictures = b"", {}
    for part in list(message.walk())[:2_000]:
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            continue
        if part.get_content_type() == "text/html" and not page:
            charset = part.get_content_charset() or "utf-8"
            try:
                page = b"\xef\xbb\xbf" + content.decode(charset, "replace").encode()
            except LookupError:
                page = content
        elif part.get_content_maintype() == "image":
            pictures[str(part.get("Content-Location", ""))] = content
            pictures["cid:" + str(part.get("Content-ID", "")).strip("<>")] = content
    if not page:
        raise UnreadableError("the web archive holds no page", "Save it as HTML.")
    return page, pictures


def _structured(body: html.HtmlElement) -> bool:
    """Return whether the elements of a page say what they are for."""
    if next(body.iter("article", "main", "nav", "aside"), None) is not None:
        return True
    named = (e for e in body.iter("*") if e.get("class") or e.get("id"))
    return sum(1 for _ in zip(named, range(_NAMED), strict=False)) == _NAMED


def _title(tree: html.HtmlElement) -> list[Block]:
    """Return the title of the page, where embargoes are said too."""
    words = " ".join((tree.findtext(".//title") or "").split())
    if not words:
        return []
    return [
        Block(
            place="the page's title",
            kind=Kind.TEXT,
            text=words,
            markdown="",
            pieces=len("".join(words.split())),
        )
    ]


def _weighed(block: Block, article: Article, narrow: str, wide: str) -> Block:
    """Return a block with how likely it is part of the article."""
    start = _folded(block.text)[:80]
    if block.kind is Kind.HEADING and article.headline and start == _folded(article.headline)[:80]:
        return replace(block, kind=Kind.TITLE)
    if len(narrow) < 300 or block.dropped or len(start) < 12:
        return block
    if start in narrow:
        return replace(block, likely=1.5)
    if start in wide:
        return replace(block, place=f"{block.place}, in the wide reading only")
    return replace(block, likely=-0.8)


def _folded(text: str) -> str:
    return "".join(text.split())


def _differences(narrow: str, wide: str) -> list[Remark]:
    """Say that two readings of the page differ."""
    more = len(wide) - len(narrow)
    if not narrow or more < _DIFFER * len(wide):
        return []
    return [
        Remark(
            f"two readings of this page differ: a wide one has {more:,} characters more than a"
            " narrow one; --show-dropped names what only the wide one has"
        )
    ]
