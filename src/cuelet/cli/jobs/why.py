"""``cuelet why``: every reason why frames do not run, and the command that changes it."""

from __future__ import annotations

import argparse
import json

from cuelet.cli.exits import Exit
from cuelet.client.explaining import explain_target
from cuelet.client.naming.targets import find_target


def why(options: argparse.Namespace) -> int:
    """Explain a job, a layer or a frame."""
    found = explain_target(find_target(options.words))
    print(json.dumps(found.values()) if options.json else found)
    return Exit.OK
