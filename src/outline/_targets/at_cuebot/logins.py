"""Whose job it is on hosts that become its user: which number goes with a name."""

from __future__ import annotations

import os

from outline.jobspec.names import login_name
from outline.util import get_user


def uid_of(user: str) -> int:
    """Return the user id that goes with a name: that user's own, and the launcher's for a name that nobody here has.

    Without a number RQD writes logs as a user of its own, which in most folders it cannot.

    Args:
        user: The user of a job.
    """
    own = known_uid(user)
    return os.getuid() if own is None else own


def known_uid(user: str) -> int | None:
    """Return the user id of somebody this machine knows, else None."""
    import pwd

    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        return None


def is_login(user: str) -> bool:
    """Tell whether a name is that of whoever runs this process, as far as a job can have it."""
    import pwd

    try:
        return login_name(pwd.getpwuid(os.getuid()).pw_name) == user
    except KeyError:  # a container without that user
        return get_user() == user
