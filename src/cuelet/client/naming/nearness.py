"""What a person may have meant who named what is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

MAX_KNOWN = 20_000
"""Names that are compared; comparing is slow."""
_LEAST_LIKE = 0.6


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return the two known names that are most like a word, whatever the case, as far as any is."""
    spelled = {name.lower(): name for name in islice(known, MAX_KNOWN)}
    found = difflib.get_close_matches(word.lower(), spelled, n=2, cutoff=_LEAST_LIKE)
    return [spelled[each] for each in found]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean show?``, or an empty text when nothing is near."""
    found = nearest(word, known)
    return f"; did you mean {' or '.join(found)}?" if found else ""
