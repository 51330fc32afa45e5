"""The port of the pages: taken, or a sentence that says who else has it."""

import errno
import socket

from distro.errors import DistroError


def listening(listen: str) -> socket.socket:
    """Take the address that the pages listen on, host:port. Raises DistroError where another program has it."""
    host, _, port = listen.rpartition(":")
    name = host.strip("[]")
    try:
        return socket.create_server((name, int(port)), family=socket.AF_INET6 if ":" in name else socket.AF_INET, backlog=512)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise DistroError(f"the pages cannot listen on {listen}: another program has that port", hint="Stop it, or set another one: [site] listen in distro.toml. Who it is: ss -ltnp") from None
        raise DistroError(f"the pages cannot listen on {listen} ({error.strerror})", hint="Look at [site] listen in distro.toml; ports under 1024 need a right of their own.") from None
