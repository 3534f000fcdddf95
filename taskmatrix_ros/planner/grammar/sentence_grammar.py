"""The sentences of a catalogue in one language, as a hassil grammar."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from hassil.intents import Intents
from hassil.recognize import recognize_all

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.catalogue_views import that_speak
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.planner.grammar.expansion import Expansion
from taskmatrix_ros.planner.grammar.interpretation import Interpretation
from taskmatrix_ros.planner.grammar.reading import Reading
from taskmatrix_ros.planner.grammar.sentence_template import SentenceTemplate
from taskmatrix_ros.planner.grammar.slot_lists import Slot
from taskmatrix_ros.planner.language.phrasebooks import phrasebook_of
from taskmatrix_ros.planner.language.words import Words, matched_text

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class SentenceGrammar:
    """Reads clauses. Built once per revision of the catalogue; reading changes nothing in it."""

    def __init__(
        self,
        catalogue: Catalogue,
        locale: str,
        *,
        select: Callable[[Expansion], bool] = lambda _expansion: True,
        grounded: bool = False,
    ) -> None:
        """:param select: whose sentences to read.

        :param grounded: what stands in open slots is read further by whoever asks: it need not be a name.
        """
        self._grounded = grounded
        self.locale = locale
        self.revision = catalogue.revision
        self.phrasebook = phrasebook_of(locale)
        self._documents = _documents(catalogue)
        self._identifying = frozenset(_identifying(self._documents.values()))
        self._templates: list[SentenceTemplate] = []
        problems: list[Diagnostic] = []
        for expansion in self._expansions(catalogue, problems):
            if select(expansion):
                self._add(expansion, problems)
        self.problems = tuple(problems)
        self._by_key: dict[str, list[int]] = {}
        self._keyless: list[int] = []
        for number, template in enumerate(self._templates):
            for key in template.keys:
                self._by_key.setdefault(key, []).append(number)
            if not template.keys:
                self._keyless.append(number)
        joints = {word for phrase in (*self.phrasebook.joints, *self.phrasebook.sequels) for word in phrase}
        self.has_joints = any(not joints.isdisjoint(template.literals) for template in self._templates)
        """Whether a sentence holds a word that may also stand between two commands."""
        self.openings: frozenset[str] = frozenset().union(*(template.opening for template in self._templates))

    @property
    def templates(self) -> tuple[SentenceTemplate, ...]:
        """Every sentence, in the catalogue's order, those of APIs first."""
        return tuple(self._templates)

    def read(self, words: Words) -> tuple[Reading, ...]:
        """Give every way to understand the words as one clause, the most literal first."""
        if not words:
            return ()
        text = matched_text(words)
        found = list(self._match(words, text, relaxed=False))
        spelled = matched_text(words, spelled=True)
        if spelled != text:
            found += self._match(words, spelled, relaxed=False, spelled=True)
        best = min((reading.open_length for reading in found), default=len(text) + 1)
        if best:
            found += [r for r in self._match(words, text, relaxed=True) if r.open_length < best]
        unique: dict[tuple[int, str], Reading] = {}
        for reading in sorted(found, key=lambda reading: reading.score):
            unique.setdefault((id(reading.expansion), repr(reading.arguments)), reading)
        return tuple(unique.values())

    def _expansions(self, catalogue: Catalogue, problems: list[Diagnostic]) -> Iterator[Expansion]:
        order = 0
        for document in self._documents.values():
            if self.locale in document.sentences:
                yield Expansion.of_api(document, order)
                order += 1
        for composite in catalogue.composites():
            if self.locale not in composite.sentences:
                continue
            try:
                yield Expansion.of_composite(composite, order, self._documents)
                order += 1
            except ValueError as error:
                label = composite.description or composite.sentences[self.locale][0]
                problems.append(Diagnostic(code="composite", message=f"composite {label!r}: {error}"))

    def _add(self, expansion: Expansion, problems: list[Diagnostic]) -> None:
        slots = {
            name: Slot(
                name,
                tuple(use.spec for use in uses),
                identifies=any((use.package, use.parameter) in self._identifying for use in uses),
            )
            for name, uses in expansion.slots.items()
        }
        kind = "api" if expansion.document is not None else "composite"
        for sentence in expansion.sentences[self.locale]:
            try:
                template = SentenceTemplate.parse(sentence, expansion, slots, len(self._templates), self.phrasebook)
            except ValueError as error:
                problems.append(
                    Diagnostic(
                        code="sentence",
                        message=f"{kind} {expansion.label!r}, sentence {sentence!r}: {error}",
                        hint=f"mend the sentence under sentences.{self.locale}",
                    )
                )
            else:
                self._templates.append(template)

    def _match(self, words: Words, text: str, *, relaxed: bool, spelled: bool = False) -> Iterator[Reading]:
        lowered = text.casefold()
        numbers = {n for key, which in self._by_key.items() if key in lowered for n in which}
        chosen = {}
        for number in sorted(numbers.union(self._keyless)):
            intent = self._templates[number].relaxed if relaxed else self._templates[number].strict
            if intent is not None:
                chosen[intent.name] = intent
        if not chosen:
            return
        interpretation = Interpretation(words, self.phrasebook, spelled=spelled, grounded=self._grounded)
        intents = Intents(language=self.locale, intents=chosen)
        for result in recognize_all(text, intents):
            reading = interpretation.of(self._templates[int(result.intent.name)], result)
            if reading is not None and reading.relaxed == relaxed:
                yield reading


def _documents(catalogue: Catalogue) -> dict[str, ApiDocument]:
    """Give the documents that speak, and those that composites call."""
    documents = {document.name: document for document in that_speak(catalogue.documents())}
    for composite in catalogue.composites():
        for name in set(_NAME.findall(composite.code)) - documents.keys():
            if (called := catalogue.get(name)) is not None:
                documents[name] = called
    return documents


def _identifying(documents: Iterable[ApiDocument]) -> Iterator[tuple[str, str]]:
    """Give the parameters, by package, whose values are names that requirements and order rules compare."""
    for document in documents:
        for rule in document.after:
            yield from ((document.package, name) for name in rule.same)
        for condition in document.requires:
            yield from ((document.package, name) for name in document.parameters if f"args.{name}" in condition)


def check_sentences(catalogue: Catalogue, locale: str = "en") -> tuple[Diagnostic, ...]:
    """Report every sentence and composite that cannot be used, each with its API and what to mend."""
    return SentenceGrammar(catalogue, locale).problems
