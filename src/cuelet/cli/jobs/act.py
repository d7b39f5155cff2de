"""``cuelet retry|eat|kill|pause|resume``: what people do to jobs and frames."""

from __future__ import annotations

import argparse
import getpass
import os
from collections.abc import Callable
from typing import Any

import opencue
from cuelet.cli.exits import CommandError, Exit
from cuelet.client.lookup import find_job
from cuelet.quantities import count
from opencue.wrappers.job import Job
from outline.frames import FrameRangeError, parse_range


def _criteria(options: argparse.Namespace) -> dict[str, Any]:
    """Return the search for the frames that --layer and --frames name."""
    found: dict[str, Any] = {}
    if options.layer:
        found["layer"] = options.layer
    if options.frames:
        try:
            parse_range(options.frames)
        except FrameRangeError as error:
            raise CommandError(str(error), Exit.USAGE) from error
        found["range"] = options.frames
    return found


def _chosen(job: Job, options: argparse.Namespace, states: list[int]) -> dict[str, Any]:
    """Return the criteria of an action: frames named by number in any state, else by state.

    Raises:
        CommandError: Nothing matches.
    """
    criteria = _criteria(options)
    if not options.frames:
        criteria["state"] = states
    if not job.getFrames(**criteria):
        what = "frame matches" if options.frames else "dead frames there"
        raise CommandError(f"{job.name()}: no {what}; see cuelet show {job.name()}")
    return criteria


def _say(job: Job, done: str, number: int) -> int:
    print(f"{done} {count(number, 'frame')} of {job.name()}")
    return Exit.OK


def retry(options: argparse.Namespace) -> int:
    """Run dead frames, or the named ones, again."""

    def act(job: Job, criteria: dict[str, Any]) -> None:
        if options.memory_mb is not None:
            _reserve_memory(job, criteria, options.memory_mb)
        job.retryFrames(**criteria)

    return _on_dead(options, "retried", act)


def _reserve_memory(job: Job, criteria: dict[str, Any], memory_mb: int) -> None:
    """Set what the layers of the frames reserve."""
    if memory_mb < 1:
        raise CommandError(f"--memory-mb {memory_mb}: give MB, 1 or more", Exit.USAGE)
    names = {frame.data.layer_name for frame in job.getFrames(**criteria)}
    for layer in job.getLayers():
        if layer.name() in names:
            layer.setMinMemory(memory_mb * 1024)


def eat(options: argparse.Namespace) -> int:
    """Give up on dead frames, or the named ones."""
    return _on_dead(options, "ate", lambda job, criteria: job.eatFrames(**criteria))


def _on_dead(
    options: argparse.Namespace, done: str, act: Callable[[Job, dict[str, Any]], object]
) -> int:
    job = find_job(options.job)
    criteria = _chosen(job, options, [opencue.api.job_pb2.DEAD])
    number = len(job.getFrames(**criteria))
    act(job, criteria)
    return _say(job, done, number)


def kill(options: argparse.Namespace) -> int:
    """Kill a whole job, or the running frames that --layer and --frames name."""
    job = find_job(options.job)
    who = {"username": _user(), "pid": str(os.getpid()), "host_kill": os.uname().nodename}
    reason = "cuelet kill"
    criteria = _criteria(options)
    _refuse_ended(job, "kill")
    if not criteria:
        job.kill(**who, reason=reason)
        print(f"killed {job.name()}")
        return Exit.OK
    criteria["state"] = [opencue.api.job_pb2.RUNNING]
    number = len(job.getFrames(**criteria))
    if not number:
        raise CommandError(f"{job.name()}: none of these frames is running")
    job.killFrames(**who, reason=reason, **criteria)
    return _say(job, "killing", number)


def _refuse_ended(job: Job, what: str) -> None:
    if job.state() == opencue.api.job_pb2.FINISHED:
        raise CommandError(f"{job.name()} has ended: there is nothing to {what}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def pause(options: argparse.Namespace) -> int:
    """Start no more frames of a job; running ones go on."""
    return _pause(options, paused=True)


def resume(options: argparse.Namespace) -> int:
    """Start frames of a paused job again."""
    return _pause(options, paused=False)


def _pause(options: argparse.Namespace, *, paused: bool) -> int:
    if options.layer or options.frames:
        raise CommandError(
            "a whole job is paused or resumed: leave --layer, --frames out", Exit.USAGE
        )
    job = find_job(options.job)
    _refuse_ended(job, "pause" if paused else "resume")
    job.pause() if paused else job.resume()
    print(f"{'paused' if paused else 'resumed'} {job.name()}")
    return Exit.OK
