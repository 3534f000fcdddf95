"""From a sentence to a rule that lives: told back, confirmed by a person, fired; and whom nobody may confirm it for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.approval import ApprovalAnswer, ApprovalRequest
from taskmatrix_ros.core.clocks import VirtualHomeClock
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.event_bus import Event
from taskmatrix_ros.core.instruction import ApprovalMode, Channel, Instruction
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.core.run import Episode, RunStatus
from taskmatrix_ros.rules.home_place import HomePlace

BERLIN = HomePlace(time_zone="Europe/Berlin", latitude_deg=52.52, longitude_deg=13.41)
MORNING = datetime(2026, 12, 1, 5, 30, tzinfo=UTC)  # half past six in Berlin
PATIENCE_S = 60.0


class Talk:
    """A system, and a person who answers what it asks."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.asked: list[ApprovalRequest] = []
        self.said: list[str] = []
        self.answer: bool | None = True
        system.events.listen(self._hear)

    def _hear(self, event: Event) -> None:
        if event.kind == "said":
            self.said.append(str(event.data["text"]))
        if event.kind == "approval_requested":
            asyncio.get_running_loop().call_soon(self._answer)

    def _answer(self) -> None:
        for request in self.system.approvals.pending():
            self.asked.append(request)
            if self.answer is not None:
                self.system.approvals.answer(
                    ApprovalAnswer(approval_id=request.approval_id, approved=self.answer, channel=Channel.CLI)
                )

    async def say(self, text: str, channel: Channel = Channel.CLI, **fields: Any) -> Episode:
        return await self.system.session.submit(Instruction(text=text, channel=channel, **fields))

    @property
    def rules(self) -> dict[str, Rule]:
        return {rule.id: rule for rule, _ in self.system.rules.engine.rules()}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def talking(store: Path | None = None) -> AsyncIterator[Talk]:
    clock = VirtualHomeClock()
    clock.jump(MORNING)
    manifests = [resource(f"api_manifests/{name}.yaml") for name in ("time", "person", "say")]
    system = System(manifests, store_file=store, place=BERLIN, clock=clock)
    await system.open()
    system.recover()
    try:
        yield Talk(system)
    finally:
        await system.close()


def run(story: Callable[[Talk], Awaitable[None]], store: Path | None = None) -> None:
    async def whole() -> None:
        async with talking(store) as talk:
            await story(talk)

    asyncio.run(whole())


def test_a_rule_is_told_back_confirmed_and_fires() -> None:
    async def story(talk: Talk) -> None:
        episode = await talk.say("say good morning at 7")
        assert episode.status is RunStatus.SUCCEEDED, episode.summary
        words, _, text = talk.asked[0].summary.partition("\n")
        assert words.startswith('On 1 December 2026 at 07:00, say(text="good morning").')
        assert yaml.safe_load(text)["triggers"] == [{"kind": "date", "at": "2026-12-01T07:00:00+01:00"}]
        assert list(talk.rules) == ["say_good_morning"]
        clock = talk.system.clock
        assert isinstance(clock, VirtualHomeClock)
        clock.jump(datetime(2026, 12, 1, 5, 59, 59, tzinfo=UTC))
        await until(lambda: bool(talk.said))
        assert talk.said == ["good morning"]
        await until(lambda: not talk.rules["say_good_morning"].enabled)

    run(story)


def test_a_no_saves_nothing() -> None:
    async def story(talk: Talk) -> None:
        talk.answer = False
        episode = await talk.say("remind me to take the pills at noon")
        assert episode.status is RunStatus.FAILED
        assert "a person said no" in episode.summary
        assert talk.rules == {}

    run(story)


