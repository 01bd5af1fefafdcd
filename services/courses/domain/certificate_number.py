"""Numbers of certificates: fifteen characters that nobody can guess and one that shows a slip, in groups of four.

The alphabet leaves out what is taken for something else (0 and O, 1 and I, U and V). It has 31 characters, a prime:
the last one makes the weighted sum of all a multiple of it, which one wrong character, or two that have changed
places, never leave so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTVWXYZ"
DRAWN: Final = 15
"""How many characters are drawn at random: 74 bits."""

_GROUP: Final = 4
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}


def number_of(drawn: Sequence[int]) -> str:
    """The number of these values below 31, as it is written: "7K3Q-X9M2-WDF4-T8V8"."""
    check = -_weighed(drawn) * pow(DRAWN + 1, -1, len(ALPHABET)) % len(ALPHABET)
    text = "".join(ALPHABET[value] for value in (*drawn, check))
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def as_written(typed: str) -> str | None:
    """The number that somebody has typed, in either case, with or without its hyphens; None if it is none of ours."""
    values = [_VALUES.get(character) for character in typed.upper() if character not in "- "]
    known = [value for value in values if value is not None]
    if len(values) != DRAWN + 1 or len(known) != len(values) or _weighed(known) % len(ALPHABET):
        return None
    return number_of(known[:DRAWN])


def _weighed(values: Sequence[int]) -> int:
    return sum(weight * value for weight, value in enumerate(values, start=1))
