"""Load the settings from `distro.toml` and DISTRO_* variables, and say what is wrong with each.

Unknown keys are errors, and all problems are reported at once. A variable overrides the file; two
underscores step into a section: DISTRO_SITE__URL. Lists and tables are written as JSON:
DISTRO_RELAY='[{"url": "smtp://relay:25"}]'.
"""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as VariableError

from distro.errors import SettingsError
from distro.lib.files import read_toml
from distro.settings.feedback import Feedback
from distro.settings.fields import SecretUrl, check_url, one_line
from distro.settings.relays import Relay
from distro.settings.sections import (
    Approval,
    BrandSettings,
    Dkim,
    Languages,
    Retention,
    Secret,
    Sender,
    Site,
    Tracking,
)
from distro.settings.sending import InDoubt, Limits, Pace, Retry, Worker
from distro.settings.sign_in import SignIn
from distro.settings.webhooks import Webhook

EMBEDDED = "embedded"


class Settings(BaseSettings):
    """Everything that an installation may set."""

    model_config = SettingsConfigDict(
        env_prefix="DISTRO_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        nested_model_default_partial_update=True,
    )

    redis: SecretUrl = Field(
        SecretUrl("embedded"),
        description='"embedded", or redis:// rediss:// sentinel:// of your own server.',
    )
    broker: SecretUrl = Field(
        SecretUrl(""), description="Another Celery broker; empty: the same Redis, another database."
    )
    data: Path = Field(Path("./var"), description="Embedded Redis, journals, consent file.")
    subscribers: Path = Field(Path("./subscribers"), description="segments.toml is read from here.")
    templates: Path = Field(
        Path("./templates/email"),
        description="Your templates; what is not there is taken from the packaged ones.",
    )
    site: Site = Site()
    sender: Sender = Sender()
    senders: dict[str, Sender] = Field(
        {}, description="Further desks, chosen by `sender:` in a release."
    )
    brand: BrandSettings = BrandSettings()
    dkim: Dkim = Dkim()
    feedback: Feedback = Feedback()
    relay: list[Relay] = Field([Relay()], min_length=1, description="Outgoing servers.")
    languages: Languages = Languages()
    approval: Approval = Approval()
    tracking: Tracking = Tracking()
    retry: Retry = Retry()
    retention: Retention = Retention()
    in_doubt: InDoubt = InDoubt()
    secret: Secret = Secret()
    limits: Limits = Limits()
    pace: Pace = Pace()
    worker: Worker = Worker()
    sign_in: SignIn = SignIn()
    webhook: list[Webhook] = Field([], description="Who is told what happens to distributions.")
    _file: Path = PrivateAttr(Path("distro.toml"))  # where they were read from

    @field_validator("redis")
    @classmethod
    def _a_server(cls, value: SecretUrl) -> SecretUrl:
        if value.get_secret_value() == EMBEDDED:
            return value
        return check_url(
            value,
            ("redis", "rediss", "sentinel", "unix"),
            '"embedded", or like redis://host:6379/0',
        )

    @field_validator("broker")
    @classmethod
    def _a_broker(cls, value: SecretUrl) -> SecretUrl:
        if not value.get_secret_value():
            return value
        return check_url(
            value,
            ("redis", "rediss", "redis+socket", "sentinel", "amqp", "amqps"),
            "empty, or like redis://host:6379/1 or amqp://user:secret@host",
        )

    @field_validator("data", "subscribers", "templates", mode="before")
    @classmethod
    def _path(cls, value: Any) -> Any:
        return one_line(value)

    @property
    def embedded(self) -> bool:
        """Return whether the Redis server that comes with distro is used."""
        return self.redis.get_secret_value() == EMBEDDED

    @property
    def file(self) -> Path:
        """Return where they were read from, or would have been."""
        return self._file

    @property
    def where(self) -> str:
        """Return how sentences call the place they were read from."""
        return self._file.name if self._file.exists() else "the environment"

    @property
    def readable_by_others(self) -> Path | None:
        """Return the settings file, if it holds a secret and others than its owner may read it."""
        urls = [self.redis, self.broker, self.feedback.imap, *(r.url for r in self.relay)]
        secret = (
            bool(self.secret.keys)
            or any(urlsplit(url.get_secret_value()).password for url in urls)
            or self.feedback.webhooks.any_secret
        )
        return (
            self._file
            if secret and self._file.exists() and self._file.stat().st_mode & 0o077
            else None
        )

    @property
    def private_paths(self) -> tuple[Path, ...]:
        """Files and folders of the installation that no release may attach: data, settings,
        subscribers, keys.
        """
        files = [
            self.dkim.key,
            self.dkim.ed25519_key,
            *(relay.password_file for relay in self.relay),
        ]
        return (self._file, self.data, self.subscribers, *(Path(path) for path in files if path))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables override the file; nothing else is a source."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    def sender_or_usual(self, name: str) -> Sender:
        """Return the desk of this name; the usual sender where it is gone from the settings."""
        return self.senders.get(name, self.sender)

    def return_path_of(self, sender_address: str) -> str:
        """Return where bounces of a desk's letters go: its own address, or everybody's; "": the
        desk's own mailbox.
        """
        desks = (self.sender, *self.senders.values())
        own = (d.return_path for d in desks if d.address == sender_address and d.return_path)
        return next(own, self.feedback.return_path)

    def sender_named(self, name: str) -> Sender:
        """Return the desk that a release names; raise SettingsError if there is none."""
        if not name:
            return self.sender
        if name not in self.senders:
            raise SettingsError(
                f'the release names the sender "{name}", and there is no [senders.{name}]',
                hint=f"Known: {', '.join(self.senders) or 'none'}.",
            )
        return self.senders[name]


