"""A planner that makes rules, with the calls tests make."""

from __future__ import annotations

import ast
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.ports import PlanningContext
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.planner.offline_planner import OfflinePlanner
from taskmatrix_ros.planner.timed.timed_reader import TimedReader
from taskmatrix_ros.registry.registry import Registry

ZONE = "Europe/Berlin"
NOW = datetime(2026, 11, 26, 14, 15, tzinfo=ZoneInfo(ZONE))
MANIFESTS = ("robot", "home", "car", "person", "say", "time")


class RuleDesk:
    """Plans in the home of the shipped manifests."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.registry.load([resource(f"api_manifests/{name}.yaml") for name in MANIFESTS])
        self.planner = OfflinePlanner(self.registry, utterance_readers=(TimedReader(self.registry),))

    def code(self, text: str, rules: tuple[Rule, ...] = (), now: datetime = NOW) -> str:
        """Give the code for a text."""
        planned = self.planner.plan(Instruction(text=text), PlanningContext(now=now, zone=ZONE, rules=rules))
        assert planned.code is not None
        return planned.code.source

    def read(self, text: str, rules: tuple[Rule, ...] = (), now: datetime = NOW) -> tuple[str, list[dict[str, Any]]]:
        """Give what is done at once, and the calls about rules with their names in ``api``."""
        at_once, calls = [], []
        for node in ast.parse(self.code(text, rules, now)).body:
            assert isinstance(node, ast.Expr)
            call = node.value
            name = call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""
            if name in ("rule_add", "rule_change", "rule_delete"):
                assert isinstance(call, ast.Call)
                calls.append({"api": name} | {str(k.arg): ast.literal_eval(k.value) for k in call.keywords})
            else:
                at_once.append(ast.unparse(node).replace("'", '"'))
        return "\n".join(at_once), calls

    def rules(self, *texts: str) -> tuple[Rule, ...]:
        """Give the rules that sentences make, one after the other."""
        made: tuple[Rule, ...] = ()
        for text in texts:
            made += tuple(Rule.model_validate(call["rule"]) for call in self.read(text, made)[1])
        return made


@cache
def rule_desk() -> RuleDesk:
    """Give the one that tests share."""
    return RuleDesk()
