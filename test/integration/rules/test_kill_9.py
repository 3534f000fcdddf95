"""Kill -9, not TERM, among a ``for``, a ``wait``, a queue of five and a cron moment that falls in the downtime."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from taskmatrix_ros.app.processes.broker import Broker
from taskmatrix_ros.bench.rules_kill import kill_drill

pytestmark = pytest.mark.mqtt


def test_each_comes_once_and_none_before_its_moment(tmp_path: Path) -> None:
    async def main() -> None:
        broker = Broker(log_file=tmp_path / "broker.log")
        await broker.open()
        try:
            report = await kill_drill(broker.port, tmp_path, for_s=12.0, wait_s=12.0)
        finally:
            await broker.close()
        assert report.counts == report.wanted
        assert report.early == (), report

    asyncio.run(main())
