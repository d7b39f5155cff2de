"""kill -9 of the farm, alone or with its runner, at any moment: nothing lost, nothing run twice.

Every frame notes its start and its end, and holds a lock as long as a process of it lives.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec

SEED = int(os.environ.get("CUELET_CRASH_SEED", "0")) or random.randrange(1, 10**6)

FRAME = """\
#!/bin/sh
# One run of one frame: it holds a lock, notes its start, works, notes its end.
exec 9>"$RUNS/lock-$CUE_FRAME"
flock -n 9 || echo "$CUE_FRAME" >> "$RUNS/overlaps"
echo "$CUE_FRAME" >> "$RUNS/started"
sleep "$1"
echo "$CUE_FRAME" >> "$RUNS/ended"
"""


@pytest.fixture
def runs(farm: FarmBox) -> Path:
    """Return the folder in which frames note what they do."""
    folder = farm.home / "runs"
    folder.mkdir()
    for name in ("started", "ended", "overlaps"):
        (folder / name).touch()
    (folder / "frame.sh").write_text(FRAME)
    return folder


def frame_argv(runs: Path, seconds: float) -> list[str]:
    return ["/usr/bin/env", f"RUNS={runs}", "/bin/sh", str(runs / "frame.sh"), str(seconds)]


def noted(runs: Path, what: str) -> Counter[str]:
    return Counter((runs / what).read_text().split())


def launch(farm: FarmBox, layers: Any, depends: Any = ()) -> str:
    """Launch in a process of its own; return the job's id."""
    spec = farm.home / "spec.xml"
    spec.write_text(job_spec(layers, depends))
    code = (
        "import sys, opencue\n"
        "print(opencue.api.launchSpecAndWait(open(sys.argv[1]).read())[0].id())"
    )
    done = farm.python("-c", code, str(spec))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def facts(farm: FarmBox, job: str) -> dict[str, dict[str, Any]]:
    """Return state, exit status, attempt and process of every frame, starting the farm if needed."""
    code = (
        "import json, sys, opencue\n"
        "frames = opencue.api.getJob(sys.argv[1]).getFrames(limit=1000)\n"
        "usage = opencue.farm.call('GetUsage', frame_ids=[f.id() for f in frames])['frames']\n"
        "print(json.dumps({f.name(): {**usage[f.id()], 'state': opencue.api.job_pb2.FrameState.Name("
        "f.state())} for f in frames}))"
    )
    done = farm.python("-c", code, job)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def holder(farm: FarmBox) -> int:
    """Return the process that holds the farm's folder, from its first moment on; 0 for none."""
    try:
        pid = int((farm.state_dir / "farm.lock").read_text())
    except (OSError, ValueError):
        return 0
    return pid if pid in farm.processes() else 0


def resident(farm: FarmBox) -> int:
    """Return the process of the runner; 0 for none."""
    for pid in farm.processes():
        with contextlib.suppress(OSError):
            if b"cuelet.runner.resident" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
    return 0


