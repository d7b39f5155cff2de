"""The options of ``cuelet plan``, which may stand on either side of the script."""

from __future__ import annotations

import argparse
import sys

from cuelet.cli.parsing import FrameParser

_OFTEN_THE_SCRIPTS = ("--range", "--frames")


def add_plan(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet plan``."""
    add_options(parser)
    _add_script(parser)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add everything but the script and its arguments."""
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


def _add_script(parser: argparse.ArgumentParser) -> None:
    """Add the script with everything behind it, which `gather` sorts."""
    parser.add_argument(
        "words",
        nargs=argparse.PARSER,  # unlike REMAINDER it keeps a -- right behind the script
        metavar="SCRIPT",
        help="the script, and arguments for it; behind -- all are the script's",
    )


def gather(options: argparse.Namespace) -> argparse.Namespace:
    """Return the options with ``script`` and ``args``; options behind the script are taken out of its arguments.

    Behind ``--`` everything is the script's.
    """
    options.script, *words = options.words
    own, rest = _split(words)
    parser = FrameParser(prog="cuelet plan", allow_abbrev=False, add_help=False)
    add_options(parser)
    merged, unknown = parser.parse_known_args(own, argparse.Namespace(**vars(options)))
    for name in _OFTEN_THE_SCRIPTS:
        if any(word.partition("=")[0] == name for word in own):
            sys.stderr.write(
                f"note: plan took {name}; write -- before the script's own arguments\n"
            )
    merged.args = [*unknown, *rest]
    return merged


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]
