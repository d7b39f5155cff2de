"""``cuelet plan``: show what a script would launch, in the form that is asked for."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.plan.comparison import changes_since
from cuelet.cli.plan.script import PlannedScript, plan_script
from cuelet.cli.script_words import take_script
from cuelet.client import farm_facts
from outline.frames import FrameRangeError, parse_range
from outline.planning.detail import all_frame_edges, processes
from outline.planning.model import VERSION, Plan, Severity


def plan(options: argparse.Namespace) -> int:
    """Plan the outlines of a script."""
    take_script(options)
    numbers = _frames(options.frames)
    farm = None if options.offline else farm_facts.find_farm(options.backend)
    outcome = plan_script(Path(options.script), options, farm)
    if options.layer is not None:
        _require_layer(outcome, options.layer)
    if options.diff is not None:
        outcome.changes = [changes_since(options.diff, each, farm) for each in outcome.plans]
    _show(outcome, options, numbers)
    failed = outcome.status(strict=options.strict) is Severity.ERROR
    return Exit.FAILED if failed else Exit.OK


def _frames(text: str | None) -> frozenset[int] | None:
    try:
        return None if text is None else frozenset(parse_range(text))
    except FrameRangeError as error:
        raise CommandError(str(error), Exit.USAGE) from error


def _require_layer(outcome: PlannedScript, name: str) -> None:
    if outcome.plans and not any(each.find_layer(name) for each in outcome.plans):
        known = ", ".join(layer.name for each in outcome.plans for layer in each.layers)
        raise CommandError(f"no layer {name!r}; there are: {known}", Exit.NOT_FOUND)


def _show(
    outcome: PlannedScript, options: argparse.Namespace, numbers: frozenset[int] | None
) -> None:
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
    outcome: PlannedScript, options: argparse.Namespace, numbers: frozenset[int] | None
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


def _write_graphs(outcome: PlannedScript, options: argparse.Namespace) -> None:
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
