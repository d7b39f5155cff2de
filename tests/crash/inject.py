"""System calls of a running process answered with an error, by strace."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def injected(
    pid: int, calls: str, answer: str, *, trace: Path = Path(os.devnull), follow: bool = False
) -> Iterator[None]:
    """Answer system calls of a process otherwise while the block runs.

    Args:
        pid: The process.
        calls: The calls, separated by commas.
        answer: What strace injects, such as ``error=EIO``.
        trace: Where the calls are noted.
        follow: Its threads and children too.
    """
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    command = ["strace", *(["-f"] if follow else []), "-o", str(trace), "-e", f"trace={calls}"]
    with subprocess.Popen(
        [*command, "-p", str(pid), f"--inject={calls}:{answer}"], stderr=subprocess.PIPE, text=True
    ) as strace:
        assert strace.stderr
        if "attached" not in strace.stderr.readline():
            strace.kill()
            pytest.skip("only root can trace a process here")
        try:
            yield
        finally:
            strace.terminate()
