"""Tasks that begin at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from taskmatrix_ros.core.eager_task import start_now


def test_it_runs_to_its_first_wait_at_once_as_its_own_task() -> None:
    async def main() -> None:
        story: list[object] = []

        async def work() -> int:
            story.append(asyncio.current_task())
            async with asyncio.timeout(60):
                await asyncio.sleep(0)
            story.append("after")
            return 3

        outer = asyncio.current_task()
        task = start_now(work())
        assert story == [task]
        assert asyncio.current_task() is outer
        assert await task == 3
        assert story == [task, "after"]

    asyncio.run(main())


@pytest.mark.parametrize("waits", [True, False])
def test_its_end_is_the_tasks(waits: bool) -> None:
    async def main() -> None:
        async def fail() -> None:
            if waits:
                await asyncio.sleep(0)
            raise KeyError("no")

        async def succeed() -> str:
            if waits:
                await asyncio.sleep(0)
            return "yes"

        assert await start_now(succeed()) == "yes"
        with pytest.raises(KeyError):
            await start_now(fail())

    asyncio.run(main())


def test_a_cancel_before_its_first_turn_reaches_what_it_waits_for() -> None:
    async def main() -> None:
        heard: list[str] = []

        async def inner() -> None:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                heard.append("inner")
                raise

        async def outer() -> str:
            task = asyncio.create_task(inner())
            await asyncio.sleep(0)
            try:
                await task
            except asyncio.CancelledError:
                heard.append("outer")
                return "caught"
            return "never"

        task: asyncio.Task[Any] = start_now(outer())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        assert await task == "caught"

        waited_for = asyncio.create_task(inner())
        await asyncio.sleep(0)

        async def direct() -> None:
            await waited_for

        task = start_now(direct())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert waited_for.cancelled()
        assert heard == ["inner", "outer", "inner"]

    asyncio.run(main())
