"""How much OpenCue takes of one job."""

MAX_LAYERS = 2_000
"""Layers that one job may have."""
MAX_FRAMES = 100_000
"""Frames that one spec may have on a Cuebot, chunks counted once."""
MAX_TEXT = 4_000
"""Characters a Cuebot keeps of a command or a range."""
MAX_CORES = 24
"""Cores a Cuebot takes from a spec for one frame."""
MAX_LAUNCHED_RETRIES = 1
"""Retries a Cuebot takes from a spec; more is lowered without a word."""
MAX_RETRIES = 15
"""Retries of a job: the most that a Cuebot lets anybody set."""
MAX_FRAME_EDGES = 200_000
"""Frame-to-frame depends written for one edge; above that whole layers wait for each other."""
