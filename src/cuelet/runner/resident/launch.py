"""Start one process of a run: find the program, spawn it, or say in one line why not.

Only for a process with a single thread: it changes the working directory, and the umask, around the spawn.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from typing import Final, NamedTuple

from cuelet.runner.procfs import TICKS_PER_S, read_process
from cuelet.runner.resident.runlock import LOCK_HANDLE
from outline.jobspec import program

_SIGNALS: Final = tuple(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})


class LaunchError(Exception):
    """A step got no process; the message is the reason of the run."""

    def __init__(self, program: str, cwd: str, detail: str) -> None:
        self.program = program
        self.cwd = cwd
        self.detail = detail
        super().__init__(detail)


class Started(NamedTuple):
    """A process that has just been started."""

    pid: int
    start_ticks: int


class Launcher:
    """Spawns processes with standard input from /dev/null and output to a log."""

    def __init__(self) -> None:
        self._null = os.open(os.devnull, os.O_RDONLY)

    def launch(
        self,
        argv: tuple[str, ...],
        env: Mapping[str, str],
        cwd: str,
        log: int,
        lock: int,
        *,
        umask: int | None = None,
    ) -> Started:
        """Start a program as leader of its own session, with the lock of its run.

        This returns only once the program is executing: before that the child still holds
        this process's close-on-exec descriptors, the lock of the directory among them.

        Raises:
            LaunchError: It could not be started.
        """
        try:
            os.chdir(cwd)
        except (OSError, ValueError) as error:
            raise _cwd_error(argv, cwd, error) from error
        own = None if umask is None else os.umask(umask)
        try:
            before = _boot_ticks()
            pid = self._spawn(argv, env, cwd, log, lock)
            return Started(pid, _read_start_ticks(pid, before))
        finally:
            if own is not None:
                os.umask(own)
            os.chdir("/")  # no frame's folder is kept busy

    def _spawn(
        self, argv: tuple[str, ...], env: Mapping[str, str], cwd: str, log: int, lock: int
    ) -> int:
        found = argv[0] if argv else ""
        try:
            found = find_program(argv, env, cwd)
            return os.posix_spawn(
                found,
                argv,
                env,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, self._null, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                    (os.POSIX_SPAWN_DUP2, lock, LOCK_HANDLE),
                ],
                setsid=True,
                setsigmask=(),
                setsigdef=_SIGNALS,
            )
        except OSError as error:
            detail = program.explain(found, error, argv, env)
            raise LaunchError(found, cwd, detail) from error
        except (ValueError, TypeError) as error:
            detail = f"the arguments or variables of {found!r} cannot be passed on: {error}"
            raise LaunchError(found, cwd, detail) from error


def _boot_ticks() -> int:
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * TICKS_PER_S)


def _read_start_ticks(pid: int, before: int) -> int:
    # Nearly always it began and ended within one tick: then that is when it started, and /proc
    # need not be asked, which would take longer than everything else around the spawn.
    if _boot_ticks() == before:
        return before
    process = read_process(pid)
    return process.start_ticks if process else 0


def find_program(argv: tuple[str, ...], env: Mapping[str, str], cwd: str) -> str:
    """Return the file to execute, looked up on the PATH of `env`; `cwd` must be current.

    Raises:
        LaunchError: There is none, or it may not be executed.
    """
    try:
        return program.find(argv, env)
    except program.NotFoundError as error:
        raise LaunchError(argv[0] if argv else "", cwd, str(error)) from error


def _cwd_error(argv: tuple[str, ...], cwd: str, error: OSError | ValueError) -> LaunchError:
    why = error.strerror if isinstance(error, OSError) else error
    detail = (
        f"the working directory {cwd!r} cannot be entered: {why}; "
        "create it, or launch from a folder that this machine has"
    )
    return LaunchError(argv[0] if argv else "", cwd, detail)
