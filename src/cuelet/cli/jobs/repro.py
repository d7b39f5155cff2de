"""``cuelet repro``: one frame here and now, with its environment, directory and commands.

The farm's state is not touched: nothing is booked, no attempt is counted, no log is moved.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import opencue
from cuelet.cli.exits import CommandError, Exit
from cuelet.client.lookup import find_frame, find_job

_SECRET = re.compile(
    r"SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|AUTH", re.IGNORECASE
)
_NAME = re.compile(r"[A-Za-z_]\w*\Z")


def repro(options: argparse.Namespace) -> int:
    """Run a frame again here, or show how."""
    frame = find_frame(find_job(options.job), options.frame)
    run = opencue.farm.call_or_none("GetRun", frame_id=frame.id())
    if run is None:
        raise CommandError("this server is a stock Cuebot: it keeps no environment", Exit.USAGE)
    if options.dry_run:
        print("\n".join(script_lines(run)))
        return Exit.OK
    if options.script:
        return _write(Path(options.script), run)
    cwd = _directory(run)
    if options.shell:
        return _shell(run, cwd)
    return _execute(run, cwd)


def _directory(run: Mapping[str, Any]) -> str:
    cwd = str(run["cwd"])
    if not os.path.isdir(cwd):
        raise CommandError(
            f"{run['frame']} starts in {cwd}, which is not there; make it, or use --script",
            Exit.ENVIRONMENT,
        )
    return cwd


def _execute(run: Mapping[str, Any], cwd: str) -> int:
    """Run the steps one after the other; return the first exit status that is not 0."""
    for step in run["steps"]:
        print(f"cuelet: {shlex.join(step['argv'])}", file=sys.stderr, flush=True)
        env = {**run["env"], **step["env"]}
        try:
            status = subprocess.run(step["argv"], cwd=cwd, env=env, check=False).returncode
        except OSError as error:
            raise CommandError(
                f"{run['frame']}: cannot run {step['argv'][0]!r}: {error.strerror}",
                Exit.ENVIRONMENT,
            ) from error
        if status:
            return 128 - status if status < 0 else status
    return Exit.OK


def _shell(run: Mapping[str, Any], cwd: str) -> int:
    """Open an interactive shell where the frame would run."""
    for step in run["steps"]:
        print(f"cuelet: the frame runs {shlex.join(step['argv'])}", file=sys.stderr)
    shell = run["env"].get("SHELL") or "/bin/sh"
    env = {**run["env"], **run["steps"][0]["env"]}
    return subprocess.run([shell], cwd=cwd, env=env, check=False).returncode


def _write(path: Path, run: Mapping[str, Any]) -> int:
    try:
        with path.open("x", encoding="utf-8") as script:
            script.write("\n".join(script_lines(run)) + "\n")
        path.chmod(0o700)
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}") from error
    print(f"wrote {path}")
    return Exit.OK


def script_lines(run: Mapping[str, Any]) -> Iterator[str]:
    """Yield a shell script that does what the frame does; secrets are left to be filled in."""
    yield "#!/bin/sh"
    yield f"# {run['frame']} of {run['job']}"
    yield "set -e"
    yield f"cd {shlex.quote(run['cwd'])}"
    for name, value in sorted(run["env"].items()):
        if _NAME.match(name):
            yield _export(name, value)
    for step in run["steps"]:
        yield from (_export(name, value) for name, value in sorted(step["env"].items()))
        yield shlex.join(step["argv"])


def _export(name: str, value: str) -> str:
    if _SECRET.search(name):
        return f"# export {name}=...   a secret by its name: not written here"
    return f"export {name}={shlex.quote(value)}"
