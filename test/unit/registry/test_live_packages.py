"""Packages that come and go while everything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from right_manifest import RIGHT

from taskmatrix_ros.core.api_document import ApiPackage
from taskmatrix_ros.core.errors import ManifestError
from taskmatrix_ros.registry.registry import Registry


def package(*names: str, name: str = "homeassistant", **changes: Any) -> ApiPackage:
    apis = [
        {
            "name": api,
            "description": "Do something.",
            "effect": "read",
            "binding": {"kind": "mqtt", "topic": f"x/{api}"},
            **changes,
        }
        for api in names
    ]
    return ApiPackage.model_validate({"package": name, "version": "1.0.0", "apis": apis})


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    (tmp_path / "home.yaml").write_text(RIGHT)
    registry = Registry(trusted=["homeassistant"])
    registry.load([tmp_path])
    return registry


def test_a_trusted_package_is_there_at_once_and_goes(registry: Registry) -> None:
    before = registry.revision
    assert registry.put(package("fan_on", "fan_off"), source="homeassistant") == ()
    document = registry.get("fan_on")
    assert document is not None
    assert (document.source, document.package, document.enabled) == ("homeassistant", "homeassistant", True)
    assert registry.revision > before
    registry.put(package("fan_on"), source="homeassistant")
    assert registry.get("fan_off") is None
    registry.remove("homeassistant")
    assert registry.get("fan_on") is None
    assert registry.get("light_on") is not None


def test_what_nobody_trusts_waits(registry: Registry) -> None:
    registry.put(package("fan_on", name="found"), source="mqtt_discovery")
    assert registry.get("fan_on") is None


def test_a_name_of_another_package_is_left_out_and_said(registry: Registry) -> None:
    (finding,) = registry.put(package("light_on", "fan_on"), source="homeassistant")
    assert "light_on" in finding.message
    assert "'home'" in finding.message
    assert registry.get("fan_on") is not None
    document = registry.get("light_on")
    assert document is not None
    assert document.package == "home"


def test_a_package_that_does_not_fit_changes_nothing(registry: Registry) -> None:
    registry.put(package("fan_on"), source="homeassistant")
    before = registry.revision
    with pytest.raises(ManifestError, match=r"args\.x"):
        registry.put(package("fan_off", requires=["args.x == 1"]), source="homeassistant")
    with pytest.raises(ManifestError, match="there already"):
        registry.put(package("fan_off", name="home"), source="homeassistant")
    assert registry.revision == before
    assert registry.get("fan_on") is not None
