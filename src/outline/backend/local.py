"""Launch in this process's machine, without a farm: for tests, CI, and a DCC on a plane.

``launch(outline, backend="local")`` returns when the job has ended. There is no server, no database and no port.
"""

from __future__ import annotations

import os
import time

from outline._layer.settings import check_number
from outline._stderr.say import say
from outline._targets.compile import compile_job, compile_layer, left_out
from outline._targets.here import survey
from outline._targets.options import Options
from outline.backend._local.graph import State
from outline.backend._local.job import runnable
from outline.backend._local.report import LAST_LINES, describe, exit_status, failure
from outline.backend._local.run import Run, this_machine
from outline.exception import JobFailedError
from outline.frames import Tasks
from outline.jobspec import tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from outline.cuerun import OutlineLauncher
    from outline.layer import Layer
    from outline.loader import Outline

__all__ = [
    "FINISHED",
    "LAST_LINES",
    "PENDING",
    "RUNS_HERE",
    "Dispatcher",
    "LocalFrame",
    "LocalFrameError",
    "LocalJob",
    "build_command",
    "build_frame_range",
    "describe",
    "exit_status",
    "launch",
    "run",
    "serialize",
    "serialize_simple",
    "test",
    "wait",
]

RUNS_HERE = True
"""The job runs in this process: a launch waits for its end in any case."""
PENDING, FINISHED = 0, 1
"""What `LocalJob.state` returns: OpenCue's numbers."""

LocalFrameError = JobFailedError
"""PyOutline's name for the error that frames of a job that ran here failed."""


def build_frame_range(frame_range: str, chunk_size: int) -> list[int]:
    """Return the frames that head a chunk, each once."""
    tasks = Tasks.from_range(frame_range, chunk_size)
    return [tasks.head(task) for task in range(len(tasks))]


def build_command(ol: Outline, layer: Layer, frame: int) -> list[str]:
    """Return the argument list that executes a frame of a layer here.

    Args:
        ol: The outline, which has been set up, or is a script.
        layer: The layer.
        frame: The frame.
    """
    compiled = compile_layer(layer, Options(), with_work=False)
    argv = compiled.argv or ("/bin/sh", "-c", compiled.command)
    known = {"#IFRAME#": str(frame)}
    return [tokens.replace(each, known) for each in argv]


class Dispatcher:
    """A job that runs here once it is dispatched.

    Args:
        ol: Its outline.
        launcher: How it is launched; with the usual flags when not given.
    """

    def __init__(self, ol: Outline, launcher: OutlineLauncher | None = None) -> None:
        self._outline, self._launcher = ol, launcher

    def dispatch(self) -> None:
        """Run the job to its end.

        Raises:
            LocalFrameError: Frames are dead, or wait in vain.
        """
        from outline.cuerun import OutlineLauncher

        launcher = self._launcher or OutlineLauncher(self._outline)
        wait(launch(launcher), period_s=1.0)


def serialize(launcher: OutlineLauncher) -> Dispatcher:
    """Return the job, ready to be dispatched."""
    return Dispatcher(launcher.get_outline(), launcher)


serialize_simple = serialize


class LocalFrame:
    """One frame of a job that ran here.

    Args:
        run: The execution.
        index: The frame.
    """

    def __init__(self, run: Run, index: int) -> None:
        facts = run.facts.get(index)
        self.name = run.frame_name(index)
        self.state = run.graph.states[index].value
        """``SUCCEEDED``, ``DEAD``, ``EATEN``, or ``DEPEND`` when what it waited for never came."""
        self.attempts = facts.attempts if facts else 0
        self.exit_status = facts.exit_status if facts else -1
        self.exit_signal = facts.exit_signal if facts else 0
        """The signal that ended its process, 0 when none did."""
        self.reason = facts.reason if facts else ""
        self.wall_s = facts.wall_s if facts else 0.0
        self.log_path = run.log_path(index)


