"""The engines a job can be launched on, one module each.

May import: all of outline; opencue inside functions.
Add: an engine as a module with `launch`, and its name to `BACKENDS`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

BACKENDS = ("cue", "local")
"""The names that ``launch(backend=...)`` takes."""


def __getattr__(name: str) -> ModuleType:
    if name in BACKENDS:
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
