"""Keep who is signed in on the pages, by a random word in their browser; here lies its hash."""

import hashlib
import secrets
from dataclasses import dataclass

from distro.store import keys
from distro.store.client import Store

PREFIX = "session_"
_IDLE = 12 * 3600  # seconds without a page, after which a session is over
_LONGEST_MS = 7 * 86_400_000  # from sign-in on


@dataclass(frozen=True, slots=True)
class Session:
    """One person in one browser."""

    user: str
    began_ms: int
    fresh_ms: int  # when it was last made sure that it is them
    csrf: str  # what each form of theirs brings
    id: str  # the first digits of its hash: which session it was


def begin(store: Store, user: str) -> str:
    """Return the word of a new session, which is kept nowhere."""
    now = store.now_ms()
    return _keep(store, user, now, now)


def find(store: Store, word: str) -> Session | None:
    """Return a session that goes on; None for a word that opens none."""
    if not word.startswith(PREFIX):
        return None
    name = _digest(word)
    fields = store.hash(keys.session(name))
    if not fields or store.now_ms() - int(fields["began"]) > _LONGEST_MS:
        return None
    store.command("EXPIRE", keys.session(name), _IDLE)
    return Session(
        fields["user"], int(fields["began"]), int(fields["fresh"]), fields["csrf"], name[:8]
    )


def renew(store: Store, word: str, session: Session) -> str:
    """Return another word for a session whose person was asked again; the one before ends."""
    end(store, word)
    return _keep(store, session.user, session.began_ms, store.now_ms())


def end(store: Store, word: str) -> None:
    """End a session."""
    store.command("DEL", keys.session(_digest(word)))


def _keep(store: Store, user: str, began_ms: int, fresh_ms: int) -> str:
    word = PREFIX + secrets.token_urlsafe(32)
    name = keys.session(_digest(word))
    facts = ("user", user, "began", began_ms, "fresh", fresh_ms, "csrf", secrets.token_urlsafe(24))
    store.pipeline([("HSET", name, *facts), ("EXPIRE", name, _IDLE)])
    return word


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode("utf-8", "replace")).hexdigest()
