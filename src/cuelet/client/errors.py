"""What asking can come to, as errors with fields; what the farm itself refuses stays pycue's `CueException`.

::

    ClientError
      UnknownNameError              what was named is not there
        FrameNotFoundError
        LogNotFoundError
        SessionNotFoundError
      BadRequestError               what was asked for makes no sense
        AmbiguousFrameError
        InvalidFramesError
        StockServerError
      RefusedError                  there is nothing to do it to
        NoFramesError
        NoRunningFramesError
        JobEndedError
        NoDependError
      RemainsError                  some of what was to be removed stays
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class ClientError(Exception):
    """The root of what is raised here."""


class UnknownNameError(ClientError):
    """What was named is not there."""


class BadRequestError(ClientError):
    """What was asked for makes no sense."""


class RefusedError(ClientError):
    """There is nothing that it could be done to."""


class FrameNotFoundError(UnknownNameError):
    """A layer has no frame of that number."""

    def __init__(self, *, job: str, layer: str, number: int) -> None:
        self.job, self.layer, self.number = job, layer, number
        super().__init__(f"no frame {number} in layer {layer!r} of {job}")


class LogNotFoundError(UnknownNameError):
    """A frame has written nothing yet."""

    def __init__(self, *, frame: str, path: Path) -> None:
        self.frame, self.path = frame, path
        super().__init__(f"frame {frame} has no log yet ({path})")


class SessionNotFoundError(UnknownNameError):
    """No session is so named."""

    def __init__(self, *, named: str, root: Path) -> None:
        self.named, self.root = named, root
        super().__init__(f"no session {named!r} in {root}; see cuelet sessions list")


class AmbiguousFrameError(BadRequestError):
    """A layer stands for a frame only when it has just one."""

    def __init__(self, *, layer: str, frames: Sequence[str]) -> None:
        self.layer, self.frames = layer, frames
        first = frames[0] if frames else "12-render"
        super().__init__(f"layer {layer!r} has {len(frames)} frames; name one like {first}")


class InvalidFramesError(BadRequestError):
    """A text is no range of frames.

    Args:
        text: What was given.
        reason: What is wrong with it, in a sentence that names it.
    """

    def __init__(self, *, text: str, reason: str) -> None:
        self.text, self.reason = text, reason
        super().__init__(reason)


class StockServerError(BadRequestError):
    """The server is a stock Cuebot, which lacks what was asked for.

    Args:
        reason: What it does instead, as ``it keeps no environment``.
    """

    def __init__(self, *, reason: str) -> None:
        self.reason = reason
        super().__init__(f"this server is a stock Cuebot: {reason}")


class NoFramesError(RefusedError):
    """No frame of a job is what was asked for.

    Args:
        job: The job.
        wanted: What there is none of, as ``dead frames there``.
    """

    def __init__(self, *, job: str, wanted: str) -> None:
        self.job, self.wanted = job, wanted
        super().__init__(f"{job}: no {wanted}; see cuelet show {job}")


class NoRunningFramesError(RefusedError):
    """None of the chosen frames runs."""

    def __init__(self, *, job: str) -> None:
        self.job = job
        super().__init__(f"{job}: none of these frames is running")


class JobEndedError(RefusedError):
    """A job has ended.

    Args:
        job: The job.
        action: What was to be done, as ``kill``.
    """

    def __init__(self, *, job: str, action: str) -> None:
        self.job, self.action = job, action
        super().__init__(f"{job} has ended: there is nothing to {action}")


class NoDependError(RefusedError):
    """A job does not wait for such a job."""

    def __init__(self, *, job: str) -> None:
        self.job = job
        super().__init__(f"{job}: no such depend on another job; see cuelet show {job}")


class RemainsError(ClientError):
    """Some folders could not be removed.

    Args:
        done: What was done all the same, as ``forgot the jobs, but logs stay``.
        failed: Folders that stay, each with the reason.
    """

    def __init__(self, *, done: str, failed: Sequence[str]) -> None:
        self.done, self.failed = done, failed
        super().__init__(f"{done}: {'; '.join(failed)}")
