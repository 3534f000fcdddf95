"""The node as the house sees it: what it does, what it waits for, a stop button; and where the house may ask it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from taskmatrix_ros.app.home.discovery_messages import PresenceTopics, discovery_messages
from taskmatrix_ros.app.profile.presence_settings import EventsSettings, InstructionsSettings, PresenceSettings
from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.app.system import System
from taskmatrix_ros.bindings.homeassistant.homeassistant_binding import HomeAssistantBinding
from taskmatrix_ros.bindings.mqtt.mqtt_settings import BrokerSettings
from taskmatrix_ros.bindings.mqtt.mqtt_voice import Hear, MqttVoice
from taskmatrix_ros.core.event_bus import Event
from taskmatrix_ros.core.instruction import Channel, Instruction, Mode
from taskmatrix_ros.core.run import Episode
from taskmatrix_ros.core.state_store import StateValue

_log = logging.getLogger(__name__)

_TOLD_OF = ("run_", "stop_", "approval_", "question_", "call_")
_ROBOT_KEYS = ("robot.near", "robot.holding", "robot.holding_names")
_FIELDS = frozenset({"text", "area", "conversation_id", "request_id", "locale", "dry_run"})
NOTHING = "none"
HOUSE = "house:"
"""Begins the ids that an asker of the house gives."""


class Presence:
    """Nothing that is heard here can rearm, approve or answer: the house asks, a person at this node decides."""

    def __init__(
        self,
        system: System,
        settings: PresenceSettings,
        broker: BrokerSettings,
        *,
        robot: bool,
        topics: PresenceTopics | None = None,
        homeassistant: HomeAssistantBinding | None = None,
    ) -> None:
        """:param broker: where Home Assistant listens for discovery.

        :param robot: whether there is one to tell of.
        :param topics: the node's own.
        :param homeassistant: whose events are heard, where the settings name their speaker.
        """
        self._system = system
        self._settings = settings
        self._robot = robot
        self._topics = topics = topics or PresenceTopics()
        self._homeassistant = homeassistant
        heard: dict[str, Hear] = {topics.stop: self._hear_stop}
        if settings.instructions is not None:
            heard[settings.instructions.topic] = self._hear_instruction
        self._voice = MqttVoice(settings.broker, broker, heard, presence_topic=topics.availability)
        self._undo: list[Any] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._due: asyncio.TimerHandle | None = None
        self._last: dict[str, Any] = {"status": NOTHING, "summary": "", "text": "", "run_id": ""}

    async def open(self) -> None:
        """Show everything, now and whenever it changes."""
        for topic, message in discovery_messages(
            self._settings.discovery_prefix, self._settings.name, self._topics, robot=self._robot
        ).items():
            self._voice.keep(topic, json.dumps(message))
        self._show()
        self._undo.append(self._system.events.listen(self._told))
        if self._robot:
            self._undo.append(self._system.state.watch(self._changed, _ROBOT_KEYS))
        if self._settings.events is not None and self._homeassistant is not None:
            self._undo.append(self._homeassistant.hear(self._settings.events.type, self._hear_event))
        await self._voice.open()

    async def close(self) -> None:
        """Say that the node is gone."""
        for undo in self._undo:
            undo()
        self._undo.clear()
        if self._due is not None:
            self._due.cancel()
        for task in tuple(self._under_way):
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._voice.close()

    # --- what it shows

    def _told(self, event: Event) -> None:
        if event.kind == "run_ended":
            self._last = {
                "status": event.data.get("status", ""),
                "summary": event.data.get("summary", ""),
                "text": event.data.get("text", ""),
                "run_id": event.run_id,
                "ended_at": event.at.isoformat(timespec="seconds"),
            }
        if event.kind.startswith(_TOLD_OF):
            self._show_soon()

    def _changed(self, _value: StateValue) -> None:
        self._show_soon()

    def _show_soon(self) -> None:
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(0.1, self._show)

    def _show(self) -> None:
        self._due = None
        active = self._system.session.active
        self._voice.keep(self._topics.state("run"), _json(self._run_state(active)))
        self._voice.keep(self._topics.state("result"), _json(self._last))
        approvals = [
            {"api": asked.api, "reason": asked.reason, "run_id": asked.run_id, "expires_at": asked.expires_at}
            for asked in self._system.approvals.pending()
        ]
        questions = [{"text": asked.text, "choices": asked.choices} for asked in self._system.questions.pending()]
        asks = {
            "approval": f"{approvals[0]['api']}: {approvals[0]['reason']}" if approvals else NOTHING,
            "question": str(questions[0]["text"]) if questions else NOTHING,
            "approvals": approvals,
            "questions": questions,
        }
        self._voice.keep(self._topics.state("asks"), _json(asks))
        if self._robot:
            self._voice.keep(self._topics.state("robot"), _json(self._robot_state()))

    def _run_state(self, active: Any) -> dict[str, Any]:
        views: list[RunView] = list(active)
        if self._system.latch.holds:
            return {"state": "stopped", "text": "", "message": self._system.latch.reason, "runs": len(views)}
        if not views:
            return {"state": "idle", "text": "", "message": "", "runs": 0}
        view = views[-1]
        return {
            "state": view.episode.status.value,
            "text": view.episode.instruction.text,
            "message": view.message[:250],
            "run_id": view.episode.run_id,
            "runs": len(views),
        }

    def _robot_state(self) -> dict[str, Any]:
        state = self._system.state
        near, held = state.get("robot.near"), state.get("robot.holding")
        return {
            "position": ", ".join(map(str, near)) if isinstance(near, list | tuple) and near else "unknown",
            "holding": str(held) if held else "nothing",
        }

    # --- what it hears

    def _hear_stop(self, _payload: bytes) -> None:
        """Anybody may stop, and nobody lifts it from here."""

        async def stop() -> None:
            await asyncio.to_thread(self._system.safety.stop, "the stop button of the house")
            self._system.events.publish(Event(kind="stop_latched", data={"reason": "the stop button of the house"}))

        self._begin(stop())

    def _hear_instruction(self, payload: bytes) -> None:
        assert self._settings.instructions is not None
        given = _words(payload)
        self._ask(given, self._settings.instructions)

    def _hear_event(self, data: Mapping[str, Any]) -> None:
        assert self._settings.events is not None
        self._ask({name: value for name, value in data.items() if name in _FIELDS}, self._settings.events)

    def _ask(self, given: Mapping[str, Any], settings: InstructionsSettings | EventsSettings) -> None:
        if len(self._under_way) >= self._settings.most_waiting:
            self._answer(given, {"status": "refused", "summary": "too much is under way already; ask again later"})
            return
        fields = {name: str(value) for name, value in given.items() if name != "dry_run"}
        for name in ("request_id", "conversation_id"):
            if fields.get(name):  # the house's own: none that a rule, a person or a program has
                fields[name] = f"{HOUSE}{fields[name]}"
        fields["area"] = fields.get("area") or settings.area
        try:
            instruction = Instruction(
                **fields,
                channel=Channel.MQTT,
                speaker=settings.speaker,
                mode=Mode.DRY_RUN if given.get("dry_run") is True else Mode.RUN,
            )
        except ValidationError as error:
            found = error.errors()[0]
            said = f"{'.'.join(map(str, found['loc']))}: {found['msg']}; correct it"
            self._answer(given, {"status": "refused", "summary": said})
            return

        async def see_through() -> None:
            episode: Episode = await self._system.session.submit(instruction)
            self._answer(
                given,
                {
                    "status": episode.status.value,
                    "summary": episode.summary,
                    "error_code": episode.error_code,
                    "run_id": episode.run_id,
                },
            )

        self._begin(see_through())

    def _answer(self, given: Mapping[str, Any], answer: dict[str, Any]) -> None:
        told = {"text": str(given.get("text", ""))[:250], "request_id": str(given.get("request_id", "")), **answer}
        if self._settings.instructions is not None:
            self._voice.say(f"{self._settings.instructions.topic}/result", _json(told))
        if self._settings.events is not None and self._homeassistant is not None:
            self._homeassistant.fire(f"{self._settings.events.type}_result", told)

    def _begin(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


def _words(payload: bytes) -> dict[str, Any]:
    """Read a message: JSON with ``text``, or plain text."""
    text = payload.decode(errors="replace").strip()
    if text.startswith("{"):
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if isinstance(value, dict):
            return {name: given for name, given in value.items() if name in _FIELDS}
    return {"text": text}


def _json(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)
