"""Ready letters and waiting lanes: each letter goes to one lane, in the order of both."""

import asyncio
from collections.abc import Awaitable, Callable

from distro.flow.ready_queue import ReadyQueue


def on_a_loop(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(10):
            await test()

    asyncio.run(limited())


async def lane(queue: ReadyQueue[str], asked: list[str], name: str) -> str | None:
    return await queue.take(lambda: asked.append(name))


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0)


def test_a_ready_letter_is_taken_at_once_and_nothing_is_asked_for() -> None:
    async def test() -> None:
        queue, asked = ReadyQueue[str](idle=60), list[str]()
        queue.offer("first")
        queue.offer("second")

        assert await lane(queue, asked, "a") == "first"
        assert await lane(queue, asked, "b") == "second"
        assert (asked, queue.busy, queue.lanes) == ([], 2, 2)

    on_a_loop(test)


def test_the_lane_that_has_waited_longest_gets_the_next_letter() -> None:
    async def test() -> None:
        queue, asked = ReadyQueue[str](idle=60), list[str]()
        lanes = [asyncio.create_task(lane(queue, asked, name)) for name in "abc"]
        await until(lambda: len(asked) == 3)
        assert (queue.waiting, queue.lanes, queue.busy) == (True, 3, 0)

        queue.offer("first")
        queue.offer("second")

        assert (await lanes[0], await lanes[1]) == ("first", "second")
        assert (queue.waiting, queue.lanes, queue.busy) == (True, 3, 2)
        queue.close()
        assert await lanes[2] is None

    on_a_loop(test)


def test_a_lane_that_is_gone_loses_no_letter() -> None:
    async def test() -> None:
        queue, asked = ReadyQueue[str](idle=60), list[str]()
        gone = asyncio.create_task(lane(queue, asked, "gone"))
        there = asyncio.create_task(lane(queue, asked, "there"))
        await until(lambda: len(asked) == 2)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)

        queue.offer("letter")

        assert await there == "letter"

    on_a_loop(test)


def test_a_lane_waits_only_so_long() -> None:
    async def test() -> None:
        queue, asked = ReadyQueue[str](idle=0), list[str]()
        waiting = asyncio.create_task(lane(queue, asked, "a"))
        await until(lambda: bool(asked))

        queue.expire_waiters()

        assert await waiting is None
        assert not queue.waiting

    on_a_loop(test)


def test_letters_can_be_withdrawn_before_a_lane_has_them() -> None:
    async def test() -> None:
        queue = ReadyQueue[str](idle=60)
        for letter in ("D1 a", "D2 b", "D1 c"):
            queue.offer(letter)

        assert queue.withdraw(lambda letter: letter.startswith("D1")) == ["D1 a", "D1 c"]
        assert list(queue.ready) == ["D2 b"]

    on_a_loop(test)


def test_a_letter_without_a_lane_wakes_those_that_sleep_without_a_connection() -> None:
    async def test() -> None:
        queue = ReadyQueue[str](idle=60)
        asleep = [asyncio.create_task(queue.sleep()) for _ in range(2)]
        await asyncio.sleep(0)

        queue.offer("letter")

        await asyncio.gather(*asleep)
        assert list(queue.ready) == ["letter"]

    on_a_loop(test)


def test_a_closed_queue_lets_everybody_go() -> None:
    async def test() -> None:
        queue, asked = ReadyQueue[str](idle=60), list[str]()
        waiting = asyncio.create_task(lane(queue, asked, "a"))
        asleep = asyncio.create_task(queue.sleep())
        await until(lambda: bool(asked))

        queue.close()

        assert await waiting is None
        await asleep
        assert await lane(queue, asked, "late") is None

    on_a_loop(test)