class LocalJob:
    """A job that runs here; answers like a job of `opencue` where scripts ask after a launch.

    Args:
        run: Its execution.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def run(self, until: float | None = None) -> None:
        """Execute it to its end; nothing when it has ended already.

        Args:
            until: Monotonic time at which it is given up.

        Raises:
            KeyboardInterrupt: Somebody interrupted it; no process of it is left.
            JobStillRunsError: The time was up; no process of it is left.
        """
        if not self._run.is_over:
            self._run.execute(until)

    def name(self) -> str:
        """Return ``show-shot-user_name``, in OpenCue's normal form."""
        return self._run.job.name

    get_name = name

    def id(self) -> str:
        """Return its id."""
        return self._run.orders.id

    def state(self) -> int:
        """Return 1 (finished) once it has ended, however it ended; nothing of it goes on after that."""
        return FINISHED if self._run.is_over else PENDING

    def totalFrames(self) -> int:
        """Return how many frames it has, a chunk counting as one."""
        return self._run.graph.size

    def succeededFrames(self) -> int:
        """Return how many frames succeeded."""
        return self._run.graph.count(State.SUCCEEDED)

    def deadFrames(self) -> int:
        """Return how many frames failed for good."""
        return self._run.graph.count(State.DEAD)

    def eatenFrames(self) -> int:
        """Return how many frames failed and were dropped (``autoeat``)."""
        return self._run.graph.count(State.EATEN)

    def runningFrames(self) -> int:
        """Return how many frames run."""
        return self._run.graph.count(State.RUNNING)

    def waitingFrames(self) -> int:
        """Return how many frames could start."""
        return self._run.graph.count(State.WAITING)

    def dependFrames(self) -> int:
        """Return how many frames wait for others; after the end: wait in vain."""
        return self._run.graph.count(State.DEPEND)

    def logDir(self) -> str:
        """Return the folder of its logs, one file per frame."""
        return self._run.log_dir

    def is_success(self) -> bool:
        """Tell whether every frame succeeded or was dropped."""
        return self.succeededFrames() + self.eatenFrames() == self.totalFrames()

    def frames(self) -> list[LocalFrame]:
        """Return every frame, in layer order, then frame order."""
        return [LocalFrame(self._run, index) for index in range(self._run.graph.size)]


def launch(launcher: OutlineLauncher, use_pycuerun: bool = True) -> list[LocalJob]:
    """Return the job of an outline, ready to run; the launch runs it with `run`, `wait` or `test`.

    Raises:
        OutlineException: It cannot run here.
    """
    launcher.setup()
    outline, options = launcher.get_outline(), launcher.get_spec_options(use_pycuerun=use_pycuerun)
    compiled = compile_job(outline, options, with_work=False)
    limitations = (*left_out(outline, options), *survey(compiled))
    for limitation in limitations:
        say(f"note: {limitation.text}")
    launcher.require_proof()
    return [LocalJob(Run(runnable(compiled), this_machine(_cores(launcher)), _log_dir(launcher)))]


def _cores(launcher: OutlineLauncher) -> float | None:
    from outline import config

    wanted = launcher.get_flag("threads", config.get_option("threads"))
    if wanted == "":
        return None
    return check_number("local launch", "threads", wanted, unit="cores", least=0.1)


def _log_dir(launcher: OutlineLauncher) -> str:
    from outline import config

    wanted = launcher.get_flag("log_dir") or config.get_option("log_dir")
    session = launcher.get_outline().get_session().get_path()
    return os.path.abspath(wanted or os.path.join(session, "logs"))


def run(jobs: list[Any], timeout_s: float | None = None) -> None:
    """Run the jobs, one after the other, to their ends, whatever these are.

    Args:
        jobs: What `launch` returned.
        timeout_s: What they may take together; None: as long as it takes.

    Raises:
        JobStillRunsError: The time was up; no process of them is left.
    """
    until = None if timeout_s is None else time.monotonic() + timeout_s
    for job in jobs:
        job.run(until)


def wait(jobs: list[Any], period_s: float, timeout_s: float | None = None) -> None:
    """Run the jobs to their ends, and raise when frames of one are not done; see `run`.

    Args:
        jobs: What `launch` returned.
        period_s: Not needed here; other backends ask their server that often.
        timeout_s: What they may take together; None: as long as it takes.

    Raises:
        JobFailedError: Frames are dead, or wait in vain.
        JobStillRunsError: The time was up; no process of them is left.
    """
    run(jobs, timeout_s)
    failed = [job for job in jobs if not job.is_success()]
    if failed:
        raise JobFailedError(failures=[(job.name(), failure(job)) for job in failed])


test = wait
"""Frames that are dead end a job here by themselves, so a launch with ``test=True`` waits like any other."""
