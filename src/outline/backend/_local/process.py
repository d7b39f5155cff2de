"""One attempt of one frame of a local job: a log, and its processes one after the other."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time

from outline.jobspec.endings import signal_words, status_words
from outline.jobspec.logfile import open_log
from outline.jobspec.program import why_not

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from queue import SimpleQueue
    from typing import BinaryIO

    from outline.jobspec.execute import Step

FAILED_LAUNCH = 256
"""Exit status of an attempt whose program could not be started, as on the farm."""
BAD_OUTPUT = 310
"""Exit status of an attempt that ended with 0 and without an output it should have made, as on the farm."""


class Order:
    """What an attempt executes.

    Args:
        steps: The processes, one after the other; the first that fails ends the attempt.
        env: Every variable of the frame.
        cwd: Where the processes start.
        log_path: The file they write to; an older one is moved aside.
        header: What the log begins with.
        outputs: Where each file it has to make may be, and the bytes it has at least.
    """

    def __init__(
        self,
        steps: list[Step],
        env: Mapping[str, str],
        *,
        cwd: str,
        log_path: str,
        header: str,
        outputs: Sequence[tuple[Sequence[str], int]],
    ) -> None:
        self.steps, self.env, self.cwd = steps, env, cwd
        self.log_path, self.header, self.outputs = log_path, header, outputs


class Attempt(threading.Thread):
    """Executes an order; puts itself into a queue when nothing of it runs any more.

    Args:
        index: The frame.
        order: What to execute.
        done: Where to report.
    """

    def __init__(self, index: int, order: Order, done: SimpleQueue[Attempt]) -> None:
        super().__init__(name=f"frame {index}", daemon=True)
        self.index, self._order, self._done = index, order, done
        self.exit_status, self.exit_signal = FAILED_LAUNCH, 0
        self.reason, self.wall_s = "", 0.0
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopped = False

    def run(self) -> None:
        """Work through the steps; `threading.Thread.start` calls this."""
        began = time.monotonic()
        try:
            with open(open_log(self._order.log_path), "wb", buffering=0) as log:
                log.write(self._order.header.encode(errors="surrogateescape"))
                self._work(log)
                self.wall_s = time.monotonic() - began
                log.write(self._footer().encode(errors="surrogateescape"))
        except OSError as error:
            self._fail(f"the log {self._order.log_path!r} cannot be written: {error.strerror}")
        finally:
            self._done.put(self)

    def stop(self, number: int) -> None:
        """Send a signal to every process of the frame; no further step begins."""
        with self._lock:
            self._is_stopped = True
            if self._process is not None:
                _signal_group(self._process.pid, number)

    def _work(self, log: BinaryIO) -> None:
        for step in self._order.steps:
            self._execute(step, log)
            if self.exit_status:
                return
        self._check_outputs()

    def _check_outputs(self) -> None:
        if not self._order.outputs:
            return
        from outline.jobspec.files import find_fault

        found = (find_fault(places, least) for places, least in self._order.outputs)
        if fault := next(filter(None, found), ""):
            self.exit_status, self.reason = BAD_OUTPUT, f"exit 0, but output {fault}"

    def _execute(self, step: Step, log: BinaryIO) -> None:
        try:
            with self._lock:
                process = self._process = None if self._is_stopped else self._spawn(step, log)
        except (OSError, ValueError) as error:
            self._fail(self._why_not(step, error))
            return
        if process is None:
            self._fail("stopped before it began")
        else:
            self._reap(process)

    def _spawn(self, step: Step, log: BinaryIO) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            step.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self._order.cwd,
            env={**self._order.env, **step.env},
            start_new_session=True,
        )

    def _why_not(self, step: Step, error: OSError | ValueError) -> str:
        cwd = self._order.cwd
        if isinstance(error, ValueError):
            return f"the arguments of {step.argv[0]} cannot be passed on: {error}"
        if not os.path.isdir(cwd):
            return f"the working directory {cwd!r} cannot be entered: {error.strerror}; create it"
        return why_not(step.argv, self._order.env, error, cwd)

    def _reap(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the process, end what it left behind, and only then give its id back to the system."""
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with self._lock:
            _signal_group(process.pid, signal.SIGKILL)
            status = process.wait()
            self._process = None
        self.exit_status = 128 - status if status < 0 else status
        self.exit_signal = max(0, -status)
        if self.exit_signal:
            self.reason = f"killed by {signal_words(self.exit_signal)}"

    def _fail(self, reason: str) -> None:
        self.exit_status, self.reason = FAILED_LAUNCH, reason

    def _footer(self) -> str:
        status = [] if self.exit_signal else [f"exit status {status_words(self.exit_status)}"]
        facts = [*status, f"wall {self.wall_s:.2f} s", self.reason]
        return f"\n[cuelet] {', '.join(filter(None, facts))}\n"


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
