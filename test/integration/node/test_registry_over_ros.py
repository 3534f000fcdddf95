"""Documents over ROS: registered, approved, found, changed, rolled back, deleted, while the node runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

pytest.importorskip("rclpy")
pytestmark = [pytest.mark.ros]

from test_task_node import MANIFEST, Graph, play

HOPPER = """
package: hopper
version: 1.0.0
apis:
  - name: robot_hop
    description: Let the robot hop over an obstacle.
    parameters: {height_m: {type: number, minimum: 0, maximum: 0.2}}
    effect: actuate
    binding: {kind: ros2_action, name: robot/hop, type: taskmatrix_interfaces/action/RobotFind}
"""
ONE = HOPPER.partition("apis:\n")[2].replace("  - name", "    name").replace("\n    ", "\n").strip()


def test_a_document_lives_over_ros(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        ask = graph.request
        tried = await ask("RegisterApi", "register_api", yaml=HOPPER, dry_run=True)
        assert (tried.success, list(tried.names)) == (True, ["robot_hop"])
        added = await ask("RegisterApi", "register_api", yaml=HOPPER, owner="anna")
        assert added.success, added.message
        listed = {api.name: api for api in (await ask("ListApis", "list_apis", with_yaml=True)).apis}
        hop = listed["robot_hop"]
        assert (hop.enabled, hop.approved, hop.owner, hop.source) == (False, False, "anna", "service")
        assert "height_m" in hop.yaml
        assert hop.updated_at.sec > 0
        assert listed["robot_find"].enabled
        assert not (await ask("SearchApis", "search_apis", query="hop over an obstacle")).apis
        only = await ask("ListApis", "list_apis", package="hopper", enabled_only=True)
        assert (only.total, list(only.apis)) == (0, [])

        told = await ask("UpdateApi", "update_api", name="robot_hop", enabled=True, approved=True, owner="boss")
        assert (told.success, told.needs_approval) == (True, False)
        found = (await ask("SearchApis", "search_apis", query="hop over an obstacle")).apis
        assert found[0].name == "robot_hop"

        higher = ONE.replace("0.2", "2.0")
        told = await ask("UpdateApi", "update_api", name="robot_hop", yaml=higher, enabled=True)
        assert (told.success, told.version, told.needs_approval) == (True, "2", True)
        assert "+    maximum: 2.0" in told.diff
        assert graph.node.system is not None
        assert graph.node.system.registry.get("robot_hop") is None
        back = await ask("RollbackApi", "rollback_api", name="robot_hop", version="1")
        assert back.success
        assert "-    maximum: 2.0" in back.diff
        assert graph.node.system.registry.get("robot_hop") is not None
        assert (await ask("DeleteApi", "delete_api", name="robot_hop")).success
        gone = await ask("DeleteApi", "delete_api", name="robot_hop")
        assert (gone.success, gone.error_code) == (False, "UNKNOWN_API")

    play(tmp_path, scenario)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name: robot/hop", "name: /taskmatrix/approve", "is a name of this node"),
        ("name: robot/hop", "name: /anything/set_parameters", "parameter or lifecycle service"),
        ("name: robot_hop", "name: robot_find", "belongs to package 'finder' already"),
        ("maximum: 0.2", "maximun: 0.2", "did you mean 'maximum'"),
    ],
)
def test_what_is_refused_over_ros(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = HOPPER.replace(old, new)
    if "set_parameters" in new or "approve" in new:
        text = text.replace("ros2_action", "ros2_service").replace("action/RobotFind", "srv/Approve")

    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        refused = await graph.request("RegisterApi", "register_api", yaml=text)
        assert (refused.success, refused.error_code) == (False, "MANIFEST")
        assert says in refused.message
        assert refused.diagnostics[0].line > 1

    play(tmp_path, scenario)


def test_an_edited_manifest_is_taken_while_the_node_runs(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        assert graph.node.system is not None
        registry = graph.node.system.registry
        file = tmp_path / "finder.yaml"

        async def until(fact: object) -> None:
            async with asyncio.timeout(60):
                while not fact():  # type: ignore[operator]
                    await asyncio.sleep(0.02)

        file.write_text(MANIFEST.replace("Look for an object.", "Look around for an object."))
        await until(lambda: "around" in registry.documents()[0].description)
        kinds: list[str] = []
        graph.node.system.events.listen(lambda event: kinds.append(event.kind))
        file.write_text(MANIFEST.replace("effect: actuate", "efect: actuate"))
        await until(lambda: "manifests_refused" in kinds)
        assert "around" in registry.documents()[0].description
        file.write_text(MANIFEST)
        await until(lambda: "around" not in registry.documents()[0].description)

    play(tmp_path, scenario, more="apis: {watch_s: 0.05}\n")
