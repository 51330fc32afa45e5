"""The state machine finds nothing in the real ledger, and finds every mutant: an oracle that cannot
fail proves nothing.
"""

import hashlib
import importlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from distro.ledger.journal import Attempt, Evidence
from distro.model import Outcome, State
from distro.store import Store
from tests.model.machine import LedgerMachine

# The module: the package has a function of that name.
connect = importlib.import_module("distro.store.client")
GENERATE = [Phase.generate]
QUIET = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "verbosity": Verbosity.quiet,
    "database": None,
}


def run(store: Store, *, examples: int, steps: int = 50) -> None:
    machine = type("Machine", (LedgerMachine,), {"store": store})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            phases=GENERATE,
            **QUIET,  # type: ignore[arg-type]
        ),
    )


def test_the_ledger_holds(store: Store) -> None:
    """Promises 1 to 4 and 7 over random histories."""
    run(store, examples=60)


def mutated(monkeypatch: pytest.MonkeyPatch, script: str, *changes: tuple[str, str]) -> None:
    """Run a script with lines changed."""
    real = connect.source

    def source(name: str) -> bytes:
        text: str = real(name).decode()
        for old, new in changes if name == script else ():
            if text.count(old) != 1:  # no AssertionError: it would pass for a mutant that is found
                raise LookupError(f"the mutant does not fit {script}: {old}")
            text = text.replace(old, new)
        return bytes(text.encode())

    monkeypatch.setattr(connect, "source", source)
    monkeypatch.setattr(
        connect, "digest", lambda name: hashlib.sha1(connect.source(name)).hexdigest()
    )


def no_state_check(patch: pytest.MonkeyPatch) -> None:
    """An outcome counts whatever the recipient's state is."""
    mutated(patch, "step", ("if st == 'i' and named then", "if named or to ~= 'a' then"))


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """Whoever held a batch once may go on with it."""
    mutated(
        patch,
        "step",
        ("if token ~= ARGV[6] or exp < at then", "if false then"),
        ("local verdict = 'x'\n", "local verdict = 'g'\n"),
    )


def requeue_instead_of_doubt(patch: pytest.MonkeyPatch) -> None:
    """The sweep sends again what may have arrived."""

    def verdict(self: Evidence, attempt: Attempt) -> Outcome:
        return self.ended.get(attempt) or Outcome(State.QUEUED)

    patch.setattr(Evidence, "verdict", verdict)


def claim_over_a_live_lease(patch: pytest.MonkeyPatch) -> None:
    """A batch can be claimed while somebody has it, and what is in flight there is taken for
    queued.
    """
    mutated(
        patch,
        "claim",
        (
            "if not b or lease_of(D, b) then return {} end",
            "b = b or '0' if not call('ZSCORE', todo, b) then call('ZADD', todo, int(at), b) end",
        ),
    )
    mutated(patch, "step", ("string.find(win, 'q+')", "string.find(win, '[qi]+')"))


def marks_given_back_by_the_failed(patch: pytest.MonkeyPatch) -> None:
    mutated(
        patch,
        "step",
        ("if to == 'k' or to == 's' then", "if to == 'k' or to == 's' or to == 'f' then"),
    )


def marks_given_back_by_the_doubtful(patch: pytest.MonkeyPatch) -> None:
    """A cancel that frees whoever was repeated after doubt."""
    mutated(patch, "settle", ("byte(recs, (at - 1) * REC + 10) % 2 == 0", "true"))


def no_memory_of_serials(patch: pytest.MonkeyPatch) -> None:
    """A call repeated because its answer was lost is done twice."""
    mutated(patch, "step", ("if last[1] and tonumber(last[1]) >= serial then", "if false then"))


MUTANTS = [
    no_state_check,
    no_fence,
    requeue_instead_of_doubt,
    claim_over_a_live_lease,
    marks_given_back_by_the_failed,
    marks_given_back_by_the_doubtful,
    no_memory_of_serials,
]


@pytest.mark.faults
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_model_kills_mutants(
    mutant: Callable[[pytest.MonkeyPatch], None], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        run(store, examples=2000)
