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
"""Place of the first frame in a parsed range; scripts use it, we do not."""
FRAME_RANGE_LAST = 2
"""Place of the last frame in a parsed range; scripts use it, we do not."""
DEFAULT_FRAME_RANGE = "1000-1000"
"""The frames of a layer when neither it nor its outline names any."""


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
