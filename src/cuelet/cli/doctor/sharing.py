"""Checks of the folder of sessions, as the hosts of a farm need it: on a disk that they share, and the user's own."""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

from cuelet.cli.doctor.checkup import Checkup
from cuelet.client.sessions.folders import root_folder
from opencue.servers import addresses_here
from outline.jobspec.renderfarm import RenderHost

_LOCAL = frozenset(
    {
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs"),
        *("tmpfs", "ramfs", "overlay", "overlayfs", "squashfs", "vfat", "exfat", "ntfs", "ntfs3"),
    }
)
"""File systems that no other machine sees by itself."""
_MOUNTS = Path("/proc/self/mountinfo")
_MOST_NAMES = 3
"""Names of hosts that are looked up, as each may take seconds."""
_MOST_ENTRIES = 2000
"""Entries of sessions that are looked at."""


def unshared_sessions(hosts: Sequence[RenderHost]) -> Iterator[Checkup]:
    """Yield that sessions lie on a disk of this machine, where a farm has other hosts.

    Args:
        hosts: The hosts of the farm.
    """
    folder = root_folder()
    kind = file_system(folder)
    elsewhere = next((host.name for host in _unfamiliar(hosts) if not _is_here(host.name)), "")
    if kind in _LOCAL and elsewhere:
        said = (
            f"{folder} is on {kind}, a disk of this machine, and {elsewhere} is another one: "
            "set session_dir in outline.cfg to a folder that all hosts share; "
            "cuelet doctor --farm tries it on every host"
        )
        yield Checkup("warning", "sessions", said)


def _unfamiliar(hosts: Sequence[RenderHost]) -> list[RenderHost]:
    """Return a few hosts that are not called as this machine is."""
    own = {socket.gethostname(), socket.getfqdn(), "localhost", "127.0.0.1", "::1"}
    return [host for host in hosts if host.name not in own][:_MOST_NAMES]


def _is_here(name: str) -> bool:
    return bool(addresses_here(f"{name}:1"))


def file_system(folder: Path) -> str:
    """Return the kind of file system a folder is on, or will be; empty when nobody says."""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    path = os.path.realpath(folder)
    found = [(point, kind) for point, kind in map(_mount, lines) if _is_in(path, point)]
    # of two at one place the later one covers the earlier
    return max(reversed(found), key=lambda each: len(each[0]), default=("", ""))[1]


def _mount(line: str) -> tuple[str, str]:
    """Return where something is mounted, and its kind."""
    front, _, back = line.partition(" - ")
    point = front.split()[4].replace(r"\040", " ")
    return point, back.split()[0]


def _is_in(path: str, point: str) -> bool:
    return point in {"/", path} or path.startswith(f"{point}/")


def sessions_of_others() -> Iterator[Checkup]:
    """Yield that somebody else's files lie in this user's sessions, as frames of root leave them."""
    found = next(_foreign(root_folder()), None)
    if found is not None:
        path, owner = found
        said = (
            f"{path} belongs to {owner}: a frame that ran as somebody else made it; let RQD become "
            "the user of a job (RQD_BECOME_JOB_USER), and remove it as that user"
        )
        yield Checkup("warning", "sessions", said)


def _foreign(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield what in sessions of this user is not this user's."""
    left = _MOST_ENTRIES
    for folder, names, files in os.walk(root):
        for each in (*names, *files):
            facts = os.lstat(Path(folder, each))
            is_ours = facts.st_uid == os.getuid()
            if not is_ours and os.lstat(folder).st_uid == os.getuid():
                yield Path(folder, each), _owner(facts.st_uid)
            left -= 1
            if not left:
                return


def _owner(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
