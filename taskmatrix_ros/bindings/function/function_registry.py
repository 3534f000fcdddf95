"""The Python functions that installed packages offer to documents."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from taskmatrix_ros.core.errors import ConfigError

GROUP = "taskmatrix_ros.functions"
"""Of entry points. Who installs a package decides what is callable; a document only names it."""


class FunctionRegistry:
    """Knows what is installed; imports a function when it is first needed.

    :param own: functions of this system itself, which need more than arguments; they go before installed ones.
    """

    def __init__(self, own: Mapping[str, Callable[..., Any]] | None = None) -> None:
        self._own = dict(own or {})
        self._known: dict[str, EntryPoint] | None = None
        self._loaded: dict[str, Callable[..., Any]] = {}

    def look(self) -> None:
        """Look anew at what is installed."""
        self._known = {entry.name: entry for entry in entry_points(group=GROUP)}
        self._loaded.clear()

    def get(self, name: str) -> Callable[..., Any]:
        """Give a function.

        :raises ConfigError: no installed package offers one of that name, or it cannot be imported.
        """
        if name in self._own:
            return self._own[name]
        if self._known is None:
            self.look()
        assert self._known is not None
        if name in self._loaded:
            return self._loaded[name]
        entry = self._known.get(name)
        if entry is None:
            names = sorted({*self._own, *self._known})
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names) or 'none'}"
            raise ConfigError(f"function {name!r} is in no installed package's entry points {GROUP!r}; {hint}")
        try:
            function: Callable[..., Any] = entry.load()
        except Exception as error:  # importing runs a package's own code
            raise ConfigError(
                f"function {name!r} ({entry.value}) cannot be imported: {type(error).__name__}: {error}; mend or "
                "uninstall its package"
            ) from error
        if not callable(function):
            raise ConfigError(f"function {name!r} ({entry.value}) is a {type(function).__name__}, nothing to call")
        self._loaded[name] = function
        return function


def argument_problem(function: Callable[..., Any], names: set[str]) -> str | None:
    """Say why a function cannot be called with arguments of these names, or None."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None  # some built-in ones do not tell; calling shows
    try:
        signature.bind(**dict.fromkeys(names))
    except TypeError as error:
        return f"{error}; it is {signature}"
    return None