def test_no_yes_comes_from_mqtt_and_none_is_asked_where_none_is_allowed() -> None:
    async def story(talk: Talk) -> None:
        talk.answer = None
        pending = asyncio.create_task(talk.say("say hello at 7", channel=Channel.MQTT))
        await until(lambda: bool(talk.asked))
        with pytest.raises(RequestError, match="nobody may approve on channel mqtt"):
            talk.system.approvals.answer(
                ApprovalAnswer(approval_id=talk.asked[0].approval_id, approved=True, channel=Channel.MQTT)
            )
        talk.system.approvals.answer(
            ApprovalAnswer(approval_id=talk.asked[0].approval_id, approved=False, channel=Channel.CLI)
        )
        assert (await pending).status is RunStatus.FAILED
        denied = await talk.say("say hello at 7", approval=ApprovalMode.DENY)
        assert "allows no approvals" in denied.summary
        assert talk.rules == {}

    run(story)


def test_a_rule_makes_no_rules() -> None:
    async def story(talk: Talk) -> None:
        await talk.system.rules.add(
            [
                Rule.model_validate(
                    {
                        "id": "breeder",
                        "triggers": [{"kind": "date", "at": "2026-12-01T06:59"}],
                        "action": {"instruction": "say hello at 8"},
                    }
                )
            ]
        )
        clock = talk.system.clock
        assert isinstance(clock, VirtualHomeClock)
        clock.jump(datetime(2026, 12, 1, 5, 58, 59, tzinfo=UTC))
        traces: list[str] = []

        def refused() -> bool:
            traces[:] = [trace.why for trace in talk.system.rules.traces("breeder")]
            return any("changes no rules" in why for why in traces)

        await until(refused)
        assert list(talk.rules) == ["breeder"]
        assert talk.asked == []

    run(story)


def test_that_is_the_rule_spoken_of_last_also_in_the_next_life(tmp_path: Path) -> None:
    store = tmp_path / "home.sqlite"

    async def first(talk: Talk) -> None:
        await talk.say("every weekday at 7 say get up", speaker="ann")
        await talk.say("say lunch at noon")
        assert talk.rules["say_get_up"].speaker == "ann"
        changed = await talk.say("change that to 11")
        assert changed.status is RunStatus.SUCCEEDED, changed.summary
        assert talk.asked[-1].summary.startswith("Instead of: On 1 December 2026 at 12:00")

    async def second(talk: Talk) -> None:
        episode = await talk.say("cancel that")
        assert episode.status is RunStatus.SUCCEEDED, episode.summary
        assert list(talk.rules) == ["say_get_up"]
        assert (await talk.say("what rules do I have")).calls[0].outcome is not None

    run(first, store)
    run(second, store)


def test_a_rule_is_paused_and_switched_back_on() -> None:
    async def story(talk: Talk) -> None:
        await talk.say("every weekday at 7 say get up")
        assert (await talk.say("pause that")).status is RunStatus.SUCCEEDED
        assert not talk.rules["say_get_up"].enabled
        assert talk.asked[-1].summary.splitlines()[0].endswith("it is switched off.")
        assert (await talk.say("switch it back on")).status is RunStatus.SUCCEEDED
        assert talk.rules["say_get_up"].enabled
        assert (await talk.say("only on weekends")).status is RunStatus.SUCCEEDED
        assert talk.rules["say_get_up"].triggers[0].model_dump()["weekdays"] == ("sat", "sun")

    run(story)


def test_what_a_person_told_outlives_the_node(tmp_path: Path) -> None:
    store = tmp_path / "home.sqlite"

    async def first(talk: Talk) -> None:
        assert (await talk.say("I leave at 8")).status is RunStatus.SUCCEEDED
        assert talk.system.state["user.departure_at"] == "2026-12-01T08:00:00+01:00"

    async def second(talk: Talk) -> None:
        assert talk.system.state["user.departure_at"] == "2026-12-01T08:00:00+01:00"
        await talk.say("I'm not leaving today")
        assert "user.departure_at" not in talk.system.state

    run(first, store)
    run(second, store)


def test_the_same_rule_twice_is_one_and_another_of_its_name_gets_its_own() -> None:
    async def story(talk: Talk) -> None:
        for text in ("say hello at 7", "say hello at 7", "say hello at 9"):
            assert (await talk.say(text)).status is RunStatus.SUCCEEDED
        assert sorted(talk.rules) == ["say_hello", "say_hello_2"]
        assert len(talk.asked) == 2

    run(story)
