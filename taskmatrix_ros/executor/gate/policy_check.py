"""Whether a policy speaks of what is there: a misspelt limit would protect nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.parameter_spec import ParameterSpec, ValueType
from taskmatrix_ros.core.policy import Limit, Policy, first_match
from taskmatrix_ros.executor.gate.canonical_name import CanonicalName
from taskmatrix_ros.executor.source.argument_check import nearest

_NUMERIC = (ValueType.NUMBER, ValueType.INTEGER)


def verify_policy(policy: Policy, documents: Iterable[ApiDocument]) -> None:
    """Make sure that every limit limits something.

    :raises ConfigError: one names no API or no parameter, or is wider than the manifest's.
    """
    known = {document.name: document for document in documents}
    for problem in _limit_problems(policy.limits, known):
        raise ConfigError(f"policy.limits.{problem}")


def idle_patterns(policy: Policy, documents: Iterable[ApiDocument], *, robot_namespace: str) -> tuple[str, ...]:
    """Name the patterns that fit nothing yet, one line each: what is registered later may fit, or they are misspelt."""
    names = [
        (document.name, CanonicalName(document.binding, robot_namespace=robot_namespace).of({}))
        for document in documents
    ]
    groups = {
        "allow": policy.allow or (),
        "deny": policy.deny,
        "approve": tuple(pattern for rule in policy.approve for pattern in rule.apis),
        **{f"zones {zone.name!r}": zone.apis for zone in policy.zones},
    }
    return tuple(
        f"policy.{group}: {pattern!r} fits no API that is there"
        for group, patterns in groups.items()
        for pattern in patterns
        if not any(first_match(both, (pattern,)) for both in names)
    )


def _limit_problems(limits: Mapping[str, Mapping[str, Limit]], known: Mapping[str, ApiDocument]) -> Iterator[str]:
    for api, by_parameter in limits.items():
        if api not in known:
            yield f"{api}: there is no such API{_meant(api, known)}"
            continue
        parameters = known[api].parameters
        for name, limit in by_parameter.items():
            spec = parameters.get(name)
            if spec is None:
                yield f"{api}.{name}: {api} has no such parameter{_meant(name, parameters)}"
            elif problem := _mismatch(limit, spec):
                yield f"{api}.{name}: {problem}"


def _mismatch(limit: Limit, spec: ParameterSpec) -> str | None:
    if (limit.minimum is not None or limit.maximum is not None) and spec.type not in _NUMERIC:
        return f"minimum and maximum go with numbers, and this is a {spec.type.value}; use enum"
    for wrong in (value for value in limit.enum or () if spec.problem(value) is not None):
        return f"{wrong!r} is not allowed by the manifest; leave it out"
    unit = f" {spec.unit}" if spec.unit else ""
    if limit.minimum is not None and spec.minimum is not None and limit.minimum < spec.minimum:
        return f"minimum {limit.minimum:g} is below the manifest's {spec.minimum:g}{unit}; a policy only narrows"
    if limit.maximum is not None and spec.maximum is not None and limit.maximum > spec.maximum:
        return f"maximum {limit.maximum:g} is above the manifest's {spec.maximum:g}{unit}; a policy only narrows"
    return None


def _meant(name: str, known: Iterable[str]) -> str:
    meant = nearest(name, known)
    return f"; did you mean {meant}?" if meant else f"; there are {', '.join(sorted(known)[:20]) or 'none'}"
