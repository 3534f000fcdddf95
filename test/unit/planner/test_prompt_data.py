"""What others wrote cannot leave the quotes of a prompt, and what is secret does not enter it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from shipped_catalogue import FixedCatalogue, package, shipped

from taskmatrix_ros.core.conversation import Turn
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.ports import PlanningContext
from taskmatrix_ros.planner.model.planner_settings import PlannerSettings
from taskmatrix_ros.planner.model.prompt import load_prompt
from taskmatrix_ros.planner.model.prompt_parts import PromptParts, findings, gaps, plan
from taskmatrix_ros.planner.model.quoted_data import one_line, quoted
from taskmatrix_ros.planner.model.relevant_state import relevant_state

CORPUS = yaml.safe_load((Path(__file__).parent / "injections.yaml").read_text("utf-8"))["texts"]
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
BLOCK = re.compile(r"<(data|instruction|outline) kind=\"[a-z A-Z]+\">\n(.*)\n</\1>")


def outside(prompt: str) -> str:
    """Give the prompt without its quoted blocks, each of which must be JSON on one line."""
    for _tag, inside in BLOCK.findall(prompt):
        json.loads(inside)
    return BLOCK.sub("", prompt)


def prompts(text: str, catalogue: FixedCatalogue) -> list[str]:
    """Give every prompt, with the text wherever it is not the person's: names, values, earlier talk, findings."""
    parts = PromptParts(catalogue, PlannerSettings())
    turn = Turn(said="hello", answered=text, steps=(text,), status="failed")
    state: Mapping[str, Any] = {"tv.playing": text, "robot.located": [text, {text: text}], f"light.{text}.state": "on"}
    context = PlanningContext(state=state, now=NOW, conversation=(turn,))
    asked = Instruction(text="what is on the tv", speaker=text, area=text)
    outline = Outline(instruction="what is on", steps=(OutlineStep(id="1", text=f"read {text}"),), planner="m")
    return [
        parts.for_outline(asked, context),
        parts.for_code(outline, catalogue.documents(), context),
        plan(outline),
        findings([Diagnostic(code="requires", message=text, hint=text)]),
        gaps({"1": text}),
    ]


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(set(CORPUS)) >= 40


@pytest.mark.parametrize("text", CORPUS)
def test_an_order_in_data_stays_in_its_quotes(text: str) -> None:
    catalogue = shipped()
    harmless = [outside(prompt) for prompt in prompts("cup", catalogue)]
    assert [outside(prompt) for prompt in prompts(text, catalogue)] == harmless


@given(st.text(max_size=60))
def test_any_text_stays_in_its_quotes(text: str) -> None:
    block = quoted("state", {"name": text, text: [text]})
    assert outside(f"before\n{block}\nafter") == "before\n\nafter"
    assert block.count("<") == 2
    assert block.count("\n") == 2


@given(st.text(max_size=500))
def test_a_line_is_short_and_can_be_seen(text: str) -> None:
    line = one_line(text, 100)
    assert len(line) <= 100
    assert line.isprintable() or not line.isascii()
    assert "\u202e" not in line
    assert "\u200b" not in line


def test_the_rules_are_files_of_ours_alone() -> None:
    for name in ("outline", "code", "repair", "revise"):
        prompt = load_prompt(name)
        assert prompt.version >= 1
        assert "{" not in prompt.text.replace('{"', ""), "nothing is put into the rules"


def state_of(limit: int, *texts: str) -> dict[str, Any]:
    specs = yaml.safe_load(
        "package: p\nstate:\n"
        "  - {key: 'door.{name}.pin', type: string, sensitive: true, from: {kind: mqtt, topic: d}}\n"
        "apis:\n  - {name: tv_open, sets: {tv.state: '\"on\"'}}\n"
    )
    made = package(specs)
    state = {"door.front.pin": "4711", "door.front.state": "shut", "tv.state": "off", "light.attic.state": "on"}
    return relevant_state(state, made.state, made.apis, texts, limit)


def test_state_is_chosen_by_what_is_used_then_by_what_is_named() -> None:
    assert list(state_of(9)) == ["door.front.state", "light.attic.state", "tv.state"]
    assert list(state_of(1)) == ["tv.state"]
    assert list(state_of(2, "is there light in the attic")) == ["light.attic.state", "tv.state"]
