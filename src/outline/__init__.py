"""Define multi-layer render jobs: outlines, layers, frames, dependencies, sessions; PyOutline's names.

Importing this package loads nothing else; each name is imported when it is first used.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from outline import (
        backend,
        config,
        constants,
        cuerun,
        cuerunbase,
        depend,
        event,
        exception,
        executor,
        frames,
        io,
        layer,
        loader,
        modules,
        plugins,
        session,
        spec,
        util,
        versions,
    )
    from outline.exception import (
        FailImmediately,
        FileSpecException,
        LayerException,
        OutlineException,
        SessionException,
        ShellCommandFailureException,
    )
    from outline.executor import TaskExecutor
    from outline.layer import Frame, Layer, LayerPostProcess, LayerPreProcess, OutlinePostCommand
    from outline.loader import (
        Outline,
        current_outline,
        load_json,
        load_outline,
        parse_outline_script,
        quick_outline,
    )
    from outline.planning import plan
    from outline.plugins import PluginManager
    from outline.session import Session, is_session_path

__distribution__ = "cuelet"
"""By this Cuelet knows its own packages from OpenCue's of the same names."""
_MODULES = frozenset(
    {
        "backend",
        "config",
        "constants",
        "cuerun",
        "depend",
        "event",
        "exception",
        "executor",
        "frames",
        "io",
        "layer",
        "loader",
        "modules",
        "pathmap",
        "planning",
        "plugins",
        "session",
        "spec",
        "util",
        "versions",
        "cuerunbase",
    }
)
_HOMES = {
    "exception": (
        "FailImmediately",
        "FileSpecException",
        "LayerException",
        "OutlineException",
        "SessionException",
        "ShellCommandFailureException",
    ),
    "executor": ("TaskExecutor",),
    "layer": ("Frame", "Layer", "LayerPostProcess", "LayerPreProcess", "OutlinePostCommand"),
    "loader": (
        "Outline",
        "current_outline",
        "load_json",
        "load_outline",
        "parse_outline_script",
        "quick_outline",
    ),
    "planning": ("plan",),
    "plugins": ("PluginManager",),
    "session": ("Session", "is_session_path"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "FailImmediately",
    "FileSpecException",
    "Frame",
    "Layer",
    "LayerException",
    "LayerPostProcess",
    "LayerPreProcess",
    "Outline",
    "OutlineException",
    "OutlinePostCommand",
    "PluginManager",
    "Session",
    "SessionException",
    "ShellCommandFailureException",
    "TaskExecutor",
    "backend",
    "config",
    "constants",
    "cuerun",
    "cuerunbase",
    "current_outline",
    "depend",
    "event",
    "exception",
    "executor",
    "frames",
    "io",
    "is_session_path",
    "layer",
    "load_json",
    "load_outline",
    "loader",
    "modules",
    "parse_outline_script",
    "plan",
    "plugins",
    "quick_outline",
    "session",
    "spec",
    "util",
    "versions",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return _imported(name)
    if name in _HOME_OF:
        value = getattr(_imported(_HOME_OF[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _imported(name: str) -> Any:
    """Return a module of this package; importlib would load four modules more, for every frame."""
    path = f"{__name__}.{name}"
    __import__(path)
    return sys.modules[path]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
