"""Check that a port of this machine is free, or say who else has it."""

import errno
import socket

from distro.errors import DistroError


def listening(
    listen: str, what: str = "the pages", setting: str = "[site] listen in distro.toml"
) -> socket.socket:
    """Take an address to listen on, host:port. Raises DistroError where another program has it,
    naming the setting to change.
    """
    host, _, port = listen.rpartition(":")
    name = host.strip("[]")
    try:
        return socket.create_server(
            (name, int(port)),
            family=socket.AF_INET6 if ":" in name else socket.AF_INET,
            backlog=512,
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise DistroError(
                f"{what} cannot listen on {listen}: another program has that port",
                hint=f"Stop it, or set another one: {setting}. Who it is: ss -ltnp",
            ) from None
        raise DistroError(
            f"{what} cannot listen on {listen} ({error.strerror})",
            hint=f"Look at {setting}; ports under 1024 need a right of their own.",
        ) from None
