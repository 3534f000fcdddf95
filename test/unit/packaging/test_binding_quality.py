"""Each binding says what it promises, rule by rule: shown by a test that is there, or left out with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "docs" / "quality"
BINDINGS = {"function", "homeassistant", "http", "mcp", "mqtt", "ros2"}
RULES = {
    *("success", "refusal", "timeout", "cancel", "peer_lost", "peer_away", "peer_back", "stop", "thousand_calls"),
    *("bad_payloads", "read_back", "security", "no_secret_in_logs", "discovery", "documentation"),
}
HEARD = {"peer_back", "bad_payloads"}
"""Rules of the suite that only bindings which hear state inherit."""


def read(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")))


def test_every_binding_has_one() -> None:
    assert {file.stem for file in FOLDER.glob("*.yaml")} == BINDINGS


@pytest.mark.parametrize("name", sorted(BINDINGS))
def test_every_rule_is_done_or_exempt_with_a_reason(name: str) -> None:
    rules = read(name)["rules"]
    assert set(rules) == RULES
    for rule, said in rules.items():
        if said["status"] == "exempt":
            assert len(said["reason"]) > 10, rule
            continue
        assert said["status"] == "done", rule
        file, _, test = said["shown_by"].partition("::")
        assert (ROOT / file).is_file(), f"{rule}: {file} is not there"
        assert not test or f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{rule}: no {test} in {file}"


@pytest.mark.parametrize("name", sorted(BINDINGS))
def test_what_the_suite_shows_is_inherited(name: str) -> None:
    quality = read(name)
    file, _, suite = quality["suite"].partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    assert f"({suite})" in text, f"{file} has no class of {suite}"
    in_suite = [
        one for one in quality["rules"].values() if str(one.get("shown_by", "")).startswith("test/contract/bind")
    ]
    assert len(in_suite) >= 8
    if suite == "CallContract":
        for rule in HEARD:
            assert not str(quality["rules"][rule].get("shown_by", "")).startswith("test/contract/binding_contract")
