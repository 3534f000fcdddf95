"""How far apart two spellings are."""

from __future__ import annotations


def edits(one: str, other: str) -> int:
    """Count the letters put in, left out, changed or swapped with their neighbour (optimal string alignment)."""
    if abs(len(one) - len(other)) > 1:
        return 2
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(rows[-1][j] + 1, row[j - 1] + 1, rows[-1][j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
