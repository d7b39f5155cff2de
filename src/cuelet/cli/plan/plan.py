"""``cuelet plan``: run a script with its launches taken away, and show what they would do."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import opencue
from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.plan import arguments as plan_arguments
from cuelet.cli.run.script import launch_script
from cuelet.client import farm_facts
from cuelet.client.farm_facts import FarmFacts
from opencue import embedded
from outline.exception import OutlineException
from outline.frames import FrameRangeError, parse_range
from outline.planning.build import Circumstances, plan_launch
from outline.planning.detail import all_frame_edges, processes
from outline.planning.diff import Change, compare, plans_in
from outline.planning.errors import finding_from_error
from outline.planning.model import VERSION, Finding, Plan, Severity
from outline.planning.script import OnlyPlannedError, PlannedJob, Taken, taking_launches


@dataclass(slots=True)
class Outcome:
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


def plan(options: argparse.Namespace) -> int:
    """Plan the outlines of a script."""
    options = plan_arguments.gather(options)
    numbers = _frames(options.frames)
    farm = None if options.offline else farm_facts.find_farm(options.backend)
    outcome = plan_script(Path(options.script), options, farm)
    if options.layer is not None:
        _require_layer(outcome, options.layer)
    if options.diff is not None:
        outcome.changes = [_changes(options.diff, each, farm) for each in outcome.plans]
    _show(outcome, options, numbers)
    failed = outcome.status(strict=options.strict) is Severity.ERROR
    return Exit.FAILED if failed else Exit.OK


def _frames(text: str | None) -> frozenset[int] | None:
    try:
        return None if text is None else frozenset(parse_range(text))
    except FrameRangeError as error:
        raise CommandError(str(error), Exit.USAGE) from error


def _require_layer(outcome: Outcome, name: str) -> None:
    if outcome.plans and not any(each.find_layer(name) for each in outcome.plans):
        known = ", ".join(layer.name for each in outcome.plans for layer in each.layers)
        raise CommandError(f"no layer {name!r}; there are: {known}", Exit.NOT_FOUND)


# The script.


def plan_script(path: Path, options: argparse.Namespace, farm: FarmFacts | None) -> Outcome:
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
    return Outcome(plans, findings)


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
            way_out="nothing has to change; launches after that line are not planned",
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
    return replace(finding, code="P003", message=str(error), way_out="launch or keep an outline")


class _FarmNeededError(CommandError):
    """A script asked for a farm where none runs."""


def _refuse() -> None:
    raise _FarmNeededError("the script asks the farm, none runs, and a plan starts none")


# The plans.


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


# Comparison.


def _changes(since: str, plan: Plan, farm: FarmFacts | None) -> list[Change]:
    path = Path(since)
    if path.is_file():
        return compare(_plan_in_file(path, plan), plan.to_dict())
    if farm is None:
        raise CommandError(
            f"{since!r} is no file, and no farm answers that could know it", Exit.UNREACHABLE
        )
    return compare(farm.job_as_plan(since, plan), plan.to_dict())


def _plan_in_file(path: Path, plan: Plan) -> dict[str, Any]:
    """Return the plan of the same name in a file, or the only one."""
    try:
        found = plans_in(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise CommandError(f"{path} is no JSON: {error}") from error
    named = [each for each in found if each.get("name") == plan.name]
    if not named and len(found) != 1:
        raise CommandError(f"{path} has no plan of {plan.name!r}", Exit.NOT_FOUND)
    return (named or found)[0]


# Output.


def _show(outcome: Outcome, options: argparse.Namespace, numbers: frozenset[int] | None) -> None:
    if options.json:
        json.dump(document(outcome, options, numbers), sys.stdout)
        print()
    elif options.mermaid:
        from cuelet.drawing import mermaid as graph_mermaid

        print("\n".join(graph_mermaid.render(each) for each in outcome.plans))
    elif options.svg or options.html:
        _write_graphs(outcome, options)
    else:
        from cuelet.cli.plan import text as plan_text

        plan_text.show(outcome, options, numbers)


def document(
    outcome: Outcome, options: argparse.Namespace, numbers: frozenset[int] | None
) -> dict[str, Any]:
    """Return what ``--json`` prints."""
    worst = outcome.status(strict=options.strict)
    values: dict[str, Any] = {
        "version": VERSION,
        "script": options.script,
        "status": "ok" if worst is None else worst.word,
        "findings": [each.to_dict() for each in outcome.findings],
        "plans": [_plan_values(each, options, numbers) for each in outcome.plans],
    }
    for plan_values, changes in zip(values["plans"], outcome.changes or [], strict=False):
        plan_values["changes"] = [each.to_dict() for each in changes]
    return values


def _plan_values(
    plan: Plan, options: argparse.Namespace, numbers: frozenset[int] | None
) -> dict[str, Any]:
    values = plan.to_dict()
    chosen = {"layer": options.layer, "only": numbers}
    if options.edges:
        values["frame_edges"] = [each.to_dict() for each in all_frame_edges(plan, **chosen)]
    if options.layer is not None or numbers is not None:
        values["process_details"] = [each.to_dict() for each in processes(plan, **chosen)]
    return values


def _write_graphs(outcome: Outcome, options: argparse.Namespace) -> None:
    from cuelet.cli.plan import text as plan_text
    from cuelet.drawing import html as graph_html
    from cuelet.drawing import svg as graph_svg

    if options.html:
        _write(options.html, graph_html.render(outcome.plans, outcome.findings))
    for at, each in enumerate(outcome.plans if options.svg else ()):
        _write(_numbered(options.svg, at), graph_svg.render(each))
    plan_text.show_findings(outcome, stderr=True)


def _numbered(file: str, at: int) -> str:
    """Return the file of the first graph as given, those of further ones with a number."""
    path = Path(file)
    return file if not at or file == "-" else str(path.with_stem(f"{path.stem}-{at + 1}"))


def _write(file: str, text: str) -> None:
    if file == "-":
        sys.stdout.write(text)
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}", Exit.ENVIRONMENT) from error
    print(f"wrote {file}")
