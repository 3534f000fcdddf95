"""Services for rules: save, change, switch, forget, explain, try."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any

from builtin_interfaces.msg import Time

from taskmatrix_interfaces import msg
from taskmatrix_interfaces.srv import (
    AddRule,
    DeleteRule,
    EnableRule,
    ExplainRule,
    ListRules,
    SimulateRules,
    UpdateRule,
)
from taskmatrix_ros.app.rules.rule_reader import parse_rules, write_rule
from taskmatrix_ros.app.rules.rule_scenario import Scenario, as_home_shows, explain, parse_scenario, simulate
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.errors import ManifestError, RequestError, VerificationError
from taskmatrix_ros.core.rule import Rule, Trace
from taskmatrix_ros.node.loop_services import Handler, LoopServices
from taskmatrix_ros.node.messages import diagnostic_message, time_message
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.store.state_history import History

_SHOWN = {"firing_id", "rule_id", "trigger", "at", "verdict", "why"}


class RulesServer:
    """Whoever may call services of this graph has the operator right; action code has no way to them."""

    def __init__(self, thread: NodeThread, system: System) -> None:
        self._system = system
        self._services = LoopServices(thread)

    async def open(self) -> None:
        """Offer the services."""
        served: tuple[tuple[Any, str, Handler], ...] = (
            (AddRule, "add_rule", self._add),
            (UpdateRule, "update_rule", self._update),
            (EnableRule, "enable_rule", self._enable),
            (DeleteRule, "delete_rule", self._delete),
            (ListRules, "list_rules", self._list),
            (ExplainRule, "explain_rule", self._explain),
            (SimulateRules, "simulate_rules", self._simulate),
        )
        for kind, name, handler in served:
            await self._services.serve(kind, name, handler)

    async def close(self) -> None:
        """Withdraw the services."""
        await self._services.close()

    async def _add(self, request: AddRule.Request, response: AddRule.Response) -> None:
        if not request.yaml:
            raise RequestError("a rule is given as YAML here; its words alone are not planned yet", code="BAD_REQUEST")
        rules = self._system.rules
        try:
            rule = self._one(request.yaml)
            changes = {"text": rule.text or request.text.strip(), "speaker": rule.speaker or request.speaker}
            rule = Rule.model_validate(rule.model_dump() | changes)
            if not request.dry_run and (rule.id, rule) in ((known.id, known) for known, _ in rules.engine.rules()):
                warnings = await rules.check(rule)  # asked twice: a client that heard no answer asks again
            else:
                warnings = await (rules.check(rule) if request.dry_run else rules.add([rule]))
        except (ManifestError, VerificationError) as error:
            response.diagnostics = [diagnostic_message(found) for found in error.diagnostics]
            raise
        response.diagnostics = [diagnostic_message(found) for found in warnings]
        response.rule = msg.Rule(rule_id=rule.id, yaml=write_rule(rule)) if request.dry_run else self._message(rule.id)
        response.told_back = write_rule(rule)
        response.success = True

    async def _update(self, request: UpdateRule.Request, response: UpdateRule.Response) -> None:
        try:
            rule = self._one(request.yaml)
            if request.rule_id and rule.id != request.rule_id:
                raise RequestError(
                    f"the text is of rule '{rule.id}', not of '{request.rule_id}'; give it that id", code="BAD_REQUEST"
                )
            warnings = await self._system.rules.update(rule)
        except (ManifestError, VerificationError) as error:
            response.diagnostics = [diagnostic_message(found) for found in error.diagnostics]
            raise
        response.diagnostics = [diagnostic_message(found) for found in warnings]
        response.rule = self._message(rule.id)
        response.success = True

    async def _enable(self, request: EnableRule.Request, response: EnableRule.Response) -> None:
        self._system.rules.enable(request.rule_id, enabled=request.enabled)
        response.success = True
        response.message = f"rule '{request.rule_id}' is {'on' if request.enabled else 'off'}"

    async def _delete(self, request: DeleteRule.Request, response: DeleteRule.Response) -> None:
        self._system.rules.delete(request.rule_id)
        response.success = True
        response.message = f"rule '{request.rule_id}' is deleted"

    async def _list(self, request: ListRules.Request, response: ListRules.Response) -> None:
        limit = request.limit or 200
        found = [
            rule.id
            for rule, _ in self._system.rules.engine.rules()
            if rule.id > request.cursor and (rule.enabled or not request.enabled_only)
        ]
        response.rules = [self._message(rule_id) for rule_id in found[:limit]]
        response.cursor = found[limit - 1] if len(found) > limit else ""
        response.success = True

    async def _explain(self, request: ExplainRule.Request, response: ExplainRule.Response) -> None:
        rules = self._system.rules
        traces = rules.traces(request.rule_id, request.limit or 10)
        rule, _ = rules.engine.find(request.rule_id)
        response.explanation = explain(rule, traces, rules.engine.due_of(request.rule_id), rules.place)
        response.traces_json = [self._shown(trace) for trace in traces]
        response.success = True

    async def _simulate(self, request: SimulateRules.Request, response: SimulateRules.Response) -> None:
        rules, begin, end = self._system.rules, _moment(request.from_at), _moment(request.to_at)
        story: Scenario | History = (
            parse_scenario(request.scenario_yaml, "scenario")
            if request.scenario_yaml
            else self._system.recorded(begin, end)
        )
        known = [rule for rule, _ in rules.engine.rules()]
        chosen = [rules.engine.find(rule_id)[0] for rule_id in request.rule_ids] or known
        try:
            sets = {rule.id: rules.sets(rule) for rule in chosen}
            traces = await asyncio.to_thread(partial(simulate, chosen, story, begin, end, rules.place, sets=sets))
        except ValueError as error:
            raise RequestError(str(error), code="BAD_REQUEST") from error
        response.timeline_json = [self._shown(trace) for trace in traces]
        response.success = True

    def _shown(self, trace: Trace) -> str:
        return as_home_shows(trace, self._system.rules.place).model_dump_json(include=_SHOWN)

    def _one(self, text: str) -> Rule:
        rules = parse_rules(text, "rule", self._system.rules.place)
        if len(rules) != 1:
            raise RequestError(f"{len(rules)} rules were given; one at a time, please", code="BAD_REQUEST")
        return rules[0]

    def _message(self, rule_id: str) -> msg.Rule:
        engine, place = self._system.rules.engine, self._system.rules.place
        rule, counts = engine.find(rule_id)
        last = self._system.rules.traces(rule_id, 1)
        return msg.Rule(
            rule_id=rule.id,
            text=rule.text,
            yaml=write_rule(rule),
            speaker=rule.speaker,
            enabled=rule.enabled,
            priority=rule.priority,
            fired=counts.fired,
            blocked=counts.blocked,
            dropped=counts.dropped + counts.missed,
            last_result=last[0].why if last else "",
            last_fired_at=time_message(counts.last_fired_at),
            next_at=time_message(engine.due_of(rule_id)),
            expires_at=time_message(place.utc(rule.expires_at) if rule.expires_at else None),
        )


def _moment(stamp: Time) -> datetime:
    return datetime.fromtimestamp(stamp.sec + stamp.nanosec / 1e9, UTC)
