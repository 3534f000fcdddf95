"""What comes in together is done at its end, once, and what that leads to with it."""

from __future__ import annotations

import asyncio

import pytest

from taskmatrix_ros.core.together import Together


def test_alone_nothing_waits() -> None:
    assert Together().at_end(lambda: None) is False


def test_all_is_done_at_the_end_of_the_outermost_in_order() -> None:
    async def main() -> None:
        together, done = Together(), list[str]()
        with together.gathering():
            assert together.at_end(lambda: done.append("first"))
            with together.gathering():
                assert together.at_end(lambda: done.append("second"))
            assert done == []
        assert done == ["first", "second"]

    asyncio.run(main())


def test_what_is_let_go_on_may_wait_for_the_next_end() -> None:
    async def main() -> None:
        together, done = Together(), list[str]()
        kept = asyncio.get_running_loop().create_future()

        async def work(name: str) -> None:
            await kept
            done.append(f"{name} goes on")
            assert together.at_end(lambda: done.append(f"{name} is sent"))

        tasks = [asyncio.create_task(work(name)) for name in ("one", "two")]
        await asyncio.sleep(0)
        with together.gathering():
            assert together.at_end(lambda: kept.set_result(None))
        await asyncio.gather(*tasks)
        async with asyncio.timeout(30):
            while together.at_end(lambda: None):
                await asyncio.sleep(0)
        assert done == ["one goes on", "two goes on", "one is sent", "two is sent"]

    asyncio.run(main())


def test_one_that_fails_keeps_nobody_waiting(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        together, done = Together(), list[str]()

        def fail() -> None:
            raise KeyError("oops")

        with together.gathering():
            together.at_end(fail)
            together.at_end(lambda: done.append("second"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert done == ["second"]
        assert together.at_end(lambda: None) is False

    asyncio.run(main())
    assert "oops" in caplog.text


def test_a_block_that_fails_still_ends() -> None:
    async def main() -> None:
        together, done = Together(), list[str]()

        def fail() -> None:
            with together.gathering():
                together.at_end(lambda: done.append("done"))
                raise KeyError

        with pytest.raises(KeyError):
            fail()
        assert done == ["done"]

    asyncio.run(main())


def test_what_goes_out_at_an_end_goes_together_in_the_same_turn() -> None:
    async def main() -> None:
        together, done = Together(), list[str]()

        def send(name: str) -> None:
            done.append(name)
            if name == "first":
                assert together.hold(lambda: done.append("let go"))

        assert not together.hold(lambda: done.append("never"))
        with together.gathering():
            assert not together.hold(lambda: done.append("never"))
            together.at_end(lambda: send("first"))
            together.at_end(lambda: send("second"))
        assert done == ["first", "second", "let go"]
        together.let_go()
        assert done[3:] == []

    asyncio.run(main())


def test_what_is_held_back_is_let_go_once_when_somebody_asks() -> None:
    async def main() -> None:
        together, done = Together(), list[str]()

        def keep() -> None:
            together.let_go()
            done.append("kept")

        with together.gathering():
            together.at_end(lambda: together.hold(lambda: done.append("out")) or None)
            together.at_end(keep)
        assert done == ["out", "kept"]

    asyncio.run(main())


def test_what_one_that_is_let_go_leads_to_finds_nothing_held_back() -> None:
    """As with two brokers: the connection to one ends as it is let go, and what that leads to is kept."""

    async def main() -> None:
        together, done = Together(), list[str]()

        def lose_connection() -> None:
            together.let_go()
            done.append("its end is kept")

        with together.gathering():
            together.at_end(lambda: together.hold(lose_connection) or None)
            together.at_end(lambda: together.hold(lambda: done.append("other out")) or None)
        assert done == ["other out", "its end is kept"]

    asyncio.run(main())


def test_what_is_asked_for_as_the_last_are_let_go_is_done() -> None:
    async def main() -> None:
        together, done = Together(), list[str]()

        def lose_connection() -> None:
            assert together.at_end(lambda: done.append("done"))

        with together.gathering():
            together.at_end(lambda: None)
        assert together.hold(lose_connection), "the end lasts until the loop's next turn"
        async with asyncio.timeout(30):
            while together.is_ending:
                await asyncio.sleep(0)
        assert done == ["done"]

    asyncio.run(main())
