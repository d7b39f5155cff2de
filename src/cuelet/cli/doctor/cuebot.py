"""Checks of the server that is configured: whether it answers, its farm, and whether a job of this shell would run there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence

import opencue
from cuelet.cli.doctor.checkup import Checkup
from cuelet.cli.doctor.sharing import sessions_of_others, unshared_sessions
from cuelet.quantities import count
from outline import util
from outline.backend.survey import Survey
from outline.jobspec.names import wire_name
from outline.jobspec.renderfarm import FarmShow, RenderHost, Share
from outline.loader import Outline
from outline.modules.shell import Shell
from outline.planning.build import Circumstances, build
from outline.planning.model import Severity

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning"}
_SHOWN = 5
"""Names that one line lists."""
_PLAIN = ("P807", "P810")
"""Findings on a plan that are no news here."""


def cuebot(servers: Sequence[str]) -> Iterator[Checkup]:
    """Yield what there is to say of the server that jobs go to; nothing is launched.

    Args:
        servers: The servers that are configured, of which one answers.
    """
    source = "CUEBOT_HOSTS" if os.environ.get("CUEBOT_HOSTS", "").strip() else "opencue.yaml"
    named = f"{', '.join(servers)} ({source})"
    started = time.monotonic()
    try:
        info = opencue.farm.info()
    except opencue.CueException as error:
        yield Checkup("error", "server", f"{named}: {error}")
        return
    took_ms = 1000 * (time.monotonic() - started)
    if info is not None:
        yield Checkup("ok", "server", f"{named}: a Cuelet farm, version {info['version']}")
        return
    kind = "a stock Cuebot; OpenCue has no call that tells its version"
    yield Checkup("ok", "server", f"{named} answers in {took_ms:.0f} ms: {kind}")
    yield from _farm(Survey())


def _farm(survey: Survey) -> Iterator[Checkup]:
    hosts, shows = survey.hosts(), survey.shows()
    yield _hosts(hosts)
    yield _shows(shows)
    yield from _shares(survey.shares(util.get_show()))
    yield from _job_of_this_shell(survey)
    yield from unshared_sessions(hosts)
    yield from sessions_of_others()


def _hosts(hosts: Sequence[RenderHost]) -> Checkup:
    away = sorted(host.name for host in hosts if not (host.is_up and host.is_open))
    free = len(hosts) - len(away)
    said = f"{count(len(hosts), 'host')}, {free} up and unlocked"
    if away:
        said += f"; down or locked: {_listed(away)}"
    return Checkup("ok" if free else "warning", "hosts", said)


def _shows(shows: Sequence[FarmShow]) -> Checkup:
    active = sorted(show.name for show in shows if show.is_active)
    return Checkup("ok", "shows", f"{count(len(active), 'active show')}: {_listed(active)}")


def _shares(shares: Sequence[Share]) -> Iterator[Checkup]:
    if shares:
        said = ", ".join(f"{share.burst:g} cores of {share.allocation}" for share in shares)
        show = wire_name(util.get_show())
        yield Checkup("ok", "subscriptions", f"{show} may use {said}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


def _job_of_this_shell(survey: Survey) -> Iterator[Checkup]:
    """Yield what a job of this shell's show and user would meet, or that nothing is in its way."""
    job = Outline("doctor", show=util.get_show(), user=util.get_user())
    job.add_layer(Shell("commands", command=["/bin/true"], range="1"))
    job.add_layer(Shell("preprocesses", command=["/bin/true"], range="1", service="preprocess"))
    given = Circumstances(backend="cue", survey=survey.farm_for, seconds={}, flags={})
    found = [each for each in build(job, given).findings if each.code not in _PLAIN]
    for each in found:
        level = _LEVELS.get(each.severity, "ok")
        yield Checkup(level, "jobs", f"{each.message}; {each.remedy}")
    if not any(each.severity in _LEVELS for each in found):
        who = f"{util.get_user()}, uid {os.getuid()}"
        yield Checkup("ok", "jobs", f"a job of show {util.get_show()} by {who} would run")
