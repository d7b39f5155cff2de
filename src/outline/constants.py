"""The fixed values that PyOutline names."""

from __future__ import annotations

import enum

OUTLINE_MODE_INIT = 1
"""Layers are being defined."""
OUTLINE_MODE_SETUP = 2
"""``Outline.setup`` is running."""
OUTLINE_MODE_READY = 3
"""The session is written; the outline can be launched and its frames executed."""

FRAME_RANGE_FIRST = 1
"""First frame of an outline that says no range."""
FRAME_RANGE_LAST = 1
"""Last frame of an outline that says no range."""


class LayerType(enum.StrEnum):
    """What kind of work a layer is; compares equal to its text."""

    RENDER = "Render"
    """Frames of the shot."""
    UTIL = "Util"
    """Helpers such as pre-processes."""
    POST = "Post"
    """Runs after the job, whatever its outcome."""


LAYER_TYPES = tuple(kind.value for kind in LayerType)
"""The text of every layer type."""
