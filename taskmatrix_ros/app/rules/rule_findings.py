"""What there is to say of a rule that is to be saved, beside what the verifier says of its code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from taskmatrix_ros.core.diagnostic import Diagnostic, Severity
from taskmatrix_ros.core.errors import VerificationError
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.expressions.key_template import key_pattern
from taskmatrix_ros.rules.condition import parse_condition
from taskmatrix_ros.rules.condition_state import CLOCK_KEYS
from taskmatrix_ros.rules.conflicts import conflict_of
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.rule_check import keys_read, type_problem


def check_types(rule: Rule, catalogue: Catalogue) -> None:
    """Make sure that a condition compares what can be compared.

    :raises VerificationError: it does not.
    """
    if rule.condition is None:
        return
    types = {spec.key: spec.type for spec in catalogue.states()}
    problem = type_problem(parse_condition(rule.condition), types)
    if problem is not None:
        raise VerificationError([Diagnostic(code="condition", message=f"rule {rule.id}: {problem}")])


def conflicts(
    rule: Rule,
    sets: Mapping[str, Any],
    others: Iterable[tuple[Rule, Mapping[str, Any]]],
    now: datetime,
    place: HomePlace,
) -> Iterator[Diagnostic]:
    """Warn of rules that set the same thing otherwise at the same moment.

    :param sets: what the rule's code sets for certain.
    :param others: other rules, each with what it sets.
    """
    for other, theirs in others:
        if other.id == rule.id or not other.enabled:
            continue
        found = conflict_of(rule, sets, other, theirs, now, place)
        if found is not None:
            hint = "give one of them a condition that leaves the other's moment out, or another priority"
            yield Diagnostic(code="conflict", message=str(found), hint=hint, severity=Severity.WARNING)


def unknown_keys(rule: Rule, catalogue: Catalogue, state: StateStore) -> Iterator[Diagnostic]:
    """Warn of keys of state that a rule reads and nobody tells or has told."""
    templates = [spec.key for spec in catalogue.states()]
    heard = [value.key for value in state.all_values()]
    for key in keys_read(rule):
        if key in CLOCK_KEYS or key in heard or any(key_pattern(known).fullmatch(key) for known in templates):
            continue
        near = difflib.get_close_matches(key, (*heard, *templates, *CLOCK_KEYS), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "it may come; look at the spelling"
        said = f"rule {rule.id}: nothing is known of the state key {key!r}"
        yield Diagnostic(code="unknown-key", message=said, hint=hint, severity=Severity.WARNING)
