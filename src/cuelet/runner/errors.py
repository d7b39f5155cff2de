"""What can go wrong with the runner itself; a run that fails is a value, not an error.

RunnerError
    RunnerBusyError         another resident owns the directory
    RunnerUnreachableError  no resident answers and none could be started
    ProtocolError           the other side speaks another version, or no protocol at all
    JournalError            the journal cannot be written
"""

from __future__ import annotations


class RunnerError(Exception):
    """Root of the errors of this package."""


class RunnerBusyError(RunnerError):
    """Another resident runner owns the directory."""

    def __init__(self, directory: str, holder: str) -> None:
        self.directory = directory
        self.holder = holder
        super().__init__(
            f"a runner already owns {directory} (pid {holder or 'unknown'}); "
            "talk to it, or stop it with SIGTERM: it leaves when its last run has ended"
        )


class RunnerUnreachableError(RunnerError):
    """No resident answers in the directory and none could be started."""

    def __init__(self, directory: str, detail: str) -> None:
        self.directory = directory
        self.detail = detail
        super().__init__(f"no runner answers in {directory}: {detail}; see {directory}/runner.log")


class ProtocolError(RunnerError):
    """The other side does not speak this protocol."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"farm and runner do not understand each other: {detail}")


class JournalError(RunnerError):
    """The journal cannot be written, so nothing may be started."""

    def __init__(self, path: str, cause: OSError) -> None:
        self.path = path
        self.cause = cause
        super().__init__(
            f"cannot write the runner's journal {path}: {cause.strerror}; free space there"
        )
