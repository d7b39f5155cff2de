"""How much OpenCue takes of one job."""

MAX_LAYERS = 2_000
"""Layers that one job may have."""
MAX_FRAMES = 100_000
"""Frames that one spec may have on a Cuebot, chunks counted once."""
MAX_TEXT = 4_000
"""Characters a Cuebot keeps of a command or a range."""
MAX_CORES = 24
"""Cores a Cuebot takes from a spec for one frame."""
MAX_FRAME_EDGES = 200_000
"""Frame-to-frame depends written for one edge; above that whole layers wait for each other."""
