"""Files below one directory, written whole or not at all, through handles that no planted symlink can divert."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from outline._session import leftovers
from outline._session.ownership import SHARED, require_ours
from outline.jobspec.names import TEMPORARY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
"""A planted pipe must not make the reader wait."""
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK_BYTES = 1 << 20


class Folder:
    """A directory and the directories below it, made when first needed.

    It is used only as long as nobody else can write to it, and only files that nobody else can have written are read:
    see `outline._session.ownership`. They are for the user alone (0700, files 0600), or for the group too (2770, files 0660) when the directory at the
    top is.

    Args:
        path: The top directory; it may be reached through symlinks, and be one in a directory of ours.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._shared: bool | None = None

    def _is_shared(self) -> bool:
        if self._shared is None:
            self._shared = os.stat(self.path).st_mode & SHARED == SHARED
        return self._shared

    def _folder_mode(self) -> int:
        return 0o700 | SHARED if self._is_shared() else 0o700

    def _file_mode(self, *, executable: bool = False) -> int:
        mode = 0o700 if executable else 0o600
        return mode | mode >> 3 if self._is_shared() else mode

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
            temporary = _temporary_name()
            try:
                _write_new(folder, temporary, data, self._file_mode(), sync=sync)
                return _publish(folder, temporary, parts[-1], replace)
            finally:
                _forget(folder, temporary)
                if sync:
                    os.fsync(folder)

    def copy(self, parts: tuple[str, ...], source: str) -> None:
        """Copy a plain file in, whole or not at all, with its permission to execute.

        Raises:
            OSError: The source is no plain file, cannot be read or changes meanwhile, or the system refused.
        """
        from outline.jobspec.plainfile import open_plain

        with open_plain(source) as stream, self._opened(parts[:-1], create=True) as folder:
            executable = bool(os.fstat(stream.fileno()).st_mode & 0o100)
            temporary = _temporary_name()
            try:
                target = _create(folder, temporary, self._file_mode(executable=executable))
                leftovers.sweep(folder, os.fstat(target).st_mtime)  # an earlier copy, cut off
                with open(target, "wb") as out:
                    _copy_unchanged(stream, out)
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
            ForeignSessionError: Somebody else can have written it.
            OSError: It is larger than ``most``, a symlink, no plain file, or the system refused.
        """
        with self._opened(parts[:-1], create=False) as folder:
            handle = os.open(parts[-1], _READ, dir_fd=folder)
            with open(handle, "rb") as stream:
                facts = self._facts_of_ours(handle, parts)
                if not stat.S_ISREG(facts.st_mode):
                    raise OSError("is no plain file")
                if facts.st_size > most:
                    raise OSError(f"is {facts.st_size:,} bytes, over the limit of {most:,}")
                return stream.read(most)

    def read_slice(self, parts: tuple[str, ...], offset: int, length: int) -> bytes:
        """Return a part of a file.

        Raises:
            FileNotFoundError: There is no such file.
            ForeignSessionError: Somebody else can have written it.
            OSError: It ends before, is a symlink, no plain file, or the system refused.
        """
        with self._opened(parts[:-1], create=False) as folder:
            handle = os.open(parts[-1], _READ, dir_fd=folder)
            with open(handle, "rb", buffering=0) as stream:
                if not stat.S_ISREG(self._facts_of_ours(handle, parts).st_mode):
                    raise OSError("is no plain file")
                stream.seek(offset)
                found = stream.read(length)
        if len(found) < length:
            raise OSError(f"ends after {offset + len(found):,} bytes")
        return found

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
        handle = self._open_top()
        try:
            self._facts_of_ours(handle, ())
            for part in parts:
                below = _step(handle, part, self._folder_mode() if create else None)
                os.close(handle)
                handle = below
            yield handle
        finally:
            os.close(handle)

    def _open_top(self) -> int:
        """Open the top directory.

        Raises:
            ForeignSessionError: It is a link that somebody else can have made, so it may lead to
                another session of ours.
        """
        path = self.path.rstrip(os.sep) or os.sep
        try:
            return os.open(path, _OPEN_FOLDER)
        except OSError:
            if not os.path.islink(path):
                raise
        above, name = os.path.split(path)
        between = os.open(above or os.curdir, _OPEN_FOLDER & ~os.O_NOFOLLOW)
        try:
            require_ours(os.fstat(between), above)
            return os.open(name, _OPEN_FOLDER & ~os.O_NOFOLLOW, dir_fd=between)
        finally:
            os.close(between)

    def _facts_of_ours(self, handle: int, parts: tuple[str, ...]) -> os.stat_result:
        """Return what is known of something open; raises ForeignSessionError when it is not ours."""
        facts = os.fstat(handle)
        require_ours(facts, os.path.join(self.path, *parts))
        return facts


def make_folder_in(top: str, parts: tuple[str, str], *, shared: bool) -> None:
    """Make a directory that must not be there yet, in one that is made when it is not, in a third.

    Raises:
        ForeignSessionError: The second is there and not ours.
        OSError: The system refused, or a symlink stands in for the second.
    """
    mode = 0o700 | SHARED if shared else 0o700
    above = os.open(top, _OPEN_FOLDER & ~os.O_NOFOLLOW)
    try:
        between = _step(above, parts[0], mode)
    finally:
        os.close(above)
    try:
        require_ours(os.fstat(between), os.path.join(top, parts[0]))
        os.mkdir(parts[1], 0o700, dir_fd=between)
        if shared:
            os.chmod(parts[1], mode, dir_fd=between)
    finally:
        os.close(between)


def _step(folder: int, name: str, mode: int | None) -> int:
    """Open a directory in a directory; with a mode it is made when it is not there."""
    try:
        return os.open(name, _OPEN_FOLDER, dir_fd=folder)
    except FileNotFoundError:
        if mode is None:
            raise
    made = False
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, mode, dir_fd=folder)
        made = True
    handle = os.open(name, _OPEN_FOLDER, dir_fd=folder)
    if made:
        _hand_down(folder, handle)
    if made and mode & stat.S_IRWXG:
        os.fchmod(handle, mode)  # whatever the umask
    return handle


def _hand_down(folder: int, handle: int) -> None:
    """Give what root has just made in somebody's folder to whom that belongs: he has to read and remove it."""
    if os.geteuid() == 0 and (owner := os.fstat(folder)).st_uid and not os.fstat(handle).st_uid:
        os.fchown(handle, owner.st_uid, owner.st_gid)


