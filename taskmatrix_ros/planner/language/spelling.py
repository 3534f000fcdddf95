"""How far apart two spellings are."""

from __future__ import annotations


def edits(said: str, word: str, most: int = 1) -> int:
    """Count the letters put in, left out, changed or swapped with their neighbour (optimal string alignment).

    A count above ``most`` is told as ``most + 1``.
    """
    if abs(len(said) - len(word)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(word) + 1))
    for at, letter in enumerate(said, start=1):
        row = [at]
        for to, other in enumerate(word, start=1):
            cost = min(last[to] + 1, row[to - 1] + 1, last[to - 1] + (letter != other))
            if at > 1 and to > 1 and letter == word[to - 2] and said[at - 2] == other:
                cost = min(cost, before[to - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]
