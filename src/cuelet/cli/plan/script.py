"""Run a script with its launches taken away, and plan what it would have launched."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import opencue
from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.run.script import launch_script
from cuelet.client import farm_facts
from cuelet.client.farm_facts import FarmFacts
from opencue import embedded
from outline.exception import OutlineException
from outline.planning.build import Circumstances, plan_launch
from outline.planning.diff import Change
from outline.planning.errors import finding_from_error
from outline.planning.model import Finding, Plan, Severity
from outline.planning.script import OnlyPlannedError, PlannedJob, Taken, taking_launches


@dataclass(slots=True)
class PlannedScript:
    """What planning a script came to."""

    plans: list[Plan]
    findings: list[Finding]
    """What concerns the script rather than one of its jobs."""
    changes: list[list[Change]] | None = None
    """One list per plan; None when no comparison was asked for."""

    @property
    def all_findings(self) -> list[Finding]:
        """The findings of the script and of every plan."""
        return [*self.findings, *(each for plan in self.plans for each in plan.findings)]

    def status(self, *, strict: bool) -> Severity | None:
        """Return the highest severity, or None when there is nothing to say."""
        worst = max((each.severity for each in self.all_findings), default=None)
        return Severity.ERROR if strict and worst is Severity.WARNING else worst


def plan_script(path: Path, options: argparse.Namespace, farm: FarmFacts | None) -> PlannedScript:
    """Run a script, and plan what it would have launched.

    Raises:
        CommandError: There is no such script.
    """
    with taking_launches(str(path)) as taken:
        findings = list(_run(path, options, taken))
        plans = [
            _plan_one(job, options, farm, taken)
            for job in taken.jobs
            if not findings or findings[0].severity < Severity.ERROR
        ]
    return PlannedScript(plans, findings)


def _run(path: Path, options: argparse.Namespace, taken: Taken) -> Iterator[Finding]:
    """Run the script; yield what ended it early."""
    try:
        with contextlib.redirect_stdout(sys.stderr), embedded.not_started(_refuse):
            launch_script(path, options.args, pycuerun=options.pycuerun)
    except OnlyPlannedError as error:
        yield replace(
            finding_from_error(error, place=taken.places.of_error(error)),
            code="P004",
            severity=Severity.INFO,
            message=f"the script asks its job for {error.question} after the launch; "
            "planning ends there",
            remedy="nothing has to change; launches after that line are not planned",
        )
    except CommandError as error:
        if error.status is Exit.NOT_FOUND:
            raise
        yield _finding_from_failure(error, taken)
    except (OutlineException, opencue.CueException) as error:
        yield finding_from_error(error, place=taken.places.of_error(error))


def _finding_from_failure(error: CommandError, taken: Taken) -> Finding:
    """Return what to say about a script that failed, or built nothing."""
    cause = error.__cause__
    if cause is not None:
        return finding_from_error(cause, place=taken.places.of_error(cause))
    finding = finding_from_error(error, place=taken.places.of_error(error))
    if isinstance(error.__context__, SystemExit) or isinstance(error, _FarmNeededError):
        return replace(finding, message=str(error))
    return replace(finding, code="P003", message=str(error), remedy="launch or keep an outline")


class _FarmNeededError(CommandError):
    """A script asked for a farm where none runs."""


def _refuse() -> None:
    raise _FarmNeededError("the script asks the farm, none runs, and a plan starts none")


def _plan_one(
    job: PlannedJob, options: argparse.Namespace, farm: FarmFacts | None, taken: Taken
) -> Plan:
    if options.range:
        job.launcher.set_flag("range", options.range)
        job.launcher.get_outline().set_frame_range(options.range)
    backend = options.backend or _backend_of(job, farm)
    given = Circumstances(
        backend=backend,
        use_pycuerun=job.use_pycuerun,
        hosts=farm.hosts if farm is not None and farm.backend == backend else (),
        survey=None if options.offline else farm_facts.asking(farm),
        seconds=_seconds(job, farm),
        places=taken.places,
        flags={},
    )
    return plan_launch(job.launcher, given)


def _seconds(job: PlannedJob, farm: FarmFacts | None) -> dict[str, float]:
    """Return known run times; a farm that goes away meanwhile is no reason to have no plan."""
    try:
        return {} if farm is None else farm.seconds_of(job.launcher.get_outline())
    except opencue.CueException:
        return {}


def _backend_of(job: PlannedJob, farm: FarmFacts | None) -> str:
    """Return what a launch would reach."""
    if job.launcher.get_flag("backend") == "local":
        return "local"
    if farm is not None:
        return farm.backend
    return "cue" if farm_facts.is_configured() else "cuelet"
