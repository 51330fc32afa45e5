"""Keep who is signed in on the pages, by a random word in their browser; here lies its hash."""

import secrets
from dataclasses import dataclass, replace

from distro.store import edge_keys
from distro.store.client import Store
from distro.store.secret_words import digest

PREFIX = "session_"
_IDLE = 12 * 3600  # seconds without a page, after which a session is over
_TWICE_MS = 10_000
_LONGEST_MS = 7 * 86_400_000  # from sign-in on


@dataclass(frozen=True, slots=True)
class Session:
    """One person in one browser."""

    user: str
    began_ms: int
    fresh_ms: int  # when it was last made sure that it is them
    csrf: str  # what each form of theirs brings
    id: str  # the first digits of its hash: which session it was
    epoch: str = ""
    until_ms: int = 0


def begin(
    store: Store, user: str, epoch: str = "", until_ms: int = 0, fresh_ms: int | None = None
) -> str:
    """Return the word of a new session, which is kept nowhere.

    `epoch`: of the credentials by which it began: with others it is over. `until_ms`: when those
    end; 0: never. `fresh_ms`: when it was made sure that it is them; None: now.
    """
    now = store.now_ms()
    fresh = now if fresh_ms is None else min(now, fresh_ms)
    return _keep(store, Session(user, now, fresh, secrets.token_urlsafe(24), "", epoch, until_ms))


def find(store: Store, word: str) -> Session | None:
    """Return a session that goes on; None for a word that opens none."""
    if not word.startswith(PREFIX):
        return None
    name = digest(word)
    fields = store.hash(edge_keys.session(name))
    if not fields:
        return None
    now, until = store.now_ms(), int(fields["until"])
    if now - int(fields["began"]) > _LONGEST_MS or (until and now > until):
        return None
    store.command("EXPIRE", edge_keys.session(name), _IDLE)
    return Session(
        fields["user"],
        int(fields["began"]),
        int(fields["fresh"]),
        fields["csrf"],
        name[:8],
        fields["epoch"],
        until,
    )


def renew(store: Store, word: str, session: Session) -> str:
    """Return another word for a session whose person was asked again.

    The one before goes on for some seconds, for a button that was pressed twice: it is not fresh.
    """
    now = store.now_ms()
    store.command("HSET", edge_keys.session(digest(word)), "until", now + _TWICE_MS)
    return _keep(store, replace(session, fresh_ms=now))


def end(store: Store, word: str) -> None:
    """End a session."""
    store.command("DEL", edge_keys.session(digest(word)))


def _keep(store: Store, session: Session) -> str:
    word = PREFIX + secrets.token_urlsafe(32)
    name = edge_keys.session(digest(word))
    facts = (
        *("user", session.user, "began", session.began_ms, "fresh", session.fresh_ms),
        *("csrf", session.csrf, "epoch", session.epoch, "until", session.until_ms),
    )
    store.pipeline([("HSET", name, *facts), ("EXPIRE", name, _IDLE)])
    return word
