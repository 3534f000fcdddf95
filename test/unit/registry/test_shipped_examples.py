"""Every usage example that ships can be verified."""

from __future__ import annotations

import asyncio

from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter
from taskmatrix_ros.executor.verification.verifier import Verifier
from taskmatrix_ros.registry.registry import Registry


async def refused(registry: Registry) -> tuple[Diagnostic, ...]:
    interpreter = Interpreter(workers=1)
    await interpreter.open()
    try:
        return await registry.check_examples(Verifier(registry, interpreter).verify)
    finally:
        await interpreter.close()


def test_usage_examples_verify() -> None:
    registry = Registry()
    registry.load([resource("api_manifests")])
    assert [str(finding) for finding in asyncio.run(refused(registry))] == []
