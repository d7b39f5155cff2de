"""The ``cueadmin`` command: flags in, listing or operation out, an honest exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from cueadmin import flags
from cueadmin.dispatching import dispatch
from cueadmin.failures import FAILED, USAGE, exit_code_of, message_of


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        argv: The arguments without the command's name; those of the process when not given.
    """
    parser = flags.make_parser()
    args = parser.parse_args(argv)
    try:
        if flags.chosen(args) is None:
            flags.print_help(parser)
            return USAGE
        return 0 if dispatch(args, is_command=True) else FAILED
    except Exception as error:
        if args.verbose:
            traceback.print_exc()
        code = exit_code_of(error)
        if code is None:
            raise  # nothing of ours: `cuelet.programs` says what it is
        print(f"cueadmin: {message_of(error)}", file=sys.stderr)
        return code
