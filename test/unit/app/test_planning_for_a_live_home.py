"""A home that a binding tells of: its devices may be named, and questions about it end with their answer."""

from __future__ import annotations

import asyncio
import json

import pytest

from taskmatrix_ros.app.runs import ask_back
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.instruction import Channel, Instruction, Mode
from taskmatrix_ros.core.outcome import Outcome
from taskmatrix_ros.core.ports import Progress
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.run import Episode, RunStatus
from taskmatrix_ros.registry.home_snapshot import HomeSnapshot

HOME = {
    "areas": [{"id": "hall", "name": "Hall"}],
    "entities": [{"entity_id": "light.hall", "name": "Hall Light", "area": "hall", "state": "on"}],
}


class HomeBinding:
    """Tells of a home and performs nothing: these tests only plan."""

    kinds = frozenset({"homeassistant"})

    def __init__(self) -> None:
        self.home = HomeSnapshot.parse(json.dumps(HOME))

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        raise AssertionError("nothing may be called")

    async def cancel(self, call_id: str) -> None: ...

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> None: ...

    def stop(self) -> None: ...


def submit(text: str, mode: Mode = Mode.RUN) -> Episode:
    async def program() -> Episode:
        files = [resource("api_manifests/homeassistant"), resource("api_manifests/time.yaml")]
        system = System(files, store_file=None, make_bindings=lambda _catalogue, _state: (HomeBinding(),))
        await system.open()
        try:
            return await system.session.submit(Instruction(text=text, channel=Channel.CLI, mode=mode))
        finally:
            await system.close()

    return asyncio.run(program())


def test_a_question_ends_with_its_answer_and_calls_nothing() -> None:
    episode = submit("is the hall light on?")
    assert (episode.status, episode.summary) == (RunStatus.SUCCEEDED, "Yes, Hall Light is on.")
    assert episode.calls == ()
    assert episode.code is None


def test_devices_are_named_as_the_home_names_them() -> None:
    episode = submit("turn off the lights in the hall", Mode.DRY_RUN)
    assert episode.status is RunStatus.DRY_RUN, episode.summary
    assert episode.code is not None
    assert episode.code.source == 'light_turn_off(entity_id=["light.hall"])'


def test_what_is_not_clear_is_refused_with_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask_back, "ANSWER_S", 0.1)  # nobody answers
    episode = submit("turn it off")
    assert episode.status is RunStatus.REFUSED
    assert "'it'" in episode.summary
