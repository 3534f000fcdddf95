"""``python -m taskmatrix_ros.bench.rules_home --port N --folder F --rules F.yaml``: a home of its own whose rules work.

Everything as in the node: gate, audit log, journal in a file. Started again in the same folder it goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from taskmatrix_ros.app.rules.rule_reader import load_rules
from taskmatrix_ros.app.system import System
from taskmatrix_ros.bindings.mqtt.mqtt_binding import MqttBinding
from taskmatrix_ros.bindings.mqtt.mqtt_settings import BrokerSettings, MqttProtocol
from taskmatrix_ros.core.garbage import keep_garbage_small
from taskmatrix_ros.core.main_loop import run_until_signal
from taskmatrix_ros.core.parent_death import die_with_parent
from taskmatrix_ros.core.resources import resource


async def serve(port: int, folder: Path, rules: Path) -> None:
    """Open, save the rules and serve until cancelled."""
    system = System(
        [resource("config/bench/rules.yaml"), resource("api_manifests/time.yaml")],
        store_file=folder / "state" / "taskmatrix.sqlite",
        make_bindings=lambda catalogue, state: [
            MqttBinding(
                {"default": BrokerSettings(port=port, connect_s=10.0, protocol=MqttProtocol.V311)}, catalogue, state
            )
        ],
        audit_key_file=folder / "key" / "audit.key",
    )
    await system.open()
    try:
        system.recover()
        if not system.rules.engine.rules():  # an earlier life has saved them
            await system.rules.add(load_rules(rules, system.rules.place))
        keep_garbage_small()
        _say("home ready: its rules work")
        await asyncio.Event().wait()
    finally:
        await system.close()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until interrupted."""
    die_with_parent()
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--rules", type=Path, required=True)
    given = parser.parse_args()
    run_until_signal(serve(given.port, given.folder, given.rules))


if __name__ == "__main__":
    main()
