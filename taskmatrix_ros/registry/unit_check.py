"""Units of numbers: a suffix of the name, said in the unit as well."""

from __future__ import annotations

from taskmatrix_ros.core.parameter_spec import ParameterSpec, ValueType
from taskmatrix_ros.registry.findings import Findings
from taskmatrix_ros.registry.yaml_reader import Path

SUFFIXES = frozenset(
    {
        *("s", "ms", "min", "h", "hz"),
        *("m", "mm", "cm", "km", "m2", "m3", "l", "m_s", "m_s2", "km_h", "rad", "deg", "rad_s"),
        *("kg", "g", "n", "nm", "pa", "hpa", "bar", "w", "kw", "wh", "kwh", "v", "a"),
        *("c", "k", "f", "pct", "ratio", "lx", "db", "px", "ppm", "ug_m3"),
        *("count", "index"),
    }
)
"""Endings of names that say what a number counts; ``ratio`` is 0..1, ``count`` and ``index`` have no unit."""


def check_unit(name: str, spec: ParameterSpec, path: Path, findings: Findings) -> None:
    """Warn of numbers whose name does not say their unit, also inside objects and lists."""
    if spec.type in (ValueType.NUMBER, ValueType.INTEGER) and spec.enum is None:
        _check_name(name, spec.type, spec.unit, path, findings)
    for inner_name, inner in (spec.properties or {}).items():
        check_unit(inner_name, inner, (*path, "properties", inner_name), findings)
    if spec.items is not None:
        check_unit(name, spec.items, (*path, "items"), findings)


def check_state_unit(key: str, value_type: ValueType, unit: str | None, path: Path, findings: Findings) -> None:
    """Warn of state keys of numbers whose last part does not say the unit."""
    if value_type in (ValueType.NUMBER, ValueType.INTEGER):
        _check_name(key.rsplit(".", 1)[-1], value_type, unit, path, findings)


def _check_name(name: str, value_type: ValueType, unit: str | None, path: Path, findings: Findings) -> None:
    parts = name.split("_")
    endings = {"_".join(parts[start:]) for start in range(len(parts))}
    if unit is not None:
        suffix = unit.lower().replace("/", "_")
        if suffix not in endings:
            findings.warn(
                path, "unit", f"its unit is {unit!r}, which its name does not say", f"name it {name}_{suffix}"
            )
    elif value_type is ValueType.NUMBER and not endings & SUFFIXES:
        findings.warn(
            path,
            "unit",
            "a number whose name says no unit",
            f"name it {name}_s, {name}_m, {name}_c, {name}_pct or the like",
        )
