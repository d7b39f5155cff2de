"""Where the farm keeps its things, and what it may use."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_state_path

from cuelet.core.state.memory import MemoryAction, MemoryPolicy

_MAX_SOCKET_PATH = 100
"""Unix socket paths end at 107 bytes; gRPC and the runner add a little."""


_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class LocalEnvironmentError(Exception):
    """Say which folder cannot be used and why."""

    def __init__(self, *, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}; set CUELET_STATE_DIR to a folder of your own")


class SettingError(Exception):
    """Name a setting, its value, and what would do."""

    def __init__(self, *, name: str, value: object, reason: str) -> None:
        self.name, self.value, self.reason = name, value, reason
        super().__init__(f"{name} {value!r}: {reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The farm's folder and limits."""

    state_dir: Path
    port: int = 8443
    """Loopback TCP port to try first."""
    cores: float | None = None
    """Cores that frames may use together; None: the machine's."""
    memory_mb: int | None = None
    """Memory that frames may reserve together; None: the machine's."""
    cgroup: str = ""
    """Where the kernel may be asked to limit memory, ``off``, or empty: as the runner finds it."""
    memory_policy: MemoryPolicy = field(default_factory=MemoryPolicy)
    """What is done about frames that use more memory than they reserved."""
    tags: tuple[str, ...] = ()
    """Tags the machine gets, over those it has."""
    services: tuple[str, ...] | None = None
    """Services the machine has; None: as said before, else any."""
    gpus: int | None = None
    """GPUs of the machine; None: as said before, else none."""

    @property
    def database(self) -> Path:
        """The farm's database."""
        return self.state_dir / "farm.db"

    @property
    def lock(self) -> Path:
        """Held by the farm as long as it lives."""
        return self.state_dir / "farm.lock"

    @property
    def info_file(self) -> Path:
        """Tells clients where the farm listens."""
        return self.state_dir / "farm.json"

    @property
    def boot_mark(self) -> Path:
        """Names the boot of the machine in which the farm last ran."""
        return self.state_dir / "boot"

    @property
    def clock_mark(self) -> Path:
        """Says how wall and boot clock stood when the farm last ran."""
        return self.state_dir / "clock"

    @property
    def log_file(self) -> Path:
        """The farm's own log."""
        return self.state_dir / "farm.log"

    @property
    def frame_logs(self) -> Path:
        """Root of the logs of frames."""
        return self.state_dir / "logs"

    @property
    def runner_dir(self) -> Path:
        """Folder of the resident runner."""
        return self.state_dir / "runner"

    @property
    def scratch(self) -> Path:
        """Where frames start whose job names no directory."""
        return self.state_dir / "scratch"

    @property
    def socket(self) -> Path:
        """The farm's Unix socket, elsewhere when the folder's path is too long for one."""
        path = self.state_dir / "farm.sock"
        if len(os.fsencode(path)) <= _MAX_SOCKET_PATH:
            return path
        name = hashlib.sha256(os.fsencode(self.state_dir)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"cuelet-{os.getuid()}" / f"{name}.sock"


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list with commas between."""
    return tuple(word for part in text.split(",") if (word := part.strip()))


def default_state_dir() -> Path:
    """Return ``$CUELET_STATE_DIR``, else the platform's folder for state.

    Raises:
        LocalEnvironmentError: It lies in the home folder, and nobody knows where that is.
    """
    given = os.environ.get("CUELET_STATE_DIR")
    try:
        found = Path(given).expanduser() if given else user_state_path("cuelet")
    except RuntimeError:
        found = Path("~")
    if found.parts[:1] == ("~",):  # platformdirs before 4.10 raises nothing
        raise LocalEnvironmentError(
            path=found, reason="this user has no home folder and HOME is not set"
        )
    return found.absolute()


def memory_policy(action: str | None, factor: float | str | None) -> MemoryPolicy:
    """Return the memory policy of the flags, of the environment where they say nothing.

    Raises:
        SettingError: One of them makes no sense.
    """
    named = action or os.environ.get("CUELET_MEMORY_POLICY") or MemoryAction.WARN.value
    times = factor
    if times is None:
        times = os.environ.get("CUELET_MEMORY_FACTOR") or MemoryPolicy().factor
    if named not in {each.value for each in MemoryAction}:
        known = ", ".join(each.value for each in MemoryAction)
        raise SettingError(name="memory policy", value=named, reason=f"use one of {known}")
    try:
        return MemoryPolicy(MemoryAction(named), float(times))
    except ValueError as error:
        raise SettingError(name="memory factor", value=times, reason="use 1 or more") from error


def prepare_folders(settings: Settings) -> None:
    """Make the farm's folders, for this user only.

    Raises:
        LocalEnvironmentError: One cannot be made, belongs to somebody else, or holds files of others.
    """
    for folder in (
        settings.state_dir,
        settings.frame_logs,
        settings.runner_dir,
        settings.scratch,
        settings.socket.parent,
    ):
        own_folder(folder, may_be_link=folder.is_relative_to(settings.state_dir))


def own_folder(folder: Path, *, may_be_link: bool = True) -> None:
    """Make a folder, or take one that is ours; what is asked and changed is what was opened, not a name.

    Args:
        folder: The folder.
        may_be_link: A link of this user's leads to it. Nobody's may where its name can be guessed.

    Raises:
        LocalEnvironmentError: It cannot be made, or belongs to somebody else.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.is_symlink() and not (may_be_link and folder.lstat().st_uid == os.getuid()):
            raise LocalEnvironmentError(path=folder, reason="is a link, which somebody may turn")
        handle = os.open(folder, _OPEN_FOLDER | (0 if may_be_link else os.O_NOFOLLOW))
        try:
            _take(handle, folder)
        finally:
            os.close(handle)
    except FileExistsError as error:
        raise LocalEnvironmentError(path=folder, reason="is a file, not a folder") from error
    except OSError as error:
        raise LocalEnvironmentError(path=folder, reason=str(error.strerror)) from error


def _take(handle: int, folder: Path) -> None:
    """Make an open folder private, unless it is, or what is in it may be, another user's."""
    facts = os.fstat(handle)
    if facts.st_uid != os.getuid():
        raise LocalEnvironmentError(path=folder, reason="belongs to another user")
    os.fchmod(handle, 0o700)
    if facts.st_mode & 0o022:
        for name in os.listdir(handle):
            if os.lstat(name, dir_fd=handle).st_uid != os.getuid():
                reason = f"others could write to it, and {name} in it belongs to another user"
                raise LocalEnvironmentError(path=folder, reason=reason)
