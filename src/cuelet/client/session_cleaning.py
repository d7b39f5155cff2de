"""Choose the sessions that nobody needs any more, and remove them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from cuelet.client.errors import RemainsError
from cuelet.client.sessions import (
    Need,
    Needs,
    SessionInfo,
    ask_needs,
    list_sessions,
    remove,
    root_folder,
)
from cuelet.quantities import count


@dataclass(slots=True)
class Cleaning:
    """What is to go, and why the rest stays."""

    chosen: list[SessionInfo] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)
    """Sessions that stay, by reason."""
    unasked: int = 0
    """Chosen ones that no farm knew anything about."""

    @property
    def size_bytes(self) -> int:
        """Bytes of what is to go."""
        return sum(session.size_bytes for session in self.chosen)


def choose(sessions: Sequence[SessionInfo], needs: Needs, limit_s: float) -> Cleaning:
    """Choose what nobody needs and has not changed for so long."""
    cleaning, now = Cleaning(), time.time()
    for session in sessions:
        if session.age_s(now) < limit_s:
            reason = "too young"
        elif (need := needs.of(session)) in (Need.PENDING, Need.PROCESS):
            reason = need.words
        else:
            cleaning.chosen.append(session)
            cleaning.unasked += need is Need.UNKNOWN
            continue
        cleaning.kept[reason] = cleaning.kept.get(reason, 0) + 1
    return cleaning


def remove_chosen(chosen: Sequence[SessionInfo], limit_s: float) -> list[SessionInfo]:
    """Remove what is still not needed now, after the time it took to confirm; return what went.

    Raises:
        RemainsError: Some of it could not be removed.
    """
    wanted = {session.name for session in chosen}
    still = choose(list_sessions(root_folder()), ask_needs(), limit_s).chosen
    removed, failed = [], []
    for session in (each for each in still if each.name in wanted):
        try:
            remove(session)
            removed.append(session)
        except OSError as error:
            failed.append(f"{session.path}: {error.strerror or error}")
    if failed:
        done = f"removed {len(removed)}, but not {count(len(failed), 'session')}"
        raise RemainsError(done=done, failed=failed)
    return removed
