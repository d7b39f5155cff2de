"""The options of ``cuelet doctor``."""

from __future__ import annotations

import argparse

from cuelet.cli.parsing import add_json

WAIT_S = 120.0
"""A Cuebot looks for work every half minute or so."""


def add_doctor(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet doctor``."""
    parser.add_argument(
        "--farm",
        action="store_true",
        help="also run a small frame on every host, and say what it finds there",
    )
    parser.add_argument("--show", metavar="SHOW", help="with --farm: the show of that job")
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=float,
        default=WAIT_S,
        help="with --farm: how long hosts have to answer (%(default)g)",
    )
    add_json(parser)
