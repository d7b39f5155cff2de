"""A disk that fails to keep what it was given: the farm ends at once and asks it nothing more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import opencue
from tests.conftest import FarmBox, wait_until
from tests.crash.inject import injected
from tests.specs import job_spec


def test_a_failed_sync_ends_the_farm_and_is_never_tried_again(
    client: FarmBox, tmp_path: Path
) -> None:
    kept = opencue.api.launchSpecAndWait(job_spec({"main": {"argv": ["true"]}}, paused=True))[
        0
    ].name()
    pid = int(client.info["pid"])
    trace = tmp_path / "trace"

    with injected(pid, "fdatasync,fsync", "error=EIO", trace=trace, follow=True):
        with pytest.raises(opencue.CueException, match="sync.*check the disk"):
            opencue.api.launchSpecAndWait(job_spec({"main": {"argv": ["true"]}}, name="lost"))
        wait_until(lambda: not os.path.exists(f"/proc/{pid}/cwd"))

    assert trace.read_text().count("EIO") == 1
    assert "the farm ends here" in (client.state_dir / "farm.log").read_text()
    assert kept in {job["name"] for job in client.json("jobs", "--all")}
