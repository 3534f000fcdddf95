"""What of a document is searched, and how a person's words become a query."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.parameter_spec import ParameterSpec

MAX_TERMS = 64
"""Different words of one query; more only blur it."""

_WORD = re.compile(r"[^\W_]+")
_COMMON = frozenset(
    {
        *("a", "an", "the", "this", "that", "these", "those", "it", "its", "some", "any"),
        *("i", "me", "my", "mine", "you", "your", "we", "us", "our", "he", "she", "they", "them"),
        *("am", "is", "are", "was", "were", "be", "been", "do", "does", "did", "have", "has", "had"),
        *("can", "could", "will", "would", "shall", "should", "may", "might", "must", "please", "want", "need", "like"),
        *("and", "or", "but", "if", "then", "so", "as", "of", "to", "for", "with", "by", "in", "at", "what", "which"),
    }
)
"""Words that say nothing of what is wanted. ``on`` and ``off`` do."""


class SearchText(NamedTuple):
    """The texts of one document, by column of the index."""

    words_of_name: str
    description: str
    parameters: str
    sentences: str
    examples: str
    composition: str
    package: str

    @staticmethod
    def of(document: ApiDocument, composite_sentences: Iterable[str] = (), *, learned: bool = True) -> SearchText:
        """Gather them.

        :param composite_sentences: of composites that call the document.
        :param learned: with the examples that people's own words became.
        """
        learned_examples = document.examples if learned else ()
        own_sentences = (text for texts in document.sentences.values() for text in texts)
        return SearchText(
            words_of_name=_spaced(document.name),
            description=document.description,
            parameters=" ".join(_of_parameters(document.parameters)),
            sentences=" ".join((*own_sentences, *composite_sentences)),
            examples=" ".join((*(example.instruction for example in document.usage_examples), *learned_examples)),
            composition=document.composition,
            package=_spaced(document.package),
        )


WEIGHTS: tuple[float, ...] = (4.0, 2.0, 1.0, 2.0, 2.0, 0.5, 1.0)
"""How much a word counts in each column of a ``SearchText``."""


def words(text: str) -> list[str]:
    """Split a text into its words, lower case; ``_`` and signs divide."""
    return _WORD.findall(text.lower())


def telling_words(text: str) -> tuple[str, ...]:
    """Give the words of a person's text that say what is wanted; all of them where none does. At most ``MAX_TERMS``."""
    found = dict.fromkeys(words(text))
    return tuple([word for word in found if word not in _COMMON] or found)[:MAX_TERMS]


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _of_parameters(parameters: dict[str, ParameterSpec]) -> Iterable[str]:
    for name, spec in parameters.items():
        yield _spaced(name)
        yield spec.description
        yield from (_spaced(str(value)) for value in spec.enum or ())
        yield from _of_parameters(spec.properties or {})
