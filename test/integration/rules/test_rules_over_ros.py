"""Rules over ROS: saved, refused, fired by the world, explained, tried, switched off and deleted."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy")
pytestmark = [pytest.mark.ros]

sys.path.insert(0, str(Path(__file__).parents[1] / "node"))
from builtin_interfaces.msg import Time
from test_task_node import Graph, play

FOUND = """
id: look_again
text: When the robot sees something else, find the cup
triggers: [{kind: state, key: robot.located}]
action: {code: 'robot_find(object="cup")'}
"""
WRONG = FOUND.replace('object="cup"', "object=5").replace("look_again", "wrong")
UNKNOWN = FOUND.replace("robot.located", "robot.locatde").replace("look_again", "unknown_key")


def test_a_rule_lives_over_ros(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        await graph.locate()
        tried = await graph.request("AddRule", "add_rule", yaml=FOUND, dry_run=True)
        assert (tried.success, tried.rule.rule_id) == (True, "look_again")
        assert not (await graph.request("ListRules", "list_rules")).rules

        refused = await graph.request("AddRule", "add_rule", yaml=WRONG)
        assert (refused.success, refused.error_code) == (False, "NOT_VERIFIED")
        assert refused.diagnostics
        broken = await graph.request(
            "AddRule", "add_rule", yaml="id: x\ntriggers: [{kind: cron, expression: 61 * * * *}]"
        )
        assert (broken.success, broken.error_code) == (False, "MANIFEST")
        warned = await graph.request("AddRule", "add_rule", yaml=UNKNOWN, dry_run=True)
        assert warned.success
        assert "robot.located" in warned.diagnostics[0].hint
        words = await graph.request("AddRule", "add_rule", text="wake me at seven")
        assert (words.success, words.error_code) == (False, "BAD_REQUEST")

        assert (await graph.request("AddRule", "add_rule", yaml=FOUND)).success
        other = FOUND.replace("the cup", "the mug")
        taken = await graph.request("AddRule", "add_rule", yaml=other)
        assert (taken.success, taken.error_code) == (False, "RULE_EXISTS")
        await graph.locate("cup")
        while True:
            [rule] = (await graph.request("ListRules", "list_rules")).rules
            if rule.last_result.startswith("succeeded"):
                break
            await asyncio.sleep(0.05)
        assert (rule.fired, rule.enabled) == (1, True)
        assert len(graph.robot.goal_ids) == 1
        told = await graph.request("ExplainRule", "explain_rule", rule_id="look_again")
        story = [json.loads(trace) for trace in told.traces_json]
        assert [trace["verdict"] for trace in story] == ["ended", "fired"]
        assert "robot.located went from [] to ['cup']" in story[1]["why"]

        simulated = await graph.request(
            "SimulateRules",
            "simulate_rules",
            from_at=Time(sec=1_800_000_000),
            to_at=Time(sec=1_800_086_400),
            scenario_yaml="state: {robot.located: []}\nhistory: [{at: 2027-01-15T12:00, set: {robot.located: [mug]}}]",
        )
        assert [json.loads(trace)["verdict"] for trace in simulated.timeline_json] == ["fired", "ended"], (
            simulated.message
        )
        assert len(graph.robot.goal_ids) == 1

        assert (await graph.request("EnableRule", "enable_rule", rule_id="look_again", enabled=False)).success
        await graph.locate("mug")
        again = FOUND.replace("find the cup", "look for the cup")
        updated = await graph.request("UpdateRule", "update_rule", rule_id="look_again", yaml=again)
        assert (updated.success, updated.rule.fired, updated.rule.enabled) == (True, 1, True)
        assert (await graph.request("DeleteRule", "delete_rule", rule_id="look_again")).success
        assert not (await graph.request("ListRules", "list_rules")).rules
        gone = await graph.request("ExplainRule", "explain_rule", rule_id="look_again")
        assert (gone.success, gone.error_code) == (False, "UNKNOWN_RULE")

    play(tmp_path, scenario)


EVERY_MORNING = """
id: every_morning
triggers: [{kind: time, at: "07:00"}]
action: {code: 'robot_find(object="cup")'}
"""
TOKYO = "home: {time_zone: Asia/Tokyo}\n"  # no machine's zone, and without summer time


def test_moments_are_shown_as_the_homes_clocks_show_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        for rule in (EVERY_MORNING, FOUND):
            assert (await graph.request("AddRule", "add_rule", yaml=rule)).success
        await graph.locate()
        await graph.locate("cup")
        while not (traces := (await graph.request("ExplainRule", "explain_rule", rule_id="look_again")).traces_json):
            await asyncio.sleep(0.05)
        assert all(json.loads(trace)["at"].endswith("+09:00") for trace in traces)
        explained = await graph.request("ExplainRule", "explain_rule", rule_id="every_morning")
        assert "T07:00:00+09:00" in explained.explanation

        monkeypatch.setenv("TZ", "America/New_York")
        command = (sys.executable, "-m", "taskmatrix_ros.cli.main", "rules", "list")
        told = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        listed, _ = await told.communicate()
        assert b"T07:00:00+09:00" in listed

    play(tmp_path, scenario, more=TOKYO)
