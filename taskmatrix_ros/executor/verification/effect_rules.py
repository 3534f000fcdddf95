"""What whoever asked may have done: every API the code calls is held against their rights."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.rights import Rights
from taskmatrix_ros.executor.source.source_map import api_calls, position_of


def check_effects(
    tree: ast.Module, source: str, documents: Mapping[str, ApiDocument], rights: Rights
) -> tuple[Diagnostic, ...]:
    """Report each call that the rights do not cover, with what they cover."""
    lines = source.split("\n")
    findings = []
    for api, node in api_calls(tree, documents):
        objection = rights.objection(documents[api])
        if objection is None:
            continue
        place = position_of(node, lines)
        findings.append(
            Diagnostic(
                code="effect-policy",
                message=objection,
                hint="leave it out, or have somebody ask for it who may, such as the operator on the command line",
                line=place.line,
                column=place.column,
            )
        )
    return tuple(findings)
