from __future__ import annotations

from taskmatrix_ros.registry.device_index import DeviceIndex, Route


def test_the_best_route_has_it() -> None:
    index = DeviceIndex()
    index.claim(Route.HOME_ASSISTANT, {"light:1": "Home Assistant has it"})
    assert index.better_owner(["light:2", "light:1"], Route.MQTT_DISCOVERY) == "Home Assistant has it"
    assert index.better_owner(["light:1"], Route.HOME_ASSISTANT) is None
    index.add(Route.MANIFEST, ["light:1"], "a manifest speaks of it")
    assert index.better_owner(["light:1"], Route.MQTT_DISCOVERY) == "a manifest speaks of it"
    assert index.better_owner(["light:1"], Route.HOME_ASSISTANT) == "a manifest speaks of it"
    assert index.better_owner([], Route.MQTT_DISCOVERY) is None


def test_who_listens_hears_of_news_only() -> None:
    index = DeviceIndex()
    heard: list[int] = []
    undo = index.listen(lambda: heard.append(1))
    index.claim(Route.HOME_ASSISTANT, {"light:1": "a"})
    index.claim(Route.HOME_ASSISTANT, {"light:1": "a"})
    index.add(Route.HOME_ASSISTANT, ["light:1"], "a")
    assert len(heard) == 1
    undo()
    index.claim(Route.HOME_ASSISTANT, {})
    assert len(heard) == 1
