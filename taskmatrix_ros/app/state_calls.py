"""State that comes of calls: reading APIs asked again and again, what they give back written into state."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument, StateSpec
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import ConfigError, TaskMatrixError
from taskmatrix_ros.core.home_spec import CallSource
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.instruction import Channel, Instruction
from taskmatrix_ros.core.outcome import Status
from taskmatrix_ros.core.ports import Binding, Catalogue, Gate
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.expressions.functions import text_of, to_cel

_log = logging.getLogger(__name__)

RETRY_S = 30.0
"""Seconds after a call that failed, where that is sooner than the next."""

_ASKED = Instruction(text="keep the state of the home", channel=Channel.LIBRARY)


class StateCalls:
    """Asks each API once for all keys that come of it. Every call passes the Gate, as any other. Reads only."""

    def __init__(self, catalogue: Catalogue, state: StateStore, gate: Gate, bindings: Sequence[Binding]) -> None:
        self._catalogue, self._state, self._gate = catalogue, state, gate
        self._bindings = {kind: binding for binding in bindings for kind in binding.kinds}
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Begin to ask.

        :raises ConfigError: a key comes of an API that there is not, or that does more than read.
        """
        groups: dict[str, list[tuple[StateSpec, CallSource]]] = defaultdict(list)
        for spec in self._catalogue.states():
            if isinstance(spec.source, CallSource):
                source = spec.source
                self._check(spec, source)
                groups[json.dumps([source.api, source.arguments, source.every_s], sort_keys=True)].append(
                    (spec, source)
                )
        for group in groups.values():
            for spec, _ in group:
                if spec.stale_after_s is not None:
                    self._state.set_stale_after(spec.key, spec.stale_after_s)
            self._tasks.append(asyncio.create_task(self._keep(group), name=f"state-{group[0][1].api}"))

    async def close(self) -> None:
        """Ask no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def _check(self, spec: StateSpec, source: CallSource) -> None:
        document = self._catalogue.get(source.api)
        if document is None:
            raise ConfigError(f"state '{spec.key}': there is no API {source.api}; name one that reads it")
        if document.effect is not Effect.READ:
            raise ConfigError(f"state '{spec.key}': {source.api} does more than read; name an API that only reads")

    async def _keep(self, group: Sequence[tuple[StateSpec, CallSource]]) -> None:
        source = group[0][1]
        failed = ""
        while True:
            problem = await self._ask(group)
            if problem and problem != failed:
                _log.warning("state of %s: %s", source.api, problem)
            failed = problem
            await asyncio.sleep(min(source.every_s, RETRY_S) if problem else source.every_s)

    async def _ask(self, group: Sequence[tuple[StateSpec, CallSource]]) -> str:
        """Call once and write what came. :returns: what went wrong, empty if nothing did."""
        source = group[0][1]
        document = self._catalogue.get(source.api)
        if document is None or document.binding.kind not in self._bindings:
            return f"nothing here performs {source.api}"
        if document.effect is not Effect.READ:  # an update made it so since ``open`` looked
            return (
                f"{source.api} {document.version} does more than read and is not called; "
                "name an API that only reads, or roll it back"
            )
        try:
            value = await self._value(document, source.arguments)
        except TaskMatrixError as error:
            return error.message
        except Exception as error:  # noqa: BLE001 - a fault of a binding ends one call, not the keeping of state
            _log.exception("%s failed", source.api)
            return repr(error)
        for spec, each in group:
            found = _mapped(_at(value, each.path), each.map)
            self._state.set(spec.key, found, source=f"call:{each.api}", unit=spec.unit)
        return ""

    async def _value(self, document: ApiDocument, arguments: Mapping[str, Any]) -> Any:
        call = Call(
            run_id=new_id(),
            api=document.name,
            arguments=dict(arguments),
            deadline_s=document.deadline_s,
            sequence=1,
        )
        admitted = self._gate.admit(call, document, _ASKED)
        call = call.model_copy(update={"arguments": admitted})
        outcome = await self._bindings[document.binding.kind].call(call, document, lambda _report: None)
        if outcome.status is not Status.SUCCEEDED:
            raise ConfigError(outcome.error.message if outcome.error else f"{document.name}: {outcome.status.value}")
        return outcome.value


def _at(value: Any, path: str) -> Any:
    """Follow a JSON pointer; what is missing is None."""
    for part in path.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def _mapped(value: Any, known: Mapping[str, Any] | None) -> Any:
    if known is None or value is None:
        return value
    try:
        return known.get(text_of(to_cel(value)))
    except ValueError:
        return None
