"""How a local job ended, in words."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from outline.backend.local import LocalFrame, LocalJob

OK, DEAD_FRAMES = 0, 7
"""Exit status of a command that ran local jobs."""
MOST_SHOWN = 20
LAST_LINES = 3
_TAIL_BYTES = 1 << 14
_HEAD_RULE = "=" * 60
_FOOT = "[cuelet] "


def exit_status(jobs: Sequence[LocalJob]) -> int:
    """Return 0, or 7 when a frame of one of the jobs did not succeed."""
    return OK if all(job.is_success() for job in jobs) else DEAD_FRAMES


def describe(job: LocalJob) -> str:
    """Return how a job ended: a line, its dead frames with the ends of their logs, where the logs are."""
    lines = [_summary(job)]
    dead = [frame for frame in job.frames() if frame.state == "DEAD"]
    for frame in dead[:MOST_SHOWN]:
        lines.append(f"  {frame.name}  {_ending(frame)}")
        lines += [f"      {line}" for line in last_lines(frame.log_path)]
    if len(dead) > MOST_SHOWN:
        lines.append(f"  ... and {len(dead) - MOST_SHOWN} more dead frames")
    return "\n".join([*lines, f"  logs in {job.logDir()}"])


def _summary(job: LocalJob) -> str:
    counts = (
        (job.deadFrames(), "dead"),
        (job.eatenFrames(), "eaten"),
        (job.dependFrames(), "never ran, as what they waited for failed"),
        (job.waitingFrames(), "not started"),
    )
    rest = "".join(f", {count} {what}" for count, what in counts if count)
    return f"{job.name()}: {job.succeededFrames()} of {job.totalFrames()} frames succeeded{rest}"


def _ending(frame: LocalFrame) -> str:
    times = "" if frame.attempts == 1 else f" in attempt {frame.attempts}"
    reason = f": {frame.reason}" if frame.reason else ""
    return f"exit status {frame.exit_status}{times}{reason}"


def last_lines(path: str) -> list[str]:
    """Return the last lines of a frame's own output, fit for a terminal."""
    try:
        with open(path, "rb") as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - _TAIL_BYTES))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = [_printable(line) for line in text.splitlines() if line.strip()]
    heads = [at for at, line in enumerate(lines) if line.startswith(_HEAD_RULE)]
    own = lines[heads[1] + 1 :] if len(heads) > 1 else lines
    return [line for line in own if not line.startswith(_FOOT)][-LAST_LINES:]


def _printable(line: str) -> str:
    return "".join(each if each.isprintable() or each == "\t" else "?" for each in line)
