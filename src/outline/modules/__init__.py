"""The layers that come with outline."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    if name == "shell":
        import importlib

        return importlib.import_module("outline.modules.shell")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
