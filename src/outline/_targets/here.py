"""A job as it runs without a farm: what cannot be, and what comes out differently."""

from __future__ import annotations

from outline._targets.cuebot_xml import skip_limitations
from outline._targets.limitation import Limitation
from outline.exception import SpecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from outline.jobspec.model import JobSpec


_TO_SKIP = "launch on the farm to skip frames; nothing has to change for all of them to run"


def survey(job: JobSpec) -> tuple[Limitation, ...]:
    """Return what comes out differently.

    Raises:
        SpecError: The job waits for another one, or shall begin paused: here nobody could let it go on.
    """
    thing = f"local launch of {job.title!r}"
    if job.paused:
        raise SpecError(thing=thing, reason="it cannot begin paused, as nobody could resume it")
    if job.after:
        reason = f"it cannot wait for another job ({', '.join(job.after)})"
        raise SpecError(thing=thing, reason=reason, remedy="launch it afterwards")
    return tuple(
        Limitation(each.code, each.text, layer=each.layer, remedy=_TO_SKIP)
        for each in skip_limitations(job)
    )
