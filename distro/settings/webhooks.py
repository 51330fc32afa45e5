"""Settings of webhooks out: where other systems hear what happens to distributions."""

import base64
import binascii
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from distro.settings.fields import Section


class Webhook(Section):
    """One address that is told what happens."""

    name: str = Field(
        "", pattern=r"^[a-z0-9-]{0,40}$", description="How it is called; another one for each."
    )
    url: str = Field("", description="Where events are posted: https.")
    secret: SecretStr = Field(
        SecretStr(""), description="whsec_…: 24 to 64 random bytes in base64, shared with it (v1)."
    )
    signing_key: SecretStr = Field(
        SecretStr(""), description="whsk_…: an Ed25519 key in base64; it gets the whpk_… (v1a)."
    )
    private: bool = Field(
        False, description="It stands in your own network: private addresses and http are allowed."
    )

    @field_validator("secret", "signing_key")
    @classmethod
    def _of_the_form(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            key_of(value)
        return value

    @model_validator(mode="after")
    def _safe(self) -> "Webhook":
        parts = urlsplit(self.url)
        schemes = ("https", "http") if self.private else ("https",)
        if parts.scheme not in schemes or not parts.hostname or parts.username:
            raise ValueError("url must be an https address (http where `private = true`)")
        if not self.name:
            raise ValueError("name must be given")
        if not (self.secret.get_secret_value() or self.signing_key.get_secret_value()):
            raise ValueError('secret must be given: echo "whsec_$(openssl rand -base64 32)"')
        return self


def key_of(value: SecretStr) -> bytes:
    """Return the bytes of whsec_… (24 to 64) or whsk_… (32); raises ValueError."""
    prefix, _, text = value.get_secret_value().partition("_")
    least, most = {"whsec": (24, 64), "whsk": (32, 64)}.get(prefix, (0, 0))
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not most or not least <= len(raw) <= most:
        raise ValueError("must be whsec_ or whsk_ and base64 of 24 to 64 bytes (whsk_: 32)")
    return raw[:32] if prefix == "whsk" else raw
