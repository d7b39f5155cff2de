"""Environment variables that XML does not carry as they are: control characters, bytes that are no text, white space."""

from __future__ import annotations

from outline._targets.compile import find_not_xml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def odd_variables(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a reader of the XML would have otherwise, or not at all."""
    return {
        key: value for key, value in env.items() if value != value.strip() or not _fits(key, value)
    }


def fitting(env: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables that XML can hold, be it without the white space at their ends."""
    left = {key: value for key, value in env.items() if _fits(key, value)}
    return env if len(left) == len(env) else left


def why_odd(key: str, value: str) -> str:
    """Return what becomes of a variable that is odd, as a sentence."""
    found = find_not_xml(key) or find_not_xml(value)
    if found is not None:
        return f"variable {key} is not set: XML cannot hold its character {found!r}"
    return f"variable {key} is {value.strip()[:40]!r}: OpenCue cuts white space from the ends of values"


def _fits(key: str, value: str) -> bool:
    return find_not_xml(key) is None and find_not_xml(value) is None
