"""A CEL expression, compiled once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import cel

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.expressions.functions import to_cel
from taskmatrix_ros.expressions.rewriter import Rewriter, Rewritten
from taskmatrix_ros.expressions.tokens import shorten

MAX_LENGTH = 4000
"""Characters of an expression; a person reads it before approving."""

_POSITION = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_EXPECTING = re.compile(r" expecting .*|, but .*")
_OWN_NAME = re.compile(r"(?<!\w)__")


@dataclass(frozen=True, slots=True)
class _ComputedKey:
    variable: str
    program: Any


@dataclass(frozen=True, eq=False)
class Expression:
    """CEL over ``state["entity.attribute"]``, ``args.name``, ``result`` and ``now``.

    All numbers are doubles; a state key or argument that is missing is null, and so is the value of a key that cannot
    be computed. Immutable and free of threads' affairs: it may be shared.
    """

    source: str
    state_keys: tuple[str, ...]
    """Keys read whatever the arguments are."""
    arg_names: tuple[str, ...]
    """Arguments read, by themselves or inside a key."""
    uses_result: bool
    uses_now: bool
    _program: Any = field(repr=False)
    _static: tuple[tuple[str, str], ...] = field(repr=False)
    _computed: tuple[_ComputedKey, ...] = field(repr=False)
    _arguments: tuple[tuple[str, str], ...] = field(repr=False)
    _functions: dict[str, Callable[..., Any]] = field(repr=False)
    _short: str = field(repr=False)
    """The source as evidence shows it."""

    @staticmethod
    def parse(source: str) -> Expression:
        """Compile an expression; the same source is compiled once per process.

        :raises ConfigError: it is no CEL, or reads a name that is none of ``state``, ``args``, ``result``, ``now``; the
            message has line and column.
        """
        return _parse(source)

    @property
    def reads_state(self) -> bool:
        """Whether it reads any state key, fixed or computed from arguments."""
        return bool(self._static or self._computed)

    def keys_for(self, args: Mapping[str, Any]) -> tuple[str, ...]:
        """Every state key read with these arguments; those that cannot be computed are left out."""
        if not self._computed:
            return self.state_keys
        values = self._argument_values(args)
        computed = (self._key(access, values) for access in self._computed)
        return (*self.state_keys, *(key for key in computed if key is not None))

    def evaluate(self, state: Mapping[str, Any], args: Mapping[str, Any], *, result: Any = None, now: datetime) -> Any:
        """Give the expression's value; numbers are floats.

        :param state: entity.attribute -> value; what is absent is null.
        :param result: what a call returned.
        :param now: aware.
        :raises ValueError: it cannot be evaluated with these values; one line says why.
        """
        try:
            return self._execute(state, args, result, now)
        except Exception as error:  # the library raises many kinds, from its own and from function faults
            raise ValueError(f"{self._short} cannot be evaluated: {_reason(error)}") from error

    def holds(
        self, state: Mapping[str, Any], args: Mapping[str, Any], *, result: Any = None, now: datetime
    ) -> tuple[bool, str]:
        """Say whether it is true, and show why.

        :returns: verdict and one line of evidence: the expression with the values it read. An expression that errs, or
            whose value is no boolean, is false and the evidence says so.
        """
        try:
            value = self.evaluate(state, args, result=result, now=now)
        except ValueError as error:
            return False, f"{error} ({self._values_read(state, args)})"
        read = self._values_read(state, args)
        if isinstance(value, bool):
            return value, f"{self._short} {'holds' if value else 'does not hold'} ({read})"
        return False, f"{self._short} is {value!r}, not true or false ({read})"

    def decide(
        self, known: Mapping[str, Any], args: Mapping[str, Any], *, result: Any = None, now: datetime
    ) -> tuple[bool | None, str]:
        """Say whether it is true whatever the keys that are absent may hold, and show why.

        :param known: a key that is there with None is known to be null; of one that is absent nothing is known.
        :returns: verdict, None where it depends on what is not known, and one line of evidence as ``holds`` gives it.
        """
        absent = [key for key in dict.fromkeys(self.keys_for(args)) if key not in known]
        if not absent:
            return self.holds(known, args, result=result, now=now)
        try:
            value = self._execute(known, args, result, now, only_known=True)
        except Exception:  # noqa: BLE001 - whatever fails where something is not known may fail for want of it
            value = None
        if isinstance(value, bool):
            return (
                value,
                f"{self._short} {'holds' if value else 'does not hold'} ({self._values_read(known, args)})",
            )
        return None, f"{self._short} cannot be known ({self._values_read(known, args)})"

    def _execute(
        self,
        state: Mapping[str, Any],
        args: Mapping[str, Any],
        result: Any,
        now: datetime,
        *,
        only_known: bool = False,
    ) -> Any:
        """Run the program. ``only_known``: an absent key is an error, which ``&&`` and ``||`` may get around."""
        variables = self._argument_values(args)
        computed = [(access.variable, self._key(access, variables)) for access in self._computed]
        for variable, key in (*self._static, *computed):
            if not only_known or key in state:
                variables[variable] = None if key is None else to_cel(state.get(key))
        if self.uses_result:
            variables["result"] = to_cel(result)
        if self.uses_now:
            variables["now"] = now
        return to_cel(self._program.execute(_context(variables, self._functions)))

    def _argument_values(self, args: Mapping[str, Any]) -> dict[str, Any]:
        return {variable: to_cel(args.get(name)) for variable, name in self._arguments} if self._arguments else {}

    def _key(self, access: _ComputedKey, values: dict[str, Any]) -> str | None:
        try:
            key = access.program.execute(_context(values, self._functions))
        except Exception:  # noqa: BLE001 - a key of a missing argument is a missing key
            return None
        return key if isinstance(key, str) else None

    def _values_read(self, state: Mapping[str, Any], args: Mapping[str, Any]) -> str:
        keys = dict.fromkeys(self.keys_for(args))
        values = [f"{key} {'is missing' if (v := state.get(key)) is None else f'is {v!r}'}" for key in keys]
        if not values:
            values = [f"{name} is {args.get(name)!r}" for name in self.arg_names]
        return ", ".join(values) or "no state read"


def _context(variables: dict[str, Any], functions: dict[str, Callable[..., Any]]) -> Any:
    return cel.Context(variables=variables, functions=functions) if functions else variables


@lru_cache(maxsize=8192)
def _parse(source: str) -> Expression:
    if not source.strip():
        raise ConfigError("an expression is empty; write one or leave the entry out")
    if len(source) > MAX_LENGTH:
        raise ConfigError(
            f"expression {shorten(source)!r} has {len(source)} characters; {MAX_LENGTH} are allowed, split it"
        )
    _compile(source, source)
    rewritten = Rewriter(source).rewrite()
    static: dict[str, str] = {}
    computed = []
    for access in rewritten.keys:
        program = _compile(access.key_source, source)
        if access.needs_arguments:
            computed.append(_ComputedKey(access.variable, program))
        else:
            static[access.variable] = _constant_key(program, rewritten, source)
    return Expression(
        source=source,
        state_keys=tuple(dict.fromkeys(static.values())),
        arg_names=tuple(rewritten.arguments.values()),
        uses_result="result" in rewritten.roots,
        uses_now="now" in rewritten.roots,
        _program=_compile(rewritten.source, source),
        _static=tuple(static.items()),
        _computed=tuple(computed),
        _arguments=tuple(rewritten.arguments.items()),
        _functions=rewritten.functions,
        _short=shorten(source),
    )


def _compile(text: str, source: str) -> Any:
    try:
        return cel.compile(text)
    except ValueError as error:
        raise ConfigError(f"expression {shorten(source)!r}{_syntax_problem(str(error))}") from error


def _syntax_problem(message: str) -> str:
    found = _POSITION.search(message)
    if found is None:
        return f": {shorten(message)}"
    line, column, problem = found.groups()
    problem = _EXPECTING.sub("", problem.removeprefix("Syntax error: ")).replace("'<EOF>'", "the end")
    if "has()" in problem:
        problem += '; has takes result.field or args.name, for state write state["entity.attribute"] != null'
    return f", line {line}, column {column}: {problem}"


def _constant_key(program: Any, rewritten: Rewritten, source: str) -> str:
    try:
        key = program.execute(_context({}, rewritten.functions))
    except Exception as error:
        raise ConfigError(f"expression {shorten(source)!r}: a state key {_reason(error)}") from error
    if not isinstance(key, str):
        raise ConfigError(f"expression {shorten(source)!r}: state key {key!r} is not a text")
    return key


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"has no field {error}"
    text = " ".join(str(error).split())
    text = text.rsplit("Python function call failed: ", 1)[-1].split(". C")[0]
    return _OWN_NAME.sub("", text) or type(error).__name__
