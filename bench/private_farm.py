"""A farm of two cores with folders and port of its own, and what benchmarks ask of it."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from peers import ROOT, plain_env
from processes import end_marked

POLL_S = 0.02
_STAMP = re.compile(r"^(\d{10}\.\d{9})$", re.MULTILINE)


class Farm:
    """Runs while the ``with`` block does; `outline` and `opencue` in this process talk to it.

    Args:
        tree: The checkout whose sources it runs.
    """

    def __init__(self, tree: Path = ROOT) -> None:
        self._source = tree / "src"

    def __enter__(self) -> Self:
        self.home = Path(tempfile.mkdtemp(prefix="cuelet-bench-"))
        self.state_dir = self.home / "state"
        self.env = plain_env(self.home) | {
            "CUELET_STATE_DIR": str(self.state_dir),
            "PYTHONPATH": str(self._source),
        }
        self._names = (f"bench{number}" for number in itertools.count(1))
        self._before = dict(os.environ)
        os.environ.update(self.env)
        os.environ.pop("CUEBOT_HOSTS", None)
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        import opencue

        opencue.Cuebot.closeChannel()
        try:
            self._cuelet("stop")
        finally:
            end_marked(f"CUELET_STATE_DIR={self.state_dir}")
            os.environ.clear()
            os.environ.update(self._before)
            shutil.rmtree(self.home, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Process id of the farm."""
        return int(json.loads((self.state_dir / "farm.json").read_text())["pid"])

    @property
    def runner_pid(self) -> int:
        """Process id of what runs its frames."""
        return int((self.state_dir / "runner" / "runner.lock").read_text())

    def restart(self) -> None:
        """Kill the farm and start it again."""
        os.kill(self.pid, signal.SIGKILL)
        self.start()

    def start(self) -> None:
        """Start the farm; returns when it serves."""
        self._cuelet("start", "--port", "0", "--cores", "2")

    def _cuelet(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "cuelet", "farm", *arguments]
        subprocess.run(command, env=self.env, check=True, stdout=subprocess.DEVNULL)

    def outline(
        self, argv: Sequence[str], frames: int, *, chained: bool = False, cores: float = 1
    ) -> Any:
        """Return an outline of one layer that runs a command per frame."""
        import outline
        from outline.modules.shell import Shell

        made = outline.Outline(next(self._names), shot="shot", show="bench", user="bench")
        layer = Shell("frames", command=list(argv), range=f"1-{frames}", threads=cores)
        made.add_layer(layer)
        if chained:
            layer.depend_previous(layer)
        return made

    def run(self, outline: Any) -> Any:
        """Launch without pycuerun, wait for the end, return the job."""
        from outline import cuerun

        return self.wait(cuerun.launch(outline, use_pycuerun=False)[0])

    def wait(self, job: Any) -> Any:
        """Wait for the end of a job.

        Raises:
            RuntimeError: Not every frame succeeded.
        """
        import opencue

        while opencue.api.isJobPending(job.name()):
            time.sleep(POLL_S)
        done = opencue.api.getJob(job.id())
        if done.succeededFrames() != done.totalFrames():
            raise RuntimeError(f"{done.name()}: {done.data.job_stats}")
        return done

    def stamps(self, job: Any) -> list[float]:
        """Return the times that the frames of a job printed, in order of time."""
        logs = self.state_dir.glob(f"logs/**/{job.name()}--{job.id()}/*.rqlog")
        return sorted(float(s) for log in logs for s in _STAMP.findall(log.read_text()))
