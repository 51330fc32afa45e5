"""Inline tasks go on inside the callback that answers them, one thing at a time, and end once."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from distro.lib.inline_task import InlineFuture, InlineTask, Waiter, create_waiter


def on_a_loop(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(10):
            await test()

    asyncio.run(limited())


def begun(steps: list[Any], asked: list[Waiter], count: int = 2) -> InlineTask:
    """An task that waits for so many things and notes what it got."""

    async def run() -> None:
        for _ in range(count):
            asked.append(create_waiter())
            try:
                steps.append(await asked[-1])
            except OSError as error:
                steps.append(str(error))

    task = InlineTask(run())
    task.go()
    return task


def test_it_goes_on_before_the_answer_returns() -> None:
    async def test() -> None:
        steps: list[Any] = []
        asked: list[Waiter] = []
        task = begun(steps, asked)
        asked[0].set_result("one")
        assert steps == ["one"]
        assert asked[0].done()
        asked[1].set_exception(OSError("gone"))
        assert steps == ["one", "gone"]
        await task.end

    on_a_loop(test)


def test_any_future_wakes_it_as_it_would_a_task() -> None:
    async def test() -> None:
        steps: list[Any] = []

        async def run() -> None:
            async with asyncio.Lock():
                steps.append(
                    await asyncio.get_running_loop().run_in_executor(None, lambda: "from a thread")
                )
            await asyncio.sleep(0.001)
            raise ValueError("its own")

        task = InlineTask(run())
        task.go()
        with pytest.raises(ValueError, match="its own"):
            await task.end
        assert steps == ["from a thread"]

    on_a_loop(test)


def test_one_may_answer_another_and_go_on_with_its_own() -> None:
    """What the inner one asks for is its own, not the outer one's, and the other way round
    afterwards.
    """

    async def test() -> None:
        steps: list[Any] = []
        inner: list[Waiter] = []
        begun(steps, inner)
        outer: list[Waiter] = []

        async def run() -> None:
            outer.append(create_waiter())
            await outer[-1]
            inner[0].set_result("answered")
            outer.append(create_waiter())
            steps.append(await outer[-1])

        task = InlineTask(run())
        task.go()
        outer[0].set_result(None)
        assert steps == ["answered"]
        inner[1].set_result("again")
        outer[1].set_result("outer")
        assert steps == ["answered", "again", "outer"]
        await task.end

    on_a_loop(test)


def test_a_task_gets_a_future_and_so_does_another_thread() -> None:
    async def test() -> None:
        kinds: list[type] = []

        async def run() -> None:
            other = threading.Thread(target=lambda: asyncio.run(note()))
            other.start()
            other.join()
            kinds.append(type(create_waiter()))

        async def note() -> None:
            kinds.append(type(create_waiter()))

        await note()
        InlineTask(run()).go()
        assert [issubclass(k, asyncio.Future) for k in kinds] == [True, True, False]
        assert kinds[2] is InlineFuture

    on_a_loop(test)


def test_what_is_let_go_is_neither_resumed_nor_waiting() -> None:
    """A letter that is offered to it would be lost: whoever offers must see that nobody waits."""

    async def test() -> None:
        steps: list[Any] = []
        asked: list[Waiter] = []
        task = begun(steps, asked)
        task.close()
        assert asked[0].done()
        asked[0].set_result("late")
        assert steps == []
        assert task.end.cancelled()

    on_a_loop(test)
