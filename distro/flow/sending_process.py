"""Run a `Deliverer` on an event loop in a thread of its own, for callers that are no coroutines:
Celery's tasks.
"""

import asyncio
import contextlib
import gc
import os
import secrets
import threading
from collections.abc import Callable

from distro.errors import DistroError
from distro.flow.concurrency import work_in_bulk
from distro.flow.deliver import SLICE, Deliverer
from distro.flow.fault_halt import halt_for_fault
from distro.flow.record import RunningDistribution
from distro.flow.wake import Wake
from distro.installation.context import Installation
from distro.letter import Filler, message_ids
from distro.letter.compile import EMBARGO
from distro.mailing.compose import filler_of, load_letter
from distro.model import DistributionId, DistributionState
from distro.relay.work import PoolOf
from distro.store import AsyncStore, distributions, records
from distro.store.distribution import Distribution


def load_run(
    installation: Installation,
    distribution: DistributionId,
    known: RunningDistribution | None = None,
) -> RunningDistribution | None:
    """Return a running distribution with its letters, compiled once; None: it is not sending."""
    found = distributions.get(installation.store, distribution)
    if found is None or found.state is not DistributionState.SENDING:
        return None
    # A resend has its own retry period.
    began_ms = max(found.began_ms, found.resent_ms, found.submitted_ms)
    if known and known.began_ms == began_ms and known.lift_ms == found.lift_ms:
        return known
    # A plain str: dictionaries look those up faster, and this one is looked up for every letter.
    return RunningDistribution(
        str(distribution),
        _fillers(installation, found, ""),
        began_ms,
        found.groups or (),
        _fillers(installation, found, EMBARGO) if found.tiered else (),
        found.lift_ms,
        _answers(installation, found),
    )


def _fillers(installation: Installation, found: Distribution, tier: str) -> tuple[Filler, ...]:
    """Return what makes the letters of one tier, by edition."""
    letters = (load_letter(installation, found.id, lang, tier) for lang in found.languages)
    return tuple(filler_of(installation, found.id, letter, tier) for letter in letters)


def _answers(installation: Installation, note: Distribution) -> Callable[[bytes], bytes]:
    """Return what turns the thread of a note's letter into the Message-ID that it answers.

    b"" where that letter is not known any more.
    """
    of: dict[int, Callable[[int], bytes]] = {}
    for number in note.sources:
        source = distributions.get(installation.store, number)
        if source and source.frozen:
            domain = load_letter(installation, number, source.languages[0]).domain
            of[int(number)] = message_ids(domain, int(number), installation.keys)

    def answered(thread: bytes) -> bytes:
        """Return the Message-ID of the letter at a distribution and ordinal."""
        distribution, ordinal = records.unpack_thread(thread)
        return of[distribution](ordinal) if distribution in of else b""

    return answered


def process_name(host: str) -> str:
    """Return a name that is unique for ever; the host comes first, so that its sweep knows it."""
    return f"{host}.{os.getpid()}.{secrets.token_hex(3)}"


class SendingProcess:
    """The thread, its loop and its deliverer, for the life of a sending process."""

    def __init__(
        self,
        installation: Installation,
        pool_of: PoolOf,
        *,
        patience: float = 30.0,
        core: int | None = None,
    ) -> None:
        self.installation = installation
        self.patience = patience
        self._runs: dict[str, RunningDistribution] = {}
        self._ready = threading.Event()
        self._deliverer: Deliverer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool_of = pool_of
        self._core = core
        self._thread = threading.Thread(target=self._main, name="sender", daemon=True)
        self._thread.start()
        if not self._ready.wait(30) or self._deliverer is None:
            raise DistroError("the sending thread did not start")

    def _main(self) -> None:
        work_in_bulk(self._core)
        loop_factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
        with contextlib.suppress(ImportError):
            import uvloop

            loop_factory = uvloop.new_event_loop
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self._deliverer = Deliverer(
            self.installation,
            AsyncStore(self.installation.url),
            process_name(self.installation.host),
            self._pool_of,
        )
        self._deliverer.start()
        gc.collect()
        gc.set_threshold(20_000, 20, 100)  # sending creates no reference cycles: collect seldom
        # What is loaded now stays: the collector skips it, and its pages stay shared with the
        # parent.
        gc.freeze()
        self._ready.set()
        await self._end.wait()
        await self._deliverer.stop(self.patience)

    def deliver(
        self, distribution: DistributionId, batch: int = -1, seconds: float = SLICE
    ) -> list[Wake]:
        """Send what there is for this process, for at most so many seconds; return what comes
        next.
        """
        try:
            run = load_run(self.installation, distribution, self._runs.get(distribution))
        except Exception as error:  # noqa: BLE001 - what is kept of it is broken
            halt_for_fault(self.installation, distribution, "its letters cannot be read", error)
            return []
        if run is None or self._loop is None or self._deliverer is None:
            return []
        self._runs = {distribution: run} | {
            d: r for d, r in list(self._runs.items())[:7] if d != distribution
        }
        more = asyncio.run_coroutine_threadsafe(
            self._deliverer.drain(run, batch, seconds), self._loop
        ).result()
        return [Wake(distribution, -1, deliver=True)] if more else []

    @property
    def idle(self) -> bool:
        """Return whether every outcome is written and every batch given back."""
        commit = self._deliverer.commit if self._deliverer else None
        return commit is None or (not commit.leased and commit.idle)

    def stop(self) -> None:
        """Finish what is in flight, commit, leave."""
        if self._loop and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(self.patience + 15)
