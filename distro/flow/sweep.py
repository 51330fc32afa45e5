"""Sweep: repair what died, try again what waits, close what is complete. Any number of sweeps is
harmless.
"""

import math
import time
from collections.abc import Callable

from distro import log
from distro.audience import importing
from distro.errors import StoreGoneError
from distro.flow import in_doubt, late_holders, orders
from distro.flow.alarms import alarms
from distro.flow.concurrency import processes
from distro.flow.fault_halt import halt_for_fault
from distro.flow.wake import Wake
from distro.installation.context import Installation
from distro.ledger import audit, journal
from distro.ledger.recovery import Recovery
from distro.model import DistributionId, DistributionState
from distro.store import distributions, imports, ledger_scripts, releases
from distro.times import duration_ms, parse_duration

_ALARMS_EVERY = 30.0  # seconds
_FAULTY_FOR = 60.0  # seconds that a distribution which cannot be looked at is left alone
_AGAIN = 3.0  # seconds after which a distribution with work and idle processes is called again
_KEEP_JOURNALS = 30.0  # days
_OPEN_IMPORT_MS = 15_000  # an import that stood still for so long is finished by the sweep


class Sweep:
    """One sweep's memory: what it called lately, and since when Redis has answered it without a
    gap.
    """

    def __init__(self, installation: Installation, call_again: float = _AGAIN) -> None:
        self.installation = installation
        self._call_again = call_again
        self.judge = Recovery(installation.store, installation.journals, installation.host)
        self._called: dict[DistributionId, float] = {}
        self._answered_since = time.monotonic()
        self._imports: dict[int, tuple[str, float]] = {}
        self._pruned = 0.0
        self._alarmed = 0.0
        self._told: set[tuple[str, str]] = set()
        # Until when a distribution that cannot be looked at is left alone.
        self._faulty: dict[str, float] = {}

    def gap(self) -> None:
        """Note that Redis did not answer: leases may have run out only because nobody could renew
        them.
        """
        self._answered_since = time.monotonic()

    def once(self) -> list[Wake]:
        """Make one round; return the wake-ups that it asks for."""
        store = self.installation.store
        wakes = [Wake(d) for d in store.call(ledger_scripts.due())]
        for distribution in distributions.running(store):
            wakes += self._apart(distribution, self._look)
        for distribution in distributions.settling(store):
            self._apart(distribution, self._settle)
        for slug, count in releases.late(store).items():
            self._tell_late(slug, count)
        self._tell_alarms()
        self._finish_imports()
        if time.monotonic() - self._pruned > 3600:
            self._pruned = time.monotonic()
            journal.prune(self.installation.journals, _KEEP_JOURNALS)
        return wakes

    def _tell_alarms(self) -> None:
        """Log what a person must look at, each once."""
        if time.monotonic() - self._alarmed < _ALARMS_EVERY:
            return
        self._alarmed = time.monotonic()
        for alarm in alarms(self.installation):
            if (alarm.about, alarm.code) not in self._told:
                self._told.add((alarm.about, alarm.code))
                log.get().error("a person must look at this", what=alarm.text)

    def _tell_late(self, slug: str, count: int) -> None:
        """Tell those who proved late to hold a release; one that cannot be read is left alone."""
        if self._faulty.get(slug, 0.0) > time.monotonic():
            return
        try:
            late_holders.tell(self.installation, slug, count)
        except StoreGoneError:
            raise
        except Exception as error:  # noqa: BLE001 - broken data of one release
            log.get().error("late holders cannot be told", release=slug, exc_info=error)
            self._faulty[slug] = time.monotonic() + _FAULTY_FOR

    def _apart(
        self, distribution: DistributionId, act: Callable[[DistributionId], list[Wake]]
    ) -> list[Wake]:
        """Do something about one distribution; one that cannot be looked at is halted, and holds up
        no other.
        """
        if self._faulty.get(distribution, 0.0) > time.monotonic():
            return []
        try:
            return act(distribution)
        except Exception as error:  # noqa: BLE001 - broken data of one
            halt_for_fault(self.installation, distribution, "the sweep cannot look after it", error)
            self._faulty[distribution] = time.monotonic() + _FAULTY_FOR
            return []

    def _settle(self, distribution: DistributionId) -> list[Wake]:
        orders.settle(self.installation, distribution)
        return []

    def _look(self, distribution: DistributionId) -> list[Wake]:
        installation = self.installation
        lease = parse_duration(installation.settings.worker.lease)
        by_the_clock = time.monotonic() - self._answered_since > lease
        became = self.judge.settle(
            distribution, grace_ms=int(lease * 1000) if by_the_clock else None
        )
        if became:
            log.get().warning(
                "a worker died; its letters were judged by its journal",
                distribution=distribution.label,
                **{str(s): n for s, n in became.items()},
            )
        doubt = installation.settings.in_doubt
        after_ms, limits = duration_ms(doubt.after), installation.settings.limits
        in_doubt.hear(installation, self.judge, distribution, after_ms)
        installation.store.call(
            ledger_scripts.doubts(
                distribution, doubt.policy, after_ms, least=limits.doubts_least, share=limits.doubts
            )
        )
        installation.store.call(
            ledger_scripts.errors(distribution, share=limits.errors, least=limits.errors_least)
        )
        if installation.store.call(ledger_scripts.close(distribution)):
            found = audit.audit(installation.store, distribution)
            log.get().info(
                "sent",
                distribution=distribution.label,
                balanced=found.balanced,
                findings="; ".join(found.findings),
            )
            return []
        return self._calls(distribution)

    def _calls(self, distribution: DistributionId) -> list[Wake]:
        """Return wake-ups for batches with work and no lease.

        A bounded window, and not again before it could be heard.
        """
        store = self.installation.store
        todo = distributions.batches_with_work(store, distribution, processes(self.installation))
        if not todo:
            self._called.pop(distribution, None)
            return []
        if time.monotonic() - self._called.get(distribution, -math.inf) < self._call_again:
            return []
        found = distributions.get(store, distribution)
        if found is None or found.state is not DistributionState.SENDING:
            return []
        self._called[distribution] = time.monotonic()
        return [Wake(distribution, batch, deliver=True) for batch in todo]

    def _finish_imports(self) -> None:
        """Take over imports whose command died: those that have not moved for a while."""
        store = self.installation.store
        open_now = set(imports.open_imports(store))
        self._imports = {n: seen for n, seen in self._imports.items() if n in open_now}
        for number in open_now:
            done = imports.description(store, number).get("done", "0")
            before, since = self._imports.get(number, ("", 0.0))
            if done != before:
                self._imports[number] = (done, time.monotonic())
            elif (time.monotonic() - since) * 1000 > _OPEN_IMPORT_MS:
                importing.finish(store, number, self.installation.consent)
