"""A command that lacks nothing but the name of a thing: "turn on the light"."""

from __future__ import annotations

from collections import Counter

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.planner.grammar.sentence_reader import Reading, SentenceReader
from taskmatrix_ros.planner.language.english import ENGLISH
from taskmatrix_ros.planner.talk.named_things import plain, spoken_values

_SHORT = 8
"""Words: a longer command has its names in it, or is not understood for another reason."""
_NAMES_TRIED = 20
_LOOKED_THROUGH = 2_000
"""Documents: in a larger catalogue no names are tried."""


class MissingName:
    """Tries the names that documents allow."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def filled_in(self, reader: SentenceReader, instruction: Instruction) -> Outline | None:
        """Read a command with each name that a document allows where none was said: "turn on the light".

        :raises PlanningError: ``AMBIGUOUS``: several make sense, and none of them is where the person is.
        """
        words = instruction.text.split()
        if not begins_with_a_verb(instruction.text) or len(words) > _SHORT:
            return None
        found: dict[str, Reading] = {}
        for name in self._names():
            for at in range(len(words), 1, -1):
                reading = await reader.read(" ".join([*words[:at], name, *words[at:]]))
                if reading is not None and reading.calls and name in spoken_values(reading.calls):
                    found[name] = reading
                    break
        area = instruction.area.replace("_", " ").casefold()
        if area in found or len(found) == 1:
            return found[area if area in found else next(iter(found))].outline
        if not found:
            return None
        shown = ", ".join(found)
        raise PlanningError(
            f"offline planner: {instruction.text[:80]!r} may be about {shown}; say which",
            code="AMBIGUOUS",
            nearest=[reading.text for reading in found.values()][:3],
            question=f"Which one: {shown}?",
            completions={name: reading.text for name, reading in found.items()},
        )

    def _names(self) -> tuple[str, ...]:
        """Give the names that documents allow, most used first; as many as one can try."""
        documents = self._catalogue.documents()
        if len(documents) > _LOOKED_THROUGH:
            return ()
        counted: Counter[str] = Counter()
        for document in documents:
            for spec in document.parameters.values():
                counted.update(plain(each) for each in spec.enum or () if isinstance(each, str) and "." not in each)
        return tuple(name for name, _ in counted.most_common(_NAMES_TRIED))


def begins_with_a_verb(text: str) -> bool:
    """Whether a text is a command: what stands before its verb is politeness."""
    words = [word.strip(",.!?").casefold() for word in text.split()]
    at = next((at for at, word in enumerate(words) if (word,) not in ENGLISH.openers), len(words))
    return at < len(words) and words[at] in ENGLISH.verbs
