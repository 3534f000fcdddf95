"""What waits for a person, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from taskmatrix_ros.cli.output import escape
from taskmatrix_ros.cli.timeline import call_text


def approval_lines(approval: dict[str, Any]) -> Iterator[str]:
    """Say what is asked, why, and what it would change, with rich's markup."""
    style = "bold red" if approval["effect"] == "hazardous" else "bold yellow"
    words, _, details = approval["summary"].partition("\n")
    if details:  # a rule: it is told back in words, and as it will be kept
        yield f"[{style}]approve?[/] {escape(words)}"
        yield from (f"    [dim]{escape(line)}[/]" for line in details.splitlines())
        yield f"    [dim]no answer by {approval['expires_at']} means no[/]"
        return
    yield f"[{style}]approve?[/] {escape(call_text(approval))}  [dim]{escape(approval['reason'])}[/]"
    if approval["scope"] == "run":
        yield f"    one yes covers the whole run: {escape(approval['summary'])}"
    for key, (before, after) in approval["diff"].items():
        yield f"    {escape(key)}: {escape(json.dumps(before))} → {escape(json.dumps(after))}"
    yield f"    [dim]no answer by {approval['expires_at']} means no[/]"


def question_lines(question: dict[str, Any]) -> Iterator[str]:
    """Say what is asked and what may be answered, with rich's markup."""
    yield f"[bold yellow]asked:[/] {escape(question['text'])}"
    if question["choices"]:
        yield f"    one of: {escape(', '.join(question['choices']))}"
