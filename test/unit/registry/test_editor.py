"""Documents that come while everything runs: what an operator does with them, and what is done without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from right_manifest import RIGHT, spoilt

from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage
from taskmatrix_ros.core.errors import ManifestError, RequestError
from taskmatrix_ros.registry.editor import Editor
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.registry.route import Conflicts
from taskmatrix_ros.store.api_store import Change
from taskmatrix_ros.store.database import Database

FAN: dict[str, Any] = {
    "name": "fan_on",
    "description": "Let the fan turn.",
    "parameters": {"speed_pct": {"type": "number", "minimum": 0, "maximum": 50}},
    "effect": "actuate",
    "binding": {"kind": "mqtt", "topic": "fan/set", "payload": "{speed_pct}"},
}


def fan(**changes: Any) -> dict[str, Any]:
    return {**FAN, **changes}


def package_text(*apis: dict[str, Any], name: str = "fans") -> str:
    return json.dumps({"package": name, "version": "1.0.0", "apis": list(apis)})


def draft(*apis: dict[str, Any]) -> ApiPackage:
    return ApiPackage.model_validate({"package": "house", "version": "1.0.0", "apis": list(apis)})


class Desk:
    """A registry on a file, with a manifest, that can be closed and opened again."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.manifest = folder / "home.yaml"
        self.manifest.write_text(RIGHT)
        self._settings = settings
        self._database = Database(folder / "store.sqlite")
        self.begin()

    def begin(self) -> None:
        self._database.open()
        self.registry = Registry(database=self._database, **self._settings)
        self.problems = self.registry.sync([self.manifest])
        self.editor = Editor(self.registry)

    def close(self) -> None:
        self._database.close()

    def again(self) -> None:
        self.close()
        self.begin()

    def get(self, name: str) -> ApiDocument:
        document = self.registry.get(name)
        assert document is not None
        return document


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


def test_a_registered_document_waits_for_an_operator(desk: Desk) -> None:
    names, findings = desk.editor.register(package_text(FAN), author="me", owner="anna")
    assert names == ("fan_on",)
    assert [finding.code for finding in findings] == ["unconfirmed"]
    assert desk.registry.get("fan_on") is None
    assert desk.editor.approve(["fan_on"], by="boss") == ("fan_on",)
    document = desk.get("fan_on")
    assert (document.package, document.owner, document.source) == ("fans", "anna", "service")
    desk.again()
    assert desk.get("fan_on") == document
    entry, _ = desk.editor.entry("fan_on")
    assert (entry.approved_by, entry.version, entry.active) == ("boss", 1, True)
    assert entry.quality is not None
    assert 0.5 < entry.quality < 1.0


def test_a_dry_run_changes_nothing(desk: Desk) -> None:
    before = desk.registry.revision
    assert desk.editor.register(package_text(FAN), author="me", dry_run=True)[0] == ("fan_on",)
    assert desk.registry.revision == before
    with pytest.raises(RequestError, match="unknown"):
        desk.editor.entry("fan_on")


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({"description": "Let the fan turn, slowly."}, False),
        ({"composition": "Close the window first."}, False),
        ({"usage_examples": [{"instruction": "fan", "code": "fan_on(speed_pct=3)"}]}, False),
        ({"parameters": {"speed_pct": {**FAN["parameters"]["speed_pct"], "description": "How fast."}}}, False),
        ({"parameters": {"speed_pct": {"type": "number", "minimum": 0, "maximum": 100}}}, True),
        ({"binding": {"kind": "mqtt", "topic": "heater/set", "payload": "{speed_pct}"}}, True),
        ({"effect": "read"}, True),
        ({"requires": ["args.speed_pct > 1"]}, True),
        ({"ensures": ["true"]}, True),
        ({"idempotent": True}, True),
        ({"sentences": {"en": ["fan {speed_pct}"]}}, True),
    ],
)
def test_what_is_more_than_words_needs_approval_again(desk: Desk, changes: dict[str, Any], again: bool) -> None:
    desk.editor.register(package_text(FAN), author="me")
    desk.editor.approve(["fan_on"], by="boss")
    edited = desk.editor.update("fan_on", yaml.safe_dump(fan(**changes)), author="me")
    assert (edited.version, edited.needs_approval) == (2, again)
    assert edited.diff
    assert (desk.registry.get("fan_on") is None) is again
    desk.editor.rollback("fan_on", "1", author="me")
    assert desk.get("fan_on").effect.value == "actuate"  # as it was approved
    history = [(version.version, version.change) for version in desk.editor.history("fan_on")]
    assert history == [(1, Change.REGISTERED), (2, Change.UPDATED), (3, Change.ROLLED_BACK)]
    assert desk.editor.difference("fan_on", "1") == ""
    assert desk.editor.difference("fan_on", "1", "2") == edited.diff.replace("fan_on\n", "fan_on 1\n", 1).replace(
        "+++ fan_on\n", "+++ fan_on 2\n", 1
    )


def test_a_deleted_document_is_gone_with_its_approval_and_comes_back(desk: Desk) -> None:
    desk.editor.register(package_text(FAN), author="me")
    desk.editor.approve(["fan_on"], by="boss")
    desk.editor.delete("fan_on", author="me")
    assert desk.registry.get("fan_on") is None
    desk.again()
    assert desk.registry.get("fan_on") is None
    assert desk.editor.rollback("fan_on", "1.0.0", author="me").needs_approval
    assert desk.registry.get("fan_on") is None


