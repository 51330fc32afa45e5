"""The table of `distro.toml` about what comes back: the addresses, the mailbox, the webhooks."""

import re

from pydantic import Field, SecretStr, field_validator

from distro.settings.fields import SecretUrl, Section, check_url, one_plain_address
from distro.times import duration_ms

_LEAST_SECRET = 16  # bytes


class Webhooks(Section):
    """The keys of providers that report by webhook; without one, its address is closed."""

    ses_topics: list[str] = Field(
        [],
        description=(
            "Amazon SES: the topics of Amazon SNS that are yours (arn:aws:sns:…); others are"
            " refused, however well they are signed."
        ),
    )
    sendgrid: SecretStr = Field(
        SecretStr(""), description="Twilio SendGrid: the verification key of its signed events."
    )
    mailgun: SecretStr = Field(SecretStr(""), description="Mailgun: the webhook signing key.")
    postmark: SecretStr = Field(
        SecretStr(""),
        description="Postmark: a password of yours; its webhook's address has it as user:it@host.",
    )
    brevo: SecretStr = Field(SecretStr(""), description="Brevo: the same.")
    mailjet: SecretStr = Field(SecretStr(""), description="Mailjet: the same.")
    sparkpost: SecretStr = Field(SecretStr(""), description="SparkPost: the same.")

    @field_validator("ses_topics")
    @classmethod
    def _topics(cls, value: list[str]) -> list[str]:
        for topic in value:
            if not re.fullmatch(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]{1,256}", topic):
                raise ValueError(
                    f"{topic[:80]}: must be a topic like arn:aws:sns:eu-west-1:123456789012:bounces"
                )
        return value

    @field_validator("sendgrid", "mailgun", "postmark", "brevo", "mailjet", "sparkpost")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value()
        if secret and len(secret.encode()) < _LEAST_SECRET:
            raise ValueError(f"must have at least {_LEAST_SECRET} bytes, or be empty")
        return value

    @property
    def any_secret(self) -> bool:
        """Return whether a key or password is set."""
        return any(self.secret_of(name) for name in type(self).model_fields)

    def secret_of(self, provider: str) -> str:
        """Return the key or password of a provider; "": none is set."""
        found = getattr(self, provider, None)
        return found.get_secret_value() if isinstance(found, SecretStr) else ""


class Feedback(Section):
    """The places to which the world's answers go, and from which they are fetched."""

    return_path: str = Field(
        "",
        description=(
            "An address for bounces; each letter leaves as NAME+TOKEN@DOMAIN of it. Empty: the"
            " sender's address."
        ),
    )
    complaints: str = Field(
        "", description="An address for complaint reports (RFC 9477); empty: none is asked for."
    )
    imap: SecretUrl = Field(
        SecretUrl(""),
        description=(
            "The mailbox that all of this arrives in: imaps://user:secret@host/INBOX; `up` reads"
            " it. Messages stay there, marked as read."
        ),
    )
    imap_ca_file: str = Field(
        "", description="A certificate authority of your own for it; empty: the system's."
    )
    lmtp: str = Field(
        "",
        description=(
            "Where your mail server hands it over by LMTP (RFC 2033): host:port on this machine."
        ),
    )
    own_addresses: list[str] = Field(
        [],
        description="Further addresses that arrive in this mailbox: answers are not sent there.",
    )
    keep: str = Field(
        "30d", description="For how long everything that came back is kept as it came."
    )
    webhooks: Webhooks = Webhooks()

    @field_validator("return_path", "complaints")
    @classmethod
    def _plain(cls, value: str) -> str:
        return one_plain_address(value)

    @field_validator("own_addresses")
    @classmethod
    def _all_plain(cls, value: list[str]) -> list[str]:
        return [one_plain_address(address) for address in value]

    @field_validator("imap")
    @classmethod
    def _a_mailbox(cls, value: SecretUrl) -> SecretUrl:
        if not value.get_secret_value():
            return value
        return check_url(value, ("imap", "imaps"), "like imaps://user:secret@mail.example/INBOX")

    @field_validator("lmtp")
    @classmethod
    def _on_this_machine(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and (host not in ("127.0.0.1", "localhost", "[::1]") or not port.isdigit()):
            raise ValueError("must be 127.0.0.1:PORT: LMTP knows no password (RFC 2033 §5)")
        return value

    @field_validator("keep")
    @classmethod
    def _is_duration(cls, text: str) -> str:
        if duration_ms(text) < duration_ms("28d"):
            raise ValueError("must be at least 28d: so long a suppression can be undone")
        return text
