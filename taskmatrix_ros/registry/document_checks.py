"""What types cannot say about a manifest: whether its parts fit each other."""

from __future__ import annotations

import builtins
import keyword
import re
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument, Composite, StateSpec
from taskmatrix_ros.core.binding_spec import (
    Builtin,
    Http,
    Mqtt,
    MqttMessage,
    MqttSource,
    Ros2Action,
    Ros2Service,
    Ros2Topic,
)
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.home_spec import CallSource, Rules, Say, ToldSource
from taskmatrix_ros.core.url_template import UrlTemplate
from taskmatrix_ros.expressions.ensures import is_read_back
from taskmatrix_ros.expressions.jinja_template import JinjaTemplate
from taskmatrix_ros.expressions.key_template import key_parameters
from taskmatrix_ros.registry.code_reading import CodeReading
from taskmatrix_ros.registry.expression_check import check_expression
from taskmatrix_ros.registry.findings import Findings, nearest_hint
from taskmatrix_ros.registry.manifest_loader import Manifest
from taskmatrix_ros.registry.sentence_check import check_sentences
from taskmatrix_ros.registry.unit_check import check_state_unit, check_unit
from taskmatrix_ros.registry.yaml_reader import Path

_TEMPLATES: dict[str, tuple[str, ...]] = {
    "ros2_action": ("arguments",),
    "ros2_service": ("arguments",),
    "ros2_topic": ("arguments",),
    "http": ("query", "headers", "body"),
    "mcp": ("arguments",),
    "function": ("arguments",),
    "homeassistant": ("data",),
    "told": ("value",),
}
"""Fields of a binding in which ``{name}`` stands for an argument."""

_HEARD_IN = {"ros2_topic": "name", "mqtt": "topic", "homeassistant": "entity_id"}
"""Fields of a state's source in which ``{name}`` is a wildcard."""

_PLACE = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]*)\}|[{}]")


def check_manifest(manifest: Manifest) -> tuple[Diagnostic, ...]:
    """Check one file by itself; what needs the other files is ``catalogue_checks``."""
    findings = Findings(manifest.document)
    for index, state in enumerate(manifest.package.state):
        _check_state(state, ("state", index), findings)
    for index, api in enumerate(manifest.package.apis):
        _DocumentCheck(api, ("apis", index), findings).run()
    for index, composite in enumerate(manifest.package.composites):
        _check_composite(composite, ("composites", index), findings)
    return findings.found


def _check_state(state: StateSpec, path: Path, findings: Findings) -> None:
    check_state_unit(state.key, state.type, state.unit, (*path, "key"), findings)
    if isinstance(state.source, MqttSource) and state.source.template is not None:
        try:
            JinjaTemplate.parse(state.source.template)
        except ConfigError as error:
            findings.error((*path, "from", "template"), "template", error.message, "correct it")
    if isinstance(state.source, ToldSource | CallSource):
        if key_parameters(state.key):
            findings.error((*path, "key"), "template", "a key that is told or asked for has no places", "name it whole")
        return
    place = _HEARD_IN[state.source.kind]
    heard = str(getattr(state.source, place))
    for name in key_parameters(state.key):
        if f"{{{name}}}" not in heard:
            findings.error(
                (*path, "key"), "template", f"{{{name}}} is not in {place} {heard!r}", f"put {{{name}}} there too"
            )


def _check_composite(composite: Composite, path: Path, findings: Findings) -> None:
    reading = CodeReading.checked(composite.code, (*path, "code"), findings)
    slots = reading.slots if reading is not None else frozenset()
    if composite.when is not None:
        check_expression(composite.when, slots, (*path, "when"), findings, has_result=False)
    if reading is not None:
        check_sentences(composite.sentences, slots, (), (*path, "sentences"), findings)


