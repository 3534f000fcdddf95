"""By a rule nobody gains rights, and nobody takes over another's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from taskmatrix_ros.app.rules.rule_binding import RuleBinding
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.approval import Approval, ApprovalAnswer, ApprovalRequest
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import WallClock
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.instruction import Channel, Instruction
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.policy import Policy

MANIFEST = """
package: lamps
version: 1.0.0
apis:
  - name: lamp_on
    description: Switch the lamp on.
    usage_examples: [{instruction: lamp on, code: lamp_on()}]
    effect: actuate
    idempotent: true
    binding: {kind: mqtt, topic: lamp/set}
  - name: door_unlock
    description: Unlock the door.
    usage_examples: [{instruction: unlock, code: door_unlock()}]
    effect: hazardous
    binding: {kind: mqtt, topic: door/unlock}
"""
POLICY = {"channels": {"mqtt": {"effects": ["read", "notify"]}}, "speakers": {"guest": {"deny": ["door_*"]}}}


class Household:
    """Rules of a system, asked for by calls; a person says yes to all."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.asked = Instruction(text="x", channel=Channel.CLI)
        self.requests: list[ApprovalRequest] = []
        self.binding = RuleBinding(system.rules, self, lambda _run: self.asked, WallClock())  # type: ignore[arg-type]

    async def ask(self, request: ApprovalRequest) -> Approval:
        self.requests.append(request)
        answer = ApprovalAnswer(approval_id=request.approval_id, approved=True, channel=Channel.CLI)
        return Approval(request=request, answer=answer)

    async def do(self, name: str, *, channel: Channel = Channel.CLI, speaker: str = "", **arguments: Any) -> Outcome:
        self.asked = Instruction(text="ring", channel=channel, speaker=speaker)
        document = ApiDocument.model_validate(
            {"name": f"rule_{name}", "description": "x", "effect": "notify", "binding": {"kind": "rules", "name": name}}
        )
        call = Call(run_id="r", api=document.name, arguments=arguments, deadline_s=5.0)
        return await self.binding.call(call, document, lambda _report: None)

    @property
    def rules(self) -> dict[str, tuple[str, str | None]]:
        return {rule.id: (rule.speaker, rule.action.code) for rule in self.system.rules.made()}


def rule(action: str, kind: str = "code") -> dict[str, Any]:
    return {"id": "ring", "triggers": [{"kind": "event", "event": "bell"}], "action": {kind: action}}


def play(folder: Path, scenario: Callable[[Household], Awaitable[None]]) -> None:
    async def main() -> None:
        (folder / "lamps.yaml").write_text(MANIFEST, encoding="utf-8")
        system = System([folder / "lamps.yaml"], store_file=None, policy=Policy.model_validate(POLICY))
        await system.open()
        try:
            system.recover()
            await scenario(Household(system))
        finally:
            await system.close()

    asyncio.run(main())


def test_a_rule_does_nothing_that_its_asker_may_not(tmp_path: Path) -> None:
    async def scenario(home: Household) -> None:
        for given in (rule("lamp_on()"), rule("switch the lamp on", "instruction")):
            refused = await home.do("add", channel=Channel.MQTT, rule=given)
            assert refused.status is Status.REJECTED, refused
            assert refused.error is not None
            assert "channel mqtt" in refused.error.message
        assert (home.requests, home.rules) == ([], {})
        assert (await home.do("add", rule=rule("lamp_on()"))).status is Status.SUCCEEDED
        changed = await home.do("change", channel=Channel.MQTT, rule="ring", new=rule("door_unlock()"))
        assert changed.status is Status.REJECTED
        assert home.rules == {"ring": ("", "lamp_on()")}

    play(tmp_path, scenario)


def test_another_speaker_does_not_change_a_rule_that_keeps_its_owners_rights(tmp_path: Path) -> None:
    async def scenario(home: Household) -> None:
        await home.do("add", speaker="ann", rule=rule("lamp_on()"))
        refused = await home.do("change", speaker="guest", rule="ring", new=rule("print('x')"))
        assert refused.error is not None
        assert (refused.status, refused.error.code) == (Status.REJECTED, "RIGHTS")
        assert "ring is ann's" in refused.error.message
        assert home.rules == {"ring": ("ann", "lamp_on()")}
        for speaker, code in (("ann", "door_unlock()"), ("", "lamp_on()")):
            changed = await home.do("change", speaker=speaker, rule="ring", new=rule(code))
            assert changed.status is Status.SUCCEEDED, changed
            assert home.rules == {"ring": ("ann", code)}

    play(tmp_path, scenario)


def test_a_rule_that_does_something_hazardous_is_asked_for_as_such(tmp_path: Path) -> None:
    async def scenario(home: Household) -> None:
        for code in ("lamp_on()", "door_unlock()"):
            assert (await home.do("add", rule=rule(code))).status is Status.SUCCEEDED
        assert [request.effect for request in home.requests] == [Effect.NOTIFY, Effect.HAZARDOUS]
        await home.do("change", rule="ring", new=rule("door_unlock()"))
        assert home.requests[-1].effect is Effect.HAZARDOUS
        assert "door_unlock" in home.requests[-1].summary

    play(tmp_path, scenario)
