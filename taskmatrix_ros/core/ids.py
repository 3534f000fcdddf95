"""ULIDs: ids that sort by the moment they were made and fit the 16 bytes of an action goal's UUID."""

from __future__ import annotations

import os
import threading
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [one + other for one in _ALPHABET for other in _ALPHABET]
_SHIFTS = tuple(range(120, -1, -10))
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_RANDOM_BITS = 80

_lock = threading.Lock()
_last = 0
_head = ""
"""What the last id and those that are made right after it begin with: all but its last two letters."""


def new_id() -> str:
    """Make a ULID, greater than every one made before in this process.

    :returns: 26 characters of Crockford's base 32: 48 bits of milliseconds since 1970, 80 random bits.
    :source: https://github.com/ulid/spec, with its monotonic rule.
    """
    global _last, _head  # noqa: PLW0603 - the monotonic rule needs the last id, and only here
    moment = time.time_ns() // 1_000_000
    with _lock:
        if moment > _last >> _RANDOM_BITS:
            _last = (moment << _RANDOM_BITS) | int.from_bytes(os.urandom(10), "big") >> 1
            _head = _encode(_last)[:-2]
        else:
            _last += 1
            if not _last & 1023:
                _head = _encode(_last)[:-2]
        return _head + _PAIRS[_last & 1023]


def id_time_s(identifier: str) -> float:
    """Give the moment a ULID was made.

    :returns: seconds since 1970, to the millisecond.
    :raises ValueError: it is no ULID.
    """
    return int.from_bytes(id_to_bytes(identifier)[:6], "big") / 1000


def id_to_bytes(identifier: str) -> bytes:
    """Give the 16 bytes of a ULID, big-endian: the UUID of its action goal.

    :raises ValueError: not 26 characters of the ULID alphabet, or more than 128 bits.
    """
    if len(identifier) != 26:
        raise ValueError(f"id {identifier!r} has {len(identifier)} characters; a ULID has 26")
    number = 0
    for letter in identifier.upper():
        if letter not in _VALUES:
            raise ValueError(f"id {identifier!r} holds {letter!r}, which no ULID does")
        number = number * 32 + _VALUES[letter]
    if number >> 128:
        raise ValueError(f"id {identifier!r} is larger than 128 bits")
    return number.to_bytes(16, "big")


def id_from_bytes(raw: bytes) -> str:
    """Give the ULID whose 16 bytes these are.

    :raises ValueError: not 16 bytes.
    """
    if len(raw) != 16:
        raise ValueError(f"an id has 16 bytes, not {len(raw)}")
    return _encode(int.from_bytes(raw, "big"))


def _encode(number: int) -> str:
    """Write 128 bits as 26 letters of Crockford's alphabet, two at a time."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
