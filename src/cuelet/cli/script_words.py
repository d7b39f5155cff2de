"""The words of commands that run a script: the script, and what belongs to it."""

from __future__ import annotations

import argparse
import sys


def add_script(parser: argparse.ArgumentParser) -> None:
    """Add the script with everything behind it, which `take_script` sorts; flags of the command come before."""
    parser.set_defaults(own_flags=frozenset(parser._option_string_actions) - {"-h", "--help"})
    parser.add_argument(
        "words",
        nargs=argparse.PARSER,  # unlike REMAINDER it keeps a -- right behind the script
        metavar="SCRIPT",
        help="the script, and what is given to it as sys.argv",
    )


def take_script(options: argparse.Namespace) -> None:
    """Sort the words of a command line into ``script`` and ``args``.

    Everything behind the script is the script's, as behind ``python SCRIPT``.
    What looks like a flag of the command is pointed out, unless ``--`` right behind the script says that it is meant.
    """
    options.script, *words = options.words
    if words[:1] == ["--"]:
        options.args = words[1:]
        return
    options.args = words
    taken = [word for word in words if word.partition("=")[0] in options.own_flags]
    if taken:
        sys.stderr.write(
            f"note: {taken[0]} behind the script is given to the script; "
            "write it before the script where the command is to have it, or -- behind the script\n"
        )
