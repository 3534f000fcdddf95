"""What is said of a thing, taken apart: ``two cans of soda from the fridge that are not caffeinated``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from taskmatrix_ros.planner.things.lexicon import Lexicon

Tokens = tuple[str, ...]
"""Words in lower case; a comma is one of its own."""

_ALL = (
    "all of the",
    "all of",
    "all the",
    "all my",
    "all",
    "every single",
    "every",
    "each of the",
    "each",
    "any and all",
)
_DEFINITE = frozenset({"the", "my", "our", "your", "his", "her", "their", "that", "this", "those", "these"})
_INDEFINITE = frozenset({"a", "an", "some", "any", "another", "one", "1"})
_COUNTS = {"couple of": 2, "pair of": 2, "couple": 2}
_PLACED = (
    *("on top of", "out of", "off of", "next to", "close to", "inside of", "over on", "over in", "over at", "back on"),
    *("on", "in", "at", "from", "off", "inside", "near", "by", "beside", "under", "behind", "within"),
)
_WITHOUT = (
    *("other than", "except for", "except", "besides", "apart from", "aside from", "but not", "excluding", "but no"),
    *("rather than", "instead of", "not counting", "and not", "but"),
)
_RELATIVE = frozenset({"that", "which", "who"})
_IS = frozenset({"is", "are", "'s", "was", "were", "be", "being", "does", "do", "s", "re", "can", "will"})
_HAS = frozenset({"has", "have", "contains", "contain", "includes", "include", "containing", "having"})
_ADVERBS = frozenset({"any", "also", "it", "already", "still", "currently", "now", "just", "always", "quite"})
_NOT = frozenset(
    {"not", "no", "isn't", "aren't", "wasn't", "doesn't", "don't", "hasn't", "never", "isnt", "doesnt", "dont"}
)
_BOTH = frozenset({"both"})
_HEDGES = frozenset({"only", "just", "whatever", "whichever", "either", "any", "maybe", "perhaps"})
_ENDS = (
    _RELATIVE
    | _HAS
    | {
        *(
            "is",
            "are",
            "with",
            "without",
            "to",
            "for",
            "i",
            "you",
            "not",
            "that's",
            "that're",
            "thats",
            "isn't",
            "aren't",
        )
    }
)
"""What ends a noun and begins what is said about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One thing or several of a kind, as they were said.

    ``count``: how many, None where no number was said; ``every``: all that fit; ``definite``: there is only one that
    can be meant; ``unlike``: they must differ in kind. ``wanted`` and ``unwanted`` are phrases that must and must not
    hold of them; ``places``: where they are said to be.
    """

    said: str
    words: Tokens
    count: int | None = None
    every: bool = False
    definite: bool = False
    unlike: bool = False
    wanted: tuple[Tokens, ...] = ()
    unwanted: tuple[Tokens, ...] = ()
    places: tuple[Tokens, ...] = ()
    purpose_unknown: str = ""


def described(tokens: Tokens, lexicon: Lexicon) -> tuple[Description, ...]:
    """Take apart what names things; one for each thing or group that is joined by ``and``."""
    found = [_one(part, lexicon) for part in _joined(tokens)]
    found = [description for description in found if description.words or description.wanted]
    last = found[-1] if found else None
    if last is None:
        return ()
    shared = [replace(d, places=d.places or last.places) for d in found[:-1]]
    if found[0].every:
        shared = [replace(d, every=True) for d in shared]
        last = replace(last, every=last.every or not (last.definite or last.count))
    return (*shared, last)


def _joined(tokens: Tokens) -> Iterator[Tokens]:
    """Cut at ``and`` and commas; behind ``except`` they go on with what is left out."""
    if tokens[:1] and tokens[0] in _BOTH and "and" in tokens:
        tokens = tokens[1:]
    part: list[str] = []
    leaving_out = False
    at = 0
    while at < len(tokens):
        word = tokens[at]
        phrase = _starting(tokens, at, _WITHOUT)
        if phrase:
            leaving_out = True
            part += tokens[at : at + phrase]
            at += phrase
            continue
        if word in ("and", ",", "&", "plus", "then") and not leaving_out:
            if part:
                yield tuple(part)
            part = []
            following = _starting(tokens, at + 1, ("after that", "afterwards", "then", "also", "finally"))
            at += following
        else:
            part.append(word)
        at += 1
    if part:
        yield tuple(part)


def _one(tokens: Tokens, lexicon: Lexicon) -> Description:
    end = next((at for at in range(len(tokens)) if at and _ends_core(tokens, at)), len(tokens))
    core, rest = tokens[:end], tokens[end:]
    description = _quantified(core)
    return _qualified(replace(description, said=" ".join(tokens)), rest, lexicon)


def _ends_core(tokens: Tokens, at: int) -> bool:
    if tokens[at] in _ENDS:
        return True
    return bool(_starting(tokens, at, _PLACED) or _starting(tokens, at, _WITHOUT))


def _quantified(core: Tokens) -> Description:
    """Take articles and numbers off."""
    every = definite = unlike = False
    count: int | None = None
    words = core
    while len(words) > 1:
        first = words[0]
        pair = _COUNTS.get(" ".join(words[:2])) if len(words) > 2 else None
        taken = 1
        if phrase := _starting(words, 0, _ALL):
            every, taken = True, phrase
        elif pair is not None:
            count, taken = pair, 2
        elif first in _COUNTS:
            count = _COUNTS[first]
        elif first in _BOTH:
            count, definite = 2, True
        elif first in _DEFINITE:
            definite = True
        elif first in _INDEFINITE:
            count = 1 if first not in ("some", "any") else count
        elif first.isdecimal() and int(first) < 100:
            count = int(first)
        elif first in ("different", "distinct"):
            unlike = True
        elif first != "of" and first not in _HEDGES:
            break
        words = words[taken:] or words[-1:]
    if words[:1] == ("everything",) or words == ("all",):
        every, words = True, ("everything",)
    return Description(said="", words=words, count=count, every=every, definite=definite, unlike=unlike)


def _qualified(description: Description, rest: Tokens, lexicon: Lexicon) -> Description:
    """Read what follows the noun, one part after the other."""
    wanted, unwanted, places = list(description.wanted), list(description.unwanted), list(description.places)
    unknown = ""
    at = 0
    while at < len(rest):
        end = next((i for i in range(at + 1, len(rest)) if _begins_part(rest, at, i)), len(rest))
        part = rest[at:end]
        phrase = _starting(part, 0, _PLACED)
        left_out = _starting(part, 0, _WITHOUT)
        if left_out and len(part) > left_out:
            unwanted += _alternatives(part[left_out:])
        elif part[0] == "without":
            unwanted += _alternatives(part[1:])
        elif part[0] == "with" or part[0] in _HAS:
            negative = part[1:2] == ("no",) or part[1:2] == ("less",)
            (unwanted if negative else wanted).extend(_alternatives(part[2:] if negative else part[1:]))
        elif phrase and len(part) > phrase:
            places.append(part[phrase:])
        elif part[0] in ("to", "for", "i", "you") or "can" in part[:3]:
            kind, text = _purpose(part, lexicon)
            if kind:
                wanted.append((kind,))
            elif text:
                unknown = text
        else:
            held, missing = _relative(part, lexicon)
            wanted += held
            unwanted += missing
        at = end
    return replace(
        description,
        wanted=tuple(dict.fromkeys(filter(None, wanted))),
        unwanted=tuple(dict.fromkeys(filter(None, unwanted))),
        places=tuple(places),
        purpose_unknown=unknown,
    )


def _begins_part(rest: Tokens, start: int, at: int) -> bool:
    """Whether a new part begins here: not inside what a purpose takes, nor right behind the word that opened this."""
    word = rest[at]
    opened = rest[start]
    if _starting(rest, at, _WITHOUT):
        # Whatever stands before it: "something to eat except the apple".
        return rest[at - 1] not in _NOT and rest[at - 1] not in _IS
    if opened in ("to", "for"):
        return word in _RELATIVE or (bool(_starting(rest, at, _PLACED)) and word == "from")
    if opened in ("i", "you") or (opened in _RELATIVE and rest[start + 1 : start + 2] in (("i",), ("you",), ("can",))):
        return bool(_starting(rest, at, _PLACED))
    before = rest[at - 1]
    if word in _RELATIVE or word in ("with", "without"):
        return before not in _NOT and before not in _IS
    return bool(_starting(rest, at, _PLACED)) or (word in ("to", "for") and at > start + 1)


def _relative(part: Tokens, lexicon: Lexicon) -> tuple[list[Tokens], list[Tokens]]:
    """Read ``that is not spicy``, ``that's cold``, ``which has no sugar``. :returns: what must hold, what must not."""
    words = [piece for word in part for piece in (word.split("'") if word in ("that's", "that're", "it's") else [word])]
    words = [word for word in words if word not in _RELATIVE]
    if words[:1] and words[0] in ("i", "we", "you", "he", "she", "they", "i've", "i'd", "was", "were"):
        # "that I left there" tells no trait.
        return [], []
    negative = False
    while words and (words[0] in _IS or words[0] in _HAS or words[0] in _NOT or words[0] in _ADVERBS):
        negative = negative or words[0] in _NOT
        words = words[1:]
    if words and (kind := lexicon.purpose(words[0])) and not lexicon.knows(" ".join(words)):
        words = [kind]
    phrases = _alternatives(tuple(words))
    return ([], phrases) if negative else (phrases, [])


