"""Start one process of a run: find the program, spawn it, or say in one line why not.

Only for a process with a single thread: it changes the working directory around the spawn.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Mapping
from typing import Final, NamedTuple

from cuelet.runner.procfs import TICKS_PER_S, read_process
from cuelet.runner.resident.runlock import LOCK_HANDLE

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
        self, argv: tuple[str, ...], env: Mapping[str, str], cwd: str, log: int, lock: int
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
        try:
            before = _boot_ticks()
            pid = self._spawn(argv, env, cwd, log, lock)
            return Started(pid, _read_start_ticks(pid, before))
        finally:
            os.chdir("/")  # no frame's folder is kept busy

    def _spawn(
        self, argv: tuple[str, ...], env: Mapping[str, str], cwd: str, log: int, lock: int
    ) -> int:
        program = argv[0] if argv else ""
        try:
            program = find_program(argv, env, cwd)
            return os.posix_spawn(
                program,
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
            detail = _explain(program, error, argv, env)
            raise LaunchError(program, cwd, detail) from error
        except (ValueError, TypeError) as error:
            detail = f"the arguments or variables of {program!r} cannot be passed on: {error}"
            raise LaunchError(program, cwd, detail) from error


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
    name = argv[0] if argv else ""
    if not name or "\0" in name:
        raise LaunchError(name, cwd, "the command is empty; give the layer a command")
    if "/" in name:
        return name
    path = env.get("PATH", os.defpath)
    seen = ""
    for folder in path.split(":"):
        candidate = f"{folder or '.'}/{name}"
        if os.access(candidate, os.X_OK) and not os.path.isdir(candidate):
            return candidate
        seen = seen or (candidate if os.path.isfile(candidate) else "")
    if seen:
        raise LaunchError(name, cwd, f"{seen} is not executable; make it so (chmod +x) or fix PATH")
    detail = f"program {name!r} is not on PATH ({path}); install it or set PATH in the job"
    raise LaunchError(name, cwd, detail)


def _cwd_error(argv: tuple[str, ...], cwd: str, error: OSError | ValueError) -> LaunchError:
    why = error.strerror if isinstance(error, OSError) else error
    detail = (
        f"the working directory {cwd!r} cannot be entered: {why}; "
        "create it, or launch from a folder that this machine has"
    )
    return LaunchError(argv[0] if argv else "", cwd, detail)


def _explain(program: str, error: OSError, argv: tuple[str, ...], env: Mapping[str, str]) -> str:
    match error.errno:
        case errno.ENOENT if os.path.exists(program):
            return f"the interpreter that {program} names does not exist; correct its first line"
        case errno.ENOENT | errno.ENOTDIR:
            return f"program {program} does not exist; install it or correct the command"
        case errno.EACCES if os.path.isdir(program):
            return f"{program} is a folder, not a program; correct the command"
        case errno.EACCES:
            return f"{program} is not executable; make it so (chmod +x)"
        case errno.ENOEXEC:
            return f"{program} is no program for this machine; a script needs a first line #!"
        case errno.E2BIG:
            length = sum(map(len, argv)) + sum(len(k) + len(v) for k, v in env.items())
            return (
                f"the arguments and variables of {program} are too long for the system "
                f"({length} characters); pass them in a file"
            )
        case errno.EAGAIN | errno.ENOMEM:
            return (
                f"the system refused a process for {program}: {error.strerror}; "
                "raise the limit of processes (ulimit -u) or free memory"
            )
    return f"{program} could not be started: {error.strerror}"
