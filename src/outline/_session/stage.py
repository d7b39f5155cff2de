"""What an outline or a layer keeps: staged until there is a session, on a shelf of it from then on."""

from __future__ import annotations

import os

from outline._session import datafile
from outline._session.shelf import not_found, refuse_other, source_path
from outline.exception import FileExistsInSessionError, FileNotStoredError
from outline.jobspec.names import check_file_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from outline._session.shelf import Shelf


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
        source = source_path(thing, src)
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
            refuse_other(thing, key, self._data[key], text)
        self._data[key] = text

    def get_data(self, thing: str, key: str) -> Any:
        """Return a remembered value."""
        key = check_file_name(thing, key)
        if key not in self._data:
            raise not_found(thing, key, list(self._data))
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
            SessionException: Another value is there and ``force`` is false, or the value has no YAML form.
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
