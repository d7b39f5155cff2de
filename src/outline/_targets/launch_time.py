"""How long a Cuebot takes for a launch: each depend between two frames is a row that it writes by itself."""

from __future__ import annotations

import re

from outline.jobspec.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from outline.jobspec.model import JobSpec

_S_PER_DEPEND = 0.0015
"""Measured on a Cuebot that had nothing else to do; with others on the machine it was up to 0.011."""
_WORST_S_PER_DEPEND = 0.02
_USUAL_TIMEOUT_S = 120.0
_WORTH_SAYING_S = 3.0
_ONE_BY_ONE = re.compile(r'type="FRAME_ON_(?:FRAME|LAYER)"')
_WHOLE_LAYERS = re.compile(
    r'type="(?:FRAME_BY_FRAME|PREVIOUS_FRAME|LAYER_ON_SIM_FRAME)".*?<deplayer>(.*?)</deplayer>',
    re.DOTALL,
)


class LaunchTime(Record):
    """What is to be expected of a launch."""

    depends: int
    """Depends between frames."""

    @property
    def expected_s(self) -> float:
        """Return how long it takes at least."""
        return self.depends * _S_PER_DEPEND

    @property
    def timeout_s(self) -> float | None:
        """Return how long to wait for the answer; None: as for any launch."""
        wanted = _USUAL_TIMEOUT_S + self.depends * _WORST_S_PER_DEPEND
        return wanted if self.expected_s > _WORTH_SAYING_S else None

    @property
    def note(self) -> str:
        """Return what is to be said before, or an empty text."""
        if self.expected_s <= _WORTH_SAYING_S:
            return ""
        return (
            f"{self.depends:,} depends between frames: Cuebot takes {self.expected_s:.0f} s or longer "
            "for this launch"
        )


def launch_time(job: JobSpec, xml: str) -> LaunchTime:
    """Return how long a launch takes.

    Args:
        job: The job as the Cuebot gets it.
        xml: Its specification.
    """
    sizes = {layer.name: len(layer.tasks()) for layer in job.layers}
    by_layer = sum(sizes.get(match[1], 0) for match in _WHOLE_LAYERS.finditer(xml))
    return LaunchTime(depends=by_layer + len(_ONE_BY_ONE.findall(xml)))
