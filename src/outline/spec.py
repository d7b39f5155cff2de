"""An outline as a job specification: the XML that a Cuebot accepts, and the richer one for a Cuelet farm.

The formats are described in ARCHITECTURE.md. Both are written from the one job that `outline._targets.compile` makes of
an outline; what a server cannot do as written is in `Spec.limitations`, and never starts a frame too early.
"""

from __future__ import annotations

from outline._targets.interpreter import python_executable
from outline._targets.options import Options
from outline.exception import SpecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import xml.etree.ElementTree as ET
    from collections.abc import Sequence
    from typing import Any

    from outline._targets.limitation import Limitation
    from outline.jobspec.model import JobSpec
    from outline.layer import Layer
    from outline.loader import Outline

__all__ = [
    "CUEBOT",
    "CUELET",
    "Options",
    "Spec",
    "build_spec",
    "job_spec",
    "python_executable",
    "skip_notes",
    "write_depends",
]

CUEBOT = "cuebot"
"""Dialect of a stock Cuebot."""
CUELET = "cuelet"
"""Dialect of a Cuelet farm: the same XML with one element more."""


class Spec:
    """A job specification.

    Args:
        xml: The text a server takes.
        limitations: What the dialect could not express.
        job: The job that it says, as the server gets it.
        retries: What a launch has to set afterwards, as Cuebot keeps at most one retry of a specification; None: nothing.
    """

    def __init__(
        self,
        xml: str,
        limitations: Sequence[Limitation],
        job: JobSpec,
        retries: int | None = None,
    ) -> None:
        self.xml, self.job = xml, job
        self.limitations = tuple(limitations)
        self.retries = retries

    @property
    def lowered(self) -> list[str]:
        """One sentence for each thing the dialect could not express."""
        return [each.text for each in self.limitations]


def job_spec(outline: Outline, dialect: str = CUEBOT, **options: Any) -> str:
    """Return the XML of an outline that is set up; see `build_spec`."""
    return build_spec(outline, dialect, Options(**options)).xml


def build_spec(outline: Outline, dialect: str, options: Options) -> Spec:
    """Return the specification of an outline.

    Args:
        outline: An outline; before its setup the session named in the commands is not there yet.
        dialect: `CUEBOT` or `CUELET`.
        options: How it is launched.

    Raises:
        SpecError: Something in it cannot be written at all.
        OutlineException: A layer has no frames or no command.
    """
    if dialect not in {CUEBOT, CUELET}:
        raise SpecError(thing=f"dialect {dialect!r}", reason=f"there are {CUEBOT} and {CUELET}")
    from outline._targets import cuebot_xml, cuelet_json
    from outline._targets.compile import compile_job, left_out

    job = compile_job(outline, options, with_work=dialect == CUELET, raw_posts=dialect == CUEBOT)
    if dialect == CUELET:
        xml, limitations = cuelet_json.write(job)
        sent, retries = job, None
    else:
        xml, limitations = cuebot_xml.write(job, relay=options.relay, held=options.held)
        sent, retries = cuebot_xml.near_job(job), cuebot_xml.retries_to_set(job)
    return Spec(xml, (*left_out(outline, options), *limitations), sent, retries)


def write_depends(outline: Outline, layer: Layer, depends: ET.Element) -> None:
    """Append what one layer waits for, as a stock Cuebot takes it, to a ``<depends>`` element."""
    from outline._targets.compile import compile_job
    from outline._targets.cuebot_edges import Depends
    from outline._targets.cuebot_xml import near_job, tasks_of
    from outline._targets.xml import write_edge
    from outline.jobspec.names import wire_job_name, wire_name

    job = near_job(compile_job(outline, Options(), with_work=False))
    for edge in Depends(job, tasks_of(job), [wire_name(layer.get_name())]).written:
        write_edge(depends, wire_job_name(job.title), edge)


def skip_notes(layers: Sequence[Layer], options: Options) -> list[str]:
    """Return one sentence per layer whose frames only the embedded farm could skip."""
    from outline._targets.compile import may_skip
    from outline._targets.cuebot_xml import skip_note

    return [skip_note(layer.get_name()) for layer in layers if may_skip(layer, options)]
