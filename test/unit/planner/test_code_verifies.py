"""What the planner writes is what the verifier lets through."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from sentence_table import UNDERSTOOD
from shipped_catalogue import shipped

from taskmatrix_ros.core.errors import VerificationError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.ports import PlanningContext
from taskmatrix_ros.executor.interpreter import Interpreter
from taskmatrix_ros.executor.verifier import Verifier
from taskmatrix_ros.planner.offline_planner import OfflinePlanner


def test_code_for_every_sentence_verifies() -> None:
    async def refused() -> dict[str, str]:
        catalogue = shipped()
        planner, interpreter = OfflinePlanner(catalogue), Interpreter()
        context = PlanningContext(now=datetime(2026, 3, 1, tzinfo=UTC))
        found = {}
        await interpreter.open()
        try:
            for text, _ in UNDERSTOOD:
                code = await planner.write_code(await planner.outline(Instruction(text=text), context), (), context)
                try:
                    await Verifier(catalogue, interpreter).verify(code)
                except VerificationError as error:
                    found[text] = str(error)
        finally:
            await interpreter.close()
        return found

    assert asyncio.run(refused()) == {}
