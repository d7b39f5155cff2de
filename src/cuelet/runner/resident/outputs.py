"""Looking at the files a run made, in a process of its own: a slow file system holds up this run only.

Only for a process with a single thread: it forks.
"""

from __future__ import annotations

import json
import os
import signal
import traceback
from collections.abc import Callable, Sequence
from typing import NamedTuple

from cuelet.core.values.runs import OutputFile

MAX_VERDICT_BYTES = 16 * 1024
"""What fits into a pipe without anybody reading it, with room to spare."""
_MOST_TOLD_CHARACTERS = 1000


class Verdict(NamedTuple):
    """What was found."""

    fault: str
    """What is wrong with the outputs that are checked; empty when nothing is."""
    fingerprint: str = ""
    """Fingerprint of all outputs, when it is wanted; empty when they are not all there."""


def look(outputs: Sequence[OutputFile], *, wants_fingerprint: bool) -> Verdict:
    """Look at every output."""
    from outline.jobspec.files import find_fault

    faults = [
        fault
        for output in outputs
        if output.checked and (fault := find_fault(output.paths, output.min_bytes))
    ]
    if not wants_fingerprint:
        return Verdict(_tell(faults))
    from cuelet.runner.fingerprints import take_fingerprint

    return Verdict(_tell(faults), take_fingerprint(outputs).text)


def _tell(faults: Sequence[str]) -> str:
    if not faults:
        return ""
    first = faults[0]
    shown = first if len(first) <= _MOST_TOLD_CHARACTERS else f"...{first[-_MOST_TOLD_CHARACTERS:]}"
    more = len(faults) - 1
    return f"output {shown}" + (f", and {more} more" if more else "")


def start_looking(outputs: Sequence[OutputFile], *, wants_fingerprint: bool) -> tuple[int, int]:
    """Start a process that looks, leader of its own session.

    Args:
        outputs: What to look at.
        wants_fingerprint: The verdict has a fingerprint.

    Returns:
        Its id, and a descriptor from which `read_verdict` reads once it has ended.

    Raises:
        OSError: The system refused a process.
    """
    # Here, so that no child has to import them.
    import cuelet.runner.fingerprints  # noqa: F401

    reading, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    masked = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = os.fork()
        if not pid:
            _be_the_child(lambda: look(outputs, wants_fingerprint=wants_fingerprint), writing)
    except OSError:
        os.close(reading)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, masked)
        os.close(writing)
    return pid, reading


def _be_the_child(work: Callable[[], Verdict], writing: int) -> None:
    """Do the work, tell the result, and end; never returns."""
    status = 1
    try:
        os.setsid()
        _leave_the_parents_things(writing)
        text = json.dumps(work()._asdict()).encode("ascii")
        os.write(3, text[:MAX_VERDICT_BYTES])
        status = 0
    except BaseException:  # noqa: BLE001 it must not return into the parent's loop
        traceback.print_exc()
    finally:
        os._exit(status)


def _leave_the_parents_things(writing: int) -> None:
    """Keep nothing open but the pipe, as descriptor 3: the lock and the logs are not ours."""
    os.dup2(writing, 3, inheritable=False)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def read_verdict(handle: int) -> Verdict | None:
    """Return what a process that has ended wrote, None when it did not get that far; closes the pipe."""
    try:
        text = os.read(handle, MAX_VERDICT_BYTES)
        return Verdict(**json.loads(text))
    except (OSError, ValueError, TypeError):
        return None
    finally:
        os.close(handle)
