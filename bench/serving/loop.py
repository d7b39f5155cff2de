"""How a peer's process is asked: one JSON object per line in, one JSON list of seconds out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

# Whatever the peer prints from now on is no answer.
_answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def serve(rate: Callable[[int], list[float]], chain: Callable[[int], list[float]]) -> None:
    """Answer questions until standard input ends.

    Args:
        rate: Executes so many independent commands; returns the seconds it took.
        chain: Executes so many commands, each waiting for the one before; returns their stamps.
    """
    for line in sys.stdin:
        question = json.loads(line)
        answer = rate(question["n"]) if question["kind"] == "rate" else chain(question["n"])
        _answers.write(json.dumps(answer) + "\n")
        _answers.flush()
