"""Arguments of the commands that launch and watch."""

from __future__ import annotations

import argparse

from cuelet.cli.parsing import add_json
from cuelet.cli.script_words import add_script


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet run``."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--wait", action="store_true", help="watch until it ends (the default)")
    how.add_argument("--detach", action="store_true", help="launch and leave")
    how.add_argument(
        "--local",
        action="store_true",
        help="run it in this process, without the farm, whatever its launches say",
    )
    parser.add_argument(
        "-T", "--threads", type=float, metavar="N", help="cores for jobs that run in this process"
    )
    parser.add_argument("--log-dir", metavar="DIR", help="where the logs of such jobs go")
    parser.add_argument(
        "--raw",
        dest="pycuerun",
        action="store_false",
        help="run commands as they are, without pycuerun (for scripts that do not launch)",
    )
    parser.add_argument(
        "--skip-existing",
        action="store_true",
        help="skip frames whose outputs are there and up to date",
    )
    parser.add_argument("--force", action="store_true", help="run every frame, skip none")
    _add_watching(parser)
    add_script(parser)


def add_watch(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet watch``."""
    _add_watching(parser)
    parser.add_argument("words", nargs="+", metavar="JOB", help="a job, an id, or jobs like shot*")


def _add_watching(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    parser.add_argument(
        "--timeout", type=float, metavar="S", help="stop watching after S seconds (exit 124)"
    )
    add_json(parser)
