"""With which settings each part of this host runs, so that nobody wonders why an edited line has no
effect.
"""

import atexit
import contextlib
import hashlib
import json
import os
import threading
import time
from typing import Any

from pydantic import SecretStr

from distro.errors import StoreGoneError
from distro.installation.context import Installation
from distro.settings.load import Settings
from distro.store.processes import ALIVE_SECONDS

_EVERY = 5.0  # seconds between two signs of life
_FORGET = 86_400  # seconds after which what a part said is forgotten


def fingerprint(settings: Settings) -> str:
    """Return what tells two sets of settings apart; secrets count, and cannot be read from it."""
    told = json.dumps(settings.model_dump(), sort_keys=True, default=_plain)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _plain(value: Any) -> str:
    return str(value.get_secret_value()) if isinstance(value, SecretStr) else str(value)


def keep_publishing(installation: Installation, part: str) -> None:
    """Say every few seconds, from a thread, that this part lives and with which settings; and once
    that it has ended.
    """
    print_of = fingerprint(installation.settings)
    pid = os.getpid()
    name = f"{part} {installation.host} {pid}"
    ending, telling = threading.Event(), threading.Lock()

    def tell() -> None:
        while True:
            with telling, contextlib.suppress(StoreGoneError):  # said again later
                if not ending.is_set():
                    installation.store.command(
                        "HSET",
                        "parts",
                        name,
                        json.dumps(
                            {
                                "at": int(time.time()),
                                "settings": print_of,
                                "file": str(installation.settings.file),
                            }
                        ),
                    )
            if ending.wait(_EVERY):
                return

    def end() -> None:
        if os.getpid() != pid:  # a forked child's end is not the part's
            return
        ending.set()
        with telling, contextlib.suppress(StoreGoneError):
            installation.store.command("HDEL", "parts", name)

    atexit.register(end)
    threading.Thread(target=tell, name="settings", daemon=True).start()


def alive(installation: Installation) -> list[str]:
    """Return the parts of this host that live: worker, sweep, web."""
    return sorted({part for part, _ in _living(installation)})


def outdated(installation: Installation) -> list[str]:
    """Return the parts that live and run with other settings than their file has now: worker,
    sweep, web.
    """
    ours, file = fingerprint(installation.settings), str(installation.settings.file)
    return sorted(
        {
            part
            for part, told in _living(installation)
            if told["file"] == file and told["settings"] != ours
        }
    )


def _living(installation: Installation) -> list[tuple[str, dict[str, Any]]]:
    """The parts of this host that said lately that they live, each with what it said; who was
    silent for long is forgotten.
    """
    now = time.time()
    said = {name: json.loads(raw) for name, raw in installation.store.hash("parts").items()}
    gone = [name for name, told in said.items() if told["at"] < now - _FORGET]
    if gone:
        installation.store.command("HDEL", "parts", *gone)
    return [
        (name.partition(" ")[0], told)
        for name, told in said.items()
        if told["at"] >= now - ALIVE_SECONDS and f" {installation.host} " in name
    ]


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
