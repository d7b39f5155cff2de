"""What ``cuelet doctor --farm`` says of every host, after a frame has run there."""

from __future__ import annotations

from collections.abc import Iterator

from cuelet.cli.doctor.checkup import Checkup
from cuelet.client.causes import LOG_LINES, causes
from cuelet.client.fleet.checking import Answer, check_hosts
from cuelet.client.frames import DeadFrame
from outline import util

_NO_PROGRAM = 127
"""What a shell says when there is no such program."""


def fleet(*, show: str | None, wait_s: float) -> Iterator[Checkup]:
    """Yield what hosts answer, as they do.

    Args:
        show: The show of the job that asks; that of this shell by default.
        wait_s: Seconds they have.
    """
    user = util.get_user()
    for answer in check_hosts(show or util.get_show(), user, wait_s):
        yield from _lines(answer, user)


def _lines(answer: Answer, user: str) -> Iterator[Checkup]:
    what = f"host {answer.host}"
    if answer.report is not None:
        yield Checkup("ok", what, answer.report.facts)
        yield from (Checkup("warning", what, said) for said in answer.report.troubles(user))
    elif answer.dead is not None:
        yield Checkup("error", what, _failure(answer.dead))
    else:
        yield Checkup("warning", what, answer.problem)


def _failure(frame: DeadFrame) -> str:
    """Return why a frame failed, as far as it can be seen from here."""
    (cause,) = causes([frame])
    said = f"its frame failed: {cause.ended}"
    if frame.exit_status == _NO_PROGRAM:
        said += "; the Python that runs frames is not there: see python and bin_dir in outline.cfg"
    if cause.lines:
        return f"{said}; its log ends: {' / '.join(cause.lines[-LOG_LINES:])}"
    return f"{said}; its log {frame.log_path} cannot be read from here"
