"""What every verb needs: settings, the store, the keys, this host."""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from distro.audience.consent import ConsentFile
from distro.audience.segments import Segments, load_named
from distro.errors import DistroError, NotFoundError, StoreGoneError
from distro.settings import Settings
from distro.store import Store, connect
from distro.store.embedded import Embedded, ensured, joined
from distro.store.folder import owner_of, refused
from distro.tokens import Keys


@dataclass(frozen=True, slots=True)
class Wake:
    """What should happen next: look at a distribution (`batch` < 0), or at one of its batches."""

    distribution: str
    batch: int = -1
    deliver: bool = False


@dataclass(frozen=True, slots=True)
class Office:
    """One process's view of an installation."""

    settings: Settings
    store: Store
    url: str = field(repr=False)  # of the store, for those who need a connection of another kind
    broker: str = field(repr=False)
    keys: Keys
    host: str

    @property
    def journals(self) -> Path:
        return self.settings.data / "journal"

    @property
    def consent(self) -> ConsentFile:
        return ConsentFile(self.settings.data, self.host, self.hashes_of)

    def hash_of(self, address: str) -> str:
        """The keyed hash of a normalised address, as facts and refusals keep it."""
        return self.keys.address_hash(address).hex()

    def hashes_of(self, address: str) -> tuple[str, ...]:
        """Return the same, and the one under which earlier versions kept it where that differs."""
        return tuple(h.hex() for h in self.keys.address_hashes(address))

    def segments(self) -> Segments:
        return Segments(self.store, load_named(self.settings.subscribers))


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Office]:
    """An office for one command or part; the embedded server is started if nobody else keeps it."""
    if settings.embedded:
        with _within_rights(settings.data), _server(settings) as server:
            try:
                yield _office(
                    settings,
                    server.url(),
                    settings.broker.get_secret_value() or server.broker_url(),
                )
            except StoreGoneError as error:
                error.hint = server.why_gone() or error.hint
                raise
    else:
        url = settings.redis.get_secret_value()
        yield _office(settings, url, settings.broker.get_secret_value() or _next_database(url))


def is_member(settings: Settings) -> bool:
    """Whether this process uses somebody else's installation, as a member of [site] group: without
    its keys.
    """
    return bool(settings.embedded and settings.site.group and owner_of(settings.data))


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


def _office(settings: Settings, url: str, broker: str) -> Office:
    store = connect(url)
    store.ping()
    return Office(settings, store, url, broker, load_keys(settings, store), host_id(settings.data))


def _next_database(url: str) -> str:
    """The broker beside the ledger: the same server, the database after it."""
    head, slash, database = url.rpartition("/")
    return f"{head}/{int(database) + 1}" if slash and database.isdigit() else f"{url.rstrip('/')}/1"


def embedded(settings: Settings) -> Embedded | None:
    """The embedded server of these settings; None: they name one of their own."""
    return Embedded(settings.data) if settings.embedded else None


def is_up(data: Path) -> bool:
    """Whether `distro up` runs here: it holds up.lock for its life."""
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


def _kept(path: Path, fresh: str) -> str:
    """The text of a private file, made with `fresh` the first time."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(3)}")
    own.touch(mode=0o600)
    own.write_text(fresh, encoding="utf-8")
    with contextlib.suppress(FileExistsError):
        os.link(own, path)  # the first of two starters wins
    own.unlink()
    return path.read_text(encoding="utf-8")


def host_id(data: Path) -> str:
    """A host is its data folder, with a random id inside."""
    try:
        return _kept(data / "host", "h" + secrets.token_hex(4)).strip()
    except OSError as error:
        raise DistroError(
            f"{data} cannot be written ({error.strerror})",
            hint="Look at `data = …` in distro.toml.",
        ) from None


def load_keys(settings: Settings, store: Store) -> Keys:
    """The secrets: links are signed with [secret] keys, else with the data folder's own; the pepper
    is Redis's, for ever.

    A member of [site] group may not read the folder's: they sign no links.
    """
    if is_member(settings):
        return Keys(
            tuple(k.get_secret_value().encode() for k in settings.secret.keys), _pepper(store)
        )
    kept = json.loads(
        _kept(
            settings.data / "secrets.json",
            json.dumps({"sign": secrets.token_hex(32), "pepper": secrets.token_hex(32)}),
        )
    )
    store.command("SET", "book:pepper", kept["pepper"], "NX")
    signing = tuple(k.get_secret_value().encode() for k in settings.secret.keys) or (
        kept["sign"].encode(),
    )
    return Keys(signing, _pepper(store))


def _pepper(store: Store) -> bytes:
    found = store.text("book:pepper").encode()
    if not found:
        raise StoreGoneError(
            "Redis holds no key for addresses", hint="Has `distro up` run on it yet?"
        )
    return found


def distribution_id(store: Store, text: str) -> str:
    """The number of a distribution named as D17, 17 or by its release's slug; raises
    NotFoundError.
    """
    plain = text.strip()
    number = plain[1:] if plain[:1] in "dD" else plain
    if number.isdigit():
        if store.command("EXISTS", f"dist:{int(number)}"):
            return str(int(number))
        raise NotFoundError(
            f"there is no distribution D{int(number)}", hint="`distro report` lists them."
        )
    mine = store.elements(f"rel:{plain}:dists")
    if len(mine) == 1:
        return mine[0]
    if mine:
        raise NotFoundError(
            f"{plain} has several distributions: {', '.join('D' + d for d in mine)}",
            hint="Name one of them.",
        )
    return _shortened(store, plain)


def _shortened(store: Store, prefix: str) -> str:
    """The only distribution whose release begins so; raises NotFoundError."""
    numbers: list[str] = [d.decode() for d in store.command("ZREVRANGE", "dists", 0, 999)]
    slugs = store.pipeline([("HGET", f"dist:{d}", "release") for d in numbers])
    fitting = {
        d: s.decode()
        for d, s in zip(numbers, slugs, strict=True)
        if s and prefix and s.decode().startswith(prefix)
    }
    if len(fitting) == 1:
        return next(iter(fitting))
    if fitting:
        raise NotFoundError(
            f'"{prefix}" could be {", ".join(f"D{d} ({s})" for d, s in list(fitting.items())[:5])}',
            hint="Name one of them.",
        )
    raise NotFoundError(
        f'there is no distribution or release "{prefix}"', hint="`distro report` lists them."
    )
