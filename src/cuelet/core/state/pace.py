"""How long the frames of a layer take lately, and so how many of them the runner gets ahead."""

from __future__ import annotations

SHORT_S = 0.25
"""Longer frames gain nothing: the way through the farm is a hundredth of that."""
WORK_AHEAD_S = 0.05
"""Work a lane holds: a more urgent frame may have to wait for so long."""
PATIENCE_S = 0.2
"""What has waited so long is given back: the frames are not short, or others more urgent."""
MOST_AHEAD = 32


class Pace:
    """Short frames in a row, and their duration: quick to rise, slow to fall."""

    __slots__ = ("in_a_row", "wall_s")

    def __init__(self) -> None:
        self.in_a_row, self.wall_s = 0, 0.0

    def note(self, wall_s: float) -> None:
        """Take in how long a frame took."""
        if wall_s > SHORT_S:
            self.reset()
            return
        self.in_a_row += 1
        self.wall_s = max(wall_s, self.wall_s + (wall_s - self.wall_s) / 4)

    def reset(self) -> None:
        """Begin anew: the frames are not as short as it seemed."""
        self.in_a_row, self.wall_s = 0, 0.0

    def frames_ahead(self) -> int:
        """Return how many frames may wait behind a running one; no more than were short lately."""
        fitting = int(WORK_AHEAD_S / self.wall_s) if self.wall_s > 0 else MOST_AHEAD
        return min(self.in_a_row, MOST_AHEAD, max(fitting, 1))
