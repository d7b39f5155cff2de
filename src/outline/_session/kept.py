"""What an outline or a layer keeps: on a shelf of its session, staged while there is no session."""

from __future__ import annotations

import os

from outline._session import OWN_FILES, OWN_FILES_OF_LAYER, STOCK_FILE, datafile
from outline.exception import (
    DataExistsError,
    DataFormatError,
    DataNotFoundError,
    FileExistsInSessionError,
    FileNotStoredError,
    FileSourceError,
    SessionException,
)
from outline.jobspec.names import check_file_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from outline._session.folder import Folder


class Shelf:
    """A directory in a session: files side by side, data below ``data``.

    Args:
        folder: The session.
        thing: Whose they are, for messages.
        parts: The directories below the session; none for the outline's own.
    """

    def __init__(self, folder: Folder, thing: str, parts: tuple[str, ...]) -> None:
        self._folder, self._thing, self._parts = folder, thing, parts

    def put_file(self, src: Any, rename: str | None = None, *, link: bool = False) -> str:
        """Copy a file here or make a symlink to it, and return its path here.

        Raises:
            SessionException: The source cannot be read or the name cannot be a file name.
        """
        source = _source_path(self._thing, src, link=link)
        name = check_file_name(self._thing, rename or os.path.basename(source))
        self._refuse_reserved(name)
        parts = (*self._parts, name)
        try:
            (self._folder.link if link else self._folder.copy)(parts, source)
        except OSError as error:
            raise FileSourceError(
                thing=self._thing, source=source, reason=error.strerror or str(error)
            ) from error
        return os.path.join(self._folder.path, *parts)

    def _refuse_reserved(self, name: str) -> None:
        """Raise for a file that would replace one of the session's own."""
        if name in (OWN_FILES_OF_LAYER if self._parts else OWN_FILES):
            raise SessionException(
                f"{self._thing}: the name {name!r} is used by the session itself; store the file with another rename="
            )

    def get_file(self, name: str, *, check: bool = True, new: bool = False) -> str:
        """Return the path of a file; see `outline.session.Session.get_file`."""
        path = os.path.join(self._folder.path, *self._parts, check_file_name(self._thing, name))
        if new:
            if os.path.lexists(path):
                raise FileExistsInSessionError(thing=self._thing, path=path)
            self._folder.make(self._parts)
            return path
        found = _mapped_target(path)
        if check and not os.path.exists(found):
            raise FileNotStoredError(thing=self._thing, path=path)
        if check:
            _refuse_odd(self._thing, found)
        return found

    def put_data(self, key: str, value: Any, *, force: bool = False) -> None:
        """Store a value as YAML under a name, whole or not at all; see `outline.session.Session.put_data`."""
        text = datafile.to_text(self._thing, check_file_name(self._thing, key), value)
        self.put_text(key, text, force=force)

    def put_text(self, key: str, text: str, *, force: bool = True) -> None:
        """Store YAML text under a name; see `put_data`."""
        parts = self._data_parts(key)
        try:
            if self._folder.write(parts, text.encode(), replace=force):
                return
            if _lost_tuples(self._thing, key, self._read(key), text):
                self._folder.write(parts, text.encode(), replace=True)
        except OSError as error:
            raise DataFormatError(
                thing=self._thing, key=key, reason=f"cannot be stored: {error.strerror or error}"
            ) from error

    def get_data(self, key: str) -> Any:
        """Return a stored value; raises SessionException when there is none, or it cannot be read."""
        key = check_file_name(self._thing, key)
        return datafile.from_text(self._thing, key, self._read(key))

    def has_data(self, key: str) -> bool:
        """Tell whether a value is stored under a name; raises SessionException for an unsafe one."""
        key = check_file_name(self._thing, key)
        return os.path.lexists(os.path.join(self._folder.path, *self._data_parts(key)))

    def _data_parts(self, key: str) -> tuple[str, ...]:
        return (*self._parts, "data", f"{key}.yaml")

    def _read(self, key: str) -> bytes:
        parts = self._data_parts(key)
        try:
            return self._folder.read(self._stock_parts(key) or parts, datafile.MAX_BYTES)
        except FileNotFoundError:
            stored = [entry.removesuffix(".yaml") for entry in self._folder.names(parts[:-1])]
            raise _not_found(self._thing, key, stored) from None
        except OSError as error:
            reason = f"cannot be read: {error.strerror or error}"
            raise DataFormatError(thing=self._thing, key=key, reason=reason) from error

    def _stock_parts(self, key: str) -> tuple[str, ...] | None:
        """Return where stock PyOutline keeps a key, when it made this session and nothing newer is there."""
        path = self._folder.path
        ours = os.path.join(path, *self._data_parts(key))
        if os.path.lexists(ours) or not os.path.isfile(os.path.join(path, STOCK_FILE)):
            return None
        return (*self._parts, key)


