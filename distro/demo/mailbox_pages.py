"""Show the demo's mailbox as pages: every letter received, at phone and desktop width, as text and
as source.
"""

import signal
import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as email_policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from distro import log
from distro.demo.mailbox import Mailbox, check_ports
from distro.lib import html_pages

_STYLE = """<style>
:root { color-scheme: light dark; --page: #fff; --ink: #15191e; --ink2: #4b5560;
  --line: #d5dade; --link: #0a558c; }
@media (prefers-color-scheme: dark) { :root { --page: #0f1317; --ink: #e9edf1; --ink2: #aab4be;
  --line: #333b43; --link: #83c3ee; } }
body { margin: 0; background: var(--page);
  color: var(--ink); font: 16px/24px system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
main { max-width: 1168px; margin: 0 auto; padding: 28px 20px 56px; }
h1 { font-size: 25px; line-height: 32px; margin: 0 0 8px; }
a { color: var(--link); }
ol { list-style: none; padding: 0; margin: 20px 0 0; }
li { border-top: 1px solid var(--line); padding: 8px 0; }
.quiet, dt { color: var(--ink2); font-size: 14px; }
.views { display: flex; gap: 28px; flex-wrap: wrap; margin-top: 20px; }
figure { margin: 0; max-width: 100%; }
figcaption { color: var(--ink2); font-size: 14px; margin-bottom: 4px; }
iframe { border: 1px solid var(--line); background: #fff; max-width: 100%; }
pre { font: 13px/20px ui-monospace, Menlo, Consolas, monospace;
  white-space: pre-wrap; overflow-wrap: anywhere;
  border-top: 1px solid var(--line); padding-top: 14px; }
</style>"""
_LIST = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mailbox</title>{{ style }}</head>

<body>
<main>
<h1>{{ letters | length }} letters received</h1>
<p class="quiet">A mailbox on this machine; nothing left it. The newest 500, newest first.</p><ol>
{% for n, to, subject, lang in letters[:500] %}<li><a href="/mailbox/{{ n }}" lang="{{ lang }}"
 dir="auto">{{ subject }}</a>
<br>
<span class="quiet">to {{ to }}</span></li>{% endfor %}
</ol></main></body></html>"""
_LETTER = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ subject }}</title>{{ style }}</head>

<body>
<main>
<p><a href="/mailbox">All letters</a>
</p><h1 dir="auto">{{ subject }}</h1>
<p class="quiet">to {{ to }} · <a href="{{ unsubscribe }}">unsubscribe page</a>
 · <a href="/mailbox/{{ n }}/source">source</a>
</p>
<div class="views">
<figure><figcaption>Phone, 375 pixels</figcaption>
<iframe title="The letter on a phone" src="/mailbox/{{ n }}/html"
 width="375" height="760" sandbox></iframe></figure>
<figure><figcaption>Desktop, 680 pixels</figcaption>
<iframe title="The letter on a desktop" src="/mailbox/{{ n }}/html"
 width="680" height="760" sandbox></iframe></figure></div>
<h2>Plain text</h2><pre dir="auto">{{ text }}</pre></main></body></html>"""


class MailboxPages:
    """Serves the pages of a mailbox, on a free port of this machine unless one is named, in a
    thread.
    """

    def __init__(self, mailbox: Mailbox, host: str = "127.0.0.1", port: int = 0) -> None:
        env = html_pages.environment(Path(__file__).parent)
        self._list, self._letter = env.from_string(_LIST), env.from_string(_LETTER)
        self.mailbox = mailbox
        self._server = ThreadingHTTPServer((host, port), self._handler())
        threading.Thread(
            target=self._server.serve_forever, name="mailbox pages", daemon=True
        ).start()

    @property
    def url(self) -> str:
        """Return the address of the pages."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/mailbox"

    def close(self) -> None:
        """Stop to serve."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body of a path."""
        parts = path.strip("/").split("/")
        if parts[:1] != ["mailbox"] or len(parts) > 3:
            return 404, "text/plain", b"not here"
        if len(parts) == 1:
            return 200, "text/html", self._index().encode()
        if not parts[1].isdigit() or not 0 < int(parts[1]) <= len(self.mailbox.accepted):
            return 404, "text/plain", b"no such letter"
        return self._one(int(parts[1]), parts[2] if len(parts) == 3 else "")

    def _index(self) -> str:
        found = []
        for n, (to, _) in reversed(list(enumerate(self.mailbox.accepted, 1))):
            letter = self._read(n)
            found.append((n, to, letter["Subject"], letter["Content-Language"]))
            if len(found) == 500:
                break
        return self._list.render(letters=found, style=_markup(_STYLE))

    def _one(self, n: int, view: str) -> tuple[int, str, bytes]:
        letter = self._read(n)
        if view == "source":
            return 200, "text/plain", self.mailbox.accepted[n - 1][1].read_bytes()
        html, text = (letter.get_body((kind,)) for kind in ("html", "plain"))
        if view == "html":
            return 200, "text/html", str(html.get_content() if html else "").encode()
        fields = {
            "n": n,
            "to": self.mailbox.accepted[n - 1][0],
            "subject": letter["Subject"],
            "unsubscribe": str(letter["List-Unsubscribe"]).strip("<>"),
            "text": text.get_content() if text else "",
        }
        return 200, "text/html", self._letter.render(style=_markup(_STYLE), **fields).encode()

    def _read(self, n: int) -> EmailMessage:
        letter = message_from_bytes(
            self.mailbox.accepted[n - 1][1].read_bytes(), policy=email_policy
        )
        assert isinstance(letter, EmailMessage)
        return letter

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        pages = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = pages.answer(self.path.partition("?")[0])
                self.send_response(status)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            # The base class calls it so.
            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Print nothing: the terminal belongs to the demo."""

        return Handler


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - our own style


def run(folder: Path, host: str, port: int, pages: int) -> int:
    """Take letters and show them until asked to stop; raises DistroError where a port is another
    program's.
    """
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stopped.set())
    check_ports(host, port, pages)
    with Mailbox(folder, host=host, port=port) as mailbox:
        shown = MailboxPages(mailbox, host, pages)
        log.get().info(
            "mailbox ready",
            relay=f"smtp://{host}:{port}?tls=off",
            letters=shown.url,
            folder=str(folder),
        )
        stopped.wait()
        shown.close()
    return 0
