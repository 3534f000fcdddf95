"""Sentences of our own, with what they must come to in a home of our own: ``config/bench/sentences.yaml``."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from taskmatrix_ros.app.home.home_planning import HomePlan, HomePlanning, PlanStatus
from taskmatrix_ros.bench.symbolic_kitchen import Infeasible, follow_calls
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.home import Home
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.registry.home_snapshot import HomeSnapshot

TABLE = "config/bench/sentences.yaml"
HOME = "config/bench/sentences_home.json"
RULE = "time.rule_add"


@dataclass(frozen=True, kw_only=True)
class OwnSentence:
    """A sentence and what it must come to.

    ``robot``: what happens to things, in order (``move cup table``, ``pick cup``, ``put cup table``, ``goto table``,
    ``find cup``), alternatives with ``|``. ``calls``: what devices get. ``told``: words in the answer or question.
    ``later``: what a rule does that comes of it, and ``when``.
    """

    group: str
    say: str
    area: str = ""
    status: PlanStatus = PlanStatus.PLANNED
    robot: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    later: OwnRule | None = None


@dataclass(frozen=True, kw_only=True)
class OwnRule:
    """``when``: values that the rule's one trigger must have; ``robot`` and ``calls``: as in a sentence."""

    when: Mapping[str, Any]
    robot: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SentenceResult:
    """How one went. ``why``: what is wrong; empty if nothing is. ``is_wrong_actuation``: it did what was not asked."""

    sentence: OwnSentence
    plan: HomePlan
    why: str = ""
    is_wrong_actuation: bool = False


def load_sentences(path: Path | None = None) -> tuple[OwnSentence, ...]:
    """Read a table; ours if none is given.

    :raises ConfigError: it cannot be read, or holds what is no sentence.
    """
    path = path or resource(TABLE)
    try:
        groups = yaml.safe_load(path.read_text("utf-8"))
        return tuple(
            OwnSentence(
                group=group["group"],
                say=row["say"],
                area=row.get("area", ""),
                status=PlanStatus(row.get("status", "planned")),
                robot=tuple(row.get("robot", ())),
                calls=tuple(row.get("calls", ())),
                told=tuple(map(str, row.get("told", ()))),
                later=_rule_of(row.get("later")),
            )
            for group in groups
            for row in group["sentences"]
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"sentences '{path}' are no table of groups with sentences: {error}") from error


def sentences_home() -> HomeSnapshot:
    """Give the home that the table is about."""
    return HomeSnapshot.load(resource(HOME))


async def run_sentences(sentences: Sequence[OwnSentence], home: Home) -> tuple[SentenceResult, ...]:
    """Plan every sentence and compare."""
    planning = HomePlanning(home)
    await planning.open()
    try:
        return tuple([judge(one, await planning.plan(one.say, area=one.area), home) for one in sentences])
    finally:
        await planning.close()


def judge(sentence: OwnSentence, plan: HomePlan, home: Home) -> SentenceResult:
    """Compare a plan with what the sentence must come to, now and by the rule that it makes."""
    rules = [call for call in plan.calls if call["service"] == RULE]
    now = [call for call in plan.calls if call["service"] != RULE]
    result = _judge_calls(sentence, plan, now, home)
    if result.why or (not rules and sentence.later is None):
        return result
    if len(rules) != 1 or sentence.later is None:
        return SentenceResult(sentence, plan, f"{len(rules)} rules are made", is_wrong_actuation=sentence.later is None)
    rule, later = rules[0]["data"]["rule"], sentence.later
    trigger = rule["triggers"][0] if len(rule["triggers"]) == 1 else {}
    if any(trigger.get(key) != value for key, value in later.when.items()):
        return SentenceResult(sentence, plan, f"is triggered by {rule['triggers']}", is_wrong_actuation=True)
    then = replace(sentence, robot=later.robot, calls=later.calls, told=(), later=None)
    return _judge_calls(then, plan, calls_of_code(str(rule["action"]["code"])), home)


def calls_of_code(code: str) -> list[dict[str, Any]]:
    """Give plain calls of action code in the terms of a plan's line: ``light_turn_on`` is ``light.turn_on``."""
    calls = []
    for node in ast.parse(code).body:
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            return [{"service": "code", "entity_id": [], "data": {"code": code}}]
        data = {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in node.value.keywords}
        entities = data.pop("entity_id", [])
        name = ast.unparse(node.value.func)
        domain = str(entities[0]).partition(".")[0] if entities else name.partition("_")[0]
        service = f"{domain}.{name.removeprefix(f'{domain}_')}"
        calls.append({"service": service, "entity_id": entities, "data": data})
    return calls


