"""Whether the offline grammar can read the sentences of documents and composites."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from hassil.expression import Expression, Group, ListReference, RuleReference
from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError

from taskmatrix_ros.registry.findings import Findings, nearest_hint
from taskmatrix_ros.registry.yaml_reader import Path


def check_sentences(
    sentences: Mapping[str, tuple[str, ...]],
    slots: Collection[str],
    required: Collection[str],
    path: Path,
    findings: Findings,
) -> None:
    """Report sentences that cannot be parsed, have slots that mean nothing, or leave out what must be said.

    :param slots: names that may stand in braces; ``required``: those that every sentence must have.
    """
    for language, texts in sentences.items():
        for index, text in enumerate(texts):
            _check(text, slots, required, (*path, language, index), findings)


def _check(text: str, slots: Collection[str], required: Collection[str], path: Path, findings: Findings) -> None:
    if not text.strip():
        findings.error(path, "sentence", "the sentence is empty", "write one or remove it")
        return
    try:
        parsed = parse_sentence(text)
    except (ParseError, AssertionError, RecursionError, IndexError) as error:
        problem = str(error) or "brackets do not pair"
        findings.error(
            path, "sentence", f"{_shorten(text)} is no sentence: {problem}", "[optional], (this|that), {slot}"
        )
        return
    said = set()
    for reference in _references(parsed.expression):
        if isinstance(reference, RuleReference):
            findings.error(path, "sentence", f"<{reference.rule_name}> is no rule", "write its words out")
        elif reference.slot_name != reference.list_name or reference.slot_name not in slots:
            hint = nearest_hint(reference.list_name, slots, "there are")
            findings.error(path, "sentence", f"slot {{{reference.list_name}}} of {_shorten(text)} is unknown", hint)
        else:
            said.add(reference.slot_name)
    if missing := sorted(set(required) - said):
        findings.error(
            path, "sentence", f"{_shorten(text)} never says {', '.join(missing)}, which must be given", "add the slot"
        )


def _references(expression: Expression) -> Iterator[ListReference | RuleReference]:
    if isinstance(expression, ListReference | RuleReference):
        yield expression
    elif isinstance(expression, Group):
        for item in expression.items:
            yield from _references(item)


def _shorten(text: str) -> str:
    return repr(text) if len(text) <= 60 else f"{text[:59]!r}…"
