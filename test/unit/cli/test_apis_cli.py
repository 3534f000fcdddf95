"""Documents on the command line, where no node runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_cli import taskmatrix

from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.core.resources import resource

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from bulk_writer import bulk_documents
from http_service import openapi

FAN = """\
package: fans
version: 1.0.0
apis:
  - name: fan_on
    description: Let the ceiling fan turn.
    parameters: {speed_pct: {type: number, minimum: 0, maximum: 50}}
    effect: actuate
    binding: {kind: mqtt, topic: fan/set, payload: "{speed_pct}"}
"""

Cli = Callable[..., dict[str, Any]]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Run `apis …` on a profile of its own; give its JSON."""
    profile = tmp_path / "profile.yaml"
    manifest = resource("api_manifests/time.yaml")
    profile.write_text(
        f"manifests: ['{manifest}']\nstate_folder: '{tmp_path}/state'\nhttp: {{private_hosts: [127.0.0.1]}}\n"
    )

    def run(*words: str, expect: ExitStatus = ExitStatus.DONE) -> dict[str, Any]:
        status, out, err = taskmatrix("apis", *words, "--profile", str(profile), "--json")
        assert status == expect, (words, out, err)
        return dict(json.loads(out))

    return run


def listed(cli: Cli, *words: str) -> dict[str, dict[str, Any]]:
    return {api["name"]: api for api in cli("list", *words)["apis"]}


def test_from_registration_to_deletion(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "fan.yaml"
    file.write_text(FAN)
    assert cli("register", str(file), "--dry-run")["names"] == ["fan_on"]
    assert "fan_on" not in listed(cli, "--all")
    assert cli("register", str(file), "--owner", "anna")["names"] == ["fan_on"]
    assert "fan_on" not in listed(cli)
    assert list(listed(cli, "--waiting")) == ["fan_on"]
    assert cli("search", "let the ceiling fan turn", expect=ExitStatus.FAILED)["apis"] == []
    assert cli("approve", "fan_on")["names"] == ["fan_on"]
    assert listed(cli)["fan_on"]["in_use"]
    assert cli("search", "let the ceiling fan turn")["apis"][0]["name"] == "fan_on"

    text = taskmatrix("apis", "show", "fan_on", "--profile", str(tmp_path / "profile.yaml"))[1]
    one = tmp_path / "one.yaml"
    one.write_text(text.replace("maximum: 50", "maximum: 80"))
    told = cli("update", "fan_on", str(one))
    assert (told["version"], told["needs_approval"]) == ("2", True)
    assert "+    maximum: 80" in told["diff"]
    assert list(listed(cli, "--waiting")) == ["fan_on"]
    cli("rollback", "fan_on", "1")
    assert listed(cli)["fan_on"]["in_use"]
    assert [version["change"] for version in cli("history", "fan_on")["versions"]] == [
        "registered", "updated", "rolled_back",
    ]  # fmt: skip
    cli("delete", "fan_on")
    assert "fan_on" not in listed(cli, "--all")
    assert cli("delete", "fan_on", expect=ExitStatus.FAILED)["error"]["code"] == "UNKNOWN_API"


def test_an_import_is_shown_first_and_taken_once(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(openapi(8123, secured=False)))
    shown = cli("import", "openapi", str(file), "--dry-run")
    assert shown["added"] == ["read_lamp", "set_lamp"]
    assert "read_lamp" not in listed(cli, "--all")
    assert cli("import", "openapi", str(file))["added"] == shown["added"]
    assert cli("import", "openapi", str(file))["added"] == []
    assert listed(cli, "--all")["set_lamp"]["effect"] == "hazardous"
    assert cli("approve", "--package", "lamp_house")["names"] == ["read_lamp", "set_lamp"]


def test_a_bulk_file_is_taken_in_batches_and_a_wrong_line_is_named(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "plant.jsonl"
    lines = [document.model_dump_json(by_alias=True, exclude_defaults=True) for document in bulk_documents(1500)]
    file.write_text("\n".join(lines))
    assert cli("register", str(file))["count"] == 1500
    assert len(listed(cli, "--all", "--package", "plant")) == 1500
    file.write_text("\n".join([*lines[:3], '{"name": "x"}']))
    assert ":4: " in cli("register", str(file), expect=ExitStatus.USAGE)["error"]["message"]


@pytest.mark.parametrize(
    ("binding", "says"),
    [
        ({"kind": "http", "method": "PUT", "url": "http://10.0.0.9/x"}, "10.0.0.9 is a private host"),
        ({"kind": "http", "method": "PUT", "url": "http://nas/x"}, "nas is a private host"),
        ({"kind": "http", "method": "PUT", "url": "http://2130706433/x"}, "private host"),
        ({"kind": "function", "name": "os:system"}, "malformed"),
        ({"kind": "function", "name": "os.system"}, "malformed"),
        (
            {"kind": "ros2_service", "name": "/taskmatrix/approve", "type": "taskmatrix_interfaces/srv/Approve"},
            "is a name of this node",
        ),
        (
            {"kind": "ros2_service", "name": "/x/set_parameters", "type": "rcl_interfaces/srv/SetParameters"},
            "parameter or lifecycle service",
        ),
        ({"kind": "homeassistant", "service": "mqtt.publish"}, "mqtt.publish is one of the services mqtt.*"),
        ({"kind": "homeassistant", "service": "shell_command.open_gate"}, "shell_command.*"),
    ],
)
def test_what_no_document_may_name(cli: Cli, tmp_path: Path, binding: dict[str, str], says: str) -> None:
    file = tmp_path / "fan.yaml"
    file.write_text(FAN.replace('{kind: mqtt, topic: fan/set, payload: "{speed_pct}"}', json.dumps(binding)))
    assert says in cli("register", str(file), expect=ExitStatus.USAGE)["error"]["message"]
    assert "fan_on" not in listed(cli, "--all")
