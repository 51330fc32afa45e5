"""Check that the public pages answer under `[site] url` as readers and mail programs reach them,
through any proxy.
"""

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from distro.admin.finding import Finding, Grade
from distro.settings.load import Settings

_PATIENCE = 5  # seconds for one answer
_NOBODY = "/u/nobody.0.0.doctor"  # a link that is nobody's: it answers, and unsubscribes no one


def examine_pages(settings: Settings) -> Iterator[Finding]:
    """Ask for the health page, and press a one-click link of nobody's."""
    url = settings.site.url
    try:
        status, where, body = _ask(url, "GET", "/healthz")
    except ssl.SSLCertVerificationError as error:
        yield Finding(
            "Pages",
            Grade.ERROR,
            f"{url}: its certificate is not trusted ({error.verify_message})",
            "Renew it, or let it name this host: mail programs refuse what browsers refuse.",
        )
        return
    except socket.gaierror:
        yield Finding(
            "Pages",
            Grade.ERROR,
            f"{url}: no such host is known",
            "[site] url in distro.toml, or its DNS record",
        )
        return
    except (OSError, http.client.HTTPException) as error:
        yield Finding(
            "Pages",
            Grade.ERROR,
            f"{url} does not answer"
            f" ({getattr(error, 'strerror', '') or error or type(error).__name__})",
            f"distro up; a proxy in front must pass it on to {settings.site.listen}",
        )
        return
    if status in (301, 302, 303, 307, 308):
        yield Finding(
            "Pages",
            Grade.ERROR,
            f"{url} leads on to {where[:80]}: one-click unsubscribe follows no redirect (RFC 8058"
            " §3.1)",
            "[site] url must be the address that answers itself",
        )
    elif status != 200 or not _is_ours(body):
        yield Finding(
            "Pages",
            Grade.ERROR,
            f"another server answers under {url} (status {status} to /healthz)",
            f"A proxy in front must pass everything on to {settings.site.listen}",
        )
    else:
        yield Finding("Pages", Grade.OK, f"{url} answers")
        yield from _one_click(url)


def _one_click(url: str) -> Iterator[Finding]:
    """Check that a mail program's POST reaches the page (RFC 8058 §3.2).

    It may neither be redirected nor refused on the way.
    """
    try:
        status, where, _ = _ask(url, "POST", _NOBODY, "List-Unsubscribe=One-Click")
    except (OSError, http.client.HTTPException) as error:
        yield Finding(
            "Pages",
            Grade.ERROR,
            f"one-click unsubscribe: no answer to a POST ({error})",
            "Look at the proxy in front: it must pass POST on",
        )
        return
    if 300 <= status < 400:
        yield Finding(
            "Pages",
            Grade.ERROR,
            f"one-click unsubscribe is led on to {where[:80]}: mail programs do not follow",
            "Let the proxy pass POST on without a redirect (RFC 8058 §3.1)",
        )
    elif status in (401, 403, 405, 411, 413, 501, 502, 503, 504):
        yield Finding(
            "Pages",
            Grade.ERROR,
            f"one-click unsubscribe is answered with {status} on its way",
            "Let the proxy pass POST on to /u/… without a login",
        )
    else:
        yield Finding("Pages", Grade.OK, "one-click unsubscribe reaches the page")


def _is_ours(body: bytes) -> bool:
    try:
        return bool(json.loads(body) == {"status": "ok"})
    except ValueError:
        return False


def _ask(url: str, method: str, path: str, form: str = "") -> tuple[int, str, bytes]:
    """Return status, where it leads on to, and the beginning of the body.

    Certificates are verified, and no redirect is followed.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port or 443, timeout=_PATIENCE, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, port or 80, timeout=_PATIENCE)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        connection.request(method, parts.path.rstrip("/") + path, form or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location") or "", answer.read(2000)
    finally:
        connection.close()