class Stage:
    """What a layer or an outline stores before there is a session."""

    __module__ = "outline.session"  # sessions on disk know it by that name

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, bool]] = {}
        self._data: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._files or self._data)

    def put_file(self, thing: str, src: Any, rename: str | None, *, link: bool) -> str:
        """Remember a file and return the name it will have."""
        source = _source_path(thing, src, link=link)
        name = check_file_name(thing, rename or os.path.basename(source))
        self._files[name] = (source, link)
        return name

    def future_file(self, thing: str, folder: str, name: str, *, check: bool, new: bool) -> str:
        """Return the path a file will have in a directory.

        Raises:
            SessionException: ``check`` is set and no such file will be there, or ``new`` is set and one will.
        """
        path = os.path.join(folder, check_file_name(thing, name))
        if new and name in self._files:
            raise FileExistsInSessionError(thing=thing, path=path)
        if check and not new and name not in self._files:
            raise FileNotStoredError(thing=thing, path=path)
        return path

    def put_data(self, thing: str, key: str, value: Any, *, force: bool) -> None:
        """Remember a value as it is now."""
        key = check_file_name(thing, key)
        text = datafile.to_text(thing, key, value)
        if not force and key in self._data:
            _lost_tuples(thing, key, self._data[key], text)
        self._data[key] = text

    def get_data(self, thing: str, key: str) -> Any:
        """Return a remembered value."""
        key = check_file_name(thing, key)
        if key not in self._data:
            raise _not_found(thing, key, list(self._data))
        return datafile.from_text(thing, key, self._data[key])

    def carry_out(self, shelf: Shelf) -> None:
        """Store everything in a session; it stays remembered in case the launch fails."""
        for name, (source, link) in self._files.items():
            shelf.put_file(source, name, link=link)
        for key, text in self._data.items():
            shelf.put_text(key, text)


