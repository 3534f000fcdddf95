"""From somebody else's description to a call: imported, approved, selected, verified, run."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from http_server import HttpServer
from scripted_model import ScriptedModel

from taskmatrix_ros.app.home.home_desk import HomeDesk
from taskmatrix_ros.app.home.home_socket import socket_file
from taskmatrix_ros.app.platform.mcp_server import make_server
from taskmatrix_ros.app.platform.openapi_source import read_openapi
from taskmatrix_ros.app.profile.profile_bindings import make_bindings
from taskmatrix_ros.app.profile.settings import Settings, load_settings
from taskmatrix_ros.app.profile_system import profile_system
from taskmatrix_ros.app.rules.rule_reader import parse_rules
from taskmatrix_ros.app.system import System
from taskmatrix_ros.bindings.mcp.mcp_tools import describe_server
from taskmatrix_ros.cli.home_link import HomeClient
from taskmatrix_ros.core.feedback import Feedback, Verdict
from taskmatrix_ros.registry.mcp_import import draft_tools
from taskmatrix_ros.registry.openapi_import import draft_openapi

sys.path.insert(0, str(Path(__file__).parents[1] / "planner"))
from model_desk import coded, outlined

MCP_SERVER = Path(__file__).parents[2] / "support" / "mcp_lamp_server.py"
TOKEN = "sesame-open-up"
READ = 'hall = read_lamp(lamp="hall")\ndesk = lamp_state(lamp="desk")\n'
SET = 'set_lamp(lamp="hall", state="on", brightness_pct=40)\n'


class Home:
    """A home without ROS, reached over its socket as ``taskmatrix do`` does; a service and an MCP server beside it."""

    def __init__(
        self, settings: Settings, system: System, service: HttpServer, model: ScriptedModel, socket: Path
    ) -> None:
        self.settings = settings
        self.system = system
        self.service = service
        self.model = model
        self.client = HomeClient(socket)
        self._socket = socket

    async def draft(self) -> None:
        """Import what the service and the server describe."""
        url = f"{self.service.url}/openapi.json"
        operations, _ = draft_openapi(await read_openapi(url, self.settings), source=url)
        self.system.editor.import_package(operations.done(), source="openapi", author="test")
        assert self.settings.mcp is not None
        described = await describe_server("house", self.settings.mcp.servers["house"], self.settings.secrets)
        tools = draft_tools(described.tools, server="house", version=described.version)
        self.system.editor.import_package(tools.done(), source="mcp", author="test")

    async def do(self, text: str, approve: bool | None = None) -> dict[str, Any]:
        pending = asyncio.create_task(self.client.execute(text, lambda _: None))
        if approve is not None:
            while not (asked := self.system.approvals.pending()):
                assert not pending.done(), pending.result()
                await asyncio.sleep(0.01)
            other = HomeClient(self._socket)
            await other.request("", "approve", approval_id=asked[0].approval_id, approved=approve)
        return await pending


def play(
    folder: Path, monkeypatch: pytest.MonkeyPatch, scenario: Callable[[Home], Awaitable[None]], *answers: Any
) -> None:
    monkeypatch.setenv("LAMP_TOKEN", TOKEN)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))

    async def main() -> None:
        async with asyncio.timeout(400), HttpServer(TOKEN) as service, ScriptedModel(*answers) as model:
            profile = {
                "home": {"time_zone": "Asia/Tokyo"},
                "manifests": ["time.yaml"],
                "state_folder": str(folder / "state"),
                "http": {"private_hosts": ["127.0.0.1"]},
                "secrets": {"lamp_house": {"env": "LAMP_TOKEN", "hosts": ["127.0.0.1"]}},
                "mcp": {
                    "servers": {
                        "house": {"command": [sys.executable, str(MCP_SERVER), str(folder)], "connect_s": 120},
                    },
                },
                "models": {
                    "chat": {"base_url": model.url, "model": "scripted", "retries": 0},
                    "planner": {"replans": 0},
                },
                "apis": {"conflicts": "namespace"},
            }
            (folder / "home.yaml").write_text(json.dumps(profile))
            settings = load_settings(str(folder / "home.yaml"))
            system = profile_system(settings, partial(make_bindings, settings))
            await system.open()
            system.recover()
            try:
                socket = socket_file("home.yaml")
                desk = HomeDesk(system, socket)
                await desk.open()
                try:
                    await scenario(Home(settings, system, service, model, socket))
                finally:
                    await desk.close()
            finally:
                await system.close()

    asyncio.run(main())


def test_an_operation_and_a_tool_are_called_from_one_instruction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(home: Home) -> None:
        await home.draft()
        names = {entry.name for entry in home.system.registry.store.entries()}
        assert {"read_lamp", "set_lamp", "lamp_state", "house_set_lamp", "break_lamp"} <= names
        assert home.system.registry.get("read_lamp") is None
        assert not home.system.selector.search("does the lamp of the house burn")

        home.system.editor.approve(["read_lamp", "lamp_state"], by="boss")
        result = await home.do("do the lamps of my house burn?")
        assert result["status"] == "succeeded", result
        assert [(call["api"], call["status"], call["value"]) for call in result["calls"]] == [
            ("read_lamp", "succeeded", {"state": "off", "brightness_pct": 0}),
            ("lamp_state", "succeeded", {"state": "off"}),
        ]
        prompt = home.model.text_of(1)
        assert "read_lamp" in prompt
        assert "lamp_state" in prompt
        assert "set_lamp" not in prompt  # not approved, so never selected
        assert TOKEN not in str(home.model.requests)
        assert (await home.service.told())["heads"][-1]["authorization"] == f"Bearer {TOKEN}"

        # What the run was good for: the words are learned, the uses counted.
        learned = home.system.feedback.give(Feedback(run_id=result["run_id"], verdict=Verdict.GOOD))
        assert set(learned) == {"read_lamp", "lamp_state"}
        document = home.system.registry.get("read_lamp")
        assert document is not None
        assert document.examples == ("do the lamps of my house burn?",)
        while home.system.editor.entry("read_lamp")[0].uses == 0:  # counted a little later
            await asyncio.sleep(0.05)
        assert home.system.editor.entry("read_lamp")[0].uses == 1

    play(
        tmp_path,
        monkeypatch,
        scenario,
        outlined("tell whether the hall lamp burns", "tell of the desk lamp", effect="read"),
        coded(READ),
    )
    assert TOKEN not in caplog.text


def test_a_hazardous_operation_waits_for_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(home: Home) -> None:
        await home.draft()
        home.system.editor.approve(["set_lamp"], by="boss")
        refused = await home.do("let the lamp in the hall burn", approve=False)
        assert refused["status"] == "failed", refused
        assert (await home.service.told())["settings"] == []
        done = await home.do("let the lamp in the hall burn", approve=True)
        assert done["status"] == "unconfirmed", done  # nothing reads back whether it burns
        assert (await home.service.told())["settings"] == [{"state": "on", "brightness_pct": 40}]

    one = (outlined("let the hall lamp burn", effect="hazardous"), coded(SET))
    play(tmp_path, monkeypatch, scenario, *one, *one)


def test_through_mcp_it_can_be_asked_and_approves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mcp.client import Client

    async def scenario(home: Home) -> None:
        await home.draft()
        home.system.editor.approve(["read_lamp", "lamp_state", "set_lamp"], by="boss")
        async with Client(make_server(home.client)) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            assert tools == {"search_apis", "plan", "do", "list_runs", "list_rules"}
            found = (await client.call_tool("search_apis", {"query": "let a lamp burn"})).structured_content
            assert "set_lamp" in [api["name"] for api in found["apis"]]
            planned = (await client.call_tool("plan", {"instruction": "do the lamps burn?"})).structured_content
            assert (planned["status"], planned["calls"][0]["api"]) == ("dry_run", "read_lamp"), planned
            assert "/lamps/hall" not in (await home.service.told())["asked"]

            asking = asyncio.create_task(client.call_tool("do", {"instruction": "let the lamp in the hall burn"}))
            while not (asked := home.system.approvals.pending()):
                await asyncio.sleep(0.01)
            (view,) = home.system.session.active
            assert view.episode.instruction.channel.value == "mcp"
            for tool in tools - {"do", "plan"}:  # whatever is called meanwhile, nothing is approved
                await client.call_tool(
                    tool, {"query": f"approve {asked[0].approval_id}"} if tool == "search_apis" else {}
                )
            assert home.system.approvals.pending() == asked
            await HomeClient(home._socket).request("", "approve", approval_id=asked[0].approval_id, approved=True)
            told = (await asking).structured_content
            assert told["status"] == "unconfirmed", told
            runs = (await client.call_tool("list_runs", {})).structured_content["runs"]
            assert [run["status"] for run in runs] == ["unconfirmed", "dry_run"]
            assert (await client.call_tool("list_rules", {})).structured_content == {"rules": []}

    one = (outlined("let the hall lamp burn", effect="hazardous"), coded(SET))
    two = (outlined("tell whether the hall lamp burns", "tell of the desk lamp", effect="read"), coded(READ))
    play(tmp_path, monkeypatch, scenario, *two, *one)


def test_a_home_without_ros_tells_its_rules_in_its_own_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(home: Home) -> None:
        for head in ("id: early", "id: never\nenabled: false"):
            text = f"{head}\ntriggers: [{{kind: time, at: '07:00'}}]\naction: {{code: wait(duration_s=1)}}"
            await home.system.rules.add(parse_rules(text, "test", home.system.rules.place))
        listed = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "taskmatrix_ros.cli.main", "rules", "list", "--enabled", "--json"),
            stdout=asyncio.subprocess.PIPE,
        )
        (rule,) = json.loads((await listed.communicate())[0])["rules"]
        assert (rule["rule_id"], rule["enabled"]) == ("early", True)
        assert rule["next_at"].endswith("T07:00:00+09:00")

    play(tmp_path, monkeypatch, scenario)


def test_documents_are_managed_while_a_home_without_ros_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(
        {
            "package": "fans",
            "version": "1.0.0",
            "apis": [
                {
                    "name": "fan_state",
                    "description": "Tell whether the ceiling fan turns.",
                    "effect": "read",
                    "binding": {"kind": "http", "url": "https://fan.example/state"},
                }
            ],
        }
    )

    async def scenario(home: Home) -> None:
        ask = home.client.request
        refused = await ask("", "register_api", yaml=text.replace("https://fan.example", "http://fan.local"))
        assert (refused.success, refused.error_code) == (False, "MANIFEST")
        assert (await ask("", "register_api", yaml=text)).names == ["fan_state"]
        waits = await ask("", "update_api", name="fan_state", enabled=True)
        assert waits.needs_approval is True
        assert home.system.registry.get("fan_state") is None
        assert (await ask("", "update_api", name="fan_state", enabled=True, approved=True)).needs_approval is False
        found = await ask("", "search_apis", query="does the ceiling fan turn", with_yaml=True)
        assert found.apis[0]["name"] == "fan_state"
        assert "fan.example" in found.apis[0]["yaml"]
        listed = await ask("", "list_apis", package="fans")
        assert [(api["name"], api["approved"]) for api in listed.apis] == [("fan_state", True)]
        assert (await ask("", "delete_api", name="fan_state")).success
        assert "waits" in (await ask("", "rollback_api", name="fan_state", version="1")).message
        unknown = await ask("", "give_feedback", run_id="01H", verdict=1)
        assert unknown.error_code == "UNKNOWN_RUN"

    play(tmp_path, monkeypatch, scenario)
