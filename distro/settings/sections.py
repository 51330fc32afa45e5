"""The tables of `distro.toml` about who we are: each setting with its type, its default, its
meaning and what it must look like. `sending` has those about how letters are sent.
"""

import ipaddress
import re
from urllib.parse import urlsplit

from pydantic import (
    Field,
    SecretStr,
    field_validator,
)

from distro.settings.fields import Section, one_plain_address
from distro.times import duration_ms, zone

LEAST_KEY = 16  # bytes of a key that signs links


def networks(value: list[str]) -> list[str]:
    """Check that each text is an address or a network."""
    for network in value:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise ValueError(
                f"{network[:60]}: must be an address or a network, like 10.0.0.5 or 10.0.0.0/24"
            ) from None
    return value


class Site(Section):
    """The public pages, as readers find them."""

    url: str = Field(
        "http://127.0.0.1:8025",
        description="The address of the public pages; must be https, except on loopback.",
    )
    listen: str = Field("127.0.0.1:8025", description="Where `distro web` listens: host:port.")
    trusted_proxies: list[str] = Field(
        ["127.0.0.1", "::1"],
        description=(
            "Addresses or networks of proxies before the pages: only they may say who the reader is"
            " (X-Forwarded-For)."
        ),
    )
    group: str = Field(
        "",
        description=(
            "A group of this machine whose members may use the commands too; with the embedded"
            " Redis (docs/deploy.md)."
        ),
    )
    timezone: str = Field("UTC", description="The zone of times that name none.")
    metrics_key: SecretStr = Field(
        SecretStr(""),
        description=(
            "What Prometheus shows at /metrics (credentials of its authorization), 16 characters or"
            " more; empty: the address is closed."
        ),
    )
    environment: str = Field(
        "production", description="Any other name: only the allow-list is written to."
    )
    allow: list[str] = Field(
        [], description="Addresses and domains that may be written to in other environments."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        return networks(value)

    @field_validator("metrics_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 16:
            raise ValueError("must have 16 characters or more: openssl rand -base64 24")
        return value

    @field_validator("group")
    @classmethod
    def _group_name(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}", value):
            raise ValueError("must be a group's name, like press")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        zone(value)
        return value

    @field_validator("url")
    @classmethod
    def _safe_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address like https://press.example")
        if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError(
                "must begin with https:// (unsubscribe links travel by it); http is only for this"
                " machine"
            )
        return value.rstrip("/")

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError("must be host:port, like 127.0.0.1:8025")
        return value


class Sender(Section):
    """The writer of the letters."""

    name: str = Field("Press Office", description="The name that readers see.")
    address: str = Field(
        "press@press.example",
        description="The address in From; its domain is in Message-ID and List-Id.",
    )
    reply_to: str = Field("", description="Where answers go; empty: to `address`.")
    postal_address: str = Field(
        "", description="Printed at the foot of every letter, as the law of many countries asks."
    )
    return_path: str = Field(
        "", description="Of a desk: another address for its bounces than [feedback] return_path."
    )

    @field_validator("address", "reply_to", "return_path")
    @classmethod
    def _one_address(cls, value: str) -> str:
        return one_plain_address(value)

    @field_validator("name", "postal_address")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if any(ord(c) < 32 for c in value):
            raise ValueError("must be one line")
        return value


class BrandSettings(Section):
    """The look of letters; everything else is a template."""

    accent: str = Field(
        "#0b5570",
        pattern="^#[0-9a-fA-F]{6}$",
        description="The colour of links and of a quote's rule, on white.",
    )
    accent_dark: str = Field(
        "#83c5de", pattern="^#[0-9a-fA-F]{6}$", description="The same in the dark."
    )
    logo: str = Field(
        "",
        description=(
            "A PNG, JPEG or GIF that stands in the masthead instead of the name; it travels inside"
            " the letter."
        ),
    )
    logo_width: int = Field(160, ge=16, le=552, description="Its width in pixels.")
    links: dict[str, str] = Field(
        {},
        description=(
            'Where else you are found, as words in the footer: {Website = "https://…", Mastodon ='
            ' "https://…"}.'
        ),
    )

    @field_validator("links")
    @classmethod
    def _https(cls, value: dict[str, str]) -> dict[str, str]:
        if any(not address.startswith("https://") for address in value.values()):
            raise ValueError("must be addresses that begin with https://")
        return value


class Dkim(Section):
    """The keys that sign letters (RFC 6376); their public halves are published in DNS."""

    domain: str = Field(
        "", description="Whose signature it is; empty: the domain of each sender's address."
    )
    selector: str = Field("distro", description="The name of the key: SELECTOR._domainkey.DOMAIN.")
    key: str = Field(
        "",
        description=(
            "A file with the private RSA key (`distro doctor --make-dkim-key`); empty: letters are"
            " not signed here."
        ),
    )
    ed25519_selector: str = Field("distro-ed", description="The name of the second key.")
    ed25519_key: str = Field(
        "", description="A file with an Ed25519 key, which signs too (RFC 8463); empty: none."
    )


class Retention(Section):
    """Retention periods.

    The consent of a subscriber is kept as long as they are in the book, as proof.
    """

    answers: str = Field(
        "365d",
        description=(
            "What receivers answered about each recipient, which may name people; reports and"
            " complaints ask for a year. Empty: for ever."
        ),
    )

    @field_validator("answers")
    @classmethod
    def _is_duration(cls, text: str) -> str:
        if text:
            duration_ms(text)
        return text


class Languages(Section):
    """Which edition a reader gets who has none in their language."""

    fallback: list[str] = Field(
        [], description="Languages tried, in order, for readers without an edition in theirs."
    )
    required: list[str] = Field(
        [], description="Without an edition in each of these, no press release goes out."
    )


class Approval(Section):
    """The people who must say yes before a release goes out."""

    required: int = Field(
        0,
        ge=0,
        le=9,
        description="So many people, none of them who submitted it; 0: it goes out by itself.",
    )


class Tracking(Section):
    """Numbers of readers' acts; all off, and refusable by each reader."""

    clicks: bool = Field(
        False,
        description=(
            "Count who follows which link: people, programs and unknown apart; never an address or"
            " a program's name. Readers may refuse on their page."
        ),
    )
    scanners: list[str] = Field(
        [], description="Further networks of mail scanners, whose clicks are programs'."
    )

    @field_validator("scanners")
    @classmethod
    def _are_networks(cls, value: list[str]) -> list[str]:
        return networks(value)


class Secret(Section):
    """The keys that sign the links in letters."""

    keys: list[SecretStr] = Field(
        [],
        description=(
            "The first signs links, all verify; at least 16 bytes each; empty: the data folder"
            " keeps its own."
        ),
    )

    @field_validator("keys")
    @classmethod
    def _hard_to_guess(cls, value: list[SecretStr]) -> list[SecretStr]:
        if any(
            len(key.get_secret_value().encode()) < LEAST_KEY
            or len(set(key.get_secret_value())) < LEAST_KEY // 2
            for key in value
        ):
            raise ValueError(
                f"each must be a random text of at least {LEAST_KEY} bytes: python3 -c 'import"
                " secrets; print(secrets.token_hex(32))'"
            )
        return value