class _DocumentCheck:
    """The checks of one document."""

    def __init__(self, api: ApiDocument, path: Path, findings: Findings) -> None:
        self._api = api
        self._path = path
        self._findings = findings
        self._names = frozenset(api.parameters)

    def run(self) -> None:
        self._check_names()
        self._check_expressions()
        self._check_templates()
        self._check_proof()
        required = [name for name, spec in self._api.parameters.items() if spec.required]
        check_sentences(self._api.sentences, self._names, required, (*self._path, "sentences"), self._findings)
        for index, example in enumerate(self._api.usage_examples):
            path = (*self._path, "usage_examples", index, "code")
            reading = CodeReading.checked(example.code, path, self._findings)
            if reading is not None and self._api.name not in {name for name, _ in reading.called()}:
                self._findings.error(path, "code", f"never calls {self._api.name}", "show how it is used")
        for index, rule in enumerate(self._api.after):
            for name in rule.same:
                self._check_parameter(name, (*self._path, "after", index, "same"))

    def _check_names(self) -> None:
        name = self._api.name
        if keyword.iskeyword(name) or keyword.issoftkeyword(name) or hasattr(builtins, name):
            self._findings.error(
                (*self._path, "name"),
                "name",
                f"{name!r} means something in Python",
                f"name it after its device, like device_{name}",
            )
        for parameter, spec in self._api.parameters.items():
            path = (*self._path, "parameters", parameter)
            if keyword.iskeyword(parameter):
                self._findings.error(path, "name", f"{parameter!r} means something in Python", f"like {parameter}_name")
            check_unit(parameter, spec, path, self._findings)
        if self._api.returns is not None:
            for returned, spec in (self._api.returns.properties or {}).items():
                check_unit(returned, spec, (*self._path, "returns", "properties", returned), self._findings)

    def _check_expressions(self) -> None:
        for index, source in enumerate(self._api.requires):
            self._expression(source, (*self._path, "requires", index), has_result=False)
        for index, source in enumerate(self._api.hazardous_when):
            self._expression(source, (*self._path, "hazardous_when", index), has_result=False)
        for index, source in enumerate(self._api.ensures):
            self._expression(source, (*self._path, "ensures", index), has_result=True)
        for key, source in self._api.sets.items():
            path = (*self._path, "sets", key)
            if self._expression(source, path, has_result=True) and not self._api.ensures and not is_read_back(source):
                self._findings.warn(
                    path, "unconfirmed", "reads state or now, so it cannot be read back by itself", "write ensures"
                )

    def _expression(self, source: str, path: Path, *, has_result: bool) -> bool:
        return check_expression(source, self._names, path, self._findings, has_result=has_result) is not None

    def _check_templates(self) -> None:
        for key in self._api.sets:
            self._check_key(key, (*self._path, "sets", key))
        for key in self._api.tolerance:
            path = (*self._path, "tolerance", key)
            if key not in self._api.sets:
                self._findings.error(
                    path, "template", f"{key!r} is not set", nearest_hint(key, self._api.sets, "set are")
                )
        for index, resource in enumerate(self._api.resources):
            self._check_key(resource, (*self._path, "resources", index))
        self._check_binding((*self._path, "binding"))

    def _check_binding(self, path: Path) -> None:
        binding = self._api.binding
        if isinstance(binding, Builtin | Rules):
            return
        if isinstance(binding, Say):
            self._check_parameter("text", path)
            return
        if isinstance(binding, Mqtt):
            self._check_mqtt(binding, path)
            return
        if isinstance(binding, Ros2Action | Ros2Service | Ros2Topic):
            self._check_key(binding.name, (*path, "name"))
        if isinstance(binding, Http):
            for name in UrlTemplate.parse(binding.url).names:
                self._check_parameter(name, (*path, "url"))
        for field in _TEMPLATES[binding.kind]:
            self._check_template(getattr(binding, field), (*path, field))

    def _check_mqtt(self, binding: Mqtt, path: Path) -> None:
        places: list[tuple[Mqtt | MqttMessage, Path]] = [(binding, path)]
        places += [(message, (*path, "before", index)) for index, message in enumerate(binding.before)]
        places += [(message, (*path, "then", index)) for index, message in enumerate(binding.then)]
        for message, place in places:
            self._check_template(message.topic, (*place, "topic"))
            self._check_template(message.payload, (*place, "payload"))
            if message.given is not None:
                self._check_parameter(message.given, (*place, "given"))
            if message.template is not None:
                self._check_jinja(message.template, (*place, "template"))
        if binding.retain and (self._api.expires_s is not None or not self._api.idempotent):
            why = "the broker would do it again, or late, whenever the device comes back"
            self._findings.error((*path, "retain"), "retain", f"what expires or is not idempotent: {why}", "remove it")

    def _check_jinja(self, source: str, path: Path) -> None:
        try:
            names = JinjaTemplate.parse(source).names
        except ConfigError as error:
            self._findings.error(path, "template", error.message, "correct it")
            return
        for name in sorted(names):
            self._check_parameter(name, path)

    def _check_key(self, template: str, path: Path) -> None:
        for name in key_parameters(template):
            self._check_parameter(name, path)

    def _check_template(self, template: Any, path: Path) -> None:
        if isinstance(template, str):
            for token in _PLACE.finditer(template):
                if token[1]:
                    self._check_parameter(token[1], path)
                elif len(token[0]) == 1:
                    self._findings.error(
                        path,
                        "template",
                        f"a single {token[0]!r} in {template[:60]!r}",
                        f"write {{name}} or {token[0] * 2}",
                    )
        elif isinstance(template, dict):
            for key, inner in template.items():
                self._check_template(inner, (*path, key))
        elif isinstance(template, list | tuple):
            for index, inner in enumerate(template):
                self._check_template(inner, (*path, index))

    def _check_parameter(self, name: str, path: Path) -> None:
        if name not in self._names:
            hint = nearest_hint(name, self._names, "parameters are")
            self._findings.error(path, "unknown-parameter", f"{name!r} is no parameter", hint)

    def _check_proof(self) -> None:
        if self._api.effect.commands and not self._api.sets and not self._api.ensures:
            self._findings.warn(
                self._path,
                "unconfirmed",
                "nothing shows that it worked, so its runs end unconfirmed",
                "write sets or ensures",
            )
