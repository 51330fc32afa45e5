"""Draw the pages of the office: templates, and how numbers and times are written."""

from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse

from distro.lib import html_pages
from distro.model import language_name

_HERE = Path(__file__).parent
# No script but ours, nothing from elsewhere, no form to elsewhere.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'"
    " data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A letter is shown as mail programs show it: no script, no form, in a frame of ours.
LETTER_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: data: 'self';"
    " frame-ancestors 'self'"
)
STYLE = (_HERE / "office.css").read_bytes()
SCRIPT = (_HERE / "live.js").read_bytes() + b"\n" + (_HERE / "passkeys.js").read_bytes()


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page as a response."""
    env = html_pages.environment(_HERE / "templates")
    env.filters.setdefault("number", number)
    env.filters.setdefault("clock", clock)
    env.filters.setdefault("words", words)
    env.filters.setdefault("pace", pace)
    env.filters.setdefault("language", language_name)
    text = env.get_template(template).render(**values)
    # With no referrer at all, a browser says of its own forms that they come from nowhere.
    headers = {"content-security-policy": POLICY, "referrer-policy": "same-origin"}
    return HTMLResponse(text, status, headers=headers)


def number(value: Any) -> str:
    """Return a count with its thousands apart; … for one that is not known."""
    return "…" if value is None else f"{int(value):,}"


def pace(rate: float) -> str:
    """Return letters a second as people say it: 20 a second, 300 an hour."""
    for seconds, name in ((1, "second"), (60, "minute"), (3600, "hour")):
        if rate * seconds >= 1:
            return f"{round(rate * seconds):,} {'an' if name == 'hour' else 'a'} {name}"
    return f"{round(rate * 86_400):,} a day"


def clock(text: str) -> str:
    """Return an RFC 3339 time as people write it: 24 Nov 2026, 10:21."""
    if not text:
        return "–"
    when = datetime.fromisoformat(text)
    return f"{when.day} {when:%b %Y, %H:%M}"


def words(name: str) -> str:
    """Return a name of the ledger's as words: in_doubt is "in doubt"."""
    return name.replace("_", " ").replace("-", " ")
