"""``cuelet sessions show``: one session."""

from __future__ import annotations

import argparse
import json
import time

from cuelet.cli.ages import age_text
from cuelet.cli.exits import Exit
from cuelet.cli.sessions.lines import size_text
from cuelet.client.sessions import folders
from cuelet.client.sessions.needs import ask_needs
from cuelet.quantities import count


def show(options: argparse.Namespace) -> int:
    """Print one session."""
    session = folders.get_session(options.session)
    need = ask_needs().of(session)
    values = {**folders.session_values(session, need), "layers": folders.list_layers(session)}
    if options.json:
        print(json.dumps(values))
        return Exit.OK
    print(f"session    {session.name}")
    print(f"path       {session.path}")
    print(f"size       {size_text(session.size_bytes)} in {count(session.files, 'file')}")
    print(f"unchanged  {age_text(session.age_s(time.time()))}")
    print(f"state      {need.words}")
    if session.job_ids:
        print(f"job        {', '.join(session.job_ids)} on {session.backend}")
    print(f"layers     {', '.join(values['layers'])}")
    return Exit.OK
