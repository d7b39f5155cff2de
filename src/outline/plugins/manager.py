"""The plug-in manager, where PyOutline keeps it."""

from __future__ import annotations

from outline.plugins import PluginManager

__all__ = ["PluginManager"]
