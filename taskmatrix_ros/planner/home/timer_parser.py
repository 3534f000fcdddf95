"""Reads which timer is meant, in one clause."""

from __future__ import annotations

from collections.abc import Sequence

from taskmatrix_ros.planner.home.home_index import HomeIndex
from taskmatrix_ros.planner.home.timer_commands import WhichTimer
from taskmatrix_ros.planner.home.tokens import Tokens
from taskmatrix_ros.planner.home.values import ValueParser
from taskmatrix_ros.planner.language.words import Words, written_name


class TimerParser:
    """Finds timers in the tokens of one clause; each method gives (end, timer) pairs, the longest first."""

    def __init__(self, index: HomeIndex, words: Words, tokens: Tokens) -> None:
        self._index = index
        self._words = words
        self._tokens = tokens
        self._keys = tuple(token.key for token in tokens)
        self._durations = ValueParser(tokens).duration

    def named(self, at: int) -> Sequence[tuple[int, WhichTimer]]:
        """Read one timer: ``the timer``, ``my pizza timer``, ``timer for 1 hour``, ``the timer in the kitchen``."""
        begin = at
        while self._key(begin) in ("the", "my", "our", "a", "an", "that", "this"):
            begin += 1
        found: list[tuple[int, WhichTimer]] = []
        if self._key(begin) == "timer":
            found += self._after_timer(begin + 1, WhichTimer())
        for end, seconds in self._durations(begin):
            if self._key(end) == "timer":
                found += self._after_timer(end + 1, WhichTimer(start_s=seconds))
        for end in range(begin + 1, min(len(self._keys), begin + 6)):
            if self._key(end) == "timer" and self._key(begin) != "timer":
                found += self._after_timer(end + 1, self._told_by(begin, end))
                break
        return sorted(found, key=lambda item: -item[0])

    def running(self, at: int) -> Sequence[tuple[int, WhichTimer]]:
        """Read the name of a timer there is, without the word: ``the lasagna``, ``the eggs`` of the egg timer."""
        begin = at
        while self._key(begin) in ("the", "my", "our"):
            begin += 1
        found = []
        for end in range(min(len(self._keys), begin + 5), begin, -1):
            which = WhichTimer(name=" ".join(self._keys[begin:end]))
            named = [timer.name for timer in self._index.home.timers if timer.name and which.fits(timer)]
            if named:
                found.append((end, WhichTimer(name=named[0])))
        return found

    def _told_by(self, at: int, end: int) -> WhichTimer:
        named = self._index.named(self._keys[at:end])
        text = self._written(at, end)
        is_name = any((timer.name or "").casefold() == text.casefold() for timer in self._index.home.timers)
        if named is not None and named.areas and not is_name:
            return WhichTimer(area=named.areas[0])
        return WhichTimer(name=text)

    def _after_timer(self, at: int, which: WhichTimer) -> list[tuple[int, WhichTimer]]:
        found = [(at, which)]
        if which.name or which.area or which.start_s:
            pass
        elif self._key(at) in ("for", "named", "called", "of", "in", "from", "with"):
            found += [(end, WhichTimer(start_s=seconds)) for end, seconds in self._durations(at + 1)]
            for end, area in self._area_with_article(at + 1):
                if self._key(at) in ("in", "from", "of", "for"):
                    found.append((end, WhichTimer(area=area)))
            if self._key(at) in ("for", "named", "called") and not self._durations(at + 1):
                begin = at + 2 if self._key(at + 1) in ("the", "my") else at + 1
                for end in range(begin + 1, min(len(self._keys), begin + 5) + 1):
                    if self._keys[end - 1] in ("by", "to", "from", "and"):
                        break
                    found.append((end, WhichTimer(name=self._written(begin, end))))
        return found

    def _area_with_article(self, at: int) -> Sequence[tuple[int, str]]:
        begin = at + 1 if self._key(at) in ("the", "my", "our") else at
        for end in range(min(len(self._keys), begin + self._index.longest), begin, -1):
            named = self._index.named(self._keys[begin:end])
            if named is not None and named.areas:
                return [(end, named.areas[0])]
        return []

    def _written(self, at: int, end: int) -> str:
        first, last = self._tokens[at].word, self._tokens[end - 1].word
        return written_name(self._words[first : last + 1]).strip("?!.,;")

    def _key(self, at: int) -> str:
        return self._keys[at] if 0 <= at < len(self._keys) else ""
