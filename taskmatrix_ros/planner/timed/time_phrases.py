"""Reads the phrases of time at the beginning and at the end of an utterance."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from taskmatrix_ros.planner.timed.repeated_phrases import Read, RepeatedPhrases
from taskmatrix_ros.planner.timed.time_lexicon import PARTS, SUN_WORDS
from taskmatrix_ros.planner.timed.time_phrase import (
    DEPARTURE,
    NEXT_EVENT,
    Ahead,
    AtClock,
    AtSun,
    Clock,
    Delay,
    EveryDays,
    For,
    InPart,
    OnDay,
    Phrase,
    Since,
    Until,
    Within,
    alike,
    same_half,
)
from taskmatrix_ros.planner.timed.time_scanner import TimeScanner

_WHERE = r"(?: (?:the |my )?(?:house|home|flat|apartment|place)| out| away| off)?"
_WHITHER = r"(?: (?:for|to) (?:the |my )?(?:work|office|school|job|gym|airport|station|day|town))?"
DEPARTURE_WORDS = re.compile(
    r"(?:(?:i|we) (?:have to |need to |must |will |want to )?(?:leave|depart|set off|head out|head off|go out|go)"
    r"|(?:i am|i'm|im|we are|we're) (?:leaving|departing|heading out|going out|going|off|about to leave)"
    r"|(?:my|our) departure|leaving|departure|going out)" + _WHERE + _WHITHER + r"(?! to )(?= |$)"
)
EVENT_WORDS = re.compile(
    r"(?:my |the |our |each |every )?(?:next |first |1 |upcoming )?"
    r"(?:meeting|meetings|appointment|appointments|calendar event|calendar entry|event)"
    r"(?: (?:starts|begins|start|begin))?(?= |$)"
)
_JOINING = ("and", "but only", "and only", "only", "and also")
_OVER = ("have passed", "has passed", "have gone by", "has gone by", "are over", "is over", "are up", "is up")
_BEFORE = ("before", "ahead of", "prior to", "until", "ahead", "earlier", "beforehand")
_EXACT = re.compile(r"(am|pm|a\.m\.?|p\.m\.?|o'clock|oclock)|\d{1,2}:\d\d(am|pm)?|\d{1,2}(am|pm)")


class TimePhrases:
    """Reads an utterance's phrases of time. Pure.

    :param words: in lower case, numbers as digits.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(words)
        self._scan = TimeScanner(words)
        self._repeated = RepeatedPhrases(words, self._scan)

    def leading(self) -> Read:
        """Give the phrases that the utterance begins with, and the place of the first word behind them."""
        return self.run(0, len(self._words))

    def trailing(self) -> Read:
        """Give the phrases that the utterance ends with, and the place of the first word of them."""
        end = len(self._words)
        for start in range(1, end):
            phrases, reached = self.run(start, end)
            if phrases and reached == end:
                return phrases, start
        return (), end

    def whole(self) -> tuple[Phrase, ...]:
        """Give the phrases if there is nothing else; empty otherwise."""
        phrases, end = self.run(0, len(self._words))
        return phrases if end == len(self._words) else ()

    def run(self, at: int, limit: int | None = None) -> Read:
        """Read as many phrases as stand at a place, and give the place behind them."""
        limit = len(self._words) if limit is None else limit
        phrases: list[Phrase] = []
        while at < limit:
            start = (self._scan.says(at, *_JOINING) if phrases or self._words[at] == "only" else 0) or at
            found = self.at(start, after=phrases[-1] if phrases else None)
            if found is None:
                break
            phrases += found[0]
            at = found[1]
        return tuple(phrases), at

    def at(self, at: int, after: Phrase | None = None) -> Read | None:
        """Read one phrase. :param after: the one before it: ``tomorrow 8`` needs no ``at``."""
        readers: tuple[Callable[[int], Read | None], ...] = (
            *self._repeated.readers,
            self._ahead,
            self._sun,
            self._delay,
            self._since,
            self._range,
            self._until,
            self._for,
            self._clock,
            self._day,
            self._part,
        )
        best = max((found for read in readers if (found := read(at))), key=lambda found: found[1], default=None)
        if best is None and isinstance(after, OnDay | EveryDays | InPart):
            if self._words[at : at + 1] and self._words[at] in PARTS:
                return (InPart(self._words[at]),), at + 1
            bare = self._scan.clock(at)
            return None if bare is None else ((AtClock((bare[0],)),), bare[1])
        return best

    # --- ahead of something -------------------------------------------------------------------------------------------

    def _ahead(self, at: int) -> Read | None:
        scan = self._scan
        found = scan.duration(at)
        offset_s, behind = found or (0.0, scan.says(at, "right", "just", "shortly") or at)
        end = scan.says(behind, *_BEFORE) if found or scan.word(behind) else 0
        if not end or (scan.word(behind) == "until" and found is None):
            return None
        rest = " ".join(self._words[end:])
        if found and not rest and scan.word(behind) in ("before", "ahead", "earlier", "beforehand"):
            return (Ahead("", offset_s),), end
        for pattern, key in ((DEPARTURE_WORDS, DEPARTURE), (EVENT_WORDS, NEXT_EVENT)):
            if match := pattern.match(rest):
                return (Ahead(key, offset_s),), end + len(match[0].split())
        return None

    def _sun_name(self, at: int) -> tuple[AtSun, int] | None:
        start = self._scan.says(at, "the") or at
        for phrase, event in SUN_WORDS.items():
            if (end := self._scan.says(at, phrase)) or (end := self._scan.says(start, phrase)):
                return AtSun(event), end
        return None

    def _sun(self, at: int) -> Read | None:
        scan = self._scan
        found = scan.duration(at)
        if found is not None:
            side = scan.word(found[1])
            sun = self._sun_name(found[1] + 1) if side in ("before", "after", "past") else None
            if sun is None:
                return None
            offset_s = -found[0] if side == "before" else found[0]
            return (AtSun(sun[0].event, offset_s),), sun[1]
        if end := scan.says(at, "at", "around", "about", "by", "just before", "just after", "right after"):
            sun = self._sun_name(end)
            return None if sun is None or scan.word(end) == "it" else ((sun[0],), sun[1])
        return None

    def _delay(self, at: int) -> Read | None:
        scan = self._scan
        if end := scan.says(at, "in", "after", "in about", "in another", "after another", "in exactly", "in the next"):
            found = scan.duration(end)
            if found is not None and not scan.says(found[1], "before", "ahead"):
                return (Delay(found[0]),), scan.says(found[1], "from now", *_OVER) or found[1]
            return None
        if end := scan.says(at, "once", "when", "as soon as"):
            found = scan.duration(end)
            over = scan.says(found[1], *_OVER) if found is not None else 0
            return ((Delay(found[0]),), over) if found is not None and over else None
        found = scan.duration(at)
        if found is not None and (end := scan.says(found[1], "from now", "later", "after that", "from this moment")):
            return (Delay(found[0], later=not scan.says(found[1], "from now", "from this moment")),), end
        return None

    # --- spans --------------------------------------------------------------------------------------------------------

    def _bound(self, at: int) -> tuple[Clock | AtSun, int] | None:
        return self._sun_name(at) or self._scan.clock(at, numeric_to=False)

    def _range(self, at: int) -> Read | None:
        scan = self._scan
        if end := scan.says(at, "from", "between"):
            joints = ("to", "till", "until", "through") if scan.word(at) == "from" else ("and",)
            begin = self._bound(end)
            if begin is None:
                return None
            if scan.word(begin[1]) in joints and (last := self._bound(begin[1] + 1)):
                return (Within(*alike(begin[0], last[0])),), last[1]
            if behind := scan.says(begin[1], "on", "onwards", "onward"):
                return (Within(begin[0], None),), behind
            return None
        if end := scan.says(at, "after", "past", "starting at", "beginning at", "starting from"):
            found = self._bound(end)
            return None if found is None else ((Within(found[0], None),), found[1])
        if end := scan.says(at, "before"):
            found = self._bound(end)
            return None if found is None else ((Within(None, found[0]),), found[1])
        if end := scan.says(at, "during the day", "in the daytime", "while it is light"):
            return (Within(AtSun("sunrise"), AtSun("sunset")),), end
        if end := scan.says(at, "while it is dark", "when it is dark", "in the dark"):
            return (Within(AtSun("sunset"), AtSun("sunrise")),), end
        return None

    def _since(self, at: int) -> Read | None:
        end = self._scan.says(at, "from", "starting", "starting from", "starting on", "beginning", "as of", "from next")
        found = self._scan.day(end if self._words[end - 1] != "next" else end - 1) if end else None
        if found is None:
            return None
        return (Since(found[0]),), self._scan.says(found[1], "on", "onwards", "onward") or found[1]

    def _until(self, at: int) -> Read | None:
        end = self._scan.says(at, "until", "till", "til", "up to")
        if not end:
            return None
        if sun := self._sun_name(end):
            return (Until(sun=sun[0]),), sun[1]
        day = self._scan.day(end)
        behind = day[1] if day else end
        clock = self._scan.clock(self._scan.says(behind, "at") or behind)
        if clock is None and day is None:
            return None
        if clock is not None and day is None and (after := self._scan.day(clock[1])):
            day = after
            return (Until(clock[0], day[0]),), day[1]
        return (Until(clock[0] if clock else None, day[0] if day else None),), clock[1] if clock else behind

    def _for(self, at: int) -> Read | None:
        end = self._scan.says(
            at,
            *("for", "for the next", "for another", "for at least", "for more than", "for over", "for longer than"),
            *("longer than", "for a full"),
        )
        found = self._scan.duration(end) if end else None
        return None if found is None else ((For(found[0]),), found[1])

    # --- points -------------------------------------------------------------------------------------------------------

    def _clock(self, at: int) -> Read | None:
        scan = self._scan
        end = scan.says(at, "at", "at about", "at around", "around", "about", "by", "@", "at exactly")
        found = scan.clock(end or at)
        if found is None:
            return None
        said = self._words[at : found[1]]
        if self._is_amount(at, end, found[1]):
            return None
        if not end and not any(_EXACT.fullmatch(word) for word in said) and scan.word(at) not in ("noon", "midnight"):
            return None
        clocks, reached = [found[0]], found[1]
        while scan.word(reached) in ("and", "&", "or"):
            more = scan.clock(scan.says(reached + 1, "at", "again at") or reached + 1)
            if more is None:
                break
            clocks.append(more[0])
            reached = more[1]
        return (AtClock(same_half(clocks)),), reached

    def _is_amount(self, at: int, begin: int, end: int) -> bool:
        """Whether a number is how much, not when: ``at 20 degrees``, ``turn it up by 3``."""
        if self._scan.word(end) in _AMOUNTS:
            return True
        bare = begin and end == begin + 1 and self._words[begin].isdecimal()
        return bool(bare) and self._scan.word(at) == "by" and not _RELATIVE.isdisjoint(self._words[:at])

    def _day(self, at: int) -> Read | None:
        found = self._scan.day(at)
        if found is None:
            return None
        part = self._words[found[1]] if found[1] < len(self._words) else ""
        if part in PARTS:
            return (found[0], InPart(part)), found[1] + 1
        return (found[0],), found[1]

    def _part(self, at: int) -> Read | None:
        start = self._scan.says(at, "first thing", "early", "late", "later") or at
        found = self._scan.part(start)
        if found is None:
            return None
        part, today, end = found
        return ((OnDay(lambda now: now.date(), is_today=True), InPart(part)) if today else (InPart(part),)), end


_AMOUNTS = frozenset(
    ["degree", "degrees", "°", "°c", "°f", "celsius", "fahrenheit", "percent", "%", "per", "points", "point", "steps"]
)
_RELATIVE = frozenset(
    {
        *("up", "down", "increase", "raise", "lower", "reduce", "decrease", "dim", "brighten", "boost", "higher"),
        *("warmer", "cooler", "colder", "hotter", "brighter", "darker", "dimmer", "louder", "quieter", "softer"),
        *("faster", "slower"),
    }
)