def test_disabling_is_no_new_version(desk: Desk) -> None:
    desk.editor.enable("light_on", enabled=False)
    assert desk.registry.get("light_on") is None
    assert desk.registry.composites() == ()
    desk.editor.enable("light_on", enabled=True)
    assert desk.get("light_on").version == "1.2.3"
    assert len(desk.editor.history("light_on")) == 1


@pytest.mark.parametrize(
    ("api", "says"),
    [
        (fan(name="light_on"), "belongs to package 'home' already"),
        (fan(efect="read"), "did you mean 'effect'"),
        (fan(binding={"kind": "function", "name": "os.system"}), "malformed"),
        (fan(binding={"kind": "function", "name": "taskmatrix_ros.core:x"}), "malformed"),
        (fan(requires=["args.x == 1"]), "args.x is no parameter"),
    ],
)
def test_what_is_refused_changes_nothing(desk: Desk, api: dict[str, Any], says: str) -> None:
    before = desk.registry.revision
    with pytest.raises(ManifestError, match=says.replace(".", r"\.")) as caught:
        desk.editor.register(package_text(fan(name="fan_off"), api), author="")
    assert all(finding.hint for finding in caught.value.diagnostics)
    assert desk.registry.revision == before


def test_a_taken_name_may_be_put_into_a_name_space(tmp_path: Path) -> None:
    desk = Desk(tmp_path, conflicts=Conflicts.NAMESPACE)
    example = {"instruction": "x", "code": "light_on(speed_pct=1)\nfan_off(speed_pct=1)"}
    off = fan(name="fan_off", after=[{"api": "light_on"}], usage_examples=[example])
    names, findings = desk.editor.register(package_text(fan(name="light_on"), off), author="me")
    assert names == ("fans_light_on", "fan_off")
    assert "fans_light_on" in findings[0].message
    desk.editor.approve(names, by="boss")
    off_document = desk.get("fan_off")
    assert off_document.after[0].api == "fans_light_on"
    assert off_document.usage_examples[0].code.startswith("fans_light_on(")
    assert desk.get("light_on").package == "home"
    desk.close()


def test_a_file_and_an_operator_write_the_same_document(desk: Desk) -> None:
    text = yaml.safe_load(desk.manifest.read_text())["apis"][0]
    desk.editor.update("light_on", yaml.safe_dump({**text, "description": "Operator's words."}), author="boss")
    assert desk.get("light_on").description == "Operator's words."
    desk.again()  # the file says nothing new
    assert desk.get("light_on").description == "Operator's words."
    desk.manifest.write_text(spoilt("Switch a light on.", "The file's new words."))
    desk.registry.sync([desk.manifest])
    assert desk.get("light_on").description == "The file's new words."
    assert [version.author for version in desk.editor.history("light_on")] == [
        "file home.yaml",
        "boss",
        "file home.yaml",
    ]


def test_a_broken_file_keeps_its_last_good_version(desk: Desk) -> None:
    before = desk.registry.documents()
    desk.manifest.write_text(spoilt("effect:", "efect:"))
    problems = desk.registry.sync([desk.manifest])
    assert "efect" in problems[0].message
    assert problems[0].line == 19
    assert "light_on, light_off" in problems[-1].message
    assert desk.registry.documents() == before
    desk.again()
    assert desk.registry.documents() == before
    desk.manifest.write_text(RIGHT)
    assert desk.registry.sync([desk.manifest]) == ()


class TestImport:
    """Drafts of an importer, again and again."""

    def take(self, desk: Desk, *apis: dict[str, Any], dry_run: bool = False) -> Any:
        return desk.editor.import_package(draft(*apis), source="openapi", author="importer", dry_run=dry_run)

    def test_the_first_time(self, desk: Desk) -> None:
        shown = self.take(desk, FAN, dry_run=True)
        assert shown.added == ("fan_on",)
        assert "+name: fan_on" in shown.diff
        assert self.take(desk, FAN) == shown
        assert desk.registry.get("fan_on") is None
        assert self.take(desk, FAN).diff == ""

    def test_what_the_source_changed_is_taken_over(self, desk: Desk) -> None:
        self.take(desk, FAN)
        desk.editor.approve(["fan_on"], by="boss")
        told = self.take(desk, fan(description="Turn it."))
        assert told.changed == ("fan_on",)
        assert desk.get("fan_on").description == "Turn it."
        told = self.take(desk, fan(effect="hazardous"))
        assert desk.registry.get("fan_on") is None  # a dangerous change waits again

    def test_an_owners_edit_stays(self, desk: Desk) -> None:
        self.take(desk, FAN)
        owners = fan(description="Owner's words.", effect="read")
        desk.editor.update("fan_on", yaml.safe_dump(owners), author="anna", owner="anna")
        desk.editor.approve(["fan_on"], by="boss")
        parameters = {**FAN["parameters"], "room": {"type": "string", "default": "hall"}}
        told = self.take(desk, fan(description="Source's words.", parameters=parameters))
        assert told.kept == ("fan_on.description",)
        _, document = desk.editor.entry("fan_on")
        assert (document.description, document.effect.value, document.owner) == ("Owner's words.", "read", "anna")
        assert set(document.parameters) == {"speed_pct", "room"}
        assert self.take(desk, fan(description="Source's words.", parameters=parameters)).diff == ""
        assert self.take(desk, fan(name="other")).removed == ()  # edited: not deleted with its source
        assert desk.editor.entry("fan_on")

    def test_what_the_source_has_no_more_goes(self, desk: Desk) -> None:
        self.take(desk, FAN, fan(name="fan_off"))
        assert self.take(desk, FAN).removed == ("fan_off",)
        with pytest.raises(RequestError):
            desk.editor.entry("fan_off")
