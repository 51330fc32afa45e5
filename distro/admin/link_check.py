"""Ask whether the links of a release answer, when somebody wants to know (`check --online`).

A release may come from anybody: only public addresses are asked, nothing is sent but the request,
and nothing of the answer is read.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urljoin, urlsplit

from distro.lib.commonmark import links_of
from distro.readings import Level, Problem, Reading

_WEB = ("http://", "https://")
_MOST, _AT_ONCE = 60, 8  # links
_PATIENCE = 8.0  # seconds for one answer
_REDIRECTS = 5
# No answer to a robot is not an answer to a reader.
_SHY = {401, 403, 405, 406, 429, 503, 999}


def dead_links(readings: Sequence[Reading]) -> list[Problem]:
    """Return a warning for each link that leads nowhere."""
    wanted = list(dict.fromkeys(_links(readings)))[:_MOST]
    with ThreadPoolExecutor(_AT_ONCE) as asking:
        found = asking.map(lambda one: _why_dead(one[1]), wanted)
    return [
        Problem(file, 0, Level.WARNING, f"{link[:100]} {why}")
        for (file, link), why in zip(wanted, found, strict=True)
        if why
    ]


def _links(readings: Sequence[Reading]) -> Iterator[tuple[str, str]]:
    for reading in readings:
        edition = reading.edition
        if edition is not None:
            text = f"{edition.body}\n\n{edition.notes_to_editors}\n\n{edition.boilerplate}"
            yield from (
                (reading.file, link) for link in links_of(text) if link.lower().startswith(_WEB)
            )


def _why_dead(link: str) -> str:
    """Return why a link is dead, "" where it answers."""
    for _ in range(_REDIRECTS):
        try:
            status, onward = _asked(link)
            link = urljoin(link, onward)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return f"does not answer ({_reason(error)})"
        if status in (301, 302, 303, 307, 308) and onward:
            continue
        return "" if status < 400 or status in _SHY else f"answers {status}"
    return "leads from page to page"


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "there is no such host"
    return str(error)[:80] or type(error).__name__


def _asked(link: str) -> tuple[int, str]:
    """Ask for the head of a page; return status and where it leads."""
    parts = urlsplit(link)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it is no address of the web")
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    connection = http.client.HTTPConnection(parts.hostname, port, timeout=_PATIENCE)
    # Connect to the address that was judged: a second question may be answered otherwise.
    connection.sock = socket.create_connection((_public(parts.hostname, port), port), _PATIENCE)
    try:
        if secure:
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(connection.sock, server_hostname=parts.hostname)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        path = quote(path, safe="/%?=&:;,+~@!$'()*")
        connection.request("HEAD", path, headers={"User-Agent": "distro-check", "Accept": "*/*"})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location", "")
    finally:
        connection.close()


_NETS = [ipaddress.ip_network(net) for net in ("2002::/16", "2001::/23")]  # that hold others


def _on_the_internet(address: str) -> bool:
    """Return whether an address is one that anybody may ask (RFC 6890), and holds no other."""
    found = ipaddress.ip_address(address)
    if found.is_multicast or not found.is_global:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return True
    unicast = ipaddress.ip_network("2000::/3")  # RFC 4291 §2.4
    return found in unicast and not any(found in net for net in _NETS)


def _public(host: str, port: int) -> str:
    """Return an address of a host on the internet; raise ValueError for one of a private net."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found:
        if not _on_the_internet(str(address[0])):
            raise ValueError("it is an address of a private network")
    return str(found[0][4][0])
