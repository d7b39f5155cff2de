"""`outline.pycuerun` under the name PyOutline gives it."""

from __future__ import annotations

from outline.pycuerun import main

__all__ = ["main"]
