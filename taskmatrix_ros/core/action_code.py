"""Code a planner wrote, and the same once the verifier has let it through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.frozen import Frozen


class DocumentPin(Frozen):
    """The version of a document that code was written against."""

    name: str
    version: str
    digest: str


class StepLines(Frozen):
    """The lines of code that do a step of the outline: from ``first`` to ``last``, both from 1.

    A step has none where those before it do all that it asks for.
    """

    step: str
    first: int = 1
    last: int = 0


class ActionCode(Frozen):
    """Python-subset source and the documents it may call; nothing in it has been checked.

    ``steps``: which lines do which step, where the planner knows.
    """

    source: str
    documents: tuple[DocumentPin, ...]
    planner: str
    prompt_hash: str = ""
    steps: tuple[StepLines, ...] = ()


@dataclass(frozen=True, kw_only=True)
class VerifiedCode:
    """Action code that passed every check. Only the verifier makes one: it alone holds the seal it asks back.

    It does not serialise: what is loaded from JSON or the journal is ``ActionCode`` and is verified again.
    """

    code: ActionCode
    documents: Mapping[str, ApiDocument]
    warnings: tuple[Diagnostic, ...] = ()
    seal: object = field(repr=False, compare=False)
