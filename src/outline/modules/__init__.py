"""The layers that come with outline.

May import: what a user's script may: `outline`, `outline.layer`, `outline.io`, `outline.util`.
Add: a kind of layer as a class in a module here, and its page entry to docs/reference/outline.md.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    if name == "shell":
        import importlib

        return importlib.import_module("outline.modules.shell")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
