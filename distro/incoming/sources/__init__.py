"""Fetch what came back, from where it lies or arrives: each puts it into the mailroom first."""

import threading
from collections.abc import Callable
from functools import partial

from distro import log
from distro.incoming.mailroom import Mailroom, arrived
from distro.incoming.sources import imap, lmtp
from distro.settings.load import Settings

_AGAIN = 15.0  # seconds


def follow_all(settings: Settings, stop: threading.Event) -> None:
    """Follow the mailbox and listen for the mail server, as far as they are set, each in a thread
    of its own until `stop`.
    """
    room, feedback = Mailroom(settings.data), settings.feedback
    if url := feedback.imap.get_secret_value():
        mailbox = imap.Mailbox.at(url, feedback.imap_ca_file)
        _start("imap", partial(imap.follow, mailbox, partial(_fetched, room), stop), stop)
    if feedback.lmtp:
        _start("lmtp", partial(lmtp.serve, feedback.lmtp, partial(_handed_over, room), stop), stop)


def _start(name: str, act: Callable[[], None], stop: threading.Event) -> None:
    threading.Thread(target=_kept_up, args=(name, act, stop), name=name, daemon=True).start()


def _kept_up(name: str, act: Callable[[], None], stop: threading.Event) -> None:
    """Do something until `stop`, again after whatever ends it."""
    while not stop.is_set():
        try:
            act()
        except Exception as error:  # noqa: BLE001 - a bug here must not end it for good
            log.get().error("a way by which things come back broke", way=name, why=repr(error))
            stop.wait(_AGAIN)


def _fetched(room: Mailroom, source: str, raw: bytes) -> None:
    room.put(arrived(raw, source))


def _handed_over(room: Mailroom, raw: bytes, recipient: str) -> None:
    room.put(arrived(raw, "lmtp", recipient=recipient))
