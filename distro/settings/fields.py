"""The types of settings, each with what it must look like."""

import ipaddress
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, field_validator

from distro.lib.mailbox_providers import parse_rate
from distro.times import parse_duration


def is_duration(text: str) -> str:
    """Check that a text is a duration such as 60s, 2h, 2d."""
    parse_duration(text)
    return text


def is_rate(text: str) -> str:
    """Check that a text is a rate such as 20/s, 300/m, or empty."""
    if text:
        parse_rate(text)
    return text


class SecretUrl(SecretStr):
    """An address that may hold a password: masked wherever it is shown, logged or in a
    traceback.
    """

    @property
    def shown(self) -> str:
        """Return the address without its password, and without what its query says, which may be
        one.
        """
        scheme, found, rest = self.get_secret_value().partition("://")
        if not found:
            return scheme
        login, at, place = rest.rpartition("@")
        user, colon, _ = login.partition(":")
        place, mark, query = place.partition("?")
        query = "&".join(
            part
            for part in query.split("&")
            if part.partition("=")[0] in ("tls", "db", "virtual_host")
        )
        password = ":********" if colon else ""
        shown = f"{mark}{query}" if query else ""
        return f"{scheme}://{user}{password}{at}{place}{shown}"

    def _display(self) -> str:
        return self.shown


def check_url(value: SecretUrl, schemes: tuple[str, ...], example: str) -> SecretUrl:
    """Check scheme, host and port of an address. Raises ValueError, without the address in it."""
    text = value.get_secret_value()
    parts = urlsplit(text)
    if parts.scheme not in schemes or any(ord(c) < 33 or ord(c) == 127 for c in text):
        raise ValueError(f"must be {example}")
    if "unix" in parts.scheme or "socket" in parts.scheme:
        # Of a socket's address, unix(7).
        if not parts.path.startswith("/") or len(parts.path) > 107:
            raise ValueError("must name a socket's file, like unix:///run/redis/redis.sock")
        return value
    if parts.scheme == "sentinel":
        hosts = parts.netloc.rpartition("@")[2].split(",")
        if not all(
            host and (":" not in host or host.rpartition(":")[2].isdigit()) for host in hosts
        ):
            raise ValueError("must name its hosts like sentinel://one:26379,two:26379/service")
        return value
    try:
        port = parts.port
    except ValueError:
        raise ValueError("the port must be a number up to 65535") from None
    if port == 0 or not parts.hostname:
        raise ValueError(f"must be {example}")
    if (
        parts.scheme.startswith("redis")
        and not parts.path.strip("/").isdigit()
        and parts.path.strip("/")
    ):
        raise ValueError("the database after the last / must be a number")
    return value


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, by its name or address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def one_plain_address(value: str) -> str:
    """Check that a text is one e-mail address without a name."""
    if value and (
        value.count("@") != 1 or any(c in value for c in "\r\n<>, ") or not value.isascii()
    ):
        raise ValueError("must be one plain ASCII address, like press@press.example")
    return value


def one_line(value: Any) -> Any:
    """Refuse control characters in any text of the settings: they reach headers, commands and the
    terminal.
    """
    texts = value if isinstance(value, list) else [value]
    if isinstance(value, dict):
        texts = [*value.keys(), *value.values()]
    for text in texts:
        if isinstance(text, str) and any(
            ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029" for c in text
        ):
            raise ValueError("must be one line without control characters")
        if isinstance(text, str) and len(text) > LONGEST:
            raise ValueError(f"must have at most {LONGEST:,} characters")
    return value


class Section(BaseModel):
    """A table of the file: frozen, and strict about its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _lines(cls, value: Any) -> Any:
        return one_line(value)


Duration = Annotated[str, AfterValidator(is_duration)]


Rate = Annotated[str, AfterValidator(is_rate)]


LONGEST = 4000  # characters of a text
