"""Reads commands with a time or a condition, and what is said of rules: the offline grammar's way to rules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from taskmatrix_ros.core.home import Home
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.planner.grammar.clause_reader import Doing, Scene
from taskmatrix_ros.planner.grammar.clause_splitter import MAX_WORDS
from taskmatrix_ros.planner.language.english import ENGLISH
from taskmatrix_ros.planner.language.normalizer import Normalizer
from taskmatrix_ros.planner.language.words import keys
from taskmatrix_ros.planner.timed.rule_builder import PlanText
from taskmatrix_ros.planner.timed.said_parts import (
    listed,
    spoken,
    without_preface,
)
from taskmatrix_ros.planner.timed.state_names import StateNames
from taskmatrix_ros.planner.timed.time_lexicon import WEEKDAYS
from taskmatrix_ros.planner.timed.timed_utterance import HomeNow, Utterance


class TimedReader:
    """Implements ``planner.clause_reader.UtteranceReader``.

    Turns an utterance that speaks of a time, an event or a rule into calls of the package ``time``.
    """

    def __init__(self, catalogue: Catalogue, home: Home | None = None) -> None:
        """:param home: whose entities rules may wait for, beside the state that documents speak of."""
        self._catalogue = catalogue
        self._home = home
        self._normalizer = Normalizer(ENGLISH, "en")
        self._named: tuple[Any, StateNames] | None = None

    def read(self, text: str, scene: Scene, plan: PlanText) -> Doing | None:
        """Give the calls; None for an utterance that is for now.

        :param plan: gives the code of a command, planned with nothing known of the state.
        :raises PlanningError: it is timed, and cannot be done so; it says why.
        """
        words = self._normalizer.words(text)
        if self._catalogue.get("rule_add") is None or not words or len(words) > MAX_WORDS:
            return None
        if keys(words[:2]) == ("next", "time"):
            words = (*spoken("the"), *words)  # no "next, do this"
        if keys(words[:1]) == ("only",) and keys(words[1:2]) and keys(words[1:2])[0] in ENGLISH.verbs:
            words = words[1:]  # "only turn it off if it's on": its condition says so
        if keys(words[:1]) == ("next",) and keys(words[1:2]) and keys(words[1:2])[0] in WEEKDAYS:
            words = (*spoken("on"), *words)
        words = without_preface(listed(self._normalizer.trimmed(words, ENGLISH.verbs)))
        names = self._names(scene.state.values)
        now = scene.now.astimezone(ZoneInfo(scene.zone)) if scene.zone else scene.now
        home = HomeNow(now=now, rules=scene.rules, names=names, state=scene.state.values, about_rules=scene.about_rules)
        utterance = Utterance(self._catalogue, home, cache(plan))
        statements = utterance.read(words)
        return None if statements is None else Doing(statements=statements, answer=utterance.answer)

    def _names(self, state: Mapping[str, Any]) -> StateNames:
        """Name the state; anew only when documents, the home or the keys that are known have changed."""
        home = self._home
        key = (self._catalogue.revision, home.revision if home is not None else 0, frozenset(state))
        if self._named is None or self._named[0] != key:
            names = StateNames.of_catalogue(self._catalogue, state)
            self._named = (key, names if home is None else names + StateNames.of_home(home))
        return self._named[1]
