"""The loop of a local job: start what fits, take what ended, until nothing can go on."""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import signal
import threading
import time

from outline._stderr.say import say
from outline.backend._local.graph import Graph, State
from outline.backend._local.job import Orders
from outline.backend._local.process import Attempt, Order
from outline.exception import JobStillRunsError, NoSessionError
from outline.jobspec.execute import Reserved, frame_name
from outline.jobspec.reservation import ROUNDING_CORES, is_capped, reserve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from outline.jobspec.model import JobSpec, LayerSpec

GRACE_S = 5.0
"""Seconds between asking the processes of an interrupted job to end and killing them."""
JOURNAL = "job.log"
"""The file beside the logs of the frames that says what happened when; held open while the job runs."""


class Machine:
    """What the frames of a job may reserve together.

    Args:
        cores: Cores.
        memory_mb: Memory, in MB.
    """

    def __init__(self, cores: float, memory_mb: int) -> None:
        self.cores, self.memory_mb = cores, memory_mb

    def reservation(self, layer: LayerSpec) -> Reserved:
        """Return what a frame of a layer gets."""
        cores, memory_mb = reserve(
            cores=layer.cores,
            max_cores=layer.max_cores,
            threadable=layer.threadable,
            memory_mb=layer.memory_mb,
            machine_cores=self.cores,
            machine_memory_mb=self.memory_mb,
        )
        return Reserved(cores=cores, memory_mb=memory_mb, threadable=layer.threadable)