class Kept:
    """The files and data of an outline or a layer; its subclasses say whose they are."""

    stage: Stage

    def thing(self) -> str:
        """Return whose they are, for messages."""
        raise NotImplementedError

    def shelf(self) -> Shelf | None:
        """Return where they are in the session, or None before setup."""
        raise NotImplementedError

    def future_folder(self) -> str | None:
        """Return where they will be; None when nobody knows yet."""
        raise NotImplementedError

    def get_path(self) -> str:
        """Return the directory in the session; before setup the one it will have."""
        raise NotImplementedError

    def put_file(self, src: Any, rename: str | None = None) -> str | None:
        """Copy a file into its directory of the session; before setup it is copied by setup.

        Returns:
            Its path in the session; None for a layer that is in no outline.

        Raises:
            SessionException: There is no such file, or its name is unsafe.
        """
        return self._put(src, rename, link=False)

    def sym_file(self, src: Any, rename: str | None = None) -> str | None:
        """Make a symlink in its directory of the session, as `put_file` does for big files."""
        return self._put(src, rename, link=True)

    def _put(self, src: Any, rename: str | None, *, link: bool) -> str | None:
        shelf = self.shelf()
        if shelf is not None:
            return shelf.put_file(src, rename, link=link)
        name = self.stage.put_file(self.thing(), src, rename, link=link)
        folder = self.future_folder()
        return None if folder is None else os.path.join(folder, name)

    def get_file(self, name: str, check: bool = True, new: bool = False) -> str:
        """Return the path of a file in the session; before setup the one it will have.

        Args:
            name: The name it was stored under.
            check: The file has to be there.
            new: The file has to be absent, because it is about to be made.

        Raises:
            SessionException: ``check`` or ``new`` is not met.
        """
        shelf = self.shelf()
        if shelf is not None:
            return shelf.get_file(name, check=check, new=new)
        return self.stage.future_file(self.thing(), self.get_path(), name, check=check, new=new)

    def put_data(self, key: str, value: Any, force: bool = False) -> None:
        """Store a value as YAML; before setup it is stored by setup.

        Storing the same value again, as a retried frame does, is fine.

        Raises:
            SessionException: Another value is there and ``force`` is false, or the value could not come back equal.
        """
        shelf = self.shelf()
        if shelf is not None:
            shelf.put_data(key, value, force=force)
        else:
            self.stage.put_data(self.thing(), key, value, force=force)

    def get_data(self, key: str) -> Any:
        """Return a stored value; raises SessionException when there is none."""
        shelf = self.shelf()
        return self.stage.get_data(self.thing(), key) if shelf is None else shelf.get_data(key)


def _source_path(thing: str, src: object, *, link: bool) -> str:
    """Return the absolute path of a file to store, mapped, which must be there; a directory can be linked."""
    from outline.io import here
    from outline.jobspec.plainfile import odd_kind_of

    path = os.path.abspath(here(os.fspath(src)))  # type: ignore[call-overload]
    if not os.path.exists(path):
        raise FileSourceError(thing=thing, source=path, reason="there is no such file")
    kind = odd_kind_of(path)
    if kind == "a directory":
        if not link:
            reason = f"it is {kind}; link it with sym_file, or store its files one by one"
            raise FileSourceError(thing=thing, source=path, reason=reason)
    elif kind:
        reason = f"it is {kind}; store a plain file with what comes out of it"
        raise FileSourceError(thing=thing, source=path, reason=reason)
    return str(path)


def _lost_tuples(thing: str, key: str, old: str | bytes, new: str) -> bool:
    """Tell whether an earlier version stored as lists what holds tuples now: a retried frame brings them back.

    Raises:
        DataExistsError: The texts do not hold the same value.
    """
    if isinstance(old, bytes):
        old = old.decode("utf-8", "replace")
    if old == new:
        return False
    before, now = (datafile.from_text(thing, key, text) for text in (old, new))
    if before == now:
        return False
    from outline._session.values import lost_tuples, short

    if datafile.is_exact(old) or not lost_tuples(before, now):
        raise DataExistsError(thing=thing, key=key, old=short(before), new=short(now))
    return True


def _refuse_odd(thing: str, path: str) -> None:
    """Raise for a pipe, socket or device that somebody put into the session: who opens it would wait for ever."""
    from outline.jobspec.plainfile import odd_kind_of

    kind = odd_kind_of(path)
    if kind not in {"", "a directory"}:
        raise FileSourceError(thing=thing, source=path, reason=f"it is {kind}; remove it")


def _not_found(thing: str, key: str, stored: list[str]) -> DataNotFoundError:
    """Return the error for a key under which nothing is stored."""
    shown = ", ".join(stored[:8]) + (", ..." if len(stored) > 8 else "")
    return DataNotFoundError(thing=thing, key=key, stored=shown or "nothing")


def _mapped_target(path: str) -> str:
    """Return the path itself, or for a symlink that leads nowhere here its mapped target."""
    if os.path.exists(path) or not os.path.islink(path):
        return path
    from outline import config, pathmap

    target = pathmap.map_text(os.readlink(path), config.path_map())
    return target if os.path.exists(target) else path
