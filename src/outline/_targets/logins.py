"""Whose job it is on hosts that become its user: which number goes with a name."""

from __future__ import annotations

import os

from outline.jobspec.names import login_name
from outline.util import get_user


def uid_of(user: str) -> int | None:
    """Return the user id that goes with a name; None for somebody this machine does not know.

    Args:
        user: The user of a job.
    """
    import pwd

    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        return os.getuid() if is_login(user) else None


def is_login(user: str) -> bool:
    """Tell whether a name is that of whoever runs this process, as far as a job can have it."""
    import pwd

    try:
        return login_name(pwd.getpwuid(os.getuid()).pw_name) == user
    except KeyError:  # a container without that user
        return get_user() == user
