"""What of a script no layer needs, as far as it can travel: code may ask its module for it by name.

``sys.modules[__name__]``, ``pickle`` and ``globals()`` find it so; what cannot be pickled is left out.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tokenize
import types
from collections.abc import Iterator, Sequence
from typing import Any

from outline._restore import origin, travel

_MAX_BYTES = 1 << 20
"""The most that one value may come to: nobody said that it is needed."""
_MAX_TRIES = 40
"""How often writing begins anew, without a value that cannot be pickled."""


class _TooLargeError(Exception):
    """A value is larger than what travels unasked."""


class _Limited(io.BytesIO):
    """Takes as much as it may."""

    most = 0

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > self.most:
            raise _TooLargeError
        return super().write(data)


def of_scripts(ol: Any, scripts: Sequence[str]) -> tuple[dict[str, list[str]], bytes]:
    """Return the names of scripts that can travel, and their values.

    Args:
        ol: The outline.
        scripts: Names of the modules.
    """
    left_out: set[tuple[str, str]] = set()
    for _ in range(_MAX_TRIES):
        names = [each for each in _candidates(scripts) if each not in left_out]
        stream = _Limited()
        failed = _write(stream, ol, names)
        if failed is None:
            by_module: dict[str, list[str]] = {module: [] for module in scripts}
            for module, name in names:
                by_module[module].append(name)
            return by_module, stream.getvalue()
        left_out.add(failed)
    return {}, _END


def _write(stream: _Limited, ol: Any, names: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    """Write values; return the first that cannot be."""
    pickler = travel.LayerPickler(stream, None, ol)
    for module, name in names:
        stream.most = stream.tell() + _MAX_BYTES
        try:
            pickler.write_name(module, name)
        except Exception:  # noqa: BLE001 - what is pickled may raise anything when it is asked for its state
            return module, name
    stream.most += _MAX_BYTES
    pickler.dump(("end", None))
    return None


def sources(scripts: Sequence[str]) -> dict[str, str]:
    """Return the text of each script, by its file: tracebacks show it, whatever becomes of the file."""
    found = {}
    for module in scripts:
        file = origin.absolute(str(getattr(sys.modules[module], "__file__", None) or ""))
        with (
            contextlib.suppress(OSError, SyntaxError, UnicodeDecodeError),
            tokenize.open(file) as stream,
        ):
            found[file] = stream.read(_MAX_BYTES)
    return found


def _candidates(scripts: Sequence[str]) -> Iterator[tuple[str, str]]:
    for module in scripts:
        for name, value in vars(sys.modules[module]).items():
            if not name.startswith("__") and _is_plain(value):
                yield module, name


def _is_plain(value: Any) -> bool:
    """Tell whether pickling a value runs no code but that of the script and of Python's library."""
    if isinstance(value, types.ModuleType):
        return True
    kind = value if isinstance(value, type) else type(value)
    module = getattr(value, "__module__", None) if callable(value) else kind.__module__
    return origin.is_script(module) or str(module).partition(".")[0] in sys.stdlib_module_names


_END = b"\x80\x05\x8c\x03end\x94N\x86\x94."
