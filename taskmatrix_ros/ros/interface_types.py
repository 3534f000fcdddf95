"""Interface types by name: ``taskmatrix_interfaces/action/RobotFind`` -> the generated class."""

from __future__ import annotations

import difflib
import importlib
from functools import cache
from typing import Any

from taskmatrix_ros.core.errors import ConfigError


@cache
def interface_type(name: str) -> Any:
    """Import a generated interface class.

    :param name: ``package/kind/Type`` with kind action, srv or msg.
    :raises ConfigError: no such package or type; says the nearest one.
    """
    package, kind, type_name = name.split("/")
    try:
        module = importlib.import_module(f"{package}.{kind}")
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"ros type '{name}': no package '{package}' with a '{kind}' part is installed; "
            "install or source it, or correct the type in the manifest"
        ) from error
    found = getattr(module, type_name, None)
    if found is None:
        known = [entry for entry in vars(module) if entry[:1].isupper()]
        near = difflib.get_close_matches(type_name, known, n=1, cutoff=0.0)
        raise ConfigError(
            f"ros type '{name}': {package}/{kind} has no '{type_name}'; nearest: "
            f"'{package}/{kind}/{near[0] if near else '?'}'; correct the type in the manifest"
        )
    return found
