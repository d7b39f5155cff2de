"""The ``cueadmin`` command: flags in, listing or operation out, an honest exit code."""

from __future__ import annotations

import argparse
import logging
import sys
import traceback
from collections.abc import Sequence

from cueadmin import flags, host_operations, job_operations, operation, queries, show_operations
from cueadmin.failures import USAGE, exit_code_of, message_of
from opencue import Cuebot

OPERATIONS = {
    **show_operations.OPERATIONS,
    **host_operations.OPERATIONS,
    **job_operations.OPERATIONS,
}
"""What each flag that changes something does."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        argv: The arguments without the command's name; those of the process when not given.
    """
    parser = flags.make_parser()
    args = parser.parse_args(argv)
    try:
        return _run(parser, args)
    except Exception as error:
        if args.verbose:
            traceback.print_exc()
        code = exit_code_of(error)
        if code is None:
            raise  # nothing of ours: `cuelet.programs` says what it is
        print(f"cueadmin: {message_of(error)}", file=sys.stderr)
        return code


def _run(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    name = flags.chosen(args)
    if name is None:
        flags.print_help(parser)
        return USAGE
    _configure(args)
    if name in flags.QUERIES:
        queries.run(name, args)
    else:
        operation.carry_out(OPERATIONS[name](args), force=args.force)
    return 0


def _configure(args: argparse.Namespace) -> None:
    if args.verbose:
        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    if args.server:
        Cuebot.setHosts(args.server)
    elif args.facility:
        Cuebot.setHostWithFacility(args.facility)
