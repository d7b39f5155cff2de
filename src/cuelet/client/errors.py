"""What asking can come to, as errors with fields; what the farm itself refuses stays pycue's `CueException`.

::

    ClientError
      UnknownNameError              what was named is not there
        JobNotFoundError
        PartNotFoundError
        FrameNotFoundError
        LogNotFoundError
        AttemptNotFoundError
        SessionNotFoundError
      BadRequestError               what was asked for makes no sense
        AmbiguousNameError
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

from cuelet.pasting import pasteable

MAX_LISTED = 20
"""Names that an error lists."""


def shown(word: str) -> str:
    """Return a word in quotes, short enough to read."""
    return repr(shortened(word))


def shortened(text: str, most: int = 80) -> str:
    """Return a text, or its beginning when it is long."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


class ClientError(Exception):
    """The root of what is raised here."""


class UnknownNameError(ClientError):
    """What was named is not there."""


class BadRequestError(ClientError):
    """What was asked for makes no sense."""


class RefusedError(ClientError):
    """There is nothing that it could be done to."""


class JobNotFoundError(UnknownNameError):
    """No job is so named.

    Args:
        word: What was given.
        meant: What may have been meant, as ``; did you mean bake?``, or an empty text.
    """

    def __init__(self, *, word: str, meant: str = "") -> None:
        self.word = word
        super().__init__(f"no job {shown(word)}{meant or '; see cuelet jobs --all'}")


class PartNotFoundError(UnknownNameError):
    """A job has no layer or frame of that name.

    Args:
        job: The job.
        word: What was given.
        layers: The layers that it has.
        meant: What may have been meant, as ``; did you mean render?``, or an empty text.
    """

    def __init__(self, *, job: str, word: str, layers: Sequence[str], meant: str = "") -> None:
        self.job, self.word, self.layers = job, word, tuple(layers)
        listed = ", ".join(layers[:MAX_LISTED]) + (", ..." if len(layers) > MAX_LISTED else "")
        super().__init__(f"no layer {shown(word)} in {job}{meant or f'; it has {listed}'}")


class FrameNotFoundError(UnknownNameError):
    """A layer has no frame of that number.

    Args:
        job: The job.
        layer: The layer.
        number: The number.
        there: The frames that it has, as a range; empty when nobody knows.
        nearest: The name of the frame that is next to it, or an empty text.
    """

    def __init__(
        self, *, job: str, layer: str, number: int, there: str = "", nearest: str = ""
    ) -> None:
        self.job, self.layer, self.number = job, layer, number
        has = f"; it has {shortened(there)}" if there else ""
        meant = f"; did you mean {nearest}?" if nearest else ""
        super().__init__(f"no frame {number} in layer {layer!r} of {job}{has}{meant}")


class LogNotFoundError(UnknownNameError):
    """A frame has written nothing yet."""

    def __init__(self, *, frame: str, path: Path) -> None:
        self.frame, self.path = frame, path
        super().__init__(f"frame {frame} has no log yet ({path})")


class AttemptNotFoundError(UnknownNameError):
    """No log of an attempt is kept.

    Args:
        frame: The frame's name.
        number: The attempt that was asked for.
        known: The attempts whose logs are kept.
    """

    def __init__(self, *, frame: str, number: int, known: Sequence[int]) -> None:
        self.frame, self.number, self.known = frame, number, tuple(known)
        there = f"there are {', '.join(map(str, known))}" if known else "it has no log yet"
        super().__init__(f"frame {frame} has no log of attempt {number}; {there}")


class SessionNotFoundError(UnknownNameError):
    """No session is so named."""

    def __init__(self, *, named: str, root: Path) -> None:
        self.named, self.root = named, root
        super().__init__(f"no session {named!r} in {root}; see cuelet sessions list")


class AmbiguousNameError(BadRequestError):
    """A word means several things.

    Args:
        word: What was given.
        meanings: What it may mean, as pairs of an id, or what else names it alone, and words.
    """

    def __init__(self, *, word: str, meanings: Sequence[tuple[str, str]]) -> None:
        self.word, self.meanings = word, tuple(meanings)
        lines = [f"  {found}  {what}" for found, what in meanings[:MAX_LISTED]]
        if len(meanings) > MAX_LISTED:
            lines.append(f"  ... and {len(meanings) - MAX_LISTED} more")
        head = f"{shown(word)} could mean {len(meanings):,} things; name one by what stands first"
        super().__init__("\n".join([f"{head}:", *lines]))


class AmbiguousFrameError(BadRequestError):
    """A job or a layer stands for a frame only when it has just one.

    Args:
        what: What was named, as ``layer 'render'``.
        count: How many frames it has.
        first: The name of the first of them, or an empty text.
    """

    def __init__(self, *, what: str, count: int, first: str) -> None:
        self.what, self.count, self.first = what, count, first
        super().__init__(f"{what} has {count:,} frames; name one like {first or '12-render'}")


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
        super().__init__(f"{job}: no {wanted}; see {pasteable('cuelet', 'show', job)}")


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
        super().__init__(
            f"{job}: no such depend on another job; see {pasteable('cuelet', 'show', job)}"
        )


class RemainsError(ClientError):
    """Some folders could not be removed.

    Args:
        done: What was done all the same, as ``forgot the jobs, but logs stay``.
        failed: Folders that stay, each with the reason.
    """

    def __init__(self, *, done: str, failed: Sequence[str]) -> None:
        self.done, self.failed = done, failed
        super().__init__(f"{done}: {'; '.join(failed)}")
