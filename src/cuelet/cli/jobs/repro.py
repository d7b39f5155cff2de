"""``cuelet repro``: one frame here and now, with its environment, directory and commands.

The farm's state is not touched: nothing is booked, no attempt is counted, no log is moved.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cuelet.cli.exits import CommandError, Exit, say
from cuelet.client.naming.targets import find_frame
from cuelet.client.repro import FrameRun, find_run, script_lines
from cuelet.client.stock_run import run_at_cuebot
from outline.jobspec.program import why_not


def repro(options: argparse.Namespace) -> int:
    """Run a frame again here, or show how."""
    job, frame = find_frame(options.words)
    run = find_run(frame.id()) or run_at_cuebot(job, frame)
    if run.note:
        say(run.note)
    if options.dry_run:
        _print_exactly(script_lines(run))
        return Exit.OK
    if options.script:
        return _write(Path(options.script), run)
    _require_directory(run)
    return _shell(run) if options.shell else _execute(run)


def _require_directory(run: FrameRun) -> None:
    if not os.path.isdir(run.cwd):
        raise CommandError(
            f"{run.frame} starts in {run.cwd}, which is not there; make it, or use --script",
            Exit.ENVIRONMENT,
        )


def _execute(run: FrameRun) -> int:
    """Run the steps one after the other; return the first exit status that is not 0."""
    for step in run.steps:
        say(shlex.join(step.argv))
        env = run.step_env(step)
        try:
            status = _run(step.argv, run, env)
        except OSError as error:
            reason = why_not(step.argv, env, error, run.cwd)
            raise CommandError(f"{run.frame}: {reason}", Exit.ENVIRONMENT) from error
        if status:
            return 128 - status if status < 0 else status
    return Exit.OK


def _shell(run: FrameRun) -> int:
    """Open an interactive shell where the frame would run."""
    for step in run.steps:
        say(f"the frame runs {shlex.join(step.argv)}")
    shell = run.env.get("SHELL") or "/bin/sh"
    env = run.step_env(run.steps[0])
    return _run([shell], run, env)


def _run(argv: Sequence[str], run: FrameRun, env: Mapping[str, str]) -> int:
    umask = -1 if run.umask is None else run.umask
    return subprocess.run(argv, cwd=run.cwd, env=env, umask=umask, check=False).returncode


def _print_exactly(lines: Iterable[str]) -> None:
    """Print lines whose values may be bytes that are no text in any encoding."""
    sys.stdout.flush()
    for line in lines:
        sys.stdout.buffer.write(os.fsencode(line) + b"\n")
    sys.stdout.buffer.flush()


def _write(path: Path, run: FrameRun) -> int:
    try:
        with path.open("x", encoding="utf-8", errors="surrogateescape") as script:
            script.write("\n".join(script_lines(run)) + "\n")
        path.chmod(0o700)
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}") from error
    print(f"wrote {path}")
    return Exit.OK
