"""What ``do`` asks at the terminal, and what ``--yes`` may say."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from taskmatrix_ros.cli import asker as asker_module
from taskmatrix_ros.cli.asker import Asker
from taskmatrix_ros.cli.timeline import Timeline


class Node:
    """Takes answers, and refuses those it is told to."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.refuse: list[str] = []

    async def request(self, kind: str, name: str, **fields: Any) -> Any:
        self.heard.append({"name": name, **fields})
        refused = self.refuse.pop(0) if self.refuse else ""
        return SimpleNamespace(success=not refused, message=refused)


class Person:
    """Types lines; with none left, says nothing for ever."""

    def __init__(self, *lines: str | None) -> None:
        self.lines = list(lines)
        self.prompts: list[str] = []

    async def ask(self, prompt: str) -> str | None:
        self.prompts.append(prompt)
        if not self.lines:
            await asyncio.Event().wait()
        return self.lines.pop(0)


def approval(identifier: str = "A1", effect: str = "actuate", **more: Any) -> dict[str, Any]:
    plain = {
        "approval_id": identifier,
        "api": "door_unlock",
        "arguments": {"door": "[bold]front"},
        "effect": effect,
        "reason": "the policy asks before door_*",
        "scope": "call",
        "summary": "",
        "diff": {"door.front.lock": ["closed", "open"]},
        "expires_at": "2030-01-01T00:00:00+00:00",
    }
    return plain | more


def question(identifier: str = "Q1") -> dict[str, Any]:
    return {"question_id": identifier, "text": "Which cup?", "choices": ["red", "blue"]}


def play(
    scenario: Callable[[Asker, Node], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
    *,
    person: Person | None = None,
    yes: bool = False,
) -> tuple[Node, str]:
    written = io.StringIO()
    console = Console(file=written, soft_wrap=True, highlight=False)
    monkeypatch.setattr(asker_module, "errors", console)
    monkeypatch.setattr(asker_module, "can_ask", lambda: False)
    node = Node()

    async def main() -> None:
        async with asyncio.timeout(60):
            asker = Asker(node, Timeline(console), yes=yes, ask=person.ask if person else None)
            await scenario(asker, node)
            await asker.close()

    asyncio.run(main())
    return node, written.getvalue()


async def until(done: Callable[[], bool]) -> None:
    while not done():
        await asyncio.sleep(0.001)


@pytest.mark.parametrize(("typed", "approved"), [("y", True), ("YES", True), ("n", False), ("", False), ("ja", False)])
def test_only_a_plain_yes_is_one(typed: str, approved: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(asker: Asker, node: Node) -> None:
        asker.show([approval()], [])
        asker.show([approval()], [])  # feedback repeats what waits
        await until(lambda: bool(node.heard))

    node, written = play(scenario, monkeypatch, person=Person(typed))
    assert node.heard == [{"name": "approve", "approval_id": "A1", "approved": approved, "comment": ""}]
    assert "door_unlock(door='[bold]front')" in written
    assert 'door.front.lock: "closed" → "open"' in written
    assert "the policy asks before door_*" in written


def test_yes_approves_what_is_not_hazardous_and_asks_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person("n")

    async def scenario(asker: Asker, node: Node) -> None:
        asker.show([approval("A1"), approval("A2", "hazardous")], [])
        await until(lambda: len(node.heard) == 2)

    node, _ = play(scenario, monkeypatch, person=person, yes=True)
    assert [(heard["approval_id"], heard["approved"]) for heard in node.heard] == [("A1", True), ("A2", False)]
    assert len(person.prompts) == 1


def test_without_a_terminal_it_says_how_to_answer_and_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(asker: Asker, _node: Node) -> None:
        asker.show([approval("A1", "hazardous")], [question()])
        await asyncio.sleep(0.01)

    node, written = play(scenario, monkeypatch, yes=True)
    assert node.heard == []
    assert "taskmatrix approve A1" in written
    assert 'taskmatrix answer Q1 "…"' in written


def test_an_answer_that_is_refused_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(asker: Asker, node: Node) -> None:
        node.refuse = ["'green' is none of the choices; allowed: red, blue"]
        asker.show([], [question()])
        await until(lambda: len(node.heard) == 2)

    node, written = play(scenario, monkeypatch, person=Person("green", "blue"))
    assert [heard["answer"] for heard in node.heard] == ["green", "blue"]
    assert "none of the choices" in written
    assert "one of: red, blue" in written


def test_what_is_answered_elsewhere_is_not_asked_any_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person()

    async def scenario(asker: Asker, _node: Node) -> None:
        asker.show([approval("A1"), approval("A2")], [])
        await until(lambda: bool(person.prompts))
        asker.show([], [])
        await until(lambda: asker._task is None)

    node, written = play(scenario, monkeypatch, person=person)
    assert (node.heard, len(person.prompts)) == ([], 1)
    assert "answered elsewhere, or expired" in written


def test_closing_while_it_asks_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person()

    async def scenario(asker: Asker, _node: Node) -> None:
        asker.show([approval()], [])
        await until(lambda: bool(person.prompts))

    node, _ = play(scenario, monkeypatch, person=person)
    assert node.heard == []
