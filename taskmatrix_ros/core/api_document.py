"""The API document: the paper's five parts, then what a robot needs to act on it safely."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from taskmatrix_ros.core.binding_spec import BindingSpec, StateSource
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.parameter_spec import ParameterSpec, ReturnSpec, ValueType

ApiName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
"""A name that is also a function in action code."""

StateKey = Annotated[str, StringConstraints(pattern=r"^[a-z{][a-z0-9_{}]*(\.[a-z0-9_{}]+)+$", max_length=200)]
"""``entity.attribute``; ``{name}`` stands for an argument or a wildcard level of the source."""

Version = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]


class ErrorSpec(Frozen):
    """A way a call can fail that its users may want to tell from others."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
    description: str


class UsageExample(Frozen):
    """An instruction and code for it; the code must verify."""

    instruction: str
    code: str


class OrderRule(Frozen):
    """An earlier call of ``api`` is needed, with equal values for the arguments in ``same``.

    It applies to a call that has all of ``same``: ``robot_go_to(place=…)`` needs no ``robot_find`` of an object.
    """

    api: ApiName
    same: tuple[str, ...] = ()


class RateLimit(Frozen):
    """At most ``calls`` in any ``per_s`` seconds."""

    calls: int = Field(ge=1)
    per_s: float = Field(gt=0)


class StateSpec(Frozen):
    """Where a state key comes from, and how long a value is good for.

    ``stale_after_s`` None: as long as its source lives.
    """

    key: StateKey
    type: ValueType
    source: StateSource = Field(alias="from")
    unit: str | None = None
    description: str = ""
    stale_after_s: float | None = Field(default=None, gt=0)
    sensitive: bool = False


class Composite(Frozen):
    """Sentences that expand to several calls.

    ``code`` is action code in which ``{name}`` is a slot's value as a Python literal. Among matches that
    are equally literal, one whose ``when`` (CEL over ``state`` and ``args``, the slots) holds goes first; one whose
    ``when`` does not hold is no match.

    ``known_names``: its sentences are so open that they are only read where a map tells which names there are.
    ``question``: what the person is asked instead of running ``code``, where the words leave open what to do;
    ``{object}`` stands for the things it is about. ``answer``: what is asked, where a map may know the answer; ``code``
    finds out what it does not know.
    """

    sentences: dict[str, tuple[str, ...]]
    code: str
    when: str | None = None
    known_names: bool = False
    question: str = ""
    answer: Literal["where", "whether", "what", "how_many", "holding", "robot"] | None = None
    description: str = ""


class ApiDocument(Frozen):
    """One API. Expressions are CEL over ``state``, ``args``, ``result``, ``now``; times are seconds.

    ``{name}`` in the keys of ``sets`` and ``tolerance`` and in ``resources`` stands for an argument. A call
    is hazardous where one of ``hazardous_when`` holds or cannot be known, whatever its ``effect``: a garage door.
    """

    name: ApiName
    parameters: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")], ParameterSpec] = Field(
        default_factory=dict
    )
    returns: ReturnSpec | None = None
    description: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    errors: tuple[ErrorSpec, ...] = ()
    usage_examples: tuple[UsageExample, ...] = ()
    composition: str = ""
    sentences: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    after: tuple[OrderRule, ...] = ()
    requires: tuple[str, ...] = ()
    sets: dict[StateKey, str] = Field(default_factory=dict)
    ensures: tuple[str, ...] = ()
    undo: str | None = None
    effect: Effect = Effect.HAZARDOUS
    hazardous_when: tuple[str, ...] = ()
    idempotent: bool = False
    resources: tuple[str, ...] = ()
    deadline_s: float = Field(default=30.0, gt=0, le=86_400)
    confirm_s: float = Field(default=5.0, gt=0, le=3_600)
    stall_s: float | None = Field(default=None, gt=0)
    typical_s: float | None = Field(default=None, ge=0)
    expires_s: float | None = Field(default=None, gt=0)
    tolerance: dict[str, float] = Field(default_factory=dict)
    rate_limit: RateLimit | None = None
    speakers: tuple[str, ...] | None = None
    examples: tuple[str, ...] = Field(default=(), max_length=50)
    enabled: bool = True
    owner: str = ""
    source: str = "manifest"
    binding: BindingSpec
    package: str = ""
    version: Version = "0.0.0"

    @property
    def digest(self) -> str:
        """SHA-256 of the document's canonical JSON, without what was learned about it: what a pin compares."""
        return hashlib.sha256(self.model_dump_json(by_alias=True, exclude={"examples"}).encode()).hexdigest()

    @property
    def repeatable(self) -> bool:
        """Whether doing it twice does no harm: it is idempotent, or it only reads."""
        return self.idempotent or self.effect is Effect.READ

    @property
    def signature(self) -> str:
        """The document as a function reads: ``ac_set_temperature(temperature_c: number 16..30)``."""
        parts = []
        for name, spec in self.parameters.items():
            text = f"{name}: {spec.type.value}"
            if spec.enum:
                text = f"{name}: {' | '.join(map(str, spec.enum))}"
            elif spec.minimum is not None or spec.maximum is not None:
                low = "" if spec.minimum is None else f"{spec.minimum:g}"
                high = "" if spec.maximum is None else f"{spec.maximum:g}"
                text += f" {low}..{high}"
            parts.append(text if spec.required else f"[{text}]")
        return f"{self.name}({', '.join(parts)})"

    def with_defaults(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Give the arguments with the defaults of those left out or null; a parameter with neither is null."""
        given = {name: arguments.get(name) for name in self.parameters}
        if None not in given.values():
            return given
        return {name: spec.default if given[name] is None else given[name] for name, spec in self.parameters.items()}


class ApiPackage(Frozen):
    """One manifest file: documents, the state they speak of, and sentences that expand to several calls."""

    package: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    version: Version
    description: str = ""
    state: tuple[StateSpec, ...] = ()
    apis: tuple[ApiDocument, ...] = ()
    composites: tuple[Composite, ...] = ()