def _temporary_name() -> str:
    return TEMPORARY + os.urandom(8).hex()


def _create(folder: int, name: str, mode: int) -> int:
    handle = os.open(name, _CREATE, mode, dir_fd=folder)
    _hand_down(folder, handle)
    leftovers.mark_living(handle)
    if mode & stat.S_IRWXG:
        os.fchmod(handle, mode)  # whatever the umask
    return handle


def _write_new(folder: int, name: str, data: bytes, mode: int, *, sync: bool) -> None:
    with open(_create(folder, name, mode), "wb") as stream:
        stream.write(data)
        if sync:
            stream.flush()
            os.fsync(stream.fileno())


def _read(source: BinaryIO) -> bytes:
    """Return the next bytes; raises OSError where there are none yet, as in some files of the system."""
    chunk: bytes | None = source.read(_CHUNK_BYTES)
    if chunk is None:
        raise OSError(errno.EAGAIN, "who reads it has to wait for what comes next")
    return chunk


def _copy_unchanged(source: BinaryIO, target: BinaryIO) -> None:
    """Copy what a file holds; raises OSError when somebody writes to it meanwhile, as half of it would be old."""
    before = os.fstat(source.fileno())
    left = before.st_size
    while chunk := _read(source):
        target.write(chunk)
        left -= len(chunk)
        if left < 0 < before.st_size:  # it grows, perhaps for ever; files of the system say 0 bytes
            break
    now = os.fstat(source.fileno())
    if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise OSError(errno.EBUSY, "it changed while it was copied; store it when it is complete")


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
