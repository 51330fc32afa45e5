"""The tables of `distro.toml` about how letters are sent: retries, doubts, limits and rates."""

from typing import Literal

from pydantic import Field, field_validator

from distro.settings.fields import Duration, Rate, Section


class Retry(Section):
    """The course after a temporary refusal."""

    period: Duration = Field(
        "2d", description="How long a temporary refusal is tried again before it is given up."
    )
    first: Duration = Field(
        "5m", description="The wait before the second attempt; it doubles up to `longest`."
    )
    longest: Duration = Field("4h", description="The longest wait between two attempts.")


class InDoubt(Section):
    """The course when an attempt's end is unknown."""

    policy: Literal["resend", "hold"] = Field(
        "resend", description="resend: once more under the same Message-ID; hold: never by itself."
    )
    after: Duration = Field("60s", description="How long evidence is waited for.")
    evidence: list[str] = Field(
        [],
        description=(
            "Who else may know: postfix:/var/log/mail.log, maildir:/path, command:/path/to/program."
        ),
    )

    @field_validator("evidence")
    @classmethod
    def _known_witness(cls, value: list[str]) -> list[str]:
        for source in value:
            kind, _, path = source.partition(":")
            if kind not in ("postfix", "maildir", "command") or not path:
                raise ValueError(
                    f"{source}: must be postfix:FILE, maildir:FOLDER or command:PROGRAM"
                )
        return value


class Limits(Section):
    """The bounds at which it stops by itself."""

    usual_factor: int = Field(
        10, ge=2, description="An audience over so many times the usual one is halted."
    )
    usual_least: int = Field(500, ge=0, description="Audiences up to so many are never too large.")
    stale: Duration = Field(
        "1h",
        description=(
            "A start, or a continuation, so long after its time is halted and asks whether it is"
            " still news."
        ),
    )
    errors: float = Field(
        0.25, gt=0, le=1, description="Over this share of permanent refusals it halts."
    )
    errors_least: int = Field(
        100, ge=1, description="So many must have ended before that share counts."
    )
    doubts: float = Field(
        0.05, ge=0, le=1, description="Over this share of the audience in doubt it halts."
    )
    grace: Duration = Field(
        "10s",
        description=(
            "How long `submit --now` waits on a terminal before the first letter, for second"
            " thoughts; 0s: not at all."
        ),
    )
    attached: int = Field(
        2_000_000,
        ge=0,
        description="Bytes of attachments that a letter carries; the others are links in it.",
    )
    doubts_least: int = Field(20, ge=0, description="Up to so many in doubt never halt.")


class Pace(Section):
    """The rates of receivers; google, microsoft, yahoo and apple are known groups of domains."""

    groups: dict[str, list[str]] = Field({}, description="Further groups: a name and its domains.")
    rates: dict[str, Rate] = Field(
        {},
        description=(
            'Letters to a group or a domain, over all hosts: {microsoft = "20/s", "orange.fr" ='
            ' "300/m"}.'
        ),
    )
    slow: Rate = Field(
        "1/s",
        description=(
            "The rate of a group that asks us to slow down (ten temporary refusals within a"
            " minute)."
        ),
    )
    slow_for: Duration = Field("10m", description="How long it stays slow.")


class Worker(Section):
    """The division of a host's work."""

    processes: int = Field(
        0,
        ge=0,
        le=256,
        description=(
            "Sending processes of a host; 0: one fewer than cores, each on a core of its own (as"
            " many as cores if `[dkim]` signs), at most one a connection."
        ),
    )
    lease: Duration = Field(
        "30s", description="How long a batch belongs to a process that has gone silent."
    )
    batch: int = Field(1000, ge=10, le=10_000, description="Recipients in a batch.")
