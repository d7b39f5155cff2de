"""Frame ranges and file sequences as pycue's package of the same name understands them, duplicates and all.

`outline.frames` is the resolver that jobs are made with; it differs in dropping duplicates and allowing spaces.
"""

from __future__ import annotations

from FileSequence.FileSequence import FileSequence
from FileSequence.FrameRange import FrameRange
from FileSequence.FrameSet import FrameSet

__all__ = ["FileSequence", "FrameRange", "FrameSet"]
