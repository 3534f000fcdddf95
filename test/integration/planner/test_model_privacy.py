"""Secrets in the person's words: every request to the model is caught, and none of them holds one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from model_desk import Desk, coded, outlined, play
from obliging_home import ObligingHome

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.instruction import Mode
from taskmatrix_ros.core.outcome import Outcome
from taskmatrix_ros.core.ports import Progress
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.core.state_store import StateStore

ALARM = """
package: alarm
version: 1.0.0
state:
  - {key: alarm.code, type: string, sensitive: true, from: {kind: mqtt, topic: alarm/code}}
  - {key: alarm.state, type: string, from: {kind: mqtt, topic: alarm/state}}
apis:
  - name: alarm_disarm
    description: Switch the burglar alarm off.
    parameters: {code: {type: string, sensitive: true, description: The code of the alarm.}}
    sets: {alarm.state: '"disarmed"'}
    effect: actuate
    binding: {kind: mqtt, topic: alarm/set, payload: {code: "{code}"}}
"""
WISH = "peace for the alarm please, its code is 4711"
PLAN = outlined("disarm the alarm with the code SECRET_1")


class Alarm(ObligingHome):
    """An alarm that tells every code it was given."""

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        outcome = await super().call(call, document, progress)
        if outcome.error is not None:
            told = outcome.error.model_copy(update={"message": f"{call.arguments['code']} is wrong"})
            outcome = outcome.model_copy(update={"error": told})
        return outcome


def alarm(scenario: Any, folder: Path, *answers: Any, **more: Any) -> None:
    made: list[Alarm] = []
    file = folder / "alarm.yaml"
    file.write_text(ALARM)

    def make(_catalogue: Any, state: StateStore) -> list[Alarm]:
        made.append(Alarm(state))
        return made

    async def main(desk: Desk) -> None:
        desk.system.state.set("alarm.code", "0815-state", source="test")
        await scenario(desk, made[0])
        sent = json.dumps(desk.server.requests)
        assert desk.server.requests
        assert "4711" not in sent
        assert "0815" not in sent

    play(main, *answers, manifests=(file,), make_bindings=make, **more)


def test_a_code_is_put_back_for_the_device_alone(tmp_path: Path) -> None:
    async def scenario(desk: Desk, home: Alarm) -> None:
        episode = await desk.do(WISH, Mode.RUN)
        assert episode.status is RunStatus.SUCCEEDED, episode.summary
        assert home.calls == ['alarm_disarm(code="4711")']
        assert [step.text for step in episode.outline.steps] == ["disarm the alarm with the code 4711"]
        assert "4711" not in episode.summary
        assert '"SECRET_1"' not in episode.code.source

    alarm(scenario, tmp_path, PLAN, coded('alarm_disarm(code="SECRET_1")'))


def test_repairs_failures_and_later_turns_hide_it_too(tmp_path: Path) -> None:
    async def scenario(desk: Desk, home: Alarm) -> None:
        home.broken = "wrong"
        episode = await desk.do(WISH, Mode.RUN, conversation_id="c")
        assert (episode.status, episode.error_code) == (RunStatus.FAILED, "BROKEN")
        assert len(desk.server.requests) == 4
        await desk.do("have another try at peace", Mode.RUN, conversation_id="c")
        assert len(desk.server.requests) == 5

    faulty = coded('alarm_disarm(kode="SECRET_1")')
    nothing = {"steps": [], "question": "", "refusal": "there is no other way"}
    alarm(scenario, tmp_path, PLAN, faulty, coded('alarm_disarm(code="SECRET_1")'), nothing, nothing)


@pytest.mark.parametrize(
    "source", ['play_music(music="SECRET_1")', 'ask_user(question=f"is it SECRET_1?")', 'x = "SECRET_1"\nac_open()']
)
def test_a_model_may_not_tell_it_to_anybody_else(tmp_path: Path, source: str) -> None:
    async def scenario(desk: Desk, home: Alarm) -> None:
        episode = await desk.do(WISH, Mode.RUN)
        assert (episode.status, episode.error_code) == (RunStatus.REFUSED, "SENSITIVE")
        assert home.calls == []
        assert "4711" not in episode.summary

    alarm(scenario, tmp_path, PLAN, coded(source))
