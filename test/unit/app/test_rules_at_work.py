"""Rules in a whole system without devices: what is refused, what is warned of, loops, history."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loop_time import turns
from typer.testing import CliRunner

from taskmatrix_ros.app.rules.rule_plain import rule_to_plain
from taskmatrix_ros.app.rules.rule_reader import MAX_BYTES, load_rules, parse_rules
from taskmatrix_ros.app.rules.rule_scenario import explain, simulate
from taskmatrix_ros.app.system import System
from taskmatrix_ros.cli.main import app
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import ManifestError, RequestError, VerificationError
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.ports import Progress
from taskmatrix_ros.core.rule import Verdict
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.store.state_history import read_history, read_rules

MANIFEST = """
package: lamps
version: 1.0.0
state:
  - {key: "lamp.{lamp}.state", type: string, from: {kind: mqtt, topic: "lamp/{lamp}/state"}}
  - {key: room.temperature_c, type: number, unit: c, from: {kind: mqtt, topic: room/temperature}}
  - {key: safe.code, type: string, sensitive: true, from: {kind: mqtt, topic: safe/code}}
apis:
  - name: lamp_set
    description: Switch a lamp.
    parameters:
      lamp: {type: string, description: Which.}
      state: {type: string, description: How., enum: ["on", "off"]}
    usage_examples: [{instruction: lamp on, code: 'lamp_set(lamp="hall", state="on")'}]
    sets: {"lamp.{lamp}.state": args.state}
    effect: actuate
    idempotent: true
    binding: {kind: mqtt, topic: "lamp/{lamp}/set", payload: "{state}"}
  - name: lamp_dim
    description: Dim a lamp, which only makes sense in a cold room.
    parameters:
      lamp: {type: string, description: Which.}
      state: {type: string, description: How., enum: ["low"]}
    usage_examples: [{instruction: lamp low, code: 'lamp_dim(lamp="hall", state="low")'}]
    requires: ['state["room.temperature_c"] < 10']
    effect: notify
    idempotent: true
    binding: {kind: mqtt, topic: "lamp/{lamp}/dim", payload: "{state}"}
  - name: door_unlock
    description: Unlock the door.
    usage_examples: [{instruction: unlock, code: door_unlock()}]
    effect: hazardous
    binding: {kind: mqtt, topic: door/unlock}
