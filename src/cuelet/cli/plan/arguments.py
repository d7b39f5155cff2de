"""The options of ``cuelet plan``."""

from __future__ import annotations

import argparse

from cuelet.cli.script_words import add_script


def add_plan(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet plan``."""
    _add_options(parser)
    add_script(parser)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--range", metavar="R", help="plan for these frames, as a launch with range="
    )
    parser.add_argument(
        "--backend",
        choices=("cuelet", "cue", "local"),
        help="plan for the embedded farm, a stock Cuebot, or this process; "
        "by default for what a launch would reach",
    )
    parser.add_argument("--layer", metavar="L", help="show each process of this layer")
    parser.add_argument("--frames", metavar="R", help="show each process of these frames")
    parser.add_argument("--edges", action="store_true", help="show every frame-to-frame edge")
    parser.add_argument("--diff", metavar="JOB|FILE", help="show what changed since then")
    parser.add_argument("--strict", action="store_true", help="warnings count as errors")
    parser.add_argument(
        "--offline", action="store_true", help="ask no farm for run times and hosts"
    )
    parser.add_argument(
        "--raw",
        dest="pycuerun",
        action="store_false",
        help="plan commands as they are, without pycuerun (for scripts that do not launch)",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--mermaid", action="store_true", help="print the graph as Mermaid")
    form.add_argument("--svg", metavar="FILE", help="write the graph as SVG; - is stdout")
    form.add_argument("--html", metavar="FILE", help="write one HTML page; - is stdout")
