"""``cuelet sessions list|show|clean``: the folders in which jobs keep files and data."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from cuelet.cli.ages import age_text, seconds_of
from cuelet.cli.exits import CommandError, Exit
from cuelet.client import sessions as scan
from cuelet.client.sessions import Needs, Session
from cuelet.quantities import count, memory
from outline import util
from outline._restore.layerfile import read_outline_data
from outline.exception import NoSessionError
from outline.session import OUTLINE_FILE, session_root

_WORDS = {
    scan.PENDING: "its job is pending",
    scan.PROCESS: "a process uses it",
    scan.ENDED: "its job has ended",
    scan.UNKNOWN: "no farm knows its job",
}


def root_folder() -> Path:
    """Return where sessions are; it does not follow that anything is there."""
    return Path(session_root(util.get_show(), util.get_shot()))


def list_sessions(options: argparse.Namespace) -> int:
    """Print every session with size, age and whether somebody needs it."""
    needs = scan.ask_needs()
    found = [(session, needs.of(session)) for session in scan.list_sessions(root_folder())]
    if options.json:
        print(json.dumps([scan.session_values(*each) for each in found]))
        return Exit.OK
    for session, need in found:
        print(_line(session, need))
    total = sum(session.size_bytes for session, _ in found)
    print(f"{count(len(found), 'session')}, {_size(total)}, in {root_folder()}")
    _say_unasked(needs, [need for _, need in found])
    return Exit.OK


def _line(session: Session, need: str) -> str:
    age = age_text(session.age_s(time.time()))
    return f"{_size(session.size_bytes):>9}  {age:>6}  {need:<8} {session.name}"


def show(options: argparse.Namespace) -> int:
    """Print one session.

    Raises:
        CommandError: There is no such session.
    """
    session = _find(options.session)
    need = scan.ask_needs().of(session)
    values = {**scan.session_values(session, need), "layers": _layers(session.path)}
    if options.json:
        print(json.dumps(values))
        return Exit.OK
    print(f"session    {session.name}")
    print(f"path       {session.path}")
    print(f"size       {_size(session.size_bytes)} in {count(session.files, 'file')}")
    print(f"unchanged  {age_text(session.age_s(time.time()))}")
    print(f"state      {_WORDS[need]}")
    if session.job_ids:
        print(f"job        {', '.join(session.job_ids)} on {session.backend}")
    print(f"layers     {', '.join(values['layers'])}")
    return Exit.OK


def _find(named: str) -> Session:
    """Return the session of a uuid, ``name/uuid`` or path; raises CommandError."""
    wanted = named.rstrip("/").rpartition("/")[2]
    found = [each for each in scan.list_sessions(root_folder()) if each.uuid == wanted]
    if not found:
        raise CommandError(
            f"no session {named!r} in {root_folder()}; see cuelet sessions list", Exit.NOT_FOUND
        )
    return found[0]


def _layers(path: Path) -> list[str]:
    """Return the layers a session says it has, or those that have files in it."""
    try:
        return sorted(map(str, read_outline_data(str(path / OUTLINE_FILE))["layers"]))
    except (NoSessionError, LookupError, TypeError):
        folder = path / "layers"
        return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []


@dataclass(slots=True)
class _Cleaning:
    """What is to go, what went, and why the rest stays."""

    chosen: list[Session] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)
    """Sessions that stay, by reason."""
    unasked: int = 0
    """Chosen ones that no farm knew anything about."""

    @property
    def size_bytes(self) -> int:
        """Bytes of what is to go."""
        return sum(session.size_bytes for session in self.chosen)


def clean(options: argparse.Namespace) -> int:
    """Remove sessions nobody needs that have not changed for long; ask first.

    Raises:
        CommandError: The age is not understood, nobody can be asked, or something could not be removed.
    """
    limit_s = seconds_of(options.older_than)
    needs = scan.ask_needs()
    cleaning = _choose(scan.list_sessions(root_folder()), needs, limit_s)
    _say(cleaning, needs, options)
    removed: list[Session] = []
    if cleaning.chosen and not options.dry_run and _is_wanted(cleaning, options):
        removed = _remove(cleaning.chosen, limit_s)
    if options.json:
        _print_json(cleaning, removed, needs)
    elif removed:
        size = sum(session.size_bytes for session in removed)
        print(f"removed {count(len(removed), 'session')}, {_size(size)}")
    return Exit.OK


def _choose(sessions: list[Session], needs: Needs, limit_s: float) -> _Cleaning:
    cleaning, now = _Cleaning(), time.time()
    for session in sessions:
        if session.age_s(now) < limit_s:
            reason = "too young"
        elif (need := needs.of(session)) in (scan.PENDING, scan.PROCESS):
            reason = _WORDS[need]
        else:
            cleaning.chosen.append(session)
            cleaning.unasked += need == scan.UNKNOWN
            continue
        cleaning.kept[reason] = cleaning.kept.get(reason, 0) + 1
    return cleaning


def _say(cleaning: _Cleaning, needs: Needs, options: argparse.Namespace) -> None:
    """Say on stderr what would go and what stays."""
    say = sys.stderr.write
    if not options.json:
        for session in cleaning.chosen:
            print(_line(session, "remove"))
    for reason, number in cleaning.kept.items():
        say(f"kept: {count(number, 'session')}, {reason}\n")
    _say_unasked(needs, [scan.UNKNOWN] * cleaning.unasked)
    verb = "would remove" if options.dry_run else "to remove"
    say(f"{verb}: {count(len(cleaning.chosen), 'session')}, {_size(cleaning.size_bytes)}\n")


def _say_unasked(needs: Needs, found: list[str]) -> None:
    unasked = found.count(scan.UNKNOWN)
    if unasked:
        why = "does not know the jobs of" if needs.answered else "does not answer about"
        sys.stderr.write(
            f"note: the farm {why} {count(unasked, 'session')}: judged by age and live processes alone\n"
        )


def _is_wanted(cleaning: _Cleaning, options: argparse.Namespace) -> bool:
    """Ask; raises CommandError when there is nobody to ask."""
    if options.yes:
        return True
    if not sys.stdin.isatty():
        raise CommandError("nobody is there to confirm; repeat with --yes", Exit.USAGE)
    number, size = count(len(cleaning.chosen), "session"), _size(cleaning.size_bytes)
    sys.stderr.write(f"remove {number}, {size}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _remove(chosen: list[Session], limit_s: float) -> list[Session]:
    """Remove what is still not needed now, after the time it took to confirm; return what went."""
    wanted = {session.name for session in chosen}
    still = _choose(scan.list_sessions(root_folder()), scan.ask_needs(), limit_s).chosen
    removed, failed = [], []
    for session in (each for each in still if each.name in wanted):
        try:
            scan.remove(session)
            removed.append(session)
        except OSError as error:
            failed.append(f"{session.path}: {error.strerror or error}")
    if failed:
        raise CommandError(
            f"removed {len(removed)}, but not {count(len(failed), 'session')}: {'; '.join(failed)}"
        )
    return removed


def _print_json(cleaning: _Cleaning, removed: list[Session], needs: Needs) -> None:
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