"""

LIVE = """
id: hall_on
triggers: [{kind: state, key: room.temperature_c, above: 25}]
action: {code: 'lamp_set(lamp="hall", state="on")'}
"""


def several(*rules: str) -> str:
    """Write rules as one file."""
    return "rules:\n" + "".join("  - " + rule.strip().replace("\n", "\n    ") + "\n" for rule in rules)


class Lamps:
    """A binding whose lamps do at once what they are told, and say so."""

    kinds = frozenset({"mqtt"})

    def __init__(self, state: StateStore) -> None:
        self.state = state
        self.told: list[tuple[str, str]] = []

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        lamp, value = call.arguments["lamp"], call.arguments["state"]
        self.told.append((lamp, value))
        asyncio.get_running_loop().call_soon(lambda: self.state.set(f"lamp.{lamp}.state", value, source="lamps"))
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED)

    async def cancel(self, call_id: str) -> None:
        pass

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:
        return None

    def stop(self) -> None:
        pass


class House:
    """A system with lamps, in a folder."""

    def __init__(self, folder: Path, place: HomePlace | None = None) -> None:
        (folder / "lamps.yaml").write_text(MANIFEST, encoding="utf-8")
        self.system = System(
            [folder / "lamps.yaml"],
            store_file=folder / "state" / "taskmatrix.sqlite",
            make_bindings=lambda _catalogue, state: (self._bind(state),),
            audit_key_file=folder / "key" / "audit.key",
            place=place,
        )

    def _bind(self, state: StateStore) -> Lamps:
        self.lamps = Lamps(state)
        return self.lamps

    async def add(self, text: str) -> list[str]:
        found = await self.system.rules.add(parse_rules(text, "test", HomePlace()))
        return [f"{diagnostic.message}; {diagnostic.hint}" for diagnostic in found]

    def set(self, key: str, value: object) -> None:
        self.system.state.set(key, value, source="world")

    async def until(self, fact: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not fact():
                await asyncio.sleep(0.005)


def play(folder: Path, scenario: Callable[[House], Awaitable[None]], place: HomePlace | None = None) -> None:
    async def main() -> None:
        house = House(folder, place)
        await house.system.open()
        try:
            house.system.recover()
            await scenario(house)
        finally:
            await house.system.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LIVE.replace("hall_on", "new").replace("above: 25", "abve: 25"), "above"),
        ("{id: new, triggers: [{kind: date, at: 2026-02-30T07:00}], action: {code: x()}}", "2026-02-30"),
        ("{id: new, triggers: [{kind: cron, expression: 61 * * * *}], action: {code: x()}}", "minutes 0..59"),
        (LIVE.replace("hall_on", "new") + "condition: 'state[\"home.time\"] < 7'", "never be true or false"),
        (LIVE.replace("hall_on", "new") + 'condition: \'state["room.temperature_c"] < "cold"\'', "never be true"),
        (LIVE.replace("hall_on", "new") + "condition: 'state[\"room.temperature_c\" <'", "condition"),
        (LIVE.replace("hall_on", "new").replace('state="on"', 'state="dim"'), "'on', 'off'"),
        (LIVE.replace("hall_on", "new").replace("lamp_set", "lamp_st"), "lamp_st"),
        (LIVE, "rule 'hall_on' is there already"),
        (several(LIVE, LIVE), "twice"),
        (several(LIVE.replace("hall_on", "new"), "7"), "rules"),
    ],
)
def test_what_is_wrong_is_told_and_the_live_rules_go_on(tmp_path: Path, text: str, said: str) -> None:
    async def scenario(house: House) -> None:
        await house.add(LIVE)
        with pytest.raises((ManifestError, VerificationError, RequestError)) as refused:
            await house.add(text)
        assert said in refused.value.message + "".join(map(str, getattr(refused.value, "diagnostics", ())))
        assert [rule.id for rule, _ in house.system.rules.engine.rules()] == ["hall_on"]
        house.set("room.temperature_c", 20)
        house.set("room.temperature_c", 30)
        await house.until(lambda: house.lamps.told == [("hall", "on")])

    play(tmp_path, scenario)


def test_a_file_of_five_megabytes_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("rules:\n" + "#" * 5_000_000, encoding="utf-8")
    with pytest.raises(ManifestError, match=f"is more than {MAX_BYTES}"):
        load_rules(file, HomePlace())


def test_an_unknown_key_is_warned_of_with_the_nearest(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        (warned,) = await house.add(LIVE.replace("room.temperature_c", "room.temprature_c"))
        assert "nothing is known of the state key 'room.temprature_c'; did you mean 'room.temperature_c'?" in warned
        assert await house.add(LIVE.replace("hall_on", "other")) == []

    play(tmp_path, scenario)


def test_two_that_contradict_each_other_are_reported_when_the_second_is_saved(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        assert await house.add(LIVE) == []
        off = LIVE.replace("hall_on", "hall_off").replace('state="on"', 'state="off"')
        (said,) = await house.add(off.replace("above: 25", "above: 20"))
        assert "rule hall_off sets lamp.hall.state to 'off', rule hall_on sets it to 'on'" in said
        assert "hall_off has its way then" in said
        assert await house.add(off.replace("hall_off", "cellar_off").replace('lamp="hall"', 'lamp="cellar"')) == []
        assert await house.add(off.replace("hall_off", "cold_off").replace("above: 25", "below: 20")) == []
        house.system.rules.delete("cold_off")
        house.set("room.temperature_c", 10)
        house.set("room.temperature_c", 30)
        await house.until(lambda: len(house.lamps.told) == 2 and not house.system.session.active)
        await turns()
        assert sorted(house.lamps.told) == [("cellar", "off"), ("hall", "off")]
        assert house.system.rules.traces("hall_on")[0].verdict is Verdict.DROPPED

    play(tmp_path, scenario)


def test_a_rule_that_toggles_what_triggers_it_is_stopped_within_ten_runs(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        events: list[str] = []
        house.system.events.listen(lambda event: events.append(event.kind))
        for now, then in (("on", "off"), ("off", "on")):
            await house.add(
                f"{{id: turn_{then}, mode: queued, triggers: [{{kind: state, key: lamp.hall.state, to: {now!r}}}],"
                f' action: {{code: \'lamp_set(lamp="hall", state="{then}")\'}}}}'
            )
        house.set("lamp.hall.state", "off")
        house.set("lamp.hall.state", "on")
        await house.until(lambda: "rule_stopped" in events)
        assert len(house.lamps.told) <= 10
        off = [rule for rule, _ in house.system.rules.engine.rules() if not rule.enabled]
        assert len(off) == 1
        assert any("firings led to each other" in trace.why for trace in house.system.rules.traces(off[0].id))

    play(tmp_path, scenario)


def test_a_rules_code_is_verified_again_when_a_document_changes(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.add(LIVE)
        (rule, _), *_ = house.system.rules.engine.rules()
        code = house.system.rules.code
        before = code.ready(rule)
        assert before is not None
        assert code.ready(rule) is before
        revision, manifest = house.system.registry.revision, tmp_path / "lamps.yaml"
        manifest.write_text(MANIFEST.replace("Switch a lamp.", "Switch one lamp.").replace("1.0.0", "1.1.0"))
        house.system.registry.sync([manifest])
        assert house.system.registry.revision > revision
        assert code.ready(rule) is None
        house.set("room.temperature_c", 20)
        house.set("room.temperature_c", 30)
        await house.until(lambda: house.lamps.told == [("hall", "on")])
        after = code.ready(rule)
        assert after is not None
        assert after.verified is not before.verified

    play(tmp_path, scenario)


def test_what_asks_a_person_goes_the_whole_way(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.add("{id: unlock, triggers: [{kind: event, event: bell}], action: {code: door_unlock()}}")
        (rule, _), *_ = house.system.rules.engine.rules()
        assert house.system.rules.code.ready(rule) is None
        assert house.system.rules.missed_by_default(rule).value == "ask"

    play(tmp_path, scenario)


@pytest.mark.parametrize(("said", "told"), [("yes", [("hall", "on")]), ("no", [])])
def test_a_person_is_asked_whether_what_is_late_is_still_to_be_done(
    tmp_path: Path, said: str, told: list[tuple[str, str]]
) -> None:
    async def scenario(house: House) -> None:
        await house.add(
            "{id: leaving, triggers: [{kind: before, key: user.departure_at, offset_s: 600, too_late: ask}],"
            ' text: light the hall, action: {code: \'lamp_set(lamp="hall", state="on")\'}}'
        )
        house.set("user.departure_at", (datetime.now(UTC) + timedelta(minutes=9)).isoformat())
        questions = house.system.questions
        await house.until(lambda: bool(questions.pending()))
        (question,) = questions.pending()
        left_s = re.fullmatch(r"light the hall: user\.departure_at is (\d+) s away, less than 600 s.*", question.text)
        assert left_s is not None, question.text
        assert 240 < int(left_s[1]) <= 540
        questions.answer(question.question_id, said)
        verdict = Verdict.ENDED if said == "yes" else Verdict.MISSED
        await house.until(lambda: house.system.rules.traces("leaving")[0].verdict is verdict)
        assert house.lamps.told == told

    play(tmp_path, scenario)


def test_rules_are_tried_over_what_was_recorded(tmp_path: Path) -> None:
    begin = datetime.now(UTC)

    async def scenario(house: House) -> None:
        await house.add(LIVE)
        house.set("safe.code", "1234")
        for value in (20.0, 30.0):
            house.set("room.temperature_c", value)
            house.system.recorder.write()
        await house.until(lambda: house.lamps.told == [("hall", "on")])
        history = house.system.recorded(begin, datetime.now(UTC))
        assert [change.value for change in history.changes if change.key == "room.temperature_c"] == [20.0, 30.0]
        assert "safe.code" not in {change.key for change in history.changes}
        rules = [rule for rule, _ in house.system.rules.engine.rules()]
        traces = simulate(rules, history, begin, datetime.now(UTC), HomePlace())
        assert [trace.verdict for trace in traces] == [Verdict.FIRED, Verdict.ENDED]
        later = datetime.now(UTC) + timedelta(hours=1)
        kept = house.system.recorded(later, later + timedelta(hours=1))
        assert kept.state["room.temperature_c"] == 30.0
        with pytest.raises(RequestError, match="no history"):
            house.system.recorded(begin - timedelta(days=9), begin - timedelta(days=8))

    play(tmp_path, scenario)
    file = tmp_path / "state" / "taskmatrix.sqlite"
    assert [rule.id for rule in read_rules(file)] == ["hall_on"]
    assert read_history(file, begin, datetime.now(UTC)).since is not None

    profile = tmp_path / "profile.yaml"
    profile.write_text(f"manifests: [{tmp_path / 'lamps.yaml'}]\nstate_folder: {file.parent}\n", encoding="utf-8")
    span = ("--from", (begin - timedelta(seconds=1)).isoformat(), "--to", datetime.now(UTC).isoformat())
    shown = CliRunner().invoke(app, ["rules", "simulate", "--profile", str(profile), *span, "--json"])
    assert shown.exit_code == 0, shown.output
    fired = json.loads(shown.stdout)["timeline"][0]
    assert (fired["rule_id"], fired["verdict"]) == ("hall_on", "fired")
    assert "lamp_set" in fired["would"]


EVENING = """
id: evening
triggers: [{kind: time, at: "22:30"}, {kind: state, key: room.temperature_c, above: 25}]
action: {code: 'lamp_set(lamp="hall", state="off")'}
expires_at: 2999-01-01T00:00
"""


def test_people_are_told_the_homes_time_and_not_the_machines(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.add(EVENING)
        house.set("room.temperature_c", 20)
        house.set("room.temperature_c", 30)
        rules = house.system.rules
        await house.until(lambda: rules.engine.find("evening")[1].last_fired_at is not None)
        shown = rule_to_plain(rules, "evening")
        assert shown["next_at"].endswith("T22:30:00+09:00")
        assert shown["expires_at"] == "2999-01-01T00:00:00+09:00"
        assert shown["last_fired_at"].endswith("+09:00")
        story = explain(
            rules.engine.find("evening")[0], rules.traces("evening"), rules.engine.due_of("evening"), rules.place
        )
        assert f"next at {shown['next_at']}" in story
        assert "+00:00" not in story

    play(tmp_path, scenario, HomePlace(time_zone="Asia/Tokyo"))


BURST = """
id: bell
mode: parallel
bound: 1000
triggers: [{kind: state, key: room.temperature_c}]
action: {code: '%s'}
"""
DIM = 'lamp_dim(lamp="hall", state="low")'


def outcomes(house: House) -> list[Outcome]:
    runs = [house.system.journal.run(run.run_id) for run in house.system.journal.runs(limit=1000)]
    return [record.outcome for run in runs if run is not None for record in run.calls if record.outcome is not None]


def test_of_a_burst_each_is_done_once_and_none_before_all_are_kept(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.add(BURST % DIM)
        house.set("room.temperature_c", 0)
        with house.system.state.together.gathering():
            for number in range(1, 201):
                house.set("room.temperature_c", number / 100)
            assert house.lamps.told == []
        await house.until(lambda: len(house.lamps.told) == 200)
        await house.until(lambda: not house.system.session.active)
        assert len(outcomes(house)) == 200
        assert {outcome.status for outcome in outcomes(house)} == {Status.SUCCEEDED}
        assert house.system.rules.engine.find("bell")[1].fired == 200

    play(tmp_path, scenario)


def test_a_stop_in_a_burst_holds_back_all_that_has_not_gone_out(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.add(BURST % DIM)
        house.set("room.temperature_c", 0)
        with house.system.state.together.gathering():
            for number in range(1, 21):
                house.set("room.temperature_c", number / 100)
            house.system.latch.latch("the button")
        await house.until(lambda: not house.system.session.active)
        assert house.lamps.told == []
        errors = {outcome.error.code for outcome in outcomes(house) if outcome.error is not None}
        assert (len(outcomes(house)), errors) == (20, {"STOPPED"})

    play(tmp_path, scenario)


def test_what_a_call_requires_is_looked_at_again_after_the_rest_of_a_burst(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.add(BURST % DIM)
        house.set("room.temperature_c", 0)
        with house.system.state.together.gathering():
            house.set("room.temperature_c", 5)
            house.set("room.temperature_c", 30)
        await house.until(lambda: len(outcomes(house)) == 2 and not house.system.session.active)
        assert house.lamps.told == []
        assert [outcome.error.code for outcome in outcomes(house) if outcome.error] == ["REQUIREMENT", "REQUIREMENT"]

    play(tmp_path, scenario)
