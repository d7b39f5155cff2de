"""Which frames are meant by numbers that several layers have: the person says so, nothing is guessed."""

from __future__ import annotations

import argparse
import sys
from shlex import quote

from cuelet.cli.exits import CommandError, Exit
from cuelet.client import actions
from cuelet.client.naming.targets import Target
from opencue.wrappers.job import Job


def confirm_layers(verb: str, target: Target, options: argparse.Namespace) -> None:
    """Ask on a terminal whether frames of all layers are meant where --frames says no --layer; refuse elsewhere.

    Args:
        verb: The command, as ``eat``.
        target: A job, or a part of it, which says it all.
        options: Its ``layer``, ``frames`` and ``yes``.

    Raises:
        CommandError: Nobody is there to ask, or the answer is no.
    """
    job = target.job
    if options.frames is None or options.layer or options.yes or target.layer:
        return
    layers = actions.layers_having(job, options.frames)
    if len(layers) < 2:
        return
    commands = [_command(verb, job, layer, options.frames) for layer in layers]
    told = f"{len(layers)} layers of {job.name()} have frames {options.frames}: {', '.join(layers)}"
    if not sys.stdin.isatty():
        ways = "\n  ".join([*commands, "or, for all of these layers, add --yes"])
        raise CommandError(f"{told}; say which are meant:\n  {ways}", Exit.USAGE)
    print(f"{told}; {verb} them in all of these? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise CommandError("nothing done; for one layer:\n  " + "\n  ".join(commands))


def _command(verb: str, job: Job, layer: str, frames: str) -> str:
    option = f"--frames={frames}" if frames.startswith("-") else f"--frames {quote(frames)}"
    return f"cuelet {verb} {quote(job.name())} --layer {quote(layer)} {option}"
