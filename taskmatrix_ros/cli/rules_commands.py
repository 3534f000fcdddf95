"""``taskmatrix rules …``: save rules, look at them, try them before they live."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from taskmatrix_ros.app.profile.settings import Settings, load_settings
from taskmatrix_ros.app.rules.rule_reader import load_rules, write_rule
from taskmatrix_ros.app.rules.rule_scenario import Scenario, as_home_shows, parse_scenario, simulate
from taskmatrix_ros.cli.do_command import NamespaceOption
from taskmatrix_ros.cli.exit_status import ExitStatus, UsageError
from taskmatrix_ros.cli.home_link import any_client
from taskmatrix_ros.cli.output import (
    JsonOption,
    command,
    console,
    errors,
    escape,
    print_json,
    print_json_of_many,
    print_lines,
    print_source,
)
from taskmatrix_ros.cli.runs_commands import answer, request
from taskmatrix_ros.cli.up_command import ProfileOption
from taskmatrix_ros.core.garbage import much_that_stays
from taskmatrix_ros.core.main_loop import run_until_signal
from taskmatrix_ros.store.state_history import History, read_history, read_rules

rules = typer.Typer(help="Rules: what starts work by time, state and events.", no_args_is_help=True)

RuleArgument = Annotated[str, typer.Argument(metavar="RULE", help="Id of the rule, as rules list shows it.")]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Rules in YAML.")]


@rules.command("list")
@command
def list_rules(
    *,
    enabled: Annotated[bool, typer.Option("--enabled", help="Only those that are on.")] = False,
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Show every rule."""
    response, zone = _request(namespace, "ListRules", "list_rules", enabled_only=enabled, limit=1000)
    found = [_plain(rule, zone) for rule in response.rules]
    if not as_json:
        for rule in found:
            due = f"  next {rule['next_at']}" if rule["next_at"] else ""
            state = "on " if rule["enabled"] else "off"
            console.print(f"{state}  {rule['rule_id']:<24} fired {rule['fired']}{due}  {escape(rule['text'])}")
    return answer(response, as_json, lambda: {"rules": found})


