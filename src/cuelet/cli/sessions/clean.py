"""``cuelet sessions list|show|clean``: the folders in which jobs keep files and data."""

from __future__ import annotations

import argparse
import json
import sys
import time

from cuelet.cli.ages import age_text, seconds_of
from cuelet.cli.exits import CommandError, Exit
from cuelet.client import sessions
from cuelet.client.session_cleaning import Cleaning, choose, remove_chosen
from cuelet.client.sessions import Need, Needs, SessionInfo
from cuelet.quantities import count, memory


def list_sessions(options: argparse.Namespace) -> int:
    """Print every session with size, age and whether somebody needs it."""
    needs = sessions.ask_needs()
    root = sessions.root_folder()
    found = [(session, needs.of(session)) for session in sessions.list_sessions(root)]
    if options.json:
        print(json.dumps([sessions.session_values(*each) for each in found]))
        return Exit.OK
    for session, need in found:
        print(_line(session, need))
    total = sum(session.size_bytes for session, _ in found)
    print(f"{count(len(found), 'session')}, {_size(total)}, in {root}")
    _say_unasked(needs, [need for _, need in found])
    return Exit.OK


def _line(session: SessionInfo, need: str) -> str:
    age = age_text(session.age_s(time.time()))
    return f"{_size(session.size_bytes):>9}  {age:>6}  {need:<8} {session.name}"


def show(options: argparse.Namespace) -> int:
    """Print one session."""
    session = sessions.get_session(options.session)
    need = sessions.ask_needs().of(session)
    values = {**sessions.session_values(session, need), "layers": sessions.list_layers(session)}
    if options.json:
        print(json.dumps(values))
        return Exit.OK
    print(f"session    {session.name}")
    print(f"path       {session.path}")
    print(f"size       {_size(session.size_bytes)} in {count(session.files, 'file')}")
    print(f"unchanged  {age_text(session.age_s(time.time()))}")
    print(f"state      {need.words}")
    if session.job_ids:
        print(f"job        {', '.join(session.job_ids)} on {session.backend}")
    print(f"layers     {', '.join(values['layers'])}")
    return Exit.OK


def clean(options: argparse.Namespace) -> int:
    """Remove sessions nobody needs that have not changed for long; ask first.

    Raises:
        CommandError: The age is not understood, or nobody can be asked.
    """
    limit_s = seconds_of(options.older_than)
    needs = sessions.ask_needs()
    cleaning = choose(sessions.list_sessions(sessions.root_folder()), needs, limit_s)
    _say(cleaning, needs, options)
    removed: list[SessionInfo] = []
    if cleaning.chosen and not options.dry_run and _is_wanted(cleaning, options):
        removed = remove_chosen(cleaning.chosen, limit_s)
    if options.json:
        _print_json(cleaning, removed, needs)
    elif removed:
        size = sum(session.size_bytes for session in removed)
        print(f"removed {count(len(removed), 'session')}, {_size(size)}")
    return Exit.OK


def _say(cleaning: Cleaning, needs: Needs, options: argparse.Namespace) -> None:
    """Say on stderr what would go and what stays."""
    say = sys.stderr.write
    if not options.json:
        for session in cleaning.chosen:
            print(_line(session, "remove"))
    for reason, number in cleaning.kept.items():
        say(f"kept: {count(number, 'session')}, {reason}\n")
    _say_unasked(needs, [Need.UNKNOWN] * cleaning.unasked)
    verb = "would remove" if options.dry_run else "to remove"
    say(f"{verb}: {count(len(cleaning.chosen), 'session')}, {_size(cleaning.size_bytes)}\n")


def _say_unasked(needs: Needs, found: list[Need]) -> None:
    unasked = found.count(Need.UNKNOWN)
    if unasked:
        why = "does not know the jobs of" if needs.answered else "does not answer about"
        sys.stderr.write(
            f"note: the farm {why} {count(unasked, 'session')}: judged by age and live processes alone\n"
        )


def _is_wanted(cleaning: Cleaning, options: argparse.Namespace) -> bool:
    """Ask; raises CommandError when there is nobody to ask."""
    if options.yes:
        return True
    if not sys.stdin.isatty():
        raise CommandError("nobody is there to confirm; repeat with --yes", Exit.USAGE)
    number, size = count(len(cleaning.chosen), "session"), _size(cleaning.size_bytes)
    sys.stderr.write(f"remove {number}, {size}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _print_json(cleaning: Cleaning, removed: list[SessionInfo], needs: Needs) -> None:
    values = {
        "candidates": [session.name for session in cleaning.chosen],
        "candidate_bytes": cleaning.size_bytes,
        "removed": [session.name for session in removed],
        "removed_bytes": sum(session.size_bytes for session in removed),
        "kept": cleaning.kept,
        "farm_answered": needs.answered,
        "unasked": cleaning.unasked,
    }
    print(json.dumps(values))


def _size(size_bytes: int) -> str:
    return memory(size_bytes / 1024)
