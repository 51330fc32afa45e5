"""Every setting with its default and its meaning; `load` finds them in `distro.toml` and DISTRO_* variables.

Unknown keys are errors, and all problems are reported at once. A variable overrides the file; two underscores step into
a section: DISTRO_SITE__URL. Lists and tables are written as JSON: DISTRO_RELAY='[{"url": "smtp://relay:25"}]'.
"""

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from distro.errors import SettingsError
from distro.files import read_text
from distro.sections import (
    Brand,
    Dkim,
    Feedback,
    InDoubt,
    Languages,
    Limits,
    Pace,
    Relay,
    Retention,
    Retry,
    Secret,
    Sender,
    Site,
    Worker,
)


class Settings(BaseSettings):
    """Everything that an installation may set."""

    model_config = SettingsConfigDict(env_prefix="DISTRO_", env_nested_delimiter="__", extra="forbid", frozen=True, nested_model_default_partial_update=True)

    redis: str = Field("embedded", description='"embedded", or redis:// rediss:// sentinel:// of your own server.')
    broker: str = Field("", description="Another Celery broker; empty: the same Redis, another database.")
    data: Path = Field(Path("./var"), description="Embedded Redis, journals, consent file.")
    subscribers: Path = Field(Path("./subscribers"), description="segments.toml is read from here.")
    templates: Path = Field(Path("./templates/email"), description="Your templates; what is not there is taken from the packaged ones.")
    site: Site = Site()
    sender: Sender = Sender()
    senders: dict[str, Sender] = Field({}, description="Further desks, chosen by `sender:` in a release.")
    brand: Brand = Brand()
    dkim: Dkim = Dkim()
    feedback: Feedback = Feedback()
    relay: list[Relay] = Field([Relay()], min_length=1, description="Outgoing servers.")
    languages: Languages = Languages()
    retry: Retry = Retry()
    retention: Retention = Retention()
    in_doubt: InDoubt = InDoubt()
    secret: Secret = Secret()
    limits: Limits = Limits()
    pace: Pace = Pace()
    worker: Worker = Worker()
    _file: Path = PrivateAttr(Path("distro.toml"))      # where they were read from

    @property
    def private_paths(self) -> tuple[Path, ...]:
        """Files and folders of the installation that no release may attach: data, settings, subscribers, keys."""
        told = [self.dkim.key, self.dkim.ed25519_key, *(relay.password_file for relay in self.relay)]
        return (self._file, self.data, self.subscribers, *(Path(path) for path in told if path))

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource, file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables override the file; nothing else is a source."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    def sender_named(self, name: str) -> Sender:
        """The desk that a release names; raises SettingsError if there is none."""
        if not name:
            return self.sender
        if name not in self.senders:
            raise SettingsError(f'the release names the sender "{name}", and there is no [senders.{name}]', hint=f"Known: {', '.join(self.senders) or 'none'}.")
        return self.senders[name]


def load(path: Path | None = None, *, needed: bool = True) -> Settings:
    """The settings of `path`, or of ./distro.toml; relative folders are meant from where the file lies.

    Without a file: the defaults, unless it is `needed`. Raises SettingsError with every problem.
    """
    where = path or Path("distro.toml")
    told: dict[str, Any] = {}
    try:
        told = tomllib.loads(read_text(where))
    except FileNotFoundError:
        if path or needed:
            raise SettingsError(f"there is no {where}", hint='Write one (README, "First settings"), or name it with --config FILE.') from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{where} is not TOML: {error}") from None
    except OSError as error:
        raise SettingsError(f"{where} cannot be read ({error.strerror})") from None
    try:
        settings = Settings(**told)
    except ValidationError as error:
        raise SettingsError(f"{where}: {_count(error.error_count())}", details=[_told(problem) for problem in error.errors()]) from None
    base = where.resolve().parent
    keys = {key: str((base / told).resolve()) for key in ("key", "ed25519_key") if (told := getattr(settings.dkim, key))}
    logo = {"logo": str((base / settings.brand.logo).resolve())} if settings.brand.logo else {}
    folders = {key: (base / getattr(settings, key)).resolve() for key in ("data", "subscribers", "templates")}
    found = settings.model_copy(update={**folders, "dkim": settings.dkim.model_copy(update=keys), "brand": settings.brand.model_copy(update=logo)})
    found._file = where.resolve()  # noqa: SLF001 - its own class
    return found


def _count(n: int) -> str:
    return "one setting is wrong" if n == 1 else f"{n} settings are wrong"


def _told(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{where}: there is no such setting"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{where}: {message}"


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
