"""Commands that people are told to run, written so that they can be pasted into a shell as they stand."""

from __future__ import annotations

import shlex


def pasteable(*words: object) -> str:
    """Return a command in one line: words that a shell would take apart, expand or run are in quotes."""
    return shlex.join(map(str, words))
