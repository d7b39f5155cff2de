"""A disk that fails to keep what it was given: the farm ends at once and asks it nothing more."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import opencue
from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")


@contextlib.contextmanager
def failing_sync(pid: int, trace: Path) -> Iterator[None]:
    """Answer every sync of a process with an I/O error; note them in a file."""
    calls = "fdatasync,fsync"
    command = ["strace", "-f", "-o", str(trace), "-e", f"trace={calls}", "-p", str(pid)]
    with subprocess.Popen(
        [*command, f"--inject={calls}:error=EIO"], stderr=subprocess.PIPE, text=True
    ) as strace:
        assert strace.stderr
        if "attached" not in strace.stderr.readline():
            strace.kill()
            pytest.skip("only root can trace a process here")
        try:
            yield
        finally:
            strace.terminate()


def test_a_failed_sync_ends_the_farm_and_is_never_tried_again(
    client: FarmBox, tmp_path: Path
) -> None:
    kept = opencue.api.launchSpecAndWait(job_spec({"main": {"argv": ["true"]}}, paused=True))[
        0
    ].name()
    pid = int(client.info["pid"])
    trace = tmp_path / "trace"

    with failing_sync(pid, trace):
        with pytest.raises(opencue.CueException, match="sync.*check the disk"):
            opencue.api.launchSpecAndWait(job_spec({"main": {"argv": ["true"]}}, name="lost"))
        wait_until(lambda: not os.path.exists(f"/proc/{pid}/cwd"))

    assert trace.read_text().count("EIO") == 1
    assert "the farm ends here" in (client.state_dir / "farm.log").read_text()
    assert kept in {job["name"] for job in client.json("jobs", "--all")}
