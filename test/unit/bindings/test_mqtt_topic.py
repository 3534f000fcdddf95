from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from taskmatrix_ros.bindings.mqtt.mqtt_topic import StateTopic, check_topic_template, render_topic
from taskmatrix_ros.core.errors import CallRefused, ConfigError

words = st.from_regex(r"[a-z0-9_]{1,8}", fullmatch=True)


@given(st.text())
def test_no_argument_leaves_its_level_or_reaches_another_topic(value: str) -> None:
    try:
        topic = render_topic("home/light/{light}/set", {"light": value})
    except CallRefused:
        return
    assert topic.split("/") == ["home", "light", value, "set"]
    assert not set(topic) & set("+#\0")
    topic.encode()


@pytest.mark.parametrize(
    "value", ["a/b", "+", "#", "a#", "..//", "\0", "a\nb", "\x7f", "$SYS", "", None, "\ud800", "x" * 70_000]
)
def test_what_could_inject_is_refused_by_name(value: str | None) -> None:
    with pytest.raises(CallRefused):
        render_topic("home/{light}/set", {"light": value})


def test_a_number_can_be_a_level() -> None:
    assert render_topic("home/{floor}/set", {"floor": 2.0}) == "home/2/set"


@pytest.mark.parametrize("topic", ["", "home/#", "home/+/set", "home/\0/set", "home/{unknown}/set", "home/{/set"])
def test_a_topic_that_cannot_be_published_on_is_a_config_error(topic: str) -> None:
    with pytest.raises(ConfigError):
        check_topic_template(topic, ["light"])


@given(st.lists(words | st.just("{a}"), min_size=1, max_size=5), st.lists(words, min_size=1, max_size=5))
def test_a_state_topic_matches_what_its_filter_matches(levels: list[str], heard: list[str]) -> None:
    seen = False
    for place, level in enumerate(levels):  # a name may stand there once
        if level == "{a}":
            levels[place], seen = ("{a}", True) if not seen else ("b", True)
    topic = StateTopic("/".join(levels), "x.{a}.y" if seen else "x.y")
    key = topic.key_of("/".join(heard))
    assert (key is not None) == topic_matches_sub(topic.filter, "/".join(heard))
    if key is not None and seen:
        assert key == f"x.{heard[levels.index('{a}')]}.y"
    assert topic.is_exact == (not seen)


def test_a_level_that_cannot_be_in_a_key_is_an_error_not_a_wrong_key() -> None:
    topic = StateTopic("home/light/{light}/state", "light.{light}.state")
    with pytest.raises(ValueError, match="'Hall Lamp' cannot be part of a state key"):
        topic.key_of("home/light/Hall Lamp/state")
    assert topic.key_of("home/light/state") is None


@pytest.mark.parametrize(
    ("topic", "key"),
    [
        ("home/+/state", "x.y"),
        ("home/#", "x.y"),
        ("home/a{light}/state", "light.{light}.state"),
        ("home/{light}/state", "light.{lamp}.state"),
        ("home/{a}/{a}", "x.{a}"),
        ("home/{light/state", "x.y"),
        ("home/\0", "x.y"),
        ("x" * 70_000, "x.y"),
    ],
)
def test_a_state_topic_that_can_never_work_is_a_config_error(topic: str, key: str) -> None:
    with pytest.raises(ConfigError, match=r"topic|template"):
        StateTopic(topic, key)