def load(path: Path | None = None, *, needed: bool = True) -> Settings:
    """Return the settings of `path`, or of DISTRO_CONFIG, or of ./distro.toml; relative folders are
    meant from where the file lies.

    Without a file: the defaults, unless it is `needed`. Raises SettingsError with every problem.
    """
    path = path or (Path(os.environ["DISTRO_CONFIG"]) if os.environ.get("DISTRO_CONFIG") else None)
    where = path or Path("distro.toml")
    values: dict[str, Any] = {}
    try:
        values = read_toml(where)
    except FileNotFoundError:
        if path or (needed and not _in_variables()):
            raise SettingsError(
                f"there is no {where}",
                code="no_settings_file",
            ) from None
    except ValueError as error:
        raise SettingsError(f"{where} is not TOML: {error}") from None
    except OSError as error:
        raise SettingsError(f"{where} cannot be read ({error.strerror})") from None
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError(
            f"{where if where.exists() else 'the environment (DISTRO_…)'}:"
            f" {_count(error.error_count())}",
            details=[_told(problem) for problem in error.errors()],
        ) from None
    except VariableError as error:  # its words name the variable, never the value
        raise SettingsError(
            _told_variable(str(error)),
            hint=(
                'Lists and tables in variables are JSON: DISTRO_RELAY=\'[{"url":'
                ' "smtp://relay:25"}]\'.'
            ),
        ) from None
    base = where.resolve().parent
    keys = {
        key: str((base / values).resolve())
        for key in ("key", "ed25519_key")
        if (values := getattr(settings.dkim, key))
    }
    logo = {"logo": str((base / settings.brand.logo).resolve())} if settings.brand.logo else {}
    folders = {
        key: (base / getattr(settings, key)).resolve()
        for key in ("data", "subscribers", "templates")
    }
    found = settings.model_copy(
        update={
            **folders,
            "dkim": settings.dkim.model_copy(update=keys),
            "brand": settings.brand.model_copy(update=logo),
        }
    )
    found._file = where.resolve()  # noqa: SLF001 - its own class
    return found


def _in_variables() -> bool:
    """Return whether the environment says any setting: then it may say all of them, as in a
    container.
    """
    return any(
        name.upper().startswith("DISTRO_")
        and name[7:].split("__")[0].lower() in Settings.model_fields
        for name in os.environ
    )


def _told_variable(message: str) -> str:
    """Return what the library says of a variable, by the variable's name."""
    found = re.search(r'field "(\w{1,40})"', message)
    if not found:
        return message
    begin = f"DISTRO_{found[1].upper()}"
    names = sorted(
        name
        for name in os.environ
        if name.upper() == begin or name.upper().startswith(f"{begin}__")
    )
    return (
        f"the variable {names[0]} cannot be read"
        if len(names) == 1
        else f"one of the variables {', '.join(names[:9])} cannot be read"
    )


def _count(n: int) -> str:
    return "one setting is wrong" if n == 1 else f"{n} settings are wrong"


def _told(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{where}: there is no such setting"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{where}: {message}"


def cores() -> int:
    """Return the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
