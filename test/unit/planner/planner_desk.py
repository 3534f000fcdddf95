"""A planner with the calls tests make."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from taskmatrix_ros.core.action_code import ActionCode
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.ports import Catalogue, PlanningContext
from taskmatrix_ros.planner.offline_planner import OfflinePlanner

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


class Desk:
    """A planner with the calls tests make."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.planner = OfflinePlanner(catalogue)

    def outline(self, text: str, state: Mapping[str, Any] | None = None, **fields: Any) -> Outline:
        instruction = Instruction(text=text, **fields)
        return asyncio.run(self.planner.outline(instruction, PlanningContext(state=state or {}, now=NOW)))

    def write(self, outline: Outline, state: Mapping[str, Any] | None = None) -> ActionCode:
        return asyncio.run(self.planner.write_code(outline, (), PlanningContext(state=state or {}, now=NOW)))

    def code(self, text: str, state: Mapping[str, Any] | None = None) -> list[str]:
        """Give the lines of code for a text."""
        return self.write(self.outline(text, state), state).source.split("\n")

    def code_of_steps(self, *texts: str, state: Mapping[str, Any] | None = None) -> list[str]:
        """Give the lines of code for an outline that a person wrote."""
        steps = tuple(OutlineStep(id=str(number), text=text) for number, text in enumerate(texts))
        return self.write(Outline(instruction="-", steps=steps, planner="person"), state).source.split("\n")
