"""The only maker of verified code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

from taskmatrix_ros.core.action_code import ActionCode, VerifiedCode
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.diagnostic import Diagnostic, Severity
from taskmatrix_ros.core.errors import RunError, VerificationError
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.core.rights import Rights
from taskmatrix_ros.executor.budgets import Budgets
from taskmatrix_ros.executor.sandbox.interpreter import START, Interpreter
from taskmatrix_ros.executor.source.argument_check import nearest
from taskmatrix_ros.executor.source.code_names import NOT_FOR_APIS
from taskmatrix_ros.executor.source.straight_line import has_no_types_to_check
from taskmatrix_ros.executor.verification.argument_rules import check_arguments
from taskmatrix_ros.executor.verification.call_budget import check_budget
from taskmatrix_ros.executor.verification.code_rules import check_code, check_structure, check_text
from taskmatrix_ros.executor.verification.effect_rules import check_effects
from taskmatrix_ros.executor.verification.faithfulness import check_faithfulness
from taskmatrix_ros.executor.verification.gather_rules import check_gather
from taskmatrix_ros.executor.verification.order_rules import check_order
from taskmatrix_ros.executor.verification.type_check import check_types
from taskmatrix_ros.executor.verification.unit_rules import check_units

MAX_FINDINGS = 50
"""More help nobody: the text goes back to a model or to a person."""


@dataclass(frozen=True, eq=False)
class _Seal:
    """Binds a verdict to the very objects it was given on; a copy with other code carries a seal that does not fit."""

    maker: Verifier
    code: ActionCode
    documents: Mapping[str, ApiDocument]


class Verifier:
    """Implements ``core.ports.Verifier``: text, structure, names, arguments, units, order, number of calls, rights,
    faithfulness, then types.
    """

    def __init__(self, catalogue: Catalogue, interpreter: Interpreter, *, budgets: Budgets | None = None) -> None:
        """:param interpreter: its type checker is used; must be open when code is verified.

        :param budgets: those of the runner; code that is known to make more calls is refused.
        """
        self._catalogue = catalogue
        self._interpreter = interpreter
        self._budgets = budgets or Budgets()

    async def verify(
        self, code: ActionCode, *, rights: Rights | None = None, outline: Outline | None = None
    ) -> VerifiedCode:
        """Check code against the documents it is pinned to.

        :param rights: of whoever asked; None holds the code against no rights, and leaves them to the Gate.
        :param outline: what was asked for; None asks not whether the code is faithful to it.
        :raises VerificationError: with line, column, what is allowed and a fix for each finding.
        :raises RunError: the type checker crashed or stayed busy; nothing is said about the code.
        """
        documents, findings = self._pinned(code)
        findings += await self._findings(code.source, documents, rights or Rights(), outline)
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        if errors:
            raise VerificationError(_capped(errors))
        fixed = MappingProxyType(documents)
        seal = _Seal(self, code, fixed)
        return VerifiedCode(code=code, documents=fixed, warnings=tuple(findings), seal=seal)

    def is_mine(self, code: VerifiedCode) -> bool:
        """Whether this verifier made it, and nothing in it was exchanged since."""
        seal = code.seal
        return (
            isinstance(seal, _Seal)
            and seal.maker is self
            and seal.code is code.code
            and seal.documents is code.documents
        )

    def _pinned(self, code: ActionCode) -> tuple[dict[str, ApiDocument], list[Diagnostic]]:
        documents, findings = {}, []
        for pin in code.documents:
            document = self._catalogue.get(pin.name)
            if document is None:
                meant = nearest(pin.name, (known.name for known in islice(self._catalogue.documents(), 20_000)))
                hint = f"did you mean {meant}?" if meant else "enable it, or plan anew"
                message = f"there is no enabled API {pin.name}"
                findings.append(Diagnostic(code="unknown-api", message=message, hint=hint))
                continue
            documents[pin.name] = document
            if document.digest != pin.digest:
                now = f"is now {document.version}" if document.version != pin.version else "is another one now"
                message = f"{pin.name} {pin.version}, against which the code was written, {now}"
                findings.append(Diagnostic(code="document-changed", message=message, hint="plan anew"))
            if pin.name in NOT_FOR_APIS or pin.name == START:
                message = f"API name {pin.name} means something else in code"
                findings.append(Diagnostic(code="document-name", message=message, hint="rename it in its manifest"))
        return documents, findings

    async def _findings(
        self, source: str, documents: Mapping[str, ApiDocument], rights: Rights, outline: Outline | None
    ) -> list[Diagnostic]:
        if problem := check_text(source):
            return [problem]
        tree = check_structure(source)
        if isinstance(tree, Diagnostic):
            return [tree]
        findings = [
            *check_code(tree, source, documents),
            *check_arguments(tree, source, documents),
            *check_units(tree, source, documents),
            *check_gather(tree, source, documents),
            *check_order(tree, source, documents),
            *check_budget(tree, source, documents, self._budgets.calls),
        ]
        lines = {finding.line for finding in findings}
        findings += check_effects(tree, source, documents, rights)
        if outline is not None:
            findings += check_faithfulness(tree, source, documents, outline)
        findings += [finding for finding in await self._typed(source, documents, findings) if finding.line not in lines]
        return sorted(findings, key=lambda finding: (finding.line, finding.column))

    async def _typed(
        self, source: str, documents: Mapping[str, ApiDocument], findings: list[Diagnostic]
    ) -> tuple[Diagnostic, ...]:
        """Check types; a checker that gives up on code which is refused anyway takes nothing away.

        Calls with literals, one below the other or gathered, have no types beyond those of their arguments, which were
        checked.
        """
        if has_no_types_to_check(source, documents):
            return ()
        try:
            return await check_types(self._interpreter, source, documents)
        except RunError as error:
            if error.error_code != "CHECKER" or not any(found.severity is Severity.ERROR for found in findings):
                raise
            return ()


def _capped(findings: list[Diagnostic]) -> list[Diagnostic]:
    if len(findings) <= MAX_FINDINGS:
        return findings
    more = Diagnostic(code="more", message=f"and {len(findings) - MAX_FINDINGS} more findings")
    return [*findings[:MAX_FINDINGS], more]
