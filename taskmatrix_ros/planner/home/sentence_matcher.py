"""Sentences with slots that parsers read: hassil's notation over tokens, so that a slot may be a list of devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from hassil.expression import Alternative, Expression, Group, ListReference, Permutation, TextChunk
from hassil.parse_expression import parse_sentence

from taskmatrix_ros.planner.home.tokens import Tokens

SlotReader = Callable[[int], Sequence[tuple[int, Any]]]
"""Gives what a slot may hold that begins at a token, with where it ends; the best first."""

Slots = tuple[tuple[str, Any], ...]
_MOST_MATCHES = 200


@dataclass(frozen=True, eq=False)
class Sentence:
    """One sentence of a command.

    ``anchors``: words of which it holds one; empty if it holds none for certain. ``needs``: sets of words of each of
    which it holds one, so that most sentences are passed over without being tried.
    """

    command: str
    options: Mapping[str, Any]
    source: str
    rank: int
    node: _Node
    anchors: frozenset[str]
    needs: tuple[frozenset[str], ...] = ()

    @staticmethod
    def parse(command: str, options: Mapping[str, Any], source: str, rank: int) -> Sentence:
        """Compile a sentence."""
        node = _compiled(parse_sentence(source).expression)
        return Sentence(command, options, source, rank, node, node.anchors() or frozenset(), tuple(node.needs()))

    @property
    def asks(self) -> bool:
        """Whether it is a question."""
        return self.command.startswith(("ask_", "timer_status", "hello"))

    @property
    def has_verb(self) -> bool:
        """Whether it says by itself that something shall be done; ``lights off`` does so only by its tone."""
        return not self.source.startswith(("{", "[let there be]"))

    def may_fit(self, keys: Set[str]) -> bool:
        """Whether a clause of these words, in any order, may be this sentence."""
        return not any(need.isdisjoint(keys) for need in self.needs)

    def match(self, tokens: Tokens, readers: Mapping[str, SlotReader]) -> Iterator[Slots]:
        """Give every way in which all tokens fit."""
        keys = tuple(token.key for token in tokens)
        for count, (end, slots) in enumerate(self.node.match(keys, 0, readers, ())):
            if end == len(keys):
                yield slots
            if count >= _MOST_MATCHES:
                return


class _Node:
    def match(
        self, keys: tuple[str, ...], at: int, readers: Mapping[str, SlotReader], slots: Slots
    ) -> Iterator[tuple[int, Slots]]:
        raise NotImplementedError

    def anchors(self) -> frozenset[str] | None:
        """Words of which any match holds one; None if there is no such set."""
        return None

    def needs(self) -> Iterator[frozenset[str]]:
        """Sets of words of each of which any match holds one."""
        anchors = self.anchors()
        if anchors:
            yield anchors


@dataclass(frozen=True, eq=False)
class _Text(_Node):
    words: tuple[str, ...]

    def match(
        self,
        keys: tuple[str, ...],
        at: int,
        readers: Mapping[str, SlotReader],  # noqa: ARG002 - as every node's
        slots: Slots,
    ) -> Iterator[tuple[int, Slots]]:
        end = at + len(self.words)
        if keys[at:end] == self.words:
            yield end, slots

    def anchors(self) -> frozenset[str] | None:
        return frozenset(self.words[:1]) or None

    def needs(self) -> Iterator[frozenset[str]]:
        yield from (frozenset({word}) for word in self.words)


@dataclass(frozen=True, eq=False)
class _Slot(_Node):
    name: str
    reader: str

    def match(
        self, keys: tuple[str, ...], at: int, readers: Mapping[str, SlotReader], slots: Slots
    ) -> Iterator[tuple[int, Slots]]:
        if at < len(keys):
            for end, value in readers[self.reader](at):
                yield end, (*slots, (self.name, value))


@dataclass(frozen=True, eq=False)
class _Choice(_Node):
    items: tuple[_Node, ...]

    def match(
        self, keys: tuple[str, ...], at: int, readers: Mapping[str, SlotReader], slots: Slots
    ) -> Iterator[tuple[int, Slots]]:
        for item in self.items:
            yield from item.match(keys, at, readers, slots)

    def anchors(self) -> frozenset[str] | None:
        found = [item.anchors() for item in self.items]
        return frozenset().union(*filter(None, found)) if all(found) else None


@dataclass(frozen=True, eq=False)
class _Row(_Node):
    items: tuple[_Node, ...]

    def match(
        self, keys: tuple[str, ...], at: int, readers: Mapping[str, SlotReader], slots: Slots
    ) -> Iterator[tuple[int, Slots]]:
        yield from self._from(0, keys, at, readers, slots)

    def _from(
        self, number: int, keys: tuple[str, ...], at: int, readers: Mapping[str, SlotReader], slots: Slots
    ) -> Iterator[tuple[int, Slots]]:
        if number == len(self.items):
            yield at, slots
            return
        for end, taken in self.items[number].match(keys, at, readers, slots):
            yield from self._from(number + 1, keys, end, readers, taken)

    def anchors(self) -> frozenset[str] | None:
        found = [anchors for item in self.items if (anchors := item.anchors())]
        return min(found, key=len, default=None)

    def needs(self) -> Iterator[frozenset[str]]:
        for item in self.items:
            yield from item.needs()


def _compiled(expression: Expression) -> _Node:
    if isinstance(expression, TextChunk):
        return _Text(tuple(expression.text.lower().split()))
    if isinstance(expression, ListReference):
        return _Slot(expression.slot_name, expression.list_name)
    if isinstance(expression, Permutation):
        raise TypeError(f"write permutations out: {expression}")
    if isinstance(expression, Alternative):
        return _Choice(tuple(map(_compiled, expression.items)))
    assert isinstance(expression, Group)
    items = tuple(node for item in expression.items if not _is_empty(node := _compiled(item)))
    return items[0] if len(items) == 1 else _Row(items)


def _is_empty(node: _Node) -> bool:
    return isinstance(node, _Text) and not node.words
