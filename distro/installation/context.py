"""Open an installation for one process: its settings, store, keys and host."""

import contextlib
import fcntl
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs

from distro.audience.consent_file import ConsentFile
from distro.audience.segments import Segments, load_named
from distro.errors import StoreGoneError
from distro.installation.secrets import host_id, is_member, load_keys
from distro.settings.load import Settings
from distro.store import Store, connect, data_format
from distro.store.data_folder import refused
from distro.store.embedded import Embedded, ensured, joined
from distro.store.scope import Scope
from distro.tokens import SecretKeys


@dataclass(frozen=True, slots=True)
class Installation:
    """One process's view of an installation."""

    settings: Settings
    store: Store
    url: str = field(repr=False)  # of the store, for those who need a connection of another kind
    broker: str = field(repr=False)
    keys: SecretKeys
    host: str

    @property
    def journals(self) -> Path:
        """Return the folder of the journals."""
        return self.settings.data / "journal"

    @property
    def consent(self) -> ConsentFile:
        """Return the consent file of this host."""
        return ConsentFile(self.settings.data, self.host, self.hashes_of)

    def hash_of(self, address: str) -> str:
        """Return the keyed hash of a normalised address, as facts and refusals keep it."""
        return self.keys.address_hash(address).hex()

    def hashes_of(self, address: str) -> tuple[str, ...]:
        """Return the same, and the one under which earlier versions kept it where that differs."""
        return tuple(h.hex() for h in self.keys.address_hashes(address))

    def with_store(self, store: Store) -> "Installation":
        """Return the same installation on a connection of its own."""
        return replace(self, store=store)

    def seen_by(self, scope: Scope) -> "Installation":
        """Return the same installation as somebody sees it who may not see all."""
        return replace(self, store=self.store.seen_by(scope))

    def segments(self) -> Segments:
        """Return the lists, columns and named segments that expressions may speak of."""
        return Segments(self.store, load_named(self.settings.subscribers))


@contextlib.contextmanager
def open_installation(settings: Settings) -> Iterator[Installation]:
    """Open an installation for one command or part.

    The embedded server is started if nobody else keeps it.
    """
    if settings.embedded:
        with _within_rights(settings.data), _server(settings) as server:
            try:
                yield _installation(
                    settings,
                    server.url(),
                    settings.broker.get_secret_value() or server.broker_url(),
                )
            except StoreGoneError as error:
                error.hint = server.why_gone() or error.hint
                raise
    else:
        url = settings.redis.get_secret_value()
        yield _installation(
            settings, url, settings.broker.get_secret_value() or _next_database(url)
        )


def _server(settings: Settings) -> contextlib.AbstractContextManager[Embedded]:
    return (
        joined(settings.data)
        if is_member(settings)
        else ensured(settings.data, supervised=is_up(settings.data))
    )


@contextlib.contextmanager
def _within_rights(data: Path) -> Iterator[None]:
    """Say in a sentence what is another user's, and how it is done all the same."""
    try:
        yield
    except PermissionError as error:
        raise refused(str(error.filename), data) or error from None


def _installation(settings: Settings, url: str, broker: str) -> Installation:
    store = connect(url)
    store.ping()
    data_format.check(store, settings.data, ours=not is_member(settings))
    return Installation(
        settings, store, url, broker, load_keys(settings, store), host_id(settings.data)
    )


def _next_database(url: str) -> str:
    """Return the broker beside the ledger: the same server, the database after it."""
    if url.startswith("unix://"):
        address, _, query = url.removeprefix("unix://").partition("?")
        number = int(parse_qs(query).get("db", ["0"])[0]) + 1
        return f"redis+socket://{address}?virtual_host={number}"
    head, slash, database = url.rpartition("/")
    return f"{head}/{int(database) + 1}" if slash and database.isdigit() else f"{url.rstrip('/')}/1"


def embedded(settings: Settings) -> Embedded | None:
    """Return the embedded server of these settings; None: they name one of their own."""
    return Embedded(settings.data) if settings.embedded else None


def is_up(data: Path) -> bool:
    """Return whether `distro up` runs here: it holds up.lock for its life."""
    try:
        with (data / "up.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except PermissionError:  # a member of the group: they see only whether it answers
        return Embedded(data).answers()
    return False
