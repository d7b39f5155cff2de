"""How a local job ended, in words."""

from __future__ import annotations

from outline.jobspec.endings import status_words
from outline.jobspec.log_tail import last_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    class Frame(Protocol):
        """A frame that ran here; see `outline.backend.local.LocalFrame`."""

        name: str
        state: str
        attempts: int
        exit_status: int
        exit_signal: int
        reason: str
        log_path: str

    class Job(Protocol):
        """A job that ran here; see `outline.backend.local.LocalJob`."""

        def name(self) -> str:
            """Return its full name."""

        def logDir(self) -> str:
            """Return the folder of its logs."""

        def is_success(self) -> bool:
            """Tell whether no frame failed."""

        def frames(self) -> Sequence[Frame]:
            """Return its frames."""

        def totalFrames(self) -> int:
            """Return how many there are."""

        def succeededFrames(self) -> int:
            """Return how many succeeded."""

        def deadFrames(self) -> int:
            """Return how many failed for good."""

        def eatenFrames(self) -> int:
            """Return how many were dropped."""

        def dependFrames(self) -> int:
            """Return how many waited in vain."""

        def waitingFrames(self) -> int:
            """Return how many never started."""


OK, DEAD_FRAMES = 0, 7
"""Exit status of a command that ran local jobs."""
MOST_SHOWN = 20
LAST_LINES = 3


def exit_status(jobs: Sequence[Job]) -> int:
    """Return 0, or 7 when a frame of one of the jobs did not succeed."""
    return OK if all(job.is_success() for job in jobs) else DEAD_FRAMES


def describe(job: Job) -> str:
    """Return how a job ended: a line, its dead frames with the ends of their logs, where the logs are."""
    dead = [frame for frame in job.frames() if frame.state == "DEAD"]
    if not dead:
        return f"{_summary(job)}; logs in {job.logDir()}"
    lines = [_summary(job)]
    for frame in dead[:MOST_SHOWN]:
        lines.append(f"  {frame.name}  {_ending(frame)}")
        lines += [f"      {line}" for line in last_lines(frame.log_path, LAST_LINES)]
    if len(dead) > MOST_SHOWN:
        lines.append(f"  ... and {len(dead) - MOST_SHOWN} more dead frames")
    return "\n".join([*lines, f"  logs in {job.logDir()}"])


def failure(job: Job) -> str:
    """Return why a job that ended is no success: its dead frames, what waits in vain, where the logs are."""
    dead = [frame.name for frame in job.frames() if frame.state == "DEAD"]
    more = f" and {len(dead) - MOST_SHOWN} more" if dead[MOST_SHOWN:] else ""
    parts = [f"dead are {', '.join(dead[:MOST_SHOWN])}{more}"] if dead else []
    if job.dependFrames():
        parts.append(f"it cannot go on: {job.dependFrames()} frames wait in vain")
    return "; ".join([*parts, f"logs in {job.logDir()}"])


def _summary(job: Job) -> str:
    counts = (
        (job.deadFrames(), "dead"),
        (job.eatenFrames(), "eaten"),
        (job.dependFrames(), "never ran, as what they waited for failed"),
        (job.waitingFrames(), "not started"),
    )
    rest = "".join(f", {count} {what}" for count, what in counts if count)
    return f"{job.name()}: {job.succeededFrames()} of {job.totalFrames()} frames succeeded{rest}"


def _ending(frame: Frame) -> str:
    times = "" if frame.attempts == 1 else f" in attempt {frame.attempts}"
    if frame.exit_signal:
        return f"{frame.reason}{times}"
    reason = f": {frame.reason}" if frame.reason else ""
    return f"exit status {status_words(frame.exit_status)}{times}{reason}"
