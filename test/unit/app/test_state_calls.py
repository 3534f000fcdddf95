"""State that comes of calls comes of such as only read, also after an update."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from taskmatrix_ros.app.state_calls import StateCalls
from taskmatrix_ros.core.api_document import ApiDocument, StateSpec
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.state_store import StateStore

METER = {"name": "meter", "description": "Read.", "version": "1.0.0", "binding": {"kind": "function", "name": "x"}}
SPEC = StateSpec.model_validate({"key": "meter.kwh", "type": "number", "from": {"kind": "call", "api": "meter"}})


class Shelf:
    document = ApiDocument.model_validate({**METER, "effect": "read"})

    def get(self, _name: str) -> ApiDocument:
        return self.document

    def states(self) -> Sequence[StateSpec]:
        return (SPEC,)


class Meter:
    """A binding, and a Gate that lets everything pass."""

    kinds = frozenset({"function"})

    def __init__(self) -> None:
        self.calls = 0

    def admit(self, call: Call, *_: Any) -> dict[str, Any]:
        return dict(call.arguments)

    async def call(self, call: Call, *_: Any) -> Outcome:
        self.calls += 1
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED, value=7)


@pytest.mark.parametrize(("effect", "calls"), [("read", 1), ("notify", 0), ("actuate", 0), ("hazardous", 0)])
def test_what_an_update_made_more_than_reading_is_asked_no_more(
    effect: str, calls: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        catalogue, meter, state = Shelf(), Meter(), StateStore()
        asking = StateCalls(catalogue, state, meter, [meter])  # type: ignore[arg-type, list-item]
        await asking.open()  # the first question is asked with the loop's next turn
        catalogue.document = ApiDocument.model_validate({**METER, "version": "1.1.0", "effect": effect})
        async with asyncio.timeout(60):
            while "meter.kwh" not in state and not caplog.text:
                await asyncio.sleep(0)
        await asking.close()
        assert meter.calls == calls
        assert ("meter 1.1.0 does more than read" in caplog.text) is (calls == 0)

    asyncio.run(main())
