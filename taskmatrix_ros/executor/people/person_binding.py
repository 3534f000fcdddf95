"""What passes between a person and the home: facts that are told, words that are said."""

from __future__ import annotations

from datetime import datetime

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import HomeClock
from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.core.home_spec import Say, Told
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status, utc_now
from taskmatrix_ros.core.ports import Progress
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.store.told_facts import ToldFacts

SOURCE = "person"


class PersonBinding:
    """Implements ``core.ports.Binding`` for the kinds ``told`` and ``say``.

    A fact is kept until it is told anew or taken back, over restarts too. What is said is the event ``said``; whoever
    listens says it aloud: the node's topic ``say``, a terminal, a device.
    """

    kinds = frozenset({"told", "say"})

    def __init__(self, state: StateStore, events: EventBus, facts: ToldFacts, clock: HomeClock) -> None:
        self._state, self._events, self._facts, self._clock = state, events, facts, clock

    async def open(self) -> None:
        """Take up what was told in an earlier life."""
        for key, value, at in self._facts.all():
            self._state.set(key, value, source=SOURCE, at=at, retained=True)

    async def close(self) -> None:
        """Nothing to give back."""

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:  # noqa: ARG002
        """Take in a fact, or say something; see ``core.ports.Binding.call``."""
        started = utc_now()
        spec = document.binding
        if isinstance(spec, Told):
            outcome = self._told(call, spec)
        else:
            assert isinstance(spec, Say)
            text = str(call.arguments.get("text") or "").strip()
            self._events.publish(Event(kind="said", run_id=call.run_id, call_id=call.call_id, data={"text": text}))
            outcome = Outcome(call_id=call.call_id, status=Status.SUCCEEDED)
        return outcome.model_copy(update={"started_at": started, "ended_at": utc_now()})

    async def cancel(self, call_id: str) -> None:
        """Calls end at once."""

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:  # noqa: ARG002
        """Nobody knows whether somebody heard it."""
        return None

    def stop(self) -> None:
        """Nothing of this moves."""

    def _told(self, call: Call, spec: Told) -> Outcome:
        value = call.arguments.get(spec.value[1:-1]) if _is_slot(spec.value) else spec.value
        if spec.key.endswith("_at") and value is not None:
            try:
                datetime.fromisoformat(str(value))
            except ValueError:
                message = f"{call.api}: {str(value)[:60]!r} is no moment; write it like 2026-12-24T08:00+01:00"
                report = ErrorReport(code="ARGUMENT", message=message)
                return Outcome(call_id=call.call_id, status=Status.REJECTED, error=report)
        now = self._clock.now()
        self._facts.save(spec.key, value, now)
        self._state.set(spec.key, value, source=SOURCE, at=now)
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED, value=value)


def _is_slot(value: object) -> bool:
    return isinstance(value, str) and value.startswith("{") and value.endswith("}") and "{" not in value[1:]
