"""A process of its own to be killed: a whole system over MQTT whose rules come from a file once.

``python car_home.py PORT STORE RULES AHEAD_S`` writes one JSON object a line: what rules do, and when they wait for
what. Its clock is so many seconds ahead of the machine's, as after a longer downtime.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from taskmatrix_ros.app.rules.rule_reader import load_rules
from taskmatrix_ros.app.system import System
from taskmatrix_ros.bindings.mqtt.mqtt_binding import MqttBinding
from taskmatrix_ros.bindings.mqtt.mqtt_settings import BrokerSettings
from taskmatrix_ros.core.clocks import VirtualHomeClock
from taskmatrix_ros.core.event_bus import Event


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


async def main(port: int, store: Path, rules: Path, ahead_s: float) -> None:
    clock = VirtualHomeClock()
    clock.jump(datetime.now(UTC) + timedelta(seconds=ahead_s))
    system = System(
        [Path(__file__).with_name("car.yaml")],
        store_file=store,
        clock=clock,
        make_bindings=lambda catalogue, state: [
            MqttBinding({"default": BrokerSettings(port=port, connect_s=30.0)}, catalogue, state)
        ],
    )
    system.events.listen(lambda event: tell(event))

    def tell(event: Event) -> None:
        if event.kind in ("rule_fired", "rule_missed", "run_ended"):
            say(kind=event.kind, **event.data)

    await system.open()
    system.recover()
    if not system.rules.engine.rules():
        for warning in await system.rules.add(load_rules(rules, system.rules.place)):
            say(kind="warning", why=str(warning))
    say(kind="up")
    told = None
    while True:
        due = system.rules.engine.due_of("warm_car")
        if due != told:
            say(kind="due", at=due and due.isoformat())
            told = due
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])))
