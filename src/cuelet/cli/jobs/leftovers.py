"""What commands tell of frames that did not run to success: skipped ones, and dead ones by cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cuelet.cli import tables
from cuelet.cli.terminal import one_line
from cuelet.client.causes import Cause, causes
from cuelet.client.frames import DeadFrame, SkippedFrames
from cuelet.client.jobs import JobView
from cuelet.pasting import pasteable
from cuelet.quantities import count

MAX_CAUSES_SHOWN = 10
MAX_NAMES_SHOWN = 3
MAX_CAUSE = 1000
"""Characters of how frames ended that are shown; some reasons quote commands."""


def notable(job: JobView) -> Iterator[tuple[int, str]]:
    """Yield how many frames of a job did not simply run to success, and what became of them."""
    counts = ((job.dead, "dead"), (job.eaten, "eaten"), (job.skipped_frames, "skipped"))
    yield from ((number, word) for number, word in counts if number)


def state_text(job: JobView) -> str:
    """Return a job's state in a few words: what it waits for, what was eaten or skipped."""
    standing = f"{job.state}, waits" if job.state == "stuck" else job.state
    words = f"{standing} {job.waits}" if job.waits and job.state != "paused" else job.state
    left = (f"{number} {word}" for number, word in notable(job) if word != "dead")
    return ", ".join([words, *left])


def skipped_lines(skipped: Sequence[SkippedFrames]) -> Iterator[str]:
    """Yield one line per layer with skipped frames."""
    for each in skipped:
        yield f"{each.layer}: {count(each.count, 'frame')} ({each.frames}) {each.reason}"


def print_dead(job: str, frames: Sequence[DeadFrame]) -> None:
    """Print a job's dead frames by cause, with the last lines of a log of each.

    Args:
        job: What names the job, to be typed.
        frames: Its dead frames.
    """
    if not frames:
        return
    found = causes(frames)
    tables.show("dead frames:")
    for cause in found[:MAX_CAUSES_SHOWN]:
        tables.show(one_line(f"{_names(cause)}: {cause.ended}", MAX_CAUSE))
        tables.show(*(f"  | {line}" for line in cause.lines))
    if len(found) > MAX_CAUSES_SHOWN:
        tables.show(f"... and {count(len(found) - MAX_CAUSES_SHOWN, 'more cause')}")
    tables.show("its log, and another try:")
    tables.show(f"  {pasteable('cuelet', 'logs', job, found[0].frames[0].name)}")
    tables.show(f"  {pasteable('cuelet', 'retry', job)}")


def _names(cause: Cause) -> str:
    """Return a few names, and all of the frames in short when there are more."""
    names = [frame.name for frame in cause.frames[:MAX_NAMES_SHOWN]]
    if len(cause.frames) > MAX_NAMES_SHOWN:
        names[-1] = f"... {len(cause.frames)} frames: {cause.names}"
    return ", ".join(names)
