"""All checks of one profile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from taskmatrix_ros.app.doctor.finding import CheckedPart, Health, failed, well
from taskmatrix_ros.app.doctor.machine_checks import (
    check_camera,
    check_clock,
    check_disk,
    check_ros,
    check_simulator,
)
from taskmatrix_ros.app.doctor.peer_checks import check_brokers, check_home_assistant, check_model
from taskmatrix_ros.app.profile.settings import Settings
from taskmatrix_ros.core.errors import TaskMatrixError
from taskmatrix_ros.registry.registry import Registry

_LOCAL = (check_ros, check_simulator, check_camera, check_clock, check_disk)


async def examine(settings: Settings) -> tuple[CheckedPart, ...]:
    """Look at everything; nothing is changed, and what is slow goes on side by side."""
    local = asyncio.gather(*(asyncio.to_thread(check, settings) for check in _LOCAL))
    brokers, home, model = await asyncio.gather(
        check_brokers(settings), check_home_assistant(settings), check_model(settings)
    )
    ros, *others = await local
    return (check_manifests(settings), ros, *brokers, home, model, *others)


def check_manifests(settings: Settings) -> CheckedPart:
    """Whether the profile's manifests can be read."""
    registry = Registry()
    try:
        registry.load(settings.manifest_files)
    except TaskMatrixError as error:
        return failed("manifests", error.message[:500], "correct the file; `taskmatrix apis check` says more")
    return well("manifests", f"{len(registry.documents())} APIs in {len(settings.manifest_files)} files")


def is_well(found: Sequence[CheckedPart]) -> bool:
    """Whether nothing failed."""
    return all(one.health is not Health.FAILED for one in found)
