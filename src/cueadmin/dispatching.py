"""From flags to what they ask for: a listing, or an operation."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import cueadmin.util
from cueadmin import flags, host_operations, job_operations, operation, queries, show_operations
from cueadmin.operation import Operation
from opencue import Cuebot

OPERATIONS: dict[str, Callable[[argparse.Namespace], Operation]] = {
    **show_operations.OPERATIONS,
    **host_operations.OPERATIONS,
    **job_operations.OPERATIONS,
}
"""What each flag that changes something does."""


def dispatch(args: argparse.Namespace, *, is_command: bool = False) -> bool:
    """Do what flags say; nothing when they ask for nothing.

    Args:
        args: What the parser returned.
        is_command: Take names of jobs that ended, print depends, and raise for what is not found.

    Returns:
        False when a question was not answered with yes.
    """
    _configure(args)
    name = flags.chosen(args)
    if name is None:
        return True
    if name in flags.QUERIES:
        queries.run(name, args, is_command=is_command)
        return True
    return operation.carry_out(OPERATIONS[name](args), force=args.force)


def _configure(args: argparse.Namespace) -> None:
    if args.verbose:
        cueadmin.util.enableDebugLogging()
    if args.server:
        Cuebot.setHosts(args.server)
    elif args.facility:
        Cuebot.setHostWithFacility(args.facility)
