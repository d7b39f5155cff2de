"""Tracebacks as their readers need them: the lines of their own files, without those of this package."""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
import traceback
from collections.abc import Iterator

_PACKAGES = ("outline", "opencue", "cuelet", "cueadmin", "FileSequence", "bin")
_HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_OURS = tuple(os.path.join(_HOME, name) + os.sep for name in _PACKAGES)
_LIBRARY = tuple(
    {sysconfig.get_path("stdlib") + os.sep, os.path.dirname(os.__file__) + os.sep, "<frozen "}
)
_PACKAGES_OF_OTHERS = f"{os.sep}site-packages{os.sep}"


def user_traceback(error: BaseException) -> str:
    """Return the traceback of an error without our lines; empty when nobody else's code is in it."""
    told = traceback.TracebackException.from_exception(error)
    found = False
    for each in _chained(told):
        kept = _users(each.stack)
        found = found or bool(kept) or _is_of_text(each)
        each.stack[:] = kept
    return "".join(told.format()) if found else ""


def without_last(error: BaseException) -> str:
    """Return a traceback for whom says the error itself behind it: all of it where none of the lines are the user's."""
    text = user_traceback(error) or full_traceback(error)
    last = "".join(traceback.format_exception_only(error)[-1:])
    return text.removesuffix(last)


def full_traceback(error: BaseException) -> str:
    """Return the traceback of an error with all its lines."""
    return "".join(traceback.format_exception(error))


def syntax_lines(error: BaseException | None) -> str:
    """Return file, line and place of a syntax error; empty for another error."""
    if not isinstance(error, SyntaxError):
        return ""
    return "".join(traceback.format_exception_only(error)[:-1])


def _chained(told: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    """Yield an error, and those it came from or consists of."""
    seen: set[int] = set()
    left: list[traceback.TracebackException | None] = [told]
    while left:
        each = left.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        left += [each.__cause__, each.__context__, *(getattr(each, "exceptions", None) or ())]


def _users(stack: traceback.StackSummary) -> list[traceback.FrameSummary]:
    """Return the lines from the user's first one on, without ours."""
    first = next((at for at, line in enumerate(stack) if _is_users(line.filename)), None)
    if first is None:
        return []
    return [line for line in stack[first:] if not line.filename.startswith(_OURS)]


def _is_users(file: str) -> bool:
    if file.startswith(_OURS):
        return False
    return not file.startswith(_LIBRARY) or _PACKAGES_OF_OTHERS in file


def _is_of_text(told: traceback.TracebackException) -> bool:
    """Tell whether an error is about the text of a file, which it names itself."""
    kind = told.exc_type
    return kind is not None and issubclass(kind, SyntaxError) and bool(told.filename)


def show_as_launched(sources: dict[str, str]) -> None:
    """Have tracebacks show the lines of files as they were at launch; they may be others, or gone, by now."""
    import linecache

    for file, text in sources.items():
        lines = text.splitlines(keepends=True)
        linecache.cache[file] = (len(text), None, lines, file)


def write(text: str) -> None:
    """Write to stderr, behind all that went to stdout; code of the user may have closed or replaced either."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sys.stdout.flush()
    to = sys.stderr
    if to is None or to.closed:
        os.write(2, text.encode(errors="backslashreplace"))
    else:
        to.write(text)
