"""A whole system without devices, and a scripted model behind its planner."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from scripted_model import ScriptedModel

from taskmatrix_ros.app.profile.profile_models import ModelsSettings
from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.instruction import Instruction, Mode
from taskmatrix_ros.core.run import Episode

MANIFESTS = Path(__file__).parents[3] / "api_manifests"


class Desk:
    """Submits instructions; ``outlines`` are those that were shown on the way."""

    def __init__(self, system: System, server: ScriptedModel) -> None:
        self.system = system
        self.server = server
        self.shown: list[tuple[str, ...]] = []
        self.view: RunView | None = None

    async def do(self, text: str, mode: Mode = Mode.DRY_RUN, **fields: Any) -> Episode:
        view = self.view = self.system.session.start(Instruction(text=text, mode=mode, **fields))

        def note() -> None:
            outline = view.episode.outline
            steps = tuple(step.text for step in outline.steps) if outline else ()
            if steps and (not self.shown or self.shown[-1] != steps):
                self.shown.append(steps)

        undo = view.on_change(note)
        try:
            return await self.system.session.finish(view)
        finally:
            undo()


def play(
    scenario: Callable[[Desk], Awaitable[None]],
    *answers: Any,
    chat: dict[str, Any] | None = None,
    planner: dict[str, Any] | None = None,
    manifests: tuple[Path, ...] = (),
    **more: Any,
) -> None:
    async def main() -> None:
        async with asyncio.timeout(240), ScriptedModel(*answers) as server:
            given = {"base_url": server.url, "model": "scripted", "retries": 0, **(chat or {})}
            models = ModelsSettings.model_validate({"chat": given, "planner": planner or {}})
            files = [MANIFESTS / name for name in ("robot.yaml", "home.yaml", "time.yaml")]
            system = System([*files, *manifests], store_file=None, models=models, **more)
            await system.open()
            try:
                await scenario(Desk(system, server))
            finally:
                await system.close()

    asyncio.run(main())


def outlined(*texts: str, **fields: Any) -> dict[str, Any]:
    """Give an outline as a model writes it."""
    steps = [
        {"id": str(number), "text": text, "needs": [], "effect": "actuate", "targets": [], "goal": None, **fields}
        for number, text in enumerate(texts, start=1)
    ]
    return {"steps": steps, "question": "", "refusal": ""}


def coded(source: str, **missing: str) -> dict[str, Any]:
    """Give code as a model writes it; ``missing``: ``step_1="what it needs"``."""
    gaps = [{"step": step.removeprefix("step_"), "what": what} for step, what in missing.items()]
    return {"code": source, "missing": gaps}
