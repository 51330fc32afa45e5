"""Post to an address that somebody else chose: never into our own network, never for long.

The name is resolved once, and that very address is connected to, so that a name which answers
differently the second time leads nowhere else. Redirects are failures.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_SECONDS = 20.0  # of one try, from the first packet to the status line
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Inside, or leading inside, and not said to be so by the standard library.
_INSIDE = [
    ipaddress.ip_network(text)
    for text in ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "fec0::/10", "5f00::/16")
]


class ForbiddenAddressError(Exception):
    """A name that leads into a network that is not the public one."""


@dataclass(frozen=True, slots=True)
class Posted:
    """The answer to a post: its status, 0 where there was none, and why."""

    status: int
    why: str = ""


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool) -> Posted:
    """Post JSON and return what came back; `private`: our own network may be meant."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    try:
        address = resolved(parts.hostname or "", port, private=private)
        connection = _Connection(parts.hostname or "", address, port, secure=secure)
    except ForbiddenAddressError as error:
        return Posted(0, str(error))
    except OSError as error:
        return Posted(0, f"its name leads nowhere ({error})")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    given = {"Content-Type": "application/json", "User-Agent": "distro", **headers}
    # A receiver that sends a byte now and then must not hold us up.
    late = threading.Timer(_SECONDS, connection.abort)
    late.daemon = True
    late.start()
    try:
        connection.request("POST", path, body, given)
        return Posted(connection.getresponse().status)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Posted(0, f"{type(error).__name__}: {error}"[:200])
    finally:
        late.cancel()
        connection.close()


def resolved(host: str, port: int, *, private: bool) -> str:
    """Return one address of a name; raise ForbiddenAddressError where any leads inside."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    inside = [one for one in addresses if not is_public(one)]
    if inside and not private:
        raise ForbiddenAddressError(f"{host} leads to {inside[0]}, which is not a public address")
    return addresses[0]


def is_public(text: str) -> bool:
    """Return whether an address is one of the public Internet, whichever way it is written."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _INSIDE):
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.teredo:
            inner = address.teredo[1]
        if inner:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast


class _Connection(http.client.HTTPConnection):
    """A connection to one address, under the name that its certificate must have."""

    def __init__(self, host: str, address: str, port: int, *, secure: bool) -> None:
        super().__init__(host, port, timeout=_SECONDS)
        self._address = address
        self._secure = secure
        self._socket: socket.socket | None = None

    def connect(self) -> None:
        """Connect to the address that was looked at, and to no other."""
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self._socket = plain
        self.sock = plain
        if self._secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(plain, server_hostname=self.host)
            self._socket = self.sock

    def abort(self) -> None:
        """End it from another thread."""
        if self._socket:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
