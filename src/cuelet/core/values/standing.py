"""How a job stands, in one word, from what it counts; the farm and its clients say it alike."""

from __future__ import annotations

WORDS = ("finished", "killed", "paused", "running", "waiting", "stuck")


def standing(
    *,
    has_ended: bool,
    is_paused: bool,
    frames: int,
    done: int,
    running: int,
    waiting: int,
    dead: int,
) -> str:
    """Return one of `WORDS`.

    Args:
        has_ended: Nothing of it will run any more.
        is_paused: Somebody paused it.
        frames: All its frames.
        done: Those that need nothing more, succeeded or eaten.
        running: Those that run.
        waiting: Those that may start.
        dead: Those that died.
    """
    if has_ended:
        return "finished" if done == frames else "killed"
    if is_paused:
        return "paused"
    if running:
        return "running"
    return "stuck" if dead and not waiting else "waiting"