def _alternatives(words: Tokens) -> list[Tokens]:
    """Cut ``a coke or a pepsi`` in two, without articles."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word in ("or", "and", "nor", ",", "neither"):
            parts.append([])
        elif not (not parts[-1] and (word in _DEFINITE or word in _INDEFINITE or word in ("for", "of"))):
            parts[-1].append(word)
    return [tuple(part) for part in parts if part]


def _purpose(part: Tokens, lexicon: Lexicon) -> tuple[str, str]:
    """Read ``to drink``, ``for lunch``, ``i can clean the floor with``. :returns: the kind, or words unknown."""
    words = [
        word for word in part if word not in _RELATIVE and word not in ("i", "you", "can", "could", "we", "help", "me")
    ]
    words = words[1:] if words[:1] in (["to"], ["for"]) else words
    text = " ".join(word for word in words if word not in _DEFINITE and word not in _INDEFINITE)
    if part[0] == "for" and (text in lexicon.occasions or not text or words[:1] in (["me"], ["us"])):
        return "", ""
    for word in words:
        if kind := lexicon.purpose(word):
            return kind, ""
    for situation in lexicon.situations:
        if situation.wants and any(_contains(words, phrase) for phrase in situation.said):
            return situation.wants, ""
    is_idle = part[0] == "for" or (bool(words) and words[0] in lexicon.aims)
    return "", "" if is_idle else text


def _contains(words: Sequence[str], phrase: Tokens) -> bool:
    return any(tuple(words[at : at + len(phrase)]) == phrase for at in range(len(words)))


def _starting(tokens: Tokens, at: int, phrases: Sequence[str]) -> int:
    """Give how many words of the phrases stand at a place; 0 for none."""
    for phrase in phrases:
        parts = phrase.split()
        if list(tokens[at : at + len(parts)]) == parts:
            return len(parts)
    return 0
