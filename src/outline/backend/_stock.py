"""A launch on a stock Cuebot: what is done before a job is sent and set afterwards, as the specification cannot say it."""

from __future__ import annotations

import os
import sys

from outline._targets.compile import working_directory
from outline.exception import OutlineException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from outline.loader import Outline
    from outline.spec import Options

_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True}
_BOOLEANS |= {"false": False, "no": False, "off": False, "0": False}


def prepare(outline: Outline, options: Options) -> None:
    """Write the surroundings of the launch into the session, and choose what only a launch needs.

    Args:
        outline: The outline, set up.
        options: How it is launched; changed.

    Raises:
        OutlineException: The session cannot be written to, or a setting is wrong.
    """
    session = outline.find_session()
    if session is not None:
        session.record_surroundings(working_directory(), os.environ)
    options.relay, options.held = _wants_relay(), True


def _wants_relay() -> bool:
    """Tell whether commands without pycuerun go through what keeps their output whole: ``relay`` in the settings."""
    from outline import config

    text = config.get_option("relay").strip().lower()
    if text not in _BOOLEANS:
        raise OutlineException(
            f"relay = {text!r} of the settings means nothing; write true or false"
        )
    return _BOOLEANS[text]


def set_retries(jobs: Sequence[Any], retries: int, *, stays_paused: bool) -> None:
    """Set the retries of jobs that began paused for it, and let them go on.

    Args:
        jobs: The jobs.
        retries: How often a frame is tried again.
        stays_paused: Somebody else lets them go on.
    """
    from opencue.exception import CueException

    for job in jobs:
        try:
            job.setMaxRetries(retries)
        except CueException as error:
            _say(f"{job.name()}: its frames have 1 retry instead of {retries}: {error}")
        if stays_paused:
            continue
        try:
            job.resume()
        except CueException as error:
            _say(f"{job.name()} is paused: {error}; let it go on with cuelet resume {job.name()}")


def _say(sentence: str) -> None:
    if sys.stderr is not None:  # a DCC without a console
        sys.stderr.write(f"note: {sentence}\n")
