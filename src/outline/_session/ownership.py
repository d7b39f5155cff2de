"""Whose a session is: what somebody else may have written is neither read nor executed.

Asked of what has been opened, never of its name, which may lead elsewhere a moment later.
"""

from __future__ import annotations

import os
import stat

from outline.exception import ForeignSessionError, ScriptError
from outline.jobspec.plainfile import require_script

SHARED = stat.S_ISGID | stat.S_IRWXG
"""What the mode of a directory has when it is shared with its group."""
ANY = "any"
NO_FILE = "there is no such file, or it is no plain one"
_BY_GROUP, _BY_ALL = stat.S_IWGRP, stat.S_IWOTH
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True}
_BOOLEANS |= {"false": False, "no": False, "off": False, "0": False, "": False}


def require_ours(facts: os.stat_result, path: str) -> None:
    """Check that only this user, root, and whom the settings name can have written something.

    Args:
        facts: Of a file or directory that is open.
        path: Its path, for messages.

    Raises:
        ForeignSessionError: Somebody else can.
    """
    if facts.st_uid in {os.geteuid(), 0} and not facts.st_mode & (_BY_GROUP | _BY_ALL):
        return
    users = trusted_users()
    if users is None:
        return
    if not _is_trusted_owner(facts, users):
        raise ForeignSessionError(
            path=path,
            reason=f"belongs to uid {facts.st_uid}, not to you",
        )
    if facts.st_mode & _BY_ALL:
        raise ForeignSessionError(path=path, reason="can be written to by every user")
    if facts.st_mode & _BY_GROUP and not wants_sharing() and not _is_own_group(facts.st_gid):
        reason = f"can be written to by group {facts.st_gid}, and session_group is not set"
        raise ForeignSessionError(path=path, reason=reason)


def require_readable(path: str) -> None:
    """Raise ScriptError for a path at which this user finds no plain file, with the reason."""
    if not os.path.exists(path):
        raise ScriptError(path=path, reason=why_missing(path))
    require_script(path)


def why_missing(path: str) -> str:
    """Return why a file cannot be loaded that is no plain one here: most often nobody lets this user look."""
    try:
        os.stat(path)
    except PermissionError:
        closed = _closed_folder(path)
    except OSError:
        return NO_FILE
    else:
        return NO_FILE
    owner = _name_of(os.stat(closed).st_uid)
    return (
        f"permission denied: {_name_of(os.geteuid())} runs it and may not enter {closed}, which is "
        f"{owner}'s; run frames as the user who launches them (RQD_BECOME_JOB_USER), or set session_group "
        "in outline.cfg here and where the job is launched"
    )


def _closed_folder(path: str) -> str:
    """Return the nearest folder above a path that this user can see but not enter."""
    above = os.path.dirname(os.path.abspath(path))
    while above != os.sep:
        try:
            os.stat(above)
        except PermissionError:
            above = os.path.dirname(above)
        else:
            break
    return above


def _name_of(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _is_trusted_owner(facts: os.stat_result, users: frozenset[int]) -> bool:
    if facts.st_uid in users:
        return True
    shared = facts.st_mode & (SHARED if stat.S_ISDIR(facts.st_mode) else _BY_GROUP)
    return bool(shared) and wants_sharing() and _share_group(facts)


def trusted_users() -> frozenset[int] | None:
    """Return this user, root, and whom ``session_users`` in outline.cfg names; None for everybody.

    Raises:
        ForeignSessionError: It names nobody known.
    """
    from outline import config

    words = [
        word for each in config.get_option("session_users").split(",") if (word := each.strip())
    ]
    return None if ANY in words else frozenset({os.geteuid(), 0, *map(_uid, words)})


def _uid(name: str) -> int:
    if name.isdecimal():
        return int(name)
    import pwd

    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise ForeignSessionError(
            path=f"session_users of outline.cfg: {name!r}", reason="is no user of this machine"
        ) from None


def wants_sharing() -> bool:
    """Tell whether sessions are for the user's group too: ``session_group`` in outline.cfg."""
    from outline import config
    from outline.exception import NoSessionError

    text = config.get_option("session_group").strip().lower()
    if text not in _BOOLEANS:
        raise NoSessionError(
            thing=f"session_group = {text!r} of outline.cfg", reason="write true or false"
        )
    return _BOOLEANS[text]


def _share_group(facts: os.stat_result) -> bool:
    """Tell whether owner and user are both in the group: anybody may make a file of a group in its folder."""
    import pwd

    if facts.st_gid not in {os.getegid(), *os.getgroups()}:
        return False
    try:
        owner = pwd.getpwuid(facts.st_uid)
    except KeyError:
        return False
    return facts.st_gid in os.getgrouplist(owner.pw_name, owner.pw_gid)


def _is_own_group(gid: int) -> bool:
    """Tell whether a group has nobody but this user in it, as many systems give each user one."""
    import grp
    import pwd

    try:
        own, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False
    return (
        gid == own.pw_gid and group.gr_name == own.pw_name and not {*group.gr_mem} - {own.pw_name}
    )