def _judge_calls(
    sentence: OwnSentence, plan: HomePlan, calls: Sequence[Mapping[str, Any]], home: Home
) -> SentenceResult:
    try:
        done = _done(calls, home)
    except Infeasible as error:
        return SentenceResult(sentence, plan, f"no robot can do it: {error}", is_wrong_actuation=True)
    given = _devices(calls)
    wanted = _wanted(sentence.calls)
    moved = [step for step in done if step.split()[0] in ("pick", "put")]
    may_move = [step for step in _expanded(sentence.robot) if step.split()[0] in ("pick", "put")]
    wrong = bool(given - wanted) or any(not any(_matches(step, may) for may in may_move) for step in moved)
    why = _difference(sentence, plan, done, given, wanted)
    return SentenceResult(sentence, plan, why, is_wrong_actuation=wrong)


def _rule_of(row: Mapping[str, Any] | None) -> OwnRule | None:
    if row is None:
        return None
    return OwnRule(when=row["when"], robot=tuple(row.get("robot", ())), calls=tuple(row.get("calls", ())))


def _difference(
    sentence: OwnSentence, plan: HomePlan, done: Sequence[str], given: Counter[str], wanted: Counter[str]
) -> str:
    if plan.status is not sentence.status:
        return f"{plan.status.value}, not {sentence.status.value}: {plan.question or plan.answer or list(plan.calls)}"
    steps = _expanded(sentence.robot)
    if len(steps) != len(done) or not all(_matches(step, may) for step, may in zip(done, steps, strict=True)):
        return f"the robot does {list(done)}, not {steps}"
    if given != wanted:
        return f"devices get {sorted(given.elements())}, not {sorted(wanted.elements())}"
    said = f"{plan.answer} {plan.question}".casefold()
    untold = [word for word in sentence.told if word.casefold() not in said]
    return f"says nothing of {', '.join(untold)}: {said.strip()}" if untold else ""


def _done(planned: Sequence[Mapping[str, Any]], home: Home) -> list[str]:
    """Give what the robot does: how things change hands, where it is sent, what it only looks for.

    :raises Infeasible: it cannot be done in that order.
    """
    calls = [call for call in planned if str(call["service"]).startswith("robot.")]
    follow_calls(home, calls)
    done: list[str] = []
    for at, call in enumerate(calls):
        data: Mapping[str, Any] = call["data"]
        after = calls[at + 1] if at + 1 < len(calls) else None
        following = (str(after["service"]), after["data"]) if after else ("", {})
        thing, place = str(data.get("object", "")), str(data.get("place", ""))
        if call["service"] == "robot.pick_up":
            done.append(f"pick {thing}")
        elif call["service"] == "robot.put_down":
            done.append(f"put {thing} {place}")
        elif call["service"] == "robot.go_to" and place:
            is_on_the_way = following[0] in ("robot.find", "robot.pick_up")
            puts_down = following[0] == "robot.put_down" and following[1].get("place") == place
            if not (is_on_the_way or puts_down):
                done.append(f"goto {place}")
        elif call["service"] == "robot.find" and following[1].get("object") != thing:
            done.append(f"find {thing}")
    return done


def _expanded(steps: Sequence[str]) -> list[str]:
    """Write ``move cup table`` as ``pick cup``, ``put cup table``."""
    expanded: list[str] = []
    for step in steps:
        verb, *rest = step.split()
        expanded += [f"pick {rest[0]}", f"put {rest[0]} {rest[1]}"] if verb == "move" else [step]
    return expanded


def _matches(step: str, allowed: str) -> bool:
    given, wanted = step.split(), allowed.split()
    return len(given) == len(wanted) and all(one in other.split("|") for one, other in zip(given, wanted, strict=True))


def _devices(calls: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Count what devices get, entity by entity: one call for two lamps is the same as two."""
    found: Counter[str] = Counter()
    for call in calls:
        service = str(call["service"])
        if not service.startswith("robot."):
            data = " ".join(f"{key}={_plain(value)}" for key, value in sorted((call.get("data") or {}).items()))
            found.update(f"{service} {entity} {data}".strip() for entity in call.get("entity_id") or [""])
    return found


def _wanted(lines: Sequence[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in lines:
        service, _, rest = line.partition(" ")
        entities, _, data = rest.partition(" ")
        if "=" in entities:
            entities, data = "", rest
        found.update(f"{service} {entity} {data.replace(chr(34), '')}".strip() for entity in entities.split(","))
    return found


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
