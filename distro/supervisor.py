"""Supervise the parts of `distro up`: embedded Redis, worker, sweep and web as children, restarted
when they die and stopped in order.

Each part lives in a session of its own, so that a Ctrl-C reaches only the supervisor. Redis stops
last, when the parts have written what they had to. If the supervisor itself is killed, the parts
notice and go.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from distro import log
from distro.demo.mailbox import PAGES, check_ports
from distro.errors import DistroError, StoreGoneError
from distro.installation.context import embedded
from distro.installation.ports import listening
from distro.installation.secrets import host_id
from distro.lib.process_life import SUPERVISED, follow_supervisor
from distro.settings.load import Settings, load
from distro.store import data_folder

_STOP_PATIENCE = 45.0  # seconds for the parts: a letter's end may take its time
_RESTART = (0.2, 10.0)  # seconds before a dead part is started again, and at most
_STEADY = 30.0  # seconds of life after which a death counts as the first


@dataclass(slots=True)
class _Child:
    """One child and how often it died lately."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = _RESTART[0]
    due: float = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, SUPERVISED: "1"},
        )
        self.started = time.monotonic()
        self.due = 0.0

    def died(self) -> None:
        """Note a death and when to try again."""
        code = self.process.returncode if self.process else None
        self.pause = (
            _RESTART[0]
            if time.monotonic() - self.started > _STEADY
            else min(self.pause * 2, _RESTART[1])
        )
        self.due = time.monotonic() + self.pause
        log.get().warning(
            "a part died and is started again",
            died=self.name,
            code=code,
            again_in=f"{self.pause:.1f}s",
        )
        self.process = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass(slots=True)
class Supervisor:
    """All parts of one host."""

    settings: Settings
    config: Path | None
    mailbox: bool = False  # also one for trying things out
    parts: list[_Child] = field(default_factory=list)
    stopping: bool = False
    reloading: bool = False

    def run(self) -> int:
        """Start everything, watch, stop in order; gives the exit code."""
        self.settings.data.mkdir(parents=True, exist_ok=True)
        with (self.settings.data / "up.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise DistroError(
                    f"`distro up` already runs on {self.settings.data}",
                    hint="One a data folder: stop the other, or set another `data`.",
                ) from None
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._asked)
            # On a terminal HUP means that it is gone; without one, as everywhere, that settings
            # shall be read again.
            signal.signal(
                signal.SIGHUP,
                self._asked if sys.stdin and sys.stdin.isatty() else self._asked_to_reload,
            )
            follow_supervisor()  # the demo may be killed
            # Said now, not by a part that dies again and again.
            listening(self.settings.site.listen).close()
            if self.mailbox:
                check_ports("127.0.0.1", self.settings.relay[0].port, PAGES)
            try:
                self._start()
                while not self.stopping:
                    self._watch()
                    time.sleep(0.1)
            finally:
                self._stop()
        return 0

    def _asked(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.stopping = True

    def _asked_to_reload(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.reloading = True

    def _reload(self) -> None:
        """Start worker, sweep and pages anew with the settings as they are now; what is wrong
        changes nothing.
        """
        self.reloading = False
        try:
            found = load(self.config)
        except DistroError as error:
            log.get().error(
                "the settings are wrong; everything goes on with the former ones",
                why=error.message,
                details="; ".join(error.details),
            )
            return
        if (found.data, found.redis, found.broker, found.site.group) != (
            self.settings.data,
            self.settings.redis,
            self.settings.broker,
            self.settings.site.group,
        ):
            log.get().warning(
                "redis, broker, data and group are read at the start only: stop `distro up`, and"
                " start it again"
            )
            return
        self.settings = found
        log.configure(name="up", zone=found.site.timezone)
        log.get().info("settings are read again: worker, sweep and pages start anew")
        parts = [part for part in self.parts if part.name != "redis"]
        self._end(parts)
        for part in parts:
            if not self.stopping:
                part.start()

    def _start(self) -> None:
        server = embedded(self.settings)
        if server:
            server.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.parts.append(
                _Child(
                    "redis",
                    [
                        sys.executable,
                        "-m",
                        "distro.store.keeper",
                        str(self.settings.data),
                        *self._members(),
                    ],
                )
            )
            self.parts[0].start()
            try:
                server.wait(30)
            except StoreGoneError:
                if not self.stopping:
                    raise
        base = [sys.executable, "-m", "distro"]
        config = ["--config", str(self.config)] if self.config else []
        for name in ("worker", "sweep", "web", *(["mailbox"] if self.mailbox else [])):
            part = _Child(name, [*base, name, *config])
            self.parts.append(part)
            if not self.stopping:
                part.start()
        log.get().info(
            "up",
            pid=os.getpid(),
            pages=self.settings.site.url,
            data=str(self.settings.data),
            stop_with="Ctrl-C",
        )

    def _members(self) -> list[str]:
        """Return the number of the group that may use the server; nobody but its owner where there
        is none. Raises SettingsError.
        """
        name = self.settings.site.group
        if not name:
            return []
        data_folder.check_ours(self.settings.data)
        # Members read it; made now, so that it can be theirs from the start.
        host_id(self.settings.data)
        return [str(data_folder.group_id(name))]

    def _watch(self) -> None:
        if self.reloading:
            self._reload()
        for part in self.parts:
            if part.process is not None and part.process.poll() is not None:
                part.died()
            if part.process is None and part.due and time.monotonic() >= part.due:
                part.start()

    def _stop(self) -> None:
        """Stop web, sweep and worker first, Redis when they have ended."""
        log.get().info("stopping: letters in flight end first")
        for group in (
            [p for p in self.parts if p.name != "redis"],
            [p for p in self.parts if p.name == "redis"],
        ):
            self._end(group)

    def _end(self, group: list[_Child]) -> None:
        """Ask parts to end, and wait until they have."""
        for part in group:
            if part.alive and part.process:
                part.process.terminate()
        end = time.monotonic() + _STOP_PATIENCE
        for part in group:
            if part.process:
                try:
                    part.process.wait(max(0.1, end - time.monotonic()))
                except subprocess.TimeoutExpired:
                    log.get().warning("a part did not stop in time and is killed", killed=part.name)
                    part.process.kill()
                    part.process.wait()