def this_machine(cores: float | None = None) -> Machine:
    """Return this machine, with another number of cores when one is given."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return Machine(cores or float(len(os.sched_getaffinity(0))), pages * size >> 20)


class FrameFacts:
    """What is known of one frame that has run."""

    __slots__ = ("attempts", "exit_signal", "exit_status", "reason", "wall_s")

    def __init__(self) -> None:
        self.attempts, self.exit_status, self.exit_signal = 0, -1, 0
        self.reason, self.wall_s = "", 0.0


class Run:
    """One execution of a job.

    Args:
        job: What to execute; see `outline.backend._local.job.runnable`.
        machine: Where.
        log_dir: Where the logs go; made when it is not there.
    """

    def __init__(self, job: JobSpec, machine: Machine, log_dir: str) -> None:
        self.job, self.machine, self.log_dir = job, machine, log_dir
        self.orders = Orders(job, log_dir)
        self._layers = {layer.name: layer for layer in job.layers}
        self._tasks = {layer.name: layer.tasks() for layer in job.layers}
        self.graph = Graph(self._tasks, job.edges)
        self.facts: dict[int, FrameFacts] = {}
        self.is_over = False
        self._free_cores, self._free_mb = machine.cores, machine.memory_mb
        self._used_cores = 0.0
        self._running: dict[int, Attempt] = {}
        self._done: queue.SimpleQueue[Attempt] = queue.SimpleQueue()
        self._journal = -1

    # -- names -------------------------------------------------------------------------------

    def layer_of(self, index: int) -> LayerSpec:
        """Return the layer of a frame."""
        name, _ = self.graph.places[index]
        return self._layers[name]

    def frame_name(self, index: int) -> str:
        """Return ``0012-render``."""
        name, task = self.graph.places[index]
        return frame_name(name, self._tasks[name].head(task))

    def log_path(self, index: int) -> str:
        """Return the file the latest attempt of a frame wrote to."""
        return self.orders.log_path(self.frame_name(index))

    # -- the loop ----------------------------------------------------------------------------

    def execute(self, until: float | None = None) -> None:
        """Run the job until nothing of it can go on.

        Args:
            until: Monotonic time at which it is given up; None: never.

        Raises:
            JobStillRunsError: The time was up; no process of the job is left.
            NoSessionError: The folder of the logs cannot be made.
            KeyboardInterrupt: Somebody interrupted it; no process of it is left.
            SystemExit: This process was told to end; no process of the job is left.
        """
        self._open_journal()
        try:
            with _signals_raise():
                self._loop(until)
        except BaseException:
            self._abort()
            raise
        finally:
            self.is_over = True
            os.close(self._journal)

    def _loop(self, until: float | None) -> None:
        self._start_what_fits()
        while self._running:
            self._take(self._next_end(until))
            self._start_what_fits()

    def _next_end(self, until: float | None) -> Attempt:
        """Return the next attempt that ends; raises JobStillRunsError."""
        try:
            left_s = None if until is None else max(until - time.monotonic(), 0)
            return self._done.get(timeout=left_s)
        except queue.Empty:
            raise JobStillRunsError(job=self.job.name, remedy="what ran of it was ended") from None

    def _start_what_fits(self) -> None:
        for name in self.graph.ready_layers():
            reserved = self.machine.reservation(self._layers[name])
            while self.graph.has_ready(name):
                if self._is_capped(reserved):
                    return
                if not self._has_room(reserved):
                    break
                self._start(self.graph.start_next(name), reserved)

    def _is_capped(self, reserved: Reserved) -> bool:
        most = self.job.max_cores
        return is_capped(cores=reserved.cores, used_cores=self._used_cores, most_cores=most)

    def _has_room(self, reserved: Reserved) -> bool:
        enough = reserved.cores <= self._free_cores + ROUNDING_CORES
        return enough and reserved.memory_mb <= self._free_mb

    def _hold(self, reserved: Reserved, sign: int) -> None:
        """Take what a frame reserves, or with sign -1 give it back."""
        self._used_cores += sign * reserved.cores
        self._free_cores -= sign * reserved.cores
        self._free_mb -= sign * reserved.memory_mb

    def _start(self, index: int, reserved: Reserved) -> None:
        facts = self.facts.setdefault(index, FrameFacts())
        facts.attempts += 1
        self._hold(reserved, 1)
        attempt = Attempt(index, self._order(index, facts.attempts, reserved), self._done)
        self._running[index] = attempt
        self._note(f"{self.frame_name(index)} started, attempt {facts.attempts}")
        attempt.start()

    def _order(self, index: int, number: int, reserved: Reserved) -> Order:
        name, task = self.graph.places[index]
        return self.orders.order(
            self._layers[name], self._tasks[name], task, number=number, reserved=reserved
        )

    def _take(self, attempt: Attempt) -> None:
        """Record the end of an attempt and decide what becomes of its frame."""
        attempt.join()
        del self._running[attempt.index]
        layer = self.layer_of(attempt.index)
        self._hold(self.machine.reservation(layer), -1)
        facts = self.facts[attempt.index]
        facts.exit_status, facts.exit_signal = attempt.exit_status, attempt.exit_signal
        facts.reason = attempt.reason
        facts.wall_s = attempt.wall_s
        self._note(f"{self.frame_name(attempt.index)} ended, exit status {attempt.exit_status}")
        retries = self.job.max_retries if layer.retries is None else layer.retries
        if attempt.exit_status and facts.attempts <= retries and not self.job.autoeat:
            self.graph.again(attempt.index)
        else:
            self.graph.end(attempt.index, self._final_state(attempt))

    def _final_state(self, attempt: Attempt) -> State:
        if not attempt.exit_status:
            return State.SUCCEEDED
        return State.EATEN if self.job.autoeat else State.DEAD

    # -- interruption ------------------------------------------------------------------------

    def _abort(self) -> None:
        """End every process; a second interruption kills at once."""
        ended = len(self._running)
        try:
            self._stop_all(signal.SIGTERM)
            self._drain(time.monotonic() + GRACE_S)
        except KeyboardInterrupt:
            pass
        finally:
            self._stop_all(signal.SIGKILL)
            self._drain(time.monotonic() + GRACE_S)
        self._note(f"interrupted, {ended} running frames ended")
        say(
            f"{self.job.name}: interrupted; ended the {ended} frames that ran, "
            f"{self.graph.count(State.SUCCEEDED)} of {self.graph.size} had succeeded; "
            f"logs in {self.log_dir}"
        )

    def _stop_all(self, number: int) -> None:
        for attempt in list(self._running.values()):
            attempt.stop(number)

    def _drain(self, until: float) -> None:
        """Take the ends of what was stopped; frames that were stopped are dead."""
        while self._running and (left := until - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                attempt = self._done.get(timeout=left)
                del self._running[attempt.index]
                facts = self.facts[attempt.index]
                facts.exit_status, facts.reason = attempt.exit_status, "interrupted"
                self.graph.states[attempt.index] = State.DEAD

    # -- the journal -------------------------------------------------------------------------

    def _open_journal(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            os.makedirs(self.log_dir, mode=0o700, exist_ok=True)
            self._journal = os.open(os.path.join(self.log_dir, JOURNAL), flags, 0o600)
            if os.fstat(self._journal).st_uid != os.geteuid():
                raise PermissionError(errno.EPERM, f"{JOURNAL} in it belongs to another user")
        except OSError as error:
            raise NoSessionError(
                thing=f"job {self.job.name!r}",
                reason=f"its logs cannot go to {self.log_dir!r}: {error.strerror}",
            ) from error
        self._note(f"job {self.job.name} in process {os.getpid()}, {self.machine.cores:g} cores")

    def _note(self, text: str) -> None:
        os.write(self._journal, f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n".encode())


@contextlib.contextmanager
def _signals_raise() -> Iterator[None]:
    """Make SIGTERM and SIGHUP end this process the way Ctrl-C does, so that no child is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [
        each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is signal.SIG_DFL
    ]
    for number in numbers:
        signal.signal(number, _leave)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
