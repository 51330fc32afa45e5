"""Several relays: shares by weight, failover, a reserve; when a refusal is about us."""

import asyncio

import pytest

from distro.model import Outcome, State
from distro.relay.balancer import Balancer
from distro.relay.endpoint import Endpoint
from distro.relay.pool import Pool
from distro.relay.refusals import RefusalMonitor
from distro.relay.reply import Scope
from distro.relay.session import Sent
from tests.contract.test_relays import Installation, Job, endpoint, run
from tests.support.smtp import ScriptedServer


def through(relays: list[tuple[Endpoint, int, int]], letters: int) -> Installation:
    return run(
        lambda installation: Balancer([(*r, 0, 0) for r in relays], installation),
        [f"r{i}@{'abcd'[i % 4]}.example" for i in range(letters)],
    )


def gone() -> Endpoint:
    return Endpoint("127.0.0.1", 1, tls="off")


def test_letters_are_shared_by_weight() -> None:
    with ScriptedServer() as heavy, ScriptedServer() as light:
        through([(endpoint(heavy), 2, 3), (endpoint(light), 2, 1)], 400)

    assert 280 <= len(heavy.messages) <= 320
    assert len(heavy.messages) + len(light.messages) == 400


def test_who_cannot_be_reached_is_passed_over() -> None:
    with ScriptedServer() as server:
        installation = through([(gone(), 2, 1), (endpoint(server), 2, 1)], 40)

    assert len(server.messages) == 40
    assert installation.troubles == []
    assert all(o[-1].state is State.ACCEPTED for o in installation.outcomes.values())


def test_a_relay_that_refuses_our_password_is_passed_over_while_another_serves() -> None:
    with ScriptedServer(password="right") as strict, ScriptedServer() as server:
        installation = through(
            [(endpoint(strict, user="user", password="wrong"), 1, 1), (endpoint(server), 1, 1)], 20
        )

    assert (len(server.messages), installation.troubles) == (20, [])


def test_when_nobody_can_be_reached_the_work_is_told() -> None:
    installation = through([(gone(), 1, 1), (gone(), 1, 1)], 4)
    assert installation.troubles
    assert installation.outcomes == {}


def test_a_reserve_serves_only_when_the_others_are_away() -> None:
    with ScriptedServer() as first, ScriptedServer() as reserve:
        through([(endpoint(first), 2, 1), (endpoint(reserve), 2, 0)], 30)
        assert (len(first.messages), len(reserve.messages)) == (30, 0)
    with ScriptedServer() as reserve:
        through([(gone(), 2, 1), (endpoint(reserve), 2, 0)], 30)
        assert len(reserve.messages) == 30


def test_a_relay_that_hangs_is_not_waited_for() -> None:
    with (
        ScriptedServer() as quick,
        ScriptedServer(lambda verb, _: "421 busy" if verb == "GREETING" else None) as slow,
    ):
        through([(endpoint(quick), 2, 1), (endpoint(slow), 2, 50)], 60)
    assert len(quick.messages) == 60


def ended(state: State, text: str = "", scope: Scope = Scope.RECIPIENT, code: int = 550) -> Sent:
    return Sent(Outcome(state, code, text), scope)


def test_refusals_by_policy_over_five_per_cent_and_three_domains_are_about_us() -> None:
    blame = RefusalMonitor()
    said = ""
    for n in range(60):
        policy = n % 10 == 0
        said = said or blame.learn(
            f"r{n}@d{n % 7}.example",
            ended(State.FAILED if policy else State.ACCEPTED, "5.7.1 blocked" if policy else ""),
        )
    assert (
        said.startswith("refuses us by policy: 5 of the last 50 letters") or "6 of the last" in said
    )


@pytest.mark.parametrize(("domains", "text"), [(2, "5.7.1 blocked"), (7, "5.1.1 no such user")])
def test_one_strict_domain_or_bad_addresses_are_not_about_us(domains: int, text: str) -> None:
    blame = RefusalMonitor()
    assert not any(
        blame.learn(f"r{n}@d{n % domains}.example", ended(State.FAILED, text)) for n in range(200)
    )


def test_a_handful_is_not_yet_about_us() -> None:
    blame = RefusalMonitor()
    assert not any(
        blame.learn(f"r{n}@d{n}.example", ended(State.FAILED, "5.7.1 no")) for n in range(49)
    )


def test_bodies_unanswered_are_bounded() -> None:
    """What is in doubt when a process is killed is what was begun and not answered."""
    most = now = 0

    class Counting(Installation):
        def begun(self, job: Job) -> None:
            nonlocal most, now
            now += 1
            most = max(most, now)

        def done(self, job: Job, outcome: Outcome) -> None:
            nonlocal now
            now -= 1
            super().done(job, outcome)

    async def main() -> None:
        installation = Counting([f"r{i}@a.example" for i in range(60)])
        with ScriptedServer() as server:
            pool: Pool[Job] = Pool(endpoint(server), 8, installation, unanswered=2)
            pool.start()
            async with asyncio.timeout(20):
                await installation.finished.wait()
            await pool.stop(2)

    asyncio.run(main())
    assert most == 2
