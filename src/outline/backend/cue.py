"""Launch on a Cuebot: a real one, or the farm that comes with Cuelet."""

from __future__ import annotations

import sys
from xml.etree.ElementTree import Element, SubElement

from outline import spec
from outline.backend import _stock, _waiting
from outline.exception import OutlineException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from outline.cuerun import OutlineLauncher
    from outline.layer import Layer
    from outline.loader import Outline

JOB_WAIT_PERIOD_SEC = 5
"""The longest pause between two looks at a job that is waited for, in seconds."""


def launch(launcher: OutlineLauncher, use_pycuerun: bool = True) -> list[Any]:
    """Send an outline and return the jobs.

    What the server cannot express is said on stderr.
    """
    launcher.setup()
    server = launcher.get_flag("server")
    if server:
        from opencue import cuebot

        cuebot.Cuebot.setHosts([server])
    dialect = server_dialect()
    options = launcher.get_spec_options(use_pycuerun=use_pycuerun)
    stays_paused = options.paused
    if dialect == spec.CUEBOT:
        _stock.prepare(launcher.get_outline(), options)
    built = spec.build_spec(launcher.get_outline(), dialect, options)
    for sentence in built.lowered:
        sys.stderr.write(f"note: {sentence}\n")
    launcher.require_proof()
    jobs = _launch_on_stock(built) if dialect == spec.CUEBOT else _launch(built)
    if built.retries is not None:
        _stock.set_retries(jobs, built.retries, stays_paused=stays_paused)
    return jobs


def _launch(built: spec.Spec, **more: Any) -> list[Any]:
    from opencue import api

    return list(api.launchSpecAndWait(built.xml, **more))


def _launch_on_stock(built: spec.Spec) -> list[Any]:
    """Launch on a stock Cuebot, and say what its farm will not start, and how long a long launch takes."""
    from outline._targets.launch_time import launch_time
    from outline.backend import _prospects

    refusals, time = _prospects.look_ahead(built.job), launch_time(built.job, built.xml)
    if time.note and not refusals:
        sys.stderr.write(f"note: {time.note}\n")
    more = {} if time.timeout_s is None else {"timeout_s": time.timeout_s}
    with _prospects.explained(refusals):
        return _launch(built, **more)


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


def wait(job: Any, period_s: float = JOB_WAIT_PERIOD_SEC, timeout_s: float | None = None) -> None:
    """Return when all of the jobs is done; see `outline.cuerun.launch`.

    Args:
        job: A job, or what `launch` returned.
        period_s: The longest pause between two questions, in seconds.
        timeout_s: Give up after so long; None: never.

    Raises:
        JobFailedError: A job was killed, or dead frames keep it from going on.
        JobStillRunsError: The time was up; the jobs run on.
    """
    _waiting.wait(_as_jobs(job), period_s=period_s, timeout_s=timeout_s, dies_early=False)


def _as_jobs(job: Any) -> list[Any]:
    return list(job) if isinstance(job, (list, tuple)) else [job]


def test(
    job: Any,
    period_s: float = JOB_WAIT_PERIOD_SEC,  # noqa: PT028 - no test of ours
    timeout_s: float | None = None,  # noqa: PT028 - no test of ours
) -> None:
    """Wait for the jobs; kill them and raise at the first frame that is dead.

    Raises:
        JobFailedError: A frame died, a job was killed, or it cannot go on.
        JobStillRunsError: The time was up; the jobs run on.
    """
    period_s = min(period_s, 1.0)
    _waiting.wait(_as_jobs(job), period_s=period_s, timeout_s=timeout_s, dies_early=True)


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
