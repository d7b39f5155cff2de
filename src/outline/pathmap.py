"""Map path prefixes of one machine to those of another; pure and tiny, because the farm uses it for every frame."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BEFORE = r"(?:(?<=[\s'\"=:,(])|\A)"
_AFTER = r"(?=[/\s'\"=:,()]|\Z)"


def map_text(text: str, path_map: Mapping[str, str]) -> str:
    """Return ``text`` with every mapped prefix replaced, once, longest prefix first.

    A prefix counts at the start of the text or after white space, a quote, ``=``, ``:``, ``,`` or ``(``, and only when
    ``/``, the end or such a character follows.
    Keys without a slash are program names and are left to `map_argv`.

    Args:
        text: One argument, a path or a whole command line.
        path_map: From prefix to prefix; a slash at the end of either does not matter.
    """
    prefixes = {key.rstrip("/"): to.rstrip("/") for key, to in path_map.items() if "/" in key}
    prefixes.pop("", None)
    if not any(prefix in text for prefix in prefixes):
        return text
    longest_first = sorted(prefixes, key=len, reverse=True)
    pattern = f"{_BEFORE}({'|'.join(map(re.escape, longest_first))}){_AFTER}"
    return re.sub(pattern, lambda match: prefixes[match[1]], text)


def map_argv(argv: Sequence[str], path_map: Mapping[str, str]) -> list[str]:
    """Return an argument list with every argument mapped by `map_text`.

    A key without a slash names a program: it replaces the first argument when that is exactly the key.
    """
    if not path_map:
        return list(argv)
    mapped = [map_text(argument, path_map) for argument in argv]
    if mapped and "/" not in mapped[0] and mapped[0] in path_map:
        mapped[0] = path_map[mapped[0]]
    return mapped
