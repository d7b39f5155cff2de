"""``cuelet sessions list``: every session with size, age and whether somebody needs it."""

from __future__ import annotations

import argparse
import json

from cuelet.cli.exits import Exit
from cuelet.cli.sessions.lines import say_unasked, session_line, size_text
from cuelet.client.sessions import folders
from cuelet.client.sessions.needs import ask_needs
from cuelet.quantities import count


def list_sessions(options: argparse.Namespace) -> int:
    """Print every session with size, age and whether somebody needs it."""
    needs = ask_needs()
    root = folders.root_folder()
    found = [(session, needs.of(session)) for session in folders.list_sessions(root)]
    if options.json:
        print(json.dumps([folders.session_values(*each) for each in found]))
        return Exit.OK
    for session, need in found:
        print(session_line(session, need))
    total = sum(session.size_bytes for session, _ in found)
    print(f"{count(len(found), 'session')}, {size_text(total)}, in {root}")
    say_unasked(needs, [need for _, need in found])
    return Exit.OK