@rules.command("add")
@command
def add(
    file: FileArgument,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Verify only; nothing is saved.")] = False,
    profile: ProfileOption = "demo",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Verify and save the rules of a file; the first that is refused ends it."""
    status, added, problem = ExitStatus.DONE, [], ""
    for rule in load_rules(file, load_settings(profile).home):
        response = request(namespace, "AddRule", "add_rule", yaml=write_rule(rule), dry_run=dry_run)
        for found in response.diagnostics if not as_json else ():
            errors.print(escape(f"{found.message}; {found.hint}" if found.hint else found.message))
        if not response.success:
            status, problem = ExitStatus.REFUSED, f"rule '{rule.id}': {response.message}"
            break
        added.append(rule.id)
    if as_json:
        print_json({"succeeded": status is ExitStatus.DONE, "message": problem, "rules": added})
    else:
        errors.print(f"{'verified' if dry_run else 'saved'} {len(added)}: {', '.join(added) or 'nothing'}")
        if problem:
            errors.print(f"[red]error[/] {escape(problem)}")
    return status


@rules.command("update")
@command
def update(
    file: FileArgument,
    *,
    profile: ProfileOption = "demo",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Put the one rule of a file in the place of the one of its id."""
    (*_, rule) = known = load_rules(file, load_settings(profile).home)
    if len(known) != 1:
        raise UsageError(f"{file} holds {len(known)} rules; update takes one at a time")
    response, zone = _request(namespace, "UpdateRule", "update_rule", rule_id=rule.id, yaml=write_rule(rule))
    return answer(response, as_json, lambda: {"rule": _plain(response.rule, zone)})


@rules.command("show")
@command
def show(rule: RuleArgument, *, namespace: NamespaceOption = "/taskmatrix", as_json: JsonOption = False) -> ExitStatus:
    """Show one rule as it is saved."""
    response, zone = _request(namespace, "ListRules", "list_rules", limit=100_000)
    known = (_plain(one, zone) for one in response.rules)
    found = next((plain for plain in known if plain["rule_id"] == rule), None)
    if found is None:
        raise UsageError(f"rule '{rule}' is unknown; `rules list` gives the ids")
    if not as_json:
        print_source(found["yaml"], "yaml")
    return answer(response, as_json, lambda: {"rule": found})


@rules.command("enable")
@command
def enable(
    rule: RuleArgument,
    *,
    off: Annotated[bool, typer.Option("--off", help="Switch it off.")] = False,
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Switch a rule on, or off."""
    return answer(request(namespace, "EnableRule", "enable_rule", rule_id=rule, enabled=not off), as_json, dict)


@rules.command("delete")
@command
def delete(
    rule: RuleArgument, *, namespace: NamespaceOption = "/taskmatrix", as_json: JsonOption = False
) -> ExitStatus:
    """Forget a rule and what it waits for."""
    return answer(request(namespace, "DeleteRule", "delete_rule", rule_id=rule), as_json, dict)


@rules.command("explain")
@command
def explain(
    rule: RuleArgument,
    *,
    limit: Annotated[int, typer.Option(min=1, max=50)] = 10,
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Say why a rule fired, was blocked or dropped, the latest first."""
    response = request(namespace, "ExplainRule", "explain_rule", rule_id=rule, limit=limit)
    traces = [json.loads(trace) for trace in response.traces_json]
    if response.success and not as_json:
        console.print(escape(response.explanation))
        _print_traces(traces)
    return answer(response, as_json, lambda: {"explanation": response.explanation, "traces": traces})


@rules.command("simulate")
@command
def simulate_rules(
    *,
    file: Annotated[
        Path | None, typer.Option("--rules", help="Rules to try; they need not be saved. Left out: those that are.")
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="History in YAML: state, history, run_s. Left out: what the node has recorded.")
    ] = None,
    from_at: Annotated[str, typer.Option("--from", metavar="TIME", help="As in 2026-12-24T06:00, the home's zone.")],
    to_at: Annotated[str, typer.Option("--to", metavar="TIME", help="The end, up to a year later.")],
    profile: ProfileOption = "demo",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Run rules in virtual time over a history: when, why, what would be done. Nothing is done; no node is asked."""
    told = _timeline(load_settings(profile), file, scenario, from_at, to_at)
    if as_json:
        print_json_of_many("timeline", told)
    else:
        _print_traces(told)
    return ExitStatus.DONE


@much_that_stays()
def _timeline(
    settings: Settings, file: Path | None, scenario: Path | None, from_at: str, to_at: str
) -> list[dict[str, Any]]:
    place = settings.home
    known = read_rules(settings.store_file) if file is None else load_rules(file, place)
    try:
        begin, end = (place.utc(datetime.fromisoformat(text)) for text in (from_at, to_at))
        story: Scenario | History
        if scenario is None:
            story = read_history(settings.store_file, begin, end)
            if story.since is None or story.since > end:
                raise UsageError("nothing is recorded of that time; name another, or give a --scenario")
        else:
            story = parse_scenario(scenario.read_text(encoding="utf-8"), str(scenario))
        traces = simulate(known, story, begin, end, place)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"scenario {scenario}: cannot be read: {error}") from error
    except ValueError as error:
        raise UsageError(f"{error}; write times as in 2026-12-24T18:00") from error
    actions = {rule.id: rule.action.code or rule.action.instruction for rule in known}
    told: list[dict[str, Any]] = [as_home_shows(trace, place).model_dump(mode="json") for trace in traces]
    for trace in told:
        if trace["verdict"] == "fired":
            trace["would"] = actions[trace["rule_id"]]
    return told


def _print_traces(traces: list[dict[str, Any]]) -> None:
    def line(trace: dict[str, Any]) -> str:
        would = f" -> {trace['would'].strip()}" if trace.get("would") else ""
        return f"{trace['at']}  {trace['rule_id']:<20} {trace['verdict']:<8} {trace['why']}{would}"

    print_lines(map(line, traces))


def _request(namespace: str, kind: str, name: str, /, **fields: Any) -> Any:
    """Ask about rules, and for the time zone of the home that they live in. :returns: the response and the zone."""

    async def program() -> tuple[Any, ZoneInfo]:
        async with any_client(namespace) as client:
            response = await client.request(f"taskmatrix_interfaces/srv/{kind}", name, **fields)
            return response, ZoneInfo(await client.parameter("task", "home_time_zone") or "UTC")

    return run_until_signal(program())


def _plain(rule: Any, zone: ZoneInfo) -> dict[str, Any]:
    if isinstance(rule, dict):  # of a home without ROS, which tells it so
        return rule
    return {
        **{name: getattr(rule, name) for name in ("rule_id", "text", "yaml", "speaker", "enabled", "priority")},
        **{name: getattr(rule, name) for name in ("fired", "blocked", "dropped", "last_result")},
        **{name: _iso(getattr(rule, name), zone) for name in ("last_fired_at", "next_at", "expires_at")},
    }


def _iso(stamp: Any, zone: ZoneInfo) -> str | None:
    if not stamp.sec and not stamp.nanosec:
        return None
    return datetime.fromtimestamp(stamp.sec + stamp.nanosec / 1e9, zone).isoformat(timespec="seconds")
