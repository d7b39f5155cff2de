"""Frames that note what they do and hold a lock while they live; a farm that is killed by hand."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cuelet.store.store import Store
from tests.conftest import FarmBox
from tests.specs import job_spec

FRAME = """\
#!/bin/sh
# One run of one frame: it holds a lock, notes its start, works, notes its end, fails where told to.
exec 9>"$RUNS/lock-$CUE_FRAME"
flock -n 9 || echo "$CUE_FRAME" >> "$RUNS/overlaps"
echo "$CUE_FRAME" >> "$RUNS/started"
sleep "$1"
echo "$CUE_FRAME" >> "$RUNS/ended"
test -e "$RUNS/always-$CUE_FRAME" && exit 9
test -e "$RUNS/once-$CUE_FRAME" && rm "$RUNS/once-$CUE_FRAME" && exit 5
exit 0
"""


def make_runs(farm: FarmBox) -> Path:
    """Make the folder in which frames note what they do."""
    folder = farm.home / "runs"
    folder.mkdir()
    for name in ("started", "ended", "overlaps"):
        (folder / name).touch()
    (folder / "frame.sh").write_text(FRAME)
    return folder


def frame_argv(runs: Path, seconds: float) -> list[str]:
    return [
        shutil.which("env") or "env",
        f"RUNS={runs}",
        "/bin/sh",
        f"{runs}/frame.sh",
        f"{seconds}",
    ]


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


FACTS = """
import json, sys, opencue
frames = opencue.api.getJob(sys.argv[1]).getFrames()
usage = opencue.farm.call('GetUsage', frame_ids=[f.id() for f in frames])['frames']
name_of = opencue.api.job_pb2.FrameState.Name
print(json.dumps({
    f.name(): {**usage[f.id()], 'state': name_of(f.state()), 'retries': f.retries()} for f in frames
}))
"""


def facts(farm: FarmBox, job: str) -> dict[str, dict[str, Any]]:
    """Return what the farm says of every frame, starting the farm if needed."""
    done = farm.python("-c", FACTS, job)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def attempts_logged(farm: FarmBox, frame: str) -> list[int]:
    """Return the attempts of a frame that its logs tell of, oldest first."""
    found = [
        int(number)
        for path in farm.state_dir.rglob(f"*.{frame}.rqlog*")
        for number in re.findall(rf"{frame} of \S+, attempt (\d+)", path.read_text())
    ]
    return sorted(found)


def again_recorded(farm: FarmBox) -> dict[str, int]:
    """Return how often each frame was run again, paid for or not; only of a farm that is dead."""
    store = Store(farm.state_dir / "farm.db")
    try:
        return {
            job.frame_name(index): job.retries[index] + job.free_retries[index]
            for job in store.load()
            for index in range(job.size)
        }
    finally:
        store.close()


# -- processes -----------------------------------------------------------------------------------


def server_command(farm: FarmBox, *more: str) -> list[str]:
    """Return the command of the farm's process."""
    command = [sys.executable, "-m", "cuelet.server", "--port", "0", "--cores", "2"]
    return [*command, "--state-dir", str(farm.state_dir), *more]


def start_server(farm: FarmBox) -> subprocess.Popen[bytes]:
    """Start the farm's process, as a child and at once; whoever asks ends it."""
    farm.state_dir.mkdir(mode=0o700, exist_ok=True)
    with (farm.state_dir / "farm.log").open("ab") as log:
        return subprocess.Popen(
            server_command(farm), env=farm.env, stdout=log, stderr=log, start_new_session=True
        )


def kill_server(server: subprocess.Popen[bytes]) -> None:
    server.kill()
    server.wait()


def holder(farm: FarmBox) -> int:
    """Return the process that holds the farm's folder, from its first moment on; 0 for none."""
    try:
        pid = int((farm.state_dir / "farm.lock").read_text().split("\n")[0])
    except (OSError, ValueError):
        return 0
    return pid if pid in farm.processes() else 0


def resident(farm: FarmBox) -> int:
    """Return the process of the runner; 0 for none."""
    for pid in farm.processes():
        with contextlib.suppress(OSError):
            if b"cuelet.runner.resident.main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
    return 0


def kill_processes(pids: list[int]) -> None:
    for pid in filter(None, pids):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def announced(farm: FarmBox) -> bool:
    """Tell whether the farm that holds the folder serves."""
    try:
        return bool(farm.info["pid"] == holder(farm) != 0)
    except (OSError, ValueError):
        return False


def strangers(farm: FarmBox) -> set[int]:
    """Return the processes of this farm that are neither it nor its runner."""
    return set(farm.processes()) - {holder(farm), resident(farm)}


@contextlib.contextmanager
def watching(farm: FarmBox, job: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run ``cuelet watch``, which restarts the farm whenever it misses it; yield it and its stderr."""
    command = [sys.executable, "-m", "cuelet", "watch", job]
    shown = farm.home / "watch.err"
    with (
        (farm.home / "watch.out").open("wb") as out,
        shown.open("wb") as err,
        subprocess.Popen(command, env=farm.env, stdout=out, stderr=err) as watch,
    ):
        try:
            yield watch, shown
        finally:
            watch.kill()
