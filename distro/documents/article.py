"""Read what a web page says of itself, and find what a library takes for its article."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import html

_ARTICLES = {"newsarticle", "article", "pressrelease", "report", "blogposting", "webpage"}
_LONGEST = 1_000_000  # characters of JSON-LD


@dataclass(frozen=True, slots=True)
class Article:
    """A page's own words about its article (schema.org, Open Graph)."""

    headline: str = ""
    published: str = ""  # RFC 3339 or a day, as the page says it
    language: str = ""
    body: str = ""
    address: str = ""  # where it stands on the web

    def fields(self) -> dict[str, str]:
        """Return what an edition may take from it."""
        found = {
            "headline": self.headline,
            "date": self.published[:10],
            "published": self.published,
            "language": self.language,
        }
        return {name: value for name, value in found.items() if value}


def article_of(tree: html.HtmlElement) -> Article:
    """Read JSON-LD first, then the meta elements."""
    said = next(_json_articles(tree), {})
    meta = {
        (m.get("property") or m.get("name") or "").lower(): m.get("content") or ""
        for m in tree.iter("meta")
    }
    links = (e for e in tree.iter("link") if e.get("rel") == "canonical")
    canonical = next((e.get("href") or "" for e in links), "")
    base = next((e.get("href") or "" for e in tree.iter("base")), "")
    return Article(
        headline=_text(said.get("headline")) or meta.get("og:title", "").strip(),
        published=_text(said.get("datePublished")) or meta.get("article:published_time", ""),
        language=_text(said.get("inLanguage")) or tree.get("lang") or "",
        body=_text(said.get("articleBody"), 500_000),
        address=base or canonical or meta.get("og:url", ""),
    )


def _json_articles(tree: html.HtmlElement) -> Iterator[dict[str, Any]]:
    for script in tree.iter("script"):
        if (script.get("type") or "").lower() != "application/ld+json":
            continue
        try:
            found = json.loads((script.text or "")[:_LONGEST])
        except (ValueError, RecursionError):
            continue
        waiting = [found]
        for _ in range(10_000):
            if not waiting:
                break
            one = waiting.pop(0)
            if isinstance(one, list):
                waiting += one
            elif isinstance(one, dict):
                kinds = one.get("@type", "")
                names = kinds if isinstance(kinds, list) else [kinds]
                if any(str(name).lower() in _ARTICLES for name in names) and one.get("headline"):
                    yield one
                waiting += [v for v in one.values() if isinstance(v, dict | list)]


def _text(value: object, longest: int = 1_000) -> str:
    return " ".join(value.split())[:longest] if isinstance(value, str) else ""


def readings_of(source: str, article: Article) -> tuple[str, str]:
    """Return the narrow and the wide reading of a page by trafilatura, without white space; a body
    that the page itself gives is part of both.
    """
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    found = []
    for precise in (True, False):
        said = trafilatura.extract(
            source,
            favor_precision=precise,
            favor_recall=not precise,
            include_comments=False,
            include_formatting=False,
            output_format="txt",
        )
        found.append("".join(f"{said or ''} {article.body}".split()))
    return found[0], found[1]
