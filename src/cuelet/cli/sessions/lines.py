"""Lines that the commands about sessions share."""

from __future__ import annotations

import sys
import time

from cuelet.cli.ages import age_text
from cuelet.client.sessions.folders import SessionInfo
from cuelet.client.sessions.needs import Need, Needs
from cuelet.quantities import count, memory


def session_line(session: SessionInfo, word: str) -> str:
    """Return a session in one line.

    Args:
        session: The session.
        word: What is said of it.
    """
    age = age_text(session.age_s(time.time()))
    return f"{size_text(session.size_bytes):>9}  {age:>6}  {word:<8} {session.name}"


def size_text(size_bytes: int) -> str:
    """Return a size as people read it."""
    return memory(size_bytes / 1024)


def say_unasked(needs: Needs, found: list[Need]) -> None:
    """Say on stderr of how many sessions no farm said anything."""
    unasked = found.count(Need.UNKNOWN)
    if unasked:
        why = "does not know the jobs of" if needs.answered else "does not answer about"
        sys.stderr.write(
            f"note: the farm {why} {count(unasked, 'session')}: judged by age and live processes alone\n"
        )
