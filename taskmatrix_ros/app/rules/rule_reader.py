"""Reads rules written in YAML, with a place and a remedy for everything that is wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import ManifestError
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.registry.findings import Findings
from taskmatrix_ros.registry.shape_errors import report_shape
from taskmatrix_ros.registry.yaml_reader import read_yaml
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.rule_check import check_rule

MAX_BYTES = 1_000_000
"""Of a file of rules: some four thousand of them."""


class RuleFile(Frozen):
    """Rules that are kept together."""

    rules: tuple[Rule, ...]


def load_rules(path: Path, place: HomePlace) -> tuple[Rule, ...]:
    """Read a file of rules. :raises ManifestError: every finding with line and remedy."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _unreadable(path, f"{size} bytes is more than {MAX_BYTES}", "split the rules over several files")
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"byte {error.start + 1} is no UTF-8", "save the file as UTF-8") from error
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}", "make it readable or name another") from error
    return parse_rules(text, str(path), place)


def parse_rules(text: str, file: str, place: HomePlace) -> tuple[Rule, ...]:
    """Make rules of YAML: one rule, or several below ``rules:``.

    :param file: the name for messages.
    :raises ManifestError: every finding with line and remedy; no rule of it is given.
    """
    if len(text.encode()) > MAX_BYTES:
        raise _unreadable(Path(file), f"more than {MAX_BYTES} bytes", "split the rules over several files")
    document = read_yaml(text, file)
    findings = Findings(document)
    rules: tuple[Rule, ...] = ()
    if not document.problems:
        value = document.value
        if not isinstance(value, dict):
            findings.error((), "type", "the text is no mapping", "begin with id: or rules:")
        else:
            several = "rules" in value
            model: type[Frozen] = RuleFile if several else Rule
            try:
                read: Any = model.model_validate_json(json.dumps(value), strict=True)
                rules = read.rules if several else (read,)
                _check(rules, findings, place, several=several)
            except ValidationError as error:
                report_shape(error, value, findings, _schema(model))
    if problems := [*document.problems, *findings.found]:
        raise ManifestError(problems)
    return rules


def write_rule(rule: Rule) -> str:
    """Give a rule as YAML that ``parse_rules`` reads to the same rule."""
    # The dumper puts quotes around what other readers of YAML take for something else: on, 12:30.
    return yaml.dump(rule.to_plain(), Dumper=_RuleDumper, sort_keys=False, allow_unicode=True, width=110)


class _RuleDumper(yaml.SafeDumper):
    """Writes code of several lines as it reads."""


def _text(dumper: _RuleDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_RuleDumper.add_representer(str, _text)


def _check(rules: Sequence[Rule], findings: Findings, place: HomePlace, *, several: bool) -> None:
    seen: dict[str, int] = {}
    for index, rule in enumerate(rules):
        path: tuple[str | int, ...] = ("rules", index) if several else ()
        if rule.id in seen:
            findings.error((*path, "id"), "duplicate", f"rule {rule.id!r} stands twice", "give each its own id")
        seen[rule.id] = index
        for part, problem in check_rule(rule, place):
            told, _, hint = problem.partition("; ")
            findings.error((*path, *part), "value", told, hint or "correct it")


@cache
def _schema(model: type[Frozen]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True)


def _unreadable(path: Path, problem: str, hint: str) -> ManifestError:
    return ManifestError([Diagnostic(code="file", message=problem, hint=hint, file=str(path), line=1)])
