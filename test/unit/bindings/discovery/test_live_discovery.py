"""Announcements come, change and go; the catalogue follows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from broken import BROKEN
from corpus import CASES

from taskmatrix_ros.bindings.discovery.entity_maker import SOURCE
from taskmatrix_ros.bindings.discovery.live_discovery import LiveDiscovery
from taskmatrix_ros.bindings.mqtt.mqtt_owner import Received
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.registry.registry import Registry


class Desk:
    """A discovery over the shipped home's catalogue."""

    def __init__(self, manifests: list[Path] | None = None) -> None:
        self.registry = Registry(trusted=[SOURCE])
        self.registry.load(manifests or [resource("api_manifests/home.yaml")])
        self.changes = 0
        self.discovery = LiveDiscovery(
            "default", "homeassistant", self.registry, own_topics=("taskmatrix",), changed=self._changed
        )

    def _changed(self) -> None:
        self.changes += 1

    def say(self, topic: str, payload: Any) -> None:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode() if payload else b""
        assert self.discovery.take(Received(f"homeassistant/{topic}/config", raw, False))

    def names(self) -> list[str]:
        self.discovery.flush()
        return [document.name for document in self.registry.documents() if document.source == SOURCE]


def run(body: Callable[[Desk], Awaitable[None]]) -> None:
    async def main() -> None:
        desk = Desk()
        try:
            await body(desk)
        finally:
            desk.discovery.close()

    asyncio.run(main())


LAMP = {"name": "Reading Lamp", "command_topic": "r/set", "state_topic": "r", "unique_id": "r1"}
TREE = {"dev": {"ids": ["t1"], "name": "Tree", "sa": "Porch"}}


