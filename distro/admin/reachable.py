"""Check that a relay takes connections now; it promises nothing about later."""

import socket

from distro.settings.load import Settings


def relay_trouble(settings: Settings, seconds: float = 1.0) -> str:
    """Return why no relay answers; "" if one takes connections."""
    why = ""
    for relay in settings.relay:
        try:
            with socket.create_connection((relay.host, relay.port), seconds):
                return ""
        except OSError as error:
            why = (
                f"the relay {relay.name} does not answer ({(error.strerror or str(error)).lower()})"
            )
    return why
