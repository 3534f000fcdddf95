"""What the planner writes is what the verifier lets through."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from sentence_table import UNDERSTOOD
from shipped_catalogue import shipped

from taskmatrix_ros.core.action_code import ActionCode, DocumentPin
from taskmatrix_ros.core.errors import VerificationError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.ports import PlanningContext
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter
from taskmatrix_ros.executor.verification.verifier import Verifier
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
                outline = await planner.outline(Instruction(text=text), context)
                code = await planner.write_code(outline, (), context)
                try:
                    verified = await Verifier(catalogue, interpreter).verify(code, outline=outline)
                except VerificationError as error:
                    found[text] = str(error)
                    continue
                if verified.warnings:
                    found[text] = "; ".join(map(str, verified.warnings))
        finally:
            await interpreter.close()
        return found

    assert asyncio.run(refused()) == {}


def test_usage_examples_do_what_they_say() -> None:
    async def alarms() -> list[str]:
        catalogue, interpreter, found = shipped(), Interpreter(), []
        documents = catalogue.documents()
        pins = tuple(DocumentPin(name=d.name, version=d.version, digest=d.digest) for d in documents)
        await interpreter.open()
        try:
            for document in documents:
                for example in document.usage_examples:
                    step = OutlineStep(id="1", text=example.instruction, effect=document.effect)
                    outline = Outline(instruction=example.instruction, steps=(step,), planner="person")
                    code = ActionCode(source=example.code, documents=pins, planner="usage_example")
                    verified = await Verifier(catalogue, interpreter).verify(code, outline=outline)
                    found += [f"{example.instruction}: {warning}" for warning in verified.warnings]
        finally:
            await interpreter.close()
        return found

    assert asyncio.run(alarms()) == []