@pytest.mark.parametrize(("topic", "payload", "word"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_broken_is_named_and_skipped(topic: str, payload: bytes, word: str) -> None:
    async def body(desk: Desk) -> None:
        desk.say("light/good", LAMP)
        before = desk.names()
        desk.say(topic, payload)
        assert desk.names() == before
        (label, problem), *others = desk.discovery.problems.items()
        assert not others
        assert label.startswith(f"homeassistant/{topic}/config")
        assert word in problem
        assert "\n" not in problem
        assert len(problem) < 500

    run(body)


def test_there_are_fifty() -> None:
    assert len(BROKEN) >= 50


def test_it_comes_changes_and_goes() -> None:
    async def body(desk: Desk) -> None:
        desk.say("light/reading", LAMP)
        assert desk.names() == ["reading_lamp_turn_off", "reading_lamp_turn_on"]
        assert "light.reading_lamp.state" in {spec.key for spec in desk.registry.states()}
        desk.say("light/reading", LAMP)
        desk.discovery.flush()
        assert desk.changes == 1, "the same announcement changes nothing"
        desk.say("light/reading", {**LAMP, "brightness_command_topic": "r/bri"})
        desk.names()
        assert "brightness_pct" in desk.registry.get("reading_lamp_turn_on").parameters  # type: ignore[union-attr]
        desk.say("light/reading", b"")
        assert desk.names() == []
        assert "light.reading_lamp.state" not in {spec.key for spec in desk.registry.states()}
        desk.say("light/reading", {**LAMP, "command_topic": "+"})
        assert desk.names() == []

    run(body)


def test_a_broken_announcement_leaves_what_was_there() -> None:
    async def body(desk: Desk) -> None:
        desk.say("light/reading", LAMP)
        before = desk.names()
        for broken in (b"{", {**LAMP, "command_topic": "+"}, {**LAMP, "schema": "odd"}, b"[]"):
            desk.say("light/reading", broken)
            assert desk.names() == before
            assert len(desk.discovery.problems) == 1
        desk.say("light/reading", LAMP)
        assert desk.names() == before
        assert not desk.discovery.problems
        desk.say("light/reading", {**LAMP, "command_topic": "+"})
        desk.say("light/reading", b"")
        assert desk.names() == []
        desk.say("light/reading", {**LAMP, "command_topic": "+"})
        assert desk.names() == [], "what was taken back does not come again by a broken message"

    run(body)


def test_a_broken_component_of_a_device_leaves_what_it_was_and_the_rest_follows() -> None:
    async def body(desk: Desk) -> None:
        switch = {"p": "switch", "cmd_t": "t/set", "unique_id": "t", "name": "Lights"}
        whole = {**TREE, "o": {"name": "x"}, "cmps": {"a": switch, "b": {**switch, "unique_id": "u", "name": "Star"}}}
        desk.say("device/tree", whole)
        assert len(desk.names()) == 4
        odd = {**whole["cmps"]["b"], "cmd_t": "t/#"}  # type: ignore[index]
        desk.say("device/tree", {**whole, "cmps": {"a": {**switch, "name": "Candles"}, "b": odd}})
        names = desk.names()
        assert [name for name in names if "star" in name] == ["tree_star_turn_off", "tree_star_turn_on"]
        (label,) = desk.discovery.problems
        assert label == "homeassistant/device/tree/config b"

    run(body)


def test_a_device_message_takes_components_back_by_their_platform_alone() -> None:
    async def body(desk: Desk) -> None:
        switch = {"p": "switch", "cmd_t": "t/set", "unique_id": "t", "name": "Lights"}
        whole = {**TREE, "o": {"name": "x"}, "cmps": {"a": switch, "b": {**switch, "unique_id": "u", "name": "Star"}}}
        desk.say("device/tree", whole)
        assert len(desk.names()) == 4
        desk.say("device/tree", {**whole, "cmps": {"a": switch, "b": {"p": "switch"}}})
        assert desk.names() == ["tree_lights_turn_off", "tree_lights_turn_on"]
        desk.say("device/tree", b"")
        assert desk.names() == []

    run(body)


def test_one_device_in_many_messages_is_one_package() -> None:
    async def body(desk: Desk) -> None:
        for number in range(3):
            desk.say(f"switch/tree/{number}", {**TREE, "name": f"Star {number}", "cmd_t": f"t/{number}"})
        assert len(desk.names()) == 6
        packages = {document.package for document in desk.registry.documents() if document.source == SOURCE}
        assert packages == {"mqtt_t1"}
        desk.say("switch/tree/1", b"")
        assert len(desk.names()) == 4

    run(body)


def test_what_this_node_announces_is_never_imported() -> None:
    async def body(desk: Desk) -> None:
        desk.say("switch/a", {"name": "A", "cmd_t": "a", "o": {"name": "taskmatrix_ros"}})
        desk.say("switch/b", {"name": "B", "cmd_t": "b", "uniq_id": "taskmatrix_stop"})
        desk.say("switch/c", {"name": "C", "cmd_t": "c", "dev": {"ids": ["taskmatrix_node"]}})
        assert desk.names() == []
        assert len(desk.discovery.passed_over) == 3

    run(body)


def test_a_manifest_goes_before_discovery() -> None:
    async def body(desk: Desk) -> None:
        desk.say("light/kitchen", {"name": "Kitchen", "schema": "json", "cmd_t": "home/light/kitchen/set"})
        desk.say("light/garden", {"name": "Garden", "schema": "json", "cmd_t": "home/light/garden/set"})
        desk.say("sensor/t", {"name": "T", "stat_t": "home/thermometer/kitchen/state", "unit_of_meas": "°C",
                              "val_tpl": "{{ value_json.temperature_c }}"})  # fmt: skip
        assert desk.names() == ["garden_turn_off", "garden_turn_on"]
        assert set(desk.discovery.passed_over) == {"light/kitchen", "sensor/t"}

    run(body)


def test_equal_names_stay_apart_and_keep_their_names() -> None:
    async def body(desk: Desk) -> None:
        for number in range(3):
            desk.say(f"switch/s{number}", {"name": "Plug", "cmd_t": f"s/{number}"})
        desk.say("lock/l", {"name": "Plug", "cmd_t": "l"})
        desk.say("climate/ac", {"name": "AC", "temp_cmd_t": "x"})
        names = desk.names()
        assert len(set(names)) == len(names) == 9
        assert desk.registry.get("ac_set_temperature").source == "manifest"  # type: ignore[union-attr]
        desk.say("switch/s0", b"")
        assert set(desk.names()) < set(names)

    run(body)


def test_what_may_harm_is_hazardous_and_never_late() -> None:
    async def body(desk: Desk) -> None:
        desk.say("cover/g", {"name": "Garage", "cmd_t": "g", "dev_cla": "garage", "retain": True})
        desk.say("lock/l", {"name": "Front", "cmd_t": "l", "retain": True})
        desk.say("button/b", {"name": "Gate", "cmd_t": "b", "retain": True})
        desk.names()
        for name in ("garage_open", "front_unlock", "gate_press"):
            document = desk.registry.get(name)
            assert document is not None
            assert document.effect is Effect.HAZARDOUS
            assert document.expires_s is not None
            assert not document.binding.retain  # type: ignore[union-attr]

    run(body)


def test_an_area_is_spoken_of_as_a_whole() -> None:
    async def body(desk: Desk) -> None:
        for number in range(2):
            device = {"ids": f"p{number}", "name": f"Lantern {number}", "sa": "Porch"}
            desk.say(f"light/p{number}", {"name": None, "cmd_t": f"p/{number}", "dev": device})
        desk.names()
        codes = {composite.code for composite in desk.registry.composites()}
        assert "lantern_0_turn_off()\nlantern_1_turn_off()" in codes

    run(body)


def test_what_is_not_announced_again_after_a_reconnection_is_gone() -> None:
    async def body(desk: Desk) -> None:
        desk.say("light/a", LAMP)
        desk.say("light/b", {**LAMP, "name": "Other", "unique_id": "r2"})
        assert len(desk.names()) == 4
        desk.discovery.connected()
        desk.say("light/a", LAMP)
        desk.discovery._forget_unheard()
        assert desk.names() == ["reading_lamp_turn_off", "reading_lamp_turn_on"]

    run(body)


def test_a_home_of_all_makers_is_one_sound_catalogue() -> None:
    home = [case for case in CASES if case.label.endswith("Kitchen")]

    async def body(desk: Desk) -> None:
        for case in home:
            assert desk.discovery.take(Received(case.topic, json.dumps(case.config).encode(), True))
        names = desk.names()
        assert not desk.discovery.problems
        for case in home:
            assert all(command.api in names for command in case.commands), case.label

    run(body)
