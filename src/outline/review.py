"""Review before a job leaves the queue (``pycuerun --qc``): its last frame pauses the job until somebody unpauses it.

Runs as ``python -m outline.review`` on a host of the farm, with nothing but the names that pycue has.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from outline.loader import Outline

LAYER = "wait_on_artist_to_qc"
"""Name of the layer."""
SUBJECT = "Waiting for review"
MESSAGE = "Every frame is done. Look at the result, then unpause the job, and it finishes."
_FIRST_POLL_S, _LONGEST_POLL_S = 1.0, 30.0


def add_layer(outline: Outline) -> None:
    """Add the layer that waits for every other layer and then for the review."""
    from outline.constants import LayerType
    from outline.jobspec.environment import OWN
    from outline.modules.shell import ShellCommand
    from outline.spec import python_executable

    others = [each for each in outline.get_layers() if each.get_type() is not LayerType.POST]
    # like the Python of the frame, it does without what the environment says to another one
    without = [part for name in OWN if name != "PYTHONPATH" for part in ("-u", name)]
    command = ["env", *without, python_executable(), "-P", "-m", __name__]
    layer = ShellCommand(LAYER, command=command, cores=0.1, memory="1g", register=True)
    outline.add_layer(layer)
    for other in others:
        layer.depend_all(other)


def wait_for_review(job: Any, refresh: Any, *, sleep: Any = time.sleep) -> None:
    """Pause a job, say why in a comment, and return when it is no longer paused.

    Args:
        job: pycue's Job.
        refresh: Returns the job as it is now.
        sleep: Takes the seconds between two looks.
    """
    if not job.isPaused():
        job.pause()
        _say_why(job)
    pause_s = _FIRST_POLL_S
    while refresh().isPaused():
        sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_POLL_S)


def _say_why(job: Any) -> None:
    """Leave a comment at the job, and in the frame's log for farms without comments."""
    from opencue.exception import CueException

    sys.stdout.write(f"{SUBJECT}. {MESSAGE}\n")
    sys.stdout.flush()
    try:
        job.addComment(SUBJECT, MESSAGE)
    except CueException as error:
        sys.stderr.write(f"note: no comment was left at the job: {error}\n")


def main() -> int:
    """Wait for the review of the job this frame belongs to."""
    from opencue import api

    name = os.environ.get("CUE_JOB")
    if not name:
        sys.stderr.write("outline.review runs in a frame of a farm: CUE_JOB is not set\n")
        return 2
    wait_for_review(api.findJob(name), lambda: api.findJob(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
