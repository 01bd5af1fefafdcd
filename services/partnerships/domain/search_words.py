"""Names as people type them: what search keeps of a school's name, and of what was typed."""

from __future__ import annotations

import re
import unicodedata

_JOINED = re.compile("['\u2018\u2019\u02bc`.]")
_APART = re.compile(r"[^0-9a-z]+")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a name without case, accents and punctuation, each once: "St Mary's CE" → ("st", "marys", "ce")."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = plain if plain.isascii() else "".join(filter(_is_no_accent, plain))
    words = _APART.sub(" ", _JOINED.sub("", letters)).split()
    return tuple(dict.fromkeys(words))


def _is_no_accent(character: str) -> bool:
    return not unicodedata.combining(character)
