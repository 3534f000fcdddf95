"""Home Assistant restarted in the middle of a hundred commands: each is accounted for, none is done twice or late."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest

from taskmatrix_ros.app.profile.apis_settings import ApisSettings
from taskmatrix_ros.app.system import System
from taskmatrix_ros.bench.home_assistant_server import HomeAssistantServer
from taskmatrix_ros.bindings.homeassistant.homeassistant_binding import HomeAssistantBinding, HomeAssistantSettings
from taskmatrix_ros.core.action_code import ActionCode, DocumentPin
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import Confirmation, Status
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.run import Episode, RunStatus

pytestmark = pytest.mark.homeassistant

RECOVERED_WITHIN_S = 5.0
COMMANDS = 100
MANIFEST = """
package: outage
version: 1.0.0
apis:
  - name: press
    description: Count once, and never again for the same wish.
    effect: actuate
    idempotent: false
    deadline_s: 20
    binding: {kind: homeassistant, service: counter.increment, data: {entity_id: counter.presses}}
  - name: press_soon
    description: Count once, soon or not at all.
    effect: actuate
    idempotent: false
    deadline_s: 20
    expires_s: 0.3
    binding: {kind: homeassistant, service: counter.increment, data: {entity_id: counter.late}}
"""


def source(number: int) -> str:
    """A third is confirmed by the world, a third must not be done twice, a third must not be done late."""
    if number % 3 == 1:
        return "press()"
    if number % 3 == 2:
        return "press_soon()"
    return f'input_number_set_value(entity_id=["input_number.kept_{number}"], value={number})'


@pytest.fixture
def server(tmp_path: Path) -> HomeAssistantServer:
    numbers = {f"kept_{number}": {"min": 0, "max": COMMANDS} for number in range(COMMANDS)}
    return HomeAssistantServer(
        tmp_path / "server", {"counter": {"presses": None, "late": None}, "input_number": numbers}
    )


def test_a_restart_in_the_middle_of_a_hundred_commands(server: HomeAssistantServer, tmp_path: Path) -> None:
    server.folder.mkdir()
    server.open()
    try:
        asyncio.run(outage(server, tmp_path))
    finally:
        server.close()


async def outage(server: HomeAssistantServer, folder: Path) -> None:
    (folder / "token").write_text(server.token)
    (folder / "outage.yaml").write_text(MANIFEST)
    settings = HomeAssistantSettings(url=server.url, token_file=folder / "token", expose="all", connect_s=1.0)
    bindings: list[HomeAssistantBinding] = []

    def make(catalogue: object, state: object) -> list[HomeAssistantBinding]:
        bindings.append(HomeAssistantBinding(settings, catalogue, state))  # type: ignore[arg-type]
        return bindings

    system = System(
        [folder / "outage.yaml"],
        store_file=folder / "store.sqlite",
        make_bindings=make,
        apis=ApisSettings(trust=("homeassistant",)),
    )
    await system.open()
    try:
        went_out: dict[str, float] = {}
        answers: list[asyncio.Task[Episode]] = []
        restarted = asyncio.Event()

        async def command(number: int) -> Episode:
            pins = tuple(
                DocumentPin(name=entry.name, version=entry.version, digest=entry.digest)
                for entry in system.registry.documents()
            )
            code = await system.verifier.verify(ActionCode(source=source(number), documents=pins, planner="test"))
            asked = Instruction(text=source(number))
            view = system.session.start_verified(asked, Outline(instruction=asked.text, steps=(), planner="test"), code)
            went_out[view.episode.run_id] = time.monotonic()
            return await system.session.finish(view)

        async def restart() -> None:
            await asyncio.to_thread(server.stop)
            gone_s = time.monotonic()
            while bindings[0].peer_problem() is None:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(server.open)
            assert time.monotonic() > gone_s
            async with asyncio.timeout(RECOVERED_WITHIN_S):
                while bindings[0].peer_problem() is not None:
                    await asyncio.sleep(0.01)
            restarted.set()

        restarting: asyncio.Task[None] | None = None
        for number in range(COMMANDS):
            answers.append(asyncio.create_task(command(number)))
            if number == COMMANDS // 4:
                restarting = asyncio.create_task(restart())
            if number == COMMANDS * 3 // 4:
                await restarted.wait()
            await asyncio.sleep(0.02)
        assert restarting is not None
        await restarting
        episodes = await asyncio.gather(*answers)
        judge(server, episodes, system)
    finally:
        await system.close()


def judge(server: HomeAssistantServer, episodes: list[Episode], system: System) -> None:
    ends: Counter[str] = Counter()
    done: Counter[str] = Counter()
    doubtful: Counter[str] = Counter()
    for episode in episodes:
        kept = system.journal.run(episode.run_id)
        assert kept is not None
        assert kept.status.ended
        outcome = kept.calls[-1].outcome
        api = kept.calls[-1].call.api
        assert outcome is not None
        ends[outcome.status.value] += 1
        if outcome.status is Status.SUCCEEDED:
            done[api] += 1
            if api == "input_number_set_value":
                assert outcome.confirmation is Confirmation.CONFIRMED
                arguments = kept.calls[-1].call.arguments
                (entity_id,) = arguments["entity_id"]
                assert float(server.state_of(entity_id)["state"]) == arguments["value"]
        else:
            assert outcome.error is not None
            assert outcome.error.message
            assert kept.status in (RunStatus.FAILED, RunStatus.UNAVAILABLE)
            doubtful[api] += outcome.status is Status.IN_DOUBT
    assert sum(ends.values()) == COMMANDS
    # rejected: what the gate must know of an entity is unknown while Home Assistant is away
    assert set(ends) <= {"succeeded", "unavailable", "rejected", "expired", "in_doubt"}, ends
    assert ends["succeeded"] >= COMMANDS // 2
    assert ends["unavailable"] + ends["expired"] > 0, "nothing fell into the outage"
    for entity_id, api in (("counter.presses", "press"), ("counter.late", "press_soon")):
        counted = int(server.state_of(entity_id)["state"])
        assert done[api] <= counted <= done[api] + doubtful[api], (api, counted, done[api], doubtful[api])
