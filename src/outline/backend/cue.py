"""Launch on a Cuebot: a real one, or the farm that comes with Cuelet."""

from __future__ import annotations

import sys
import time
from xml.etree.ElementTree import Element, SubElement

from outline import spec
from outline.exception import OutlineException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from outline.cuerun import OutlineLauncher
    from outline.layer import Layer
    from outline.loader import Outline

JOB_WAIT_PERIOD_SEC = 5
"""The longest pause between two looks at a job that is waited for, in seconds."""
_FIRST_POLL_S = 0.1
_POLL_GROWTH = 1.5


def launch(launcher: OutlineLauncher, use_pycuerun: bool = True) -> list[Any]:
    """Send an outline that is set up and return the jobs.

    What the server cannot express is said on stderr.
    """
    server = launcher.get_flag("server")
    if server:
        from opencue import cuebot

        cuebot.Cuebot.setHosts([server])
    built = build(launcher, use_pycuerun=use_pycuerun, dialect=server_dialect())
    from opencue import api

    for sentence in built.lowered:
        sys.stderr.write(f"note: {sentence}\n")
    jobs: list[Any] = list(api.launchSpecAndWait(built.xml))
    return jobs


def server_dialect() -> str:
    """Return the dialect of the server that is reached; starts the embedded farm when none is configured.

    Raises:
        OutlineException: Another package has overwritten opencue.
    """
    try:
        from opencue import farm
    except (ImportError, AttributeError) as error:
        raise OutlineException(
            f"opencue, or what it needs, is not what Cuelet brings ({error}); see cuelet doctor"
        ) from error
    return spec.CUEBOT if farm.info() is None else spec.CUELET


def build(launcher: OutlineLauncher, *, use_pycuerun: bool, dialect: str) -> spec.Spec:
    """Return the specification of a launch."""
    options = launcher.get_spec_options(use_pycuerun=use_pycuerun)
    return spec.build_spec(launcher.get_outline(), dialect, options)


def serialize(launcher: OutlineLauncher) -> str:
    """Return the XML for a stock Cuebot, frames running through pycuerun."""
    return build(launcher, use_pycuerun=True, dialect=spec.CUEBOT).xml


def serialize_simple(launcher: OutlineLauncher) -> str:
    """Return the XML for a stock Cuebot, commands running directly."""
    return build(launcher, use_pycuerun=False, dialect=spec.CUEBOT).xml


def wait(job: Any, period_s: float = JOB_WAIT_PERIOD_SEC) -> None:
    """Return when none of the jobs is pending any more.

    Args:
        job: A job, or what `launch` returned.
        period_s: The longest pause between two questions, in seconds.
    """
    from opencue import api

    pause_s = min(_FIRST_POLL_S, period_s)
    pending = [each.name() for each in _as_jobs(job)]
    while pending := [name for name in pending if api.isJobPending(name)]:
        time.sleep(pause_s)
        pause_s = min(pause_s * _POLL_GROWTH, period_s)


def _as_jobs(job: Any) -> list[Any]:
    return list(job) if isinstance(job, (list, tuple)) else [job]


def test(job: Any, period_s: float = JOB_WAIT_PERIOD_SEC) -> None:  # noqa: PT028 - no test of ours
    """Wait for the jobs; kill them and raise at the first frame that is dead.

    Raises:
        OutlineException: A frame died.
    """
    from opencue import api

    jobs = _as_jobs(job)
    while any(api.isJobPending(each.name()) for each in jobs):
        _raise_if_dead(jobs)
        time.sleep(min(period_s, 1.0))
    _raise_if_dead(jobs)


def _raise_if_dead(jobs: list[Any]) -> None:
    from opencue import api

    for job in jobs:
        dead = api.getJob(job.id()).data.job_stats.dead_frames
        if dead:
            reason = f"{dead} dead frames in a launch with test=True"
            job.kill(reason=reason)
            raise OutlineException(f"job {job.name()}: {reason}; the job was killed")


def build_command(launcher: OutlineLauncher, layer: Layer) -> list[str]:
    """Return the argument list that executes a frame of a layer on a stock Cuebot."""
    from outline._targets.compile import compile_layer
    from outline._targets.cuebot_xml import near_layer

    options = launcher.get_spec_options(use_pycuerun=True)
    return list(near_layer(compile_layer(layer, options, with_work=False)).argv or ())


def build_dependencies(ol: Outline, layer: Layer, all_depends: Element) -> None:
    """Append a ``<depend>`` for everything a layer waits for, as a stock Cuebot takes it."""
    spec.write_depends(ol, layer, all_depends)


def scrub_tags(tags: Any) -> str:
    """Return tags as the specification has them, ``|`` between.

    Raises:
        InvalidSettingError: OpenCue refuses one of them.
    """
    from outline._layer.settings import check_tags

    return " | ".join(check_tags("tags", tags))


def sub_element(root: Element, tag: str, text: Any) -> Element:
    """Append an element with a text and return it."""
    element = SubElement(root, tag)
    element.text = str(text)
    return element


def bool_to_str(value: object) -> str:
    """Return ``True`` or ``False``, as the specification has it."""
    return str(bool(value))
