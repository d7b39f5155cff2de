"""``cuelet sessions clean``: remove sessions that nobody needs any more."""

from __future__ import annotations

import argparse
import json
import sys

from cuelet.cli.ages import seconds_of
from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.sessions.lines import say_unasked, session_line, size_text
from cuelet.client.sessions import folders
from cuelet.client.sessions.cleaning import Cleaning, choose, remove_chosen, sweep_leftovers
from cuelet.client.sessions.folders import SessionInfo
from cuelet.client.sessions.needs import Need, Needs, ask_needs
from cuelet.quantities import count


def clean(options: argparse.Namespace) -> int:
    """Remove sessions nobody needs that have not changed for long; ask first.

    Raises:
        CommandError: The age is not understood, or nobody can be asked.
    """
    limit_s = seconds_of(options.older_than)
    needs = ask_needs()
    found = folders.list_sessions(folders.root_folder())
    cleaning = choose(found, needs, limit_s)
    _say(cleaning, needs, options)
    swept = 0 if options.dry_run else sweep_leftovers(found)
    removed: list[SessionInfo] = []
    if cleaning.chosen and not options.dry_run and _is_wanted(cleaning, options):
        removed = remove_chosen(cleaning.chosen, limit_s)
    if options.json:
        _print_json(cleaning, removed, needs, swept)
        return Exit.OK
    if swept:
        sys.stderr.write(f"removed {count(swept, 'file')} that killed writers had left half done\n")
    if removed:
        size = sum(session.size_bytes for session in removed)
        print(f"removed {count(len(removed), 'session')}, {size_text(size)}")
    return Exit.OK


def _say(cleaning: Cleaning, needs: Needs, options: argparse.Namespace) -> None:
    """Say on stderr what would go and what stays."""
    say = sys.stderr.write
    if not options.json:
        for session in cleaning.chosen:
            print(session_line(session, "remove"))
    for reason, number in cleaning.kept.items():
        say(f"kept: {count(number, 'session')}, {reason}\n")
    say_unasked(needs, [Need.UNKNOWN] * cleaning.unasked)
    verb = "would remove" if options.dry_run else "to remove"
    say(f"{verb}: {count(len(cleaning.chosen), 'session')}, {size_text(cleaning.size_bytes)}\n")


def _is_wanted(cleaning: Cleaning, options: argparse.Namespace) -> bool:
    """Ask; raises CommandError when there is nobody to ask."""
    if options.yes:
        return True
    if not sys.stdin.isatty():
        raise CommandError("nobody is there to confirm; repeat with --yes", Exit.USAGE)
    number, size = count(len(cleaning.chosen), "session"), size_text(cleaning.size_bytes)
    sys.stderr.write(f"remove {number}, {size}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _print_json(cleaning: Cleaning, removed: list[SessionInfo], needs: Needs, swept: int) -> None:
    values = {
        "candidates": [session.name for session in cleaning.chosen],
        "candidate_bytes": cleaning.size_bytes,
        "removed": [session.name for session in removed],
        "removed_bytes": sum(session.size_bytes for session in removed),
        "removed_leftovers": swept,
        "kept": cleaning.kept,
        "farm_answered": needs.answered,
        "unasked": cleaning.unasked,
    }
    print(json.dumps(values))
