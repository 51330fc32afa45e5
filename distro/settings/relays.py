"""`[[relay]]`: a server that carries our letters onward."""

from datetime import date
from pathlib import Path
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, field_validator, model_validator

from distro.errors import SettingsError
from distro.lib.files import read_text
from distro.settings.fields import Rate, SecretUrl, Section, check_url, is_loopback


class Relay(Section):
    """An outgoing SMTP server."""

    url: SecretUrl = Field(
        SecretUrl("smtp://127.0.0.1:25?tls=off"),
        description=(
            "smtp://user:secret@host:587 (STARTTLS), smtps:// (implicit TLS); ?tls=off only where"
            " it says so."
        ),
    )
    connections: int = Field(
        20,
        ge=1,
        le=1000,
        description=(
            "Connections per worker host, shared by its processes; fewer where the relay allows"
            " fewer, which is learnt while sending."
        ),
    )
    letters_per_connection: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description=(
            "Letters after which a connection is closed and another opened; 0: it is learnt from"
            " the relay."
        ),
    )
    unanswered: int = Field(
        0,
        ge=0,
        le=1000,
        description=(
            "Bodies that may be unanswered at a time: what is in doubt when a process is killed; 0:"
            " as many as connections."
        ),
    )
    weight: int = Field(
        1,
        ge=0,
        le=1000,
        description=(
            "Its share of the letters among several relays; 0: only when no other can be reached."
        ),
    )
    rate: Rate = Field(
        "",
        description=(
            "Letters it may get, over all hosts: 50/s, 100000/d; empty: as many as it takes."
        ),
    )
    warm_up: str = Field(
        "",
        description=(
            "The day (2026-11-24) of a new address's first letters: 500 that day, twice as many"
            " each day after, for two weeks."
        ),
    )
    ca_file: str = Field("", description="Certificates to trust beside the system's.")
    password_file: str = Field(
        "", description="A file that holds the password, instead of the address."
    )
    helo: str = Field("", description="The name said in EHLO; empty: this host's.")
    source_address: str = Field(
        "", description="The local address to connect from; empty: the system's choice."
    )

    @field_validator("url")
    @classmethod
    def _smtp(cls, value: SecretUrl) -> SecretUrl:
        check_url(value, ("smtp", "smtps"), "smtp://host:port or smtps://host:port")
        parts = urlsplit(value.get_secret_value())
        if parts.query not in ("", "tls=off", "tls=starttls"):
            raise ValueError("understands only ?tls=off after the address")
        if (
            parts.query == "tls=off"
            and parts.scheme == "smtp"
            and parts.username
            and not is_loopback(parts.hostname or "")
        ):
            raise ValueError(
                "would send a password in clear text: leave ?tls=off away, or use smtps://"
            )
        return value

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.password_file and self.tls == "off" and not is_loopback(self.host):
            raise ValueError(
                "password_file and ?tls=off would send a password in clear text: leave ?tls=off"
                " away, or use smtps://"
            )
        return self

    @field_validator("warm_up")
    @classmethod
    def _a_day(cls, value: str) -> str:
        if value:
            date.fromisoformat(value)
        return value

    @property
    def host(self) -> str:
        """Return the host of the url."""
        return urlsplit(self.url.get_secret_value()).hostname or ""

    @property
    def port(self) -> int:
        """Return the port of the url, or the usual one of its scheme."""
        parts = urlsplit(self.url.get_secret_value())
        return parts.port or (465 if parts.scheme == "smtps" else 25)

    @property
    def tls(self) -> Literal["implicit", "starttls", "off"]:
        """Return how the connection is encrypted: implicit, starttls or off."""
        parts = urlsplit(self.url.get_secret_value())
        if parts.scheme == "smtps":
            return "implicit"
        return "off" if parts.query == "tls=off" else "starttls"

    @property
    def user(self) -> str:
        """Return the user of the url; "" where it has none."""
        return unquote(urlsplit(self.url.get_secret_value()).username or "")

    def password(self) -> str:
        """Return the password, read when it is needed; raise SettingsError if its file cannot be
        read.
        """
        if self.password_file:
            try:
                return read_text(Path(self.password_file), 10_000).strip()
            except (OSError, UnicodeDecodeError) as error:
                why = getattr(error, "strerror", None) or "it is no text"
                raise SettingsError(
                    f"relay.password_file: {self.password_file} cannot be read ({why})"
                ) from None
        return unquote(urlsplit(self.url.get_secret_value()).password or "")

    @property
    def name(self) -> str:
        """Return the relay as logs and reports name it: host:port, never with the secret."""
        return f"{self.host}:{self.port}"
