"""The words of a command as jobs, layers and frames, and one act on each of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TypeVar

import opencue
from cuelet.cli.exits import CommandError, Exit, message_of, say
from cuelet.client.errors import ClientError
from cuelet.client.naming.targets import Target, find_targets
from opencue.wrappers.job import Job

Thing = TypeVar("Thing")


def whole_jobs(options: argparse.Namespace, verb: str) -> list[Job]:
    """Return the jobs that the words of a command name, each once.

    Args:
        options: The command's, with ``words``.
        verb: What is done to whole jobs, as ``paused``.

    Raises:
        CommandError: A word names a part of a job.
    """
    found = find_targets(options.words)
    for target in found:
        if target.layer:
            raise CommandError(f"a whole job is {verb}: leave {target.words!r} out", Exit.USAGE)
    return list({target.job.id(): target.job for target in found}.values())


def parts_of_jobs(options: argparse.Namespace, *, no_frames: str = "") -> list[Target]:
    """Return what the words of a command name; ``--layer`` and ``--frames`` narrow whole jobs down.

    Args:
        options: The command's, with ``words`` and ``layer``.
        no_frames: Why frames cannot be named, as ``depends go by layer``; empty: they can.

    Raises:
        CommandError: Both words and flags name parts, or a word names a frame where none can be.
    """
    found = find_targets(options.words)
    for target in found:
        if target.frames and no_frames:
            raise CommandError(f"leave {target.words!r} out: {no_frames}", Exit.USAGE)
    named = [target.words for target in found if target.layer]
    if named and (options.layer or getattr(options, "frames", None)):
        reason = f"{named[0]!r} names a part of a job, and so do --layer and --frames: use either"
        raise CommandError(reason, Exit.USAGE)
    return found


def layers_and_frames(
    target: Target, options: argparse.Namespace
) -> tuple[Sequence[str] | None, str | None]:
    """Return the layers and the range of frames that a command is about; None for all."""
    if target.layer:
        return [target.layer], target.frames or None
    return options.layer, options.frames


def act_on_each(things: Sequence[Thing], act: Callable[[Thing], None]) -> None:
    """Do something to each of some things; one that fails keeps none of the others from it.

    Raises:
        ClientError, CueException: The last failure; those before it are printed.
    """
    failures: list[Exception] = []
    for thing in things:
        try:
            act(thing)
        except (ClientError, opencue.CueException) as error:
            failures.append(error)
    for failure in failures[:-1]:
        say(message_of(failure))
    if failures:
        raise failures[-1]
