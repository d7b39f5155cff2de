"""What the arguments of all commands are made of: a parser that knows frames from flags, and says what was meant."""

from __future__ import annotations

import argparse
import re
import sys
from itertools import takewhile

TYPE_CHECKING = False  # typing itself would cost every command 3 ms
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn, TypeAlias

    Commands: TypeAlias = Any
    """Where commands are added; argparse has no public name for it."""

FRAMES = re.compile(r"-\.?\d")
"""How frames below zero begin, alone (``-3``), in a range (``-5--1``) or in a name (``-003-render``)."""


class FrameParser(argparse.ArgumentParser):
    """A parser that takes a word of a dash and a digit for frames, never for a flag.

    Source:
        CPython 3.14, whose argparse has this very pattern in place of one for whole numbers only.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._negative_number_matcher = FRAMES


class CommandParser(FrameParser):
    """A parser whose complaint is one line that says what may have been meant.

    Words of a list (``nargs="+"``) may stand on both sides of flags.
    """

    def error(self, message: str) -> NoReturn:
        """End the command with a line on stderr and exit status 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a word that is none of the choices, naming the nearest."""
        if action.choices is None or value in action.choices:
            return
        is_command = action.nargs == argparse.PARSER
        what = "no command" if is_command else f"{action.option_strings[0]} takes no"
        known = [str(each) for each in action.choices]
        meant = _meant(str(value), known) or f"; use {', '.join(known)}"
        raise argparse.ArgumentError(None, f"{what} {value!r}{meant}")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; words that flags parted from a list are put back into it, other leftovers refused."""
        given = sys.argv[1:] if args is None else list(args)
        self._refuse_unknown_beginning(given)
        options, rest = super().parse_known_args(given, namespace)
        words = getattr(options, "words", None)
        if isinstance(words, list):
            found, rest = _words_in(rest)
            words += found
        if rest:
            self.error(self._unknown(rest[0]))
        return options, rest

    def _refuse_unknown_beginning(self, words: Sequence[str]) -> None:
        """Complain of an unknown flag in front, of which argparse says only that something else is missing."""
        first = words[0].partition("=")[0] if words else ""
        known = self._option_string_actions
        is_known = any(flag.startswith(first) for flag in known) or first[:2] in known
        if _is_flag(first) and first != "--" and not is_known:
            self.error(self._unknown(first))

    def _unknown(self, word: str) -> str:
        if not _is_flag(word):
            return f"one word too many: {word!r}"
        flag = word.partition("=")[0]
        return f"no flag {flag!r}" + _meant(flag, list(self._option_string_actions))


def _words_in(rest: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words at the head of some leftovers, behind ``--`` whatever they look like, and what follows."""
    words = list(takewhile(lambda word: not _is_flag(word), rest))
    after = list(rest[len(words) :])
    return ([*words, *after[1:]], []) if after[:1] == ["--"] else (words, after)


def _is_flag(word: str) -> bool:
    return word.startswith("-") and len(word) > 1 and not FRAMES.match(word)


def _meant(word: str, known: Sequence[str]) -> str:
    from cuelet.client.naming.nearness import did_you_mean

    return did_you_mean(word, known)


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
