"""Settings of signing in by OpenID Connect: the office's own accounts open its pages."""

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from distro.settings.fields import Section


class SignIn(Section):
    """A provider of OpenID Connect."""

    issuer: str = Field(
        "", description="Its address, as its discovery document says it; empty: none is used."
    )
    client_id: str = Field("", description="What it calls this installation.")
    client_secret: SecretStr = Field(SecretStr(""), description="What it gave with that.")
    claim: str = Field(
        "preferred_username",
        description="Which claim is the name of `distro users add`; nobody may change it there.",
    )
    label: str = Field("your account", description="What the button calls it.")

    @field_validator("issuer")
    @classmethod
    def _safe(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        near = parts.hostname in ("127.0.0.1", "localhost", "::1")
        if parts.scheme != "https" and not (near and parts.scheme == "http"):
            raise ValueError("must begin with https:// (http is only for this machine)")
        return value
