"""``cuelet retry|eat|kill|pause|resume``: what people do to jobs and frames."""

from __future__ import annotations

import argparse
import getpass
import os

from cuelet.cli.exits import CommandError, Exit
from cuelet.client import actions
from cuelet.client.lookup import get_job
from cuelet.quantities import count


def retry(options: argparse.Namespace) -> int:
    """Run dead frames, or the named ones, again."""
    chosen = _select_dead(options)
    memory_mb = options.memory_mb
    if memory_mb is not None:
        if memory_mb < 1:
            raise CommandError(f"--memory-mb {memory_mb}: give MB, 1 or more", Exit.USAGE)
        actions.reserve_memory(chosen, memory_mb)
    actions.retry(chosen)
    return _say("retried", chosen.count, chosen.job.name())


def eat(options: argparse.Namespace) -> int:
    """Give up on dead frames, or the named ones."""
    chosen = _select_dead(options)
    actions.eat(chosen)
    return _say("ate", chosen.count, chosen.job.name())


def _select_dead(options: argparse.Namespace) -> actions.FrameSelection:
    job = get_job(options.job)
    return actions.select_dead(job, layers=options.layer, frames=options.frames)


def _say(done: str, number: int, job: str) -> int:
    print(f"{done} {count(number, 'frame')} of {job}")
    return Exit.OK


def kill(options: argparse.Namespace) -> int:
    """Kill a whole job, or the running frames that --layer and --frames name."""
    job = get_job(options.job)
    by = actions.Actor(_user(), os.getpid(), os.uname().nodename, "cuelet kill")
    number = actions.kill(job, layers=options.layer, frames=options.frames, by=by)
    if number is not None:
        return _say("killing", number, job.name())
    print(f"killed {job.name()}")
    return Exit.OK


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def pause(options: argparse.Namespace) -> int:
    """Start no more frames of a job; running ones go on."""
    _require_whole_job(options)
    job = get_job(options.job)
    actions.pause(job)
    print(f"paused {job.name()}")
    return Exit.OK


def resume(options: argparse.Namespace) -> int:
    """Start frames of a paused job again."""
    _require_whole_job(options)
    job = get_job(options.job)
    actions.resume(job)
    print(f"resumed {job.name()}")
    return Exit.OK


def _require_whole_job(options: argparse.Namespace) -> None:
    if options.layer or options.frames:
        raise CommandError(
            "a whole job is paused or resumed: leave --layer, --frames out", Exit.USAGE
        )