def announced(farm: FarmBox) -> bool:
    """Tell whether the farm that holds the folder serves."""
    try:
        return bool(farm.info["pid"] == holder(farm) != 0)
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def watching(farm: FarmBox, job: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``cuelet watch``, which restarts the farm whenever it misses it."""
    command = [sys.executable, "-m", "cuelet", "watch", job]
    with subprocess.Popen(
        command, env=farm.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as watch:
        try:
            yield watch
        finally:
            watch.kill()


@pytest.mark.slow
def test_every_frame_runs_once_while_the_farm_is_killed_and_watched(
    farm: FarmBox, runs: Path
) -> None:
    chance = random.Random(SEED)
    print(f"CUELET_CRASH_SEED={SEED}")
    work = {"cores": 0.25, "argv": frame_argv(runs, 0.25)}
    job = launch(
        farm,
        {"render": {**work, "range": "1-100"}, "comp": {**work, "range": "1-40"}, "movie": work},
        [
            {"layer": "comp", "on": "render", "type": "FRAME_BY_FRAME"},
            {"layer": "movie", "on": "comp", "type": "LAYER_ON_LAYER"},
        ],
    )
    kills = 0

    with watching(farm, job) as watch:
        while kills < 8 and watch.poll() is None:
            wait_until(lambda: announced(farm) or watch.poll() is not None)
            time.sleep(chance.uniform(0.0, 0.5))
            if watch.poll() is None and holder(farm):
                farm.kill()
                kills += 1
        out, err = watch.communicate(timeout=60)

    assert watch.returncode == 0, out + err
    assert "141 frames succeeded" in out
    assert kills >= 4
    assert noted(runs, "overlaps") == {}
    seen = facts(farm, job)
    assert {one["state"] for one in seen.values()} == {"SUCCEEDED"}
    assert {one["exit_status"] for one in seen.values()} == {0}
    assert noted(runs, "started") == noted(runs, "ended") == Counter(dict.fromkeys(seen, 1))
    assert {pid for pid in farm.processes() if pid not in (holder(farm), resident(farm))} == set()


@pytest.mark.slow
def test_a_farm_killed_while_it_starts_recovers_the_next_time(farm: FarmBox, runs: Path) -> None:
    chance = random.Random(SEED)
    print(f"CUELET_CRASH_SEED={SEED}")
    work = {"cores": 0.25, "argv": frame_argv(runs, 0.3)}
    job = launch(farm, {"render": {**work, "range": "1-40"}})
    farm.kill()

    for _ in range(6):
        command = [sys.executable, "-m", "cuelet.server", "--port", "0", "--cores", "2"]
        with subprocess.Popen(
            [*command, "--state-dir", str(farm.state_dir)], env=farm.env, stderr=subprocess.DEVNULL
        ) as server:
            wait_until(lambda: holder(farm) == server.pid)
            time.sleep(chance.uniform(0.0, 0.4))
            server.kill()

    wait_until(lambda: farm.json("show", job)["state"] == "finished")
    assert noted(runs, "overlaps") == {}
    seen = facts(farm, job)
    assert noted(runs, "started") == noted(runs, "ended") == Counter(dict.fromkeys(seen, 1))


def test_a_running_frame_survives_the_farm_and_its_exit_is_recorded(
    farm: FarmBox, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    wait = f"while ! test -e {go}; do sleep 0.02; done; exit 7"
    job = launch(farm, {"long": {"argv": ["/bin/sh", "-c", wait], "retries": 0}})
    (before,) = wait_until(lambda: [f for f in facts(farm, job).values() if f["pid"]])
    farm.kill()
    farm.start()
    during = facts(farm, job)["0001-long"]
    farm.kill()

    go.touch()
    wait_until(lambda: not Path(f"/proc/{before['pid']}/cwd").exists())

    after = facts(farm, job)["0001-long"]
    assert (during["state"], during["attempt"]) == ("RUNNING", 1)
    assert (after["state"], after["attempt"]) == ("DEAD", 1)
    assert (after["exit_status"], after["exit_signal"]) == (7, 0)


def test_a_frame_that_is_being_killed_when_the_farm_dies_ends_dead_once(
    farm: FarmBox, runs: Path
) -> None:
    job = launch(farm, {"main": {"argv": frame_argv(runs, 600), "range": "1-2"}})
    wait_until(lambda: noted(runs, "started").total() == 2)

    farm.cuelet("kill", job, "--frames", "1")
    farm.kill()

    wait_until(lambda: farm.json("show", job)["dead"] == 1)
    seen = facts(farm, job)
    assert [seen[name]["state"] for name in ("0001-main", "0002-main")] == ["DEAD", "RUNNING"]
    assert noted(runs, "started").total() == 2


def attempts_logged(farm: FarmBox, frame: str) -> list[int]:
    """Return the attempts of a frame that its logs tell of, oldest first."""
    found = [
        int(number)
        for path in farm.state_dir.rglob(f"*.{frame}.rqlog*")
        for number in re.findall(rf"{frame} of \S+, attempt (\d+)", path.read_text())
    ]
    return sorted(found)


@pytest.mark.slow
def test_farm_and_runner_killed_together_lose_each_attempt_once_and_overlap_never(
    farm: FarmBox, runs: Path
) -> None:
    chance = random.Random(SEED)
    print(f"CUELET_CRASH_SEED={SEED}")
    # Longer than a restart, so that survivors of the runner are there when it is replaced.
    work = {"cores": 0.25, "argv": frame_argv(runs, 1.5), "retries": 9}
    job = launch(farm, {"render": {**work, "range": "1-16"}})
    kills = 4

    for _ in range(kills):
        wait_until(lambda: announced(farm) and resident(farm))
        time.sleep(chance.uniform(0.1, 0.7))
        victims = [holder(farm), resident(farm)]
        chance.shuffle(victims)
        for pid in filter(None, victims):
            os.kill(pid, signal.SIGKILL)
        farm.json("jobs")

    wait_until(lambda: farm.json("show", job)["state"] == "finished")
    assert noted(runs, "overlaps") == {}
    seen = facts(farm, job)
    started, ended = noted(runs, "started"), noted(runs, "ended")
    assert set(ended) == set(seen)
    assert started.total() <= len(seen) + 8 * kills
    for name, one in seen.items():
        logged = attempts_logged(farm, name)
        assert len(logged) == len(set(logged)), f"{name}: an attempt ran twice: {logged}"
        assert logged[-1] == one["attempt"]
        assert started[name] <= len(logged)
    assert {pid for pid in farm.processes() if pid not in (holder(farm), resident(farm))} == set()
