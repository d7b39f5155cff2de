"""Files below one directory, written whole or not at all, through handles that no planted symlink can divert."""

from __future__ import annotations

import contextlib
import os

from outline.names import TEMPORARY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Folder:
    """A directory and the directories below it, made when first needed, for the user alone (0700, files 0600).

    Args:
        path: The top directory; it may itself be reached through symlinks.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def write(
        self, parts: tuple[str, ...], data: bytes, *, replace: bool, sync: bool = True
    ) -> bool:
        """Write a file, whole or not at all.

        Args:
            parts: Directories below the top, then the file name; each has been checked by `names`.
            data: What the file shall hold.
            replace: Replace a file that is there already.
            sync: Have it on disk when this returns.

        Returns:
            False when the file is there already and ``replace`` is false.

        Raises:
            OSError: The system refused, or a directory on the way is a symlink.
        """
        with self._opened(parts[:-1], create=True) as folder:
            temporary = _write_temporary(folder, data, sync)
            try:
                return _publish(folder, temporary, parts[-1], replace)
            finally:
                _forget(folder, temporary)
                if sync:
                    os.fsync(folder)

    def copy(self, parts: tuple[str, ...], source: str) -> None:
        """Copy a file in, whole or not at all, with its permission to execute.

        Raises:
            OSError: The source cannot be read or the system refused.
        """
        with open(source, "rb") as stream, self._opened(parts[:-1], create=True) as folder:
            mode = 0o700 if os.fstat(stream.fileno()).st_mode & 0o100 else 0o600
            temporary = _temporary_name()
            target = os.open(temporary, _CREATE, mode, dir_fd=folder)
            try:
                with open(target, "wb") as out:
                    while chunk := stream.read(1 << 20):
                        out.write(chunk)
                    out.flush()
                    os.fsync(target)
                os.replace(temporary, parts[-1], src_dir_fd=folder, dst_dir_fd=folder)
                os.fsync(folder)
            finally:
                _forget(folder, temporary)

    def link(self, parts: tuple[str, ...], source: str) -> None:
        """Make a symlink to ``source``, replacing what is there.

        Raises:
            OSError: The system refused.
        """
        with self._opened(parts[:-1], create=True) as folder:
            temporary = _temporary_name()
            os.symlink(source, temporary, dir_fd=folder)
            try:
                os.replace(temporary, parts[-1], src_dir_fd=folder, dst_dir_fd=folder)
            finally:
                _forget(folder, temporary)

    def read(self, parts: tuple[str, ...], most: int) -> bytes:
        """Return what a file holds.

        Args:
            parts: Directories below the top, then the file name.
            most: Bytes to read at most.

        Raises:
            FileNotFoundError: There is no such file.
            OSError: It is larger than ``most``, a symlink, or the system refused.
        """
        with self._opened(parts[:-1], create=False) as folder:
            handle = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            with open(handle, "rb") as stream:
                size = os.fstat(handle).st_size
                if size > most:
                    raise OSError(f"is {size:,} bytes, over the limit of {most:,}")
                return stream.read(most)

    def names(self, parts: tuple[str, ...]) -> list[str]:
        """Return the sorted names in a directory; none when there is no such directory."""
        try:
            with self._opened(parts, create=False) as folder:
                return sorted(name for name in os.listdir(folder) if not name.startswith(TEMPORARY))
        except FileNotFoundError:
            return []

    def make(self, parts: tuple[str, ...]) -> str:
        """Make a directory below the top and return its path."""
        with self._opened(parts, create=True):
            return os.path.join(self.path, *parts)

    @contextlib.contextmanager
    def _opened(self, parts: tuple[str, ...], *, create: bool) -> Iterator[int]:
        handle = os.open(self.path, _OPEN_FOLDER & ~os.O_NOFOLLOW)
        try:
            for part in parts:
                below = _step(handle, part, create)
                os.close(handle)
                handle = below
            yield handle
        finally:
            os.close(handle)


def _step(folder: int, name: str, create: bool) -> int:
    """Open a directory in a directory, made on the way when wanted."""
    try:
        return os.open(name, _OPEN_FOLDER, dir_fd=folder)
    except FileNotFoundError:
        if not create:
            raise
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=folder)
    return os.open(name, _OPEN_FOLDER, dir_fd=folder)


def _temporary_name() -> str:
    return TEMPORARY + os.urandom(8).hex()


def _write_temporary(folder: int, data: bytes, sync: bool) -> str:
    name = _temporary_name()
    handle = os.open(name, _CREATE, 0o600, dir_fd=folder)
    try:
        with open(handle, "wb") as stream:
            stream.write(data)
            if sync:
                stream.flush()
                os.fsync(handle)
    except BaseException:
        _forget(folder, name)
        raise
    return name


def _publish(folder: int, temporary: str, name: str, replace: bool) -> bool:
    if replace:
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        return True
    try:
        os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        return False
    return True


def _forget(folder: int, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def sync_tree(path: str) -> None:
    """Have everything written to the file system of ``path`` on disk."""
    import ctypes

    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(handle) != 0:
            raise OSError(ctypes.get_errno(), "syncfs", path)
    except AttributeError:  # not Linux
        os.sync()
    finally:
        os.close(handle)
