"""What a launch says of the farm of a stock Cuebot: what will not start, and why a launch was refused."""

from __future__ import annotations

import contextlib

from outline._stderr.say import say
from outline._targets.at_cuebot import left_behind, obstacles
from outline.backend.survey import Survey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from outline._targets.at_cuebot.obstacles import Obstacle
    from outline.jobspec.model import JobSpec
    from outline.jobspec.renderfarm import RenderFarm

PATIENCE_S = 3.0
"""Seconds that a launch spends on looking ahead at most."""


def look_ahead(job: JobSpec) -> tuple[Obstacle, ...]:
    """Say on stderr what of a job will not start, or runs as somebody else; return why all of it will be refused.

    Args:
        job: The job as the Cuebot gets it.
    """
    farm = Survey(PATIENCE_S).farm_for(job)
    found = (*_of_farm(job, farm), *left_behind.users(job))
    refusals = tuple(each for each in found if each.weight == obstacles.REFUSED)
    for each in () if refusals else found:
        if each.code != obstacles.HELD_SHOW or each.weight == obstacles.WAITS:
            say(f"note: {each.text}; {each.remedy}")
    return refusals


def _of_farm(job: JobSpec, farm: RenderFarm) -> Iterator[Obstacle]:
    """Yield what is in the way of a job, layers with the same trouble as one."""
    told: set[tuple[str, str]] = set()
    for each in obstacles.obstacles(job, farm):
        key = (each.code, each.remedy)
        if each.weight == obstacles.REFUSED or key not in told:
            yield each
        told.add(key)


@contextlib.contextmanager
def explained(refusals: tuple[Obstacle, ...]) -> Iterator[None]:
    """Give a refused launch the reason that was seen coming, in place of the Cuebot's words.

    Args:
        refusals: What `look_ahead` returned.

    Raises:
        CueException: The launch was refused.
    """
    if not refusals:
        yield
        return
    from opencue.exception import LaunchRefusedException

    try:
        yield
    except LaunchRefusedException as error:
        said = "; ".join(f"{each.text}; {each.remedy}" for each in refusals)
        raise LaunchRefusedException(job=error.job, reason=said).heard(error) from None
