"""A world of assignments: what calls would change, without a device."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import product
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import BudgetExceeded, VerificationError
from taskmatrix_ros.executor.rehearsal.guesses import Guesses
from taskmatrix_ros.executor.rehearsal.route import Route
from taskmatrix_ros.executor.sandbox.interpreter import ExternalCall
from taskmatrix_ros.executor.source.argument_check import argument_problems
from taskmatrix_ros.expressions.ensures import ensures_of, is_left_out
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.key_template import expand_key
from taskmatrix_ros.expressions.spread import spread


class SymbolicWorld:
    """Answers calls as their documents say they end well, and keeps what that foretells.

    Once code has used a value that had to be guessed, everything after it may be otherwise: what would be a fault
    before is then only something that could not be predicted.
    """

    def __init__(
        self,
        documents: Mapping[str, ApiDocument],
        state: Mapping[str, Any],
        now: datetime,
        max_calls: int,
        guesses: Guesses,
        route: Route,
    ) -> None:
        """:param guesses: of the code that is rehearsed here.

        :param route: how calls end that may end in several ways.
        """
        self.calls: list[Call] = []
        self.risks: dict[str, None] = {}
        self.unknown: dict[str, None] = {}
        self.guessed = False
        self._documents = documents
        self._before = dict(state)
        self._state = dict(state)
        self._now = now
        self._max_calls = max_calls
        self._guesses = guesses
        self._route = route
        self._duration_s: float | None = 0.0
        self._side_by_side: list[float | None] = []

    async def perform(self, wanted: ExternalCall) -> Any:
        """Do a call in this world.

        :raises CallError: it ends so on this route; it has changed nothing then.
        :raises VerificationError: its arguments or a ``requires`` are wrong for certain.
        :raises BudgetExceeded: there are more calls than a run may make.
        """
        if len(self.calls) >= self._max_calls:
            raise BudgetExceeded(f"the code makes more than {self._max_calls} calls; split the instruction")
        document = self._documents[wanted.site.api]
        arguments = document.with_defaults(dict(wanted.arguments))
        call = Call(
            run_id="",
            api=document.name,
            arguments=arguments,
            deadline_s=document.deadline_s,
            position=wanted.site.position,
        )
        problems = argument_problems(document, wanted.arguments)
        for problem in problems:
            self._object(call, "limit", f"{document.name}: {problem}", "give a value that is allowed")
        self.calls.append(call)
        self._note_risks(call, document)
        self._spend(_time_of(document, arguments), gathered=wanted.site.gathered)
        ending = self._route.take(self._guesses.endings(wanted, document, {} if problems else arguments))
        if ending.missing and wanted.site.result_used:
            self.guessed = True
            if not ending.assumed:
                what = ", ".join(filter(None, ending.missing)) or "what it returns"
                self.note_unknown(f"line {call.position.line}: {what} of {document.name}")
        if not problems:
            self._check_requirements(call, document)
        if ending.error is not None:
            self.guessed = True
            raise ending.error
        if not problems:
            is_guess = bool(ending.missing) and not ending.assumed
            self._assign(call, document, ending.result, is_guess=is_guess)
        return ending.result

    def join(self) -> None:
        """Let the calls gathered so far end: they took as long as the longest of them."""
        times, self._side_by_side = self._side_by_side, []
        if times:
            self._spend(None if None in times else max(time for time in times if time is not None), gathered=False)

    def diff(self) -> dict[str, tuple[Any, Any]]:
        """Give every key that changed: before and after."""
        changed = {
            key: (self._before.get(key), value) for key, value in self._state.items() if self._before.get(key) != value
        }
        return dict(sorted(changed.items()))

    def duration_s(self) -> float | None:
        """Sum of the calls' typical times, of gathered ones the longest; None where a document tells none."""
        return self._duration_s

    def note_unknown(self, line: str) -> None:
        """Keep what could not be predicted; the same line once."""
        self.unknown[line] = None

    def _spend(self, time_s: float | None, *, gathered: bool) -> None:
        if gathered:
            self._side_by_side.append(time_s)
        else:
            self._duration_s = None if time_s is None or self._duration_s is None else self._duration_s + time_s

    def _object(self, call: Call, code: str, message: str, hint: str) -> None:
        """Refuse, or only note it where a guess may be at fault."""
        place = call.position
        if self.guessed:
            self.note_unknown(f"line {place.line}: {message}; this may come of a value that is not known yet")
            return
        raise VerificationError(
            [Diagnostic(code=code, message=message, hint=hint, line=place.line, column=place.column)]
        )

    def _check_requirements(self, call: Call, document: ApiDocument) -> None:
        for source, args in product(document.requires, spread(document, call.arguments)):
            verdict, evidence = Expression.parse(source).decide(self._state, args, now=self._now)
            if verdict is None:
                self.note_unknown(f"line {call.position.line}: {document.name} requires: {evidence}")
            elif not verdict:
                message = f"{document.name} requires: {evidence}"
                self._object(call, "requires", message, "make it hold with a call before this one, or leave this out")

    def _note_risks(self, call: Call, document: ApiDocument) -> None:
        place = f"line {call.position.line}: {document.name}"
        if document.effect is Effect.HAZARDOUS or self._is_hazardous(call, document):
            self.risks[f"{place} is hazardous and needs a person's approval"] = None
        if document.effect.commands and not ensures_of(document):
            self.risks[f"{place} cannot be confirmed: nothing tells what it brings about"] = None

    def _is_hazardous(self, call: Call, document: ApiDocument) -> bool:
        reasons = product(document.hazardous_when, spread(document, call.arguments))
        return any(
            Expression.parse(source).decide(self._state, args, now=self._now)[0] is not False
            for source, args in reasons
        )

    def _assign(self, call: Call, document: ApiDocument, result: Any, *, is_guess: bool) -> None:
        assigned = {}
        for (template, source), args in product(document.sets.items(), spread(document, call.arguments)):
            if is_left_out(document, source, args):
                continue
            try:
                key = expand_key(template, args)
            except ValueError as error:
                self.note_unknown(f"line {call.position.line}: what {document.name} changes: {error}")
                continue
            expression = Expression.parse(source)
            absent = [read for read in expression.keys_for(args) if read not in self._state]
            try:
                value = expression.evaluate(self._state, args, result=result, now=self._now)
            except ValueError as error:
                self.note_unknown(f"line {call.position.line}: {key} after {document.name}: {error}")
                value, absent = None, [key]
            if (value is None and absent) or (is_guess and expression.uses_result):
                self._state.pop(key, None)
            else:
                assigned[key] = value
        self._state.update(assigned)


def _time_of(document: ApiDocument, arguments: Mapping[str, Any]) -> float | None:
    """Give how long a call takes, in seconds; ``wait`` says it itself."""
    asked = arguments.get("duration_s")
    if document.binding.kind == "builtin" and isinstance(asked, int | float):
        return float(asked)
    return document.typical_s
