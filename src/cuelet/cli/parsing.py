"""What the arguments of all commands are made of."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # typing itself would cost every command 3 ms
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Commands: TypeAlias = Any
    """Where commands are added; argparse has no public name for it."""


def add_command(commands: Commands, name: str, do: str, text: str) -> argparse.ArgumentParser:
    """Add a command and return its parser.

    Args:
        commands: Where it is added.
        name: As it is typed.
        do: What does it, ``FOLDER.MODULE:FUNCTION`` below `cuelet.cli`; empty for a group of commands.
        text: What it does, for help.
    """
    described = {"description": text} if do else {}
    made: argparse.ArgumentParser = commands.add_parser(name, help=text, **described)
    if do:
        made.set_defaults(do=do)
    return made


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add --json."""
    parser.add_argument("--json", action="store_true", help="print JSON")
