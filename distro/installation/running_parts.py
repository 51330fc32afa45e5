"""Record with which settings each part of this host runs, so that an edited line that has no effect
yet is noticed.
"""

import atexit
import contextlib
import hashlib
import json
import os
import threading
from typing import Any

from pydantic import SecretStr

from distro.errors import StoreGoneError
from distro.installation.context import Installation
from distro.settings.load import Settings
from distro.store import processes
from distro.store.processes import RunningPart

_EVERY = 5.0  # seconds between two signs of life


def fingerprint(settings: Settings) -> str:
    """Return what tells two sets of settings apart; secrets count, and cannot be read from it."""
    text = json.dumps(settings.model_dump(), sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(value: Any) -> str:
    return str(value.get_secret_value()) if isinstance(value, SecretStr) else str(value)


def keep_publishing(installation: Installation, part: str) -> None:
    """Say every few seconds, from a thread, that this part lives and with which settings; and once
    that it has ended.
    """
    settings = installation.settings
    ours = RunningPart(part, fingerprint(settings), str(settings.file))
    pid = os.getpid()
    name = f"{part} {installation.host} {pid}"
    ending, telling = threading.Event(), threading.Lock()

    def tell() -> None:
        """Say again and again that this part lives."""
        while True:
            with telling, contextlib.suppress(StoreGoneError):  # said again later
                if not ending.is_set():
                    processes.say_running(installation.store, name, ours)
            if ending.wait(_EVERY):
                return

    def end() -> None:
        """Say once that this part has ended."""
        if os.getpid() != pid:  # a forked child's end is not the part's
            return
        ending.set()
        with telling, contextlib.suppress(StoreGoneError):
            processes.say_ended(installation.store, name)

    atexit.register(end)
    threading.Thread(target=tell, name="settings", daemon=True).start()


def alive(installation: Installation) -> list[str]:
    """Return the parts of this host that live: worker, sweep, web."""
    parts = processes.running_parts(installation.store, installation.host)
    return sorted({part.part for part in parts})


def outdated(installation: Installation) -> list[str]:
    """Return the parts that live and run with other settings than their file has now."""
    settings = installation.settings
    ours, file = fingerprint(settings), str(settings.file)
    parts = processes.running_parts(installation.store, installation.host)
    return sorted({p.part for p in parts if p.file == file and p.settings != ours})


def warning(installation: Installation) -> str:
    """Return what to tell whoever types a command while a part runs with older settings; "" where
    none does.
    """
    parts = outdated(installation)
    if not parts:
        return ""
    who = (
        f"the {parts[0]} runs"
        if len(parts) == 1
        else f"{', '.join(parts[:-1])} and {parts[-1]} run"
    )
    return (
        f"{who} with older settings than {installation.settings.where} has now: restart"
        f" {'it' if len(parts) == 1 else 'them'} (distro up; or send it HUP)"
    )
