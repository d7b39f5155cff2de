"""Questions on the terminal, debug output, and waiting for a job, under the names that scripts know from OpenCue."""

from __future__ import annotations

import logging
import sys
import time
from builtins import input  # noqa: A004, UP029 - tests of scripts put another in its place here

import opencue

_FIRST_LOOK_S, _SOUGHT_S, _SEEN_S = 4, 10, 15
"""Seconds before the first look, between looks while a job is sought, and once it was seen."""


def enableDebugLogging() -> None:
    """Show on stderr what the client logs, from now on."""
    console = logging.StreamHandler()
    console.setLevel(logging.DEBUG)
    console.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("opencue")
    logger.addHandler(console)
    logger.setLevel(logging.DEBUG)


def promptYesNo(prompt: str, force: bool = False) -> bool:
    """Ask on the terminal; return whether the answer is y, or nothing needs to be asked.

    Args:
        prompt: The question.
        force: Ask nothing.
    """
    if force or _answer(f"{prompt} [y/n] ") in {"y", "Y"}:
        return True
    print("Canceled")
    return False


def _answer(question: str) -> str:
    """Return what is answered; nothing, when nobody is there to answer."""
    try:
        return input(question)
    except EOFError:
        return ""


def waitOnJobName(jobName: str, maxWaitForLaunch: int | None = None) -> bool:
    """Wait until a job has come and gone; return False when it did not come.

    Args:
        jobName: The whole name.
        maxWaitForLaunch: Seconds to wait for it to come; without end when not given.
    """
    was_seen, waited_s = False, 0
    time.sleep(_FIRST_LOOK_S)
    while True:
        is_pending = _is_pending(jobName)
        if is_pending is False and was_seen:
            return True
        was_seen = was_seen or bool(is_pending)
        if is_pending is False:
            waited_s += _SOUGHT_S
            if maxWaitForLaunch and waited_s >= maxWaitForLaunch:
                return False
        time.sleep(_SEEN_S if was_seen else _SOUGHT_S)


def _is_pending(name: str) -> bool | None:
    """Return whether a job has not ended; None, with the reason on stderr, when the server does not say."""
    try:
        return bool(opencue.api.isJobPending(name.lower()))
    except opencue.CueException as error:
        print(f"Error: {error}", file=sys.stderr)
        return None
