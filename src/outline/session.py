"""Sessions: the directory a job keeps its files and data in, and what waits to be put there.

Layout: see ARCHITECTURE.md. Before ``Outline.setup`` nothing is on disk: a `Stage` remembers what was asked for.
"""

from __future__ import annotations

import os

from outline._session import datafile
from outline._session.folder import SHARED, Folder
from outline.exception import (
    DataExistsError,
    DataFormatError,
    DataNotFoundError,
    FileExistsInSessionError,
    FileNotStoredError,
    FileSourceError,
    NoSessionError,
    SessionException,
)
from outline.jobspec.names import check_file_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from outline._layer.member import Member
    from outline._session.layerpack import LayerPack
    from outline.loader import Outline

OUTLINE_FILE = "outline.yaml"
"""Name of the file that holds the outline without its layers."""
LAYERS_FILE = "layers.pack"
"""Name of the file that holds the layers."""
_STOCK_FILE = "session"
"""Only sessions that stock PyOutline made have a file of this name at the top."""
LAUNCH_FILE = "launch.json"
"""Name of the file that says which jobs a session was launched as."""


_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True}
_BOOLEANS |= {"false": False, "no": False, "off": False, "0": False, "": False}


def is_session_path(folder: str) -> bool:
    """Tell whether a directory is a session."""
    return os.path.isfile(os.path.join(folder, OUTLINE_FILE))


def session_root(show: str, shot: str) -> str:
    """Return the directory in which the sessions of a show and shot are."""
    from outline import config

    base = config.get_option("session_dir")
    for token, value in {"HOME": os.path.expanduser("~"), "SHOW": show, "SHOT": shot}.items():
        base = base.replace(f"{{{token}}}", value)
    return os.path.abspath(os.path.expanduser(base))


def new_session_path(ol: Outline) -> str:
    """Return where a new session of an outline goes; nothing is made yet.

    Raises:
        SessionException: Show, shot, user or name cannot be part of a path.
    """
    import uuid

    name = check_file_name(f"outline {ol.get_name()!r}", ol.get_full_name())
    return os.path.join(session_root(ol.get_show(), ol.get_shot()), name, str(uuid.uuid4()))


def _thing(ol_name: str, layer: Member | str | None) -> str:
    return f"outline {ol_name!r}" if layer is None else f"layer {str(layer)!r}"


def _source(thing: str, src: object) -> str:
    """Return the absolute path of a file to store, mapped, which must be there."""
    from outline.io import here

    path = os.path.abspath(here(os.fspath(src)))  # type: ignore[call-overload]
    if not os.path.exists(path):
        raise FileSourceError(thing=thing, source=path, reason="there is no such file")
    return str(path)


class Stage:
    """What a layer or an outline stores before there is a session."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, bool]] = {}
        self._data: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._files or self._data)

    def put_file(self, thing: str, src: Any, rename: str | None, *, link: bool) -> str:
        """Remember a file and return the name it will have."""
        source = _source(thing, src)
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
            _refuse_other(thing, key, self._data[key], text)
        self._data[key] = text

    def get_data(self, thing: str, key: str) -> Any:
        """Return a remembered value."""
        key = check_file_name(thing, key)
        if key not in self._data:
            raise _not_found(thing, key, list(self._data))
        return datafile.from_text(thing, key, self._data[key])

    def carry_out(self, session: Session, layer: Member | None) -> None:
        """Store everything in a session; it stays remembered in case the launch fails."""
        for name, (source, link) in self._files.items():
            put = session.sym_file if link else session.put_file
            put(source, layer=layer, rename=name)
        for key, text in self._data.items():
            session.put_text(key, text, layer=layer)


def _refuse_other(thing: str, key: str, old: str | bytes, new: str) -> None:
    """Raise unless both texts hold the same value: a retried frame stores what it stored before."""
    if isinstance(old, bytes):
        old = old.decode("utf-8", "replace")
    if old == new:
        return
    before, now = (datafile.from_text(thing, key, text) for text in (old, new))
    if before != now:
        raise DataExistsError(
            thing=thing, key=key, old=datafile.short(before), new=datafile.short(now)
        )


def _not_found(thing: str, key: str, stored: list[str]) -> DataNotFoundError:
    shown = ", ".join(stored[:8]) + (", ..." if len(stored) > 8 else "")
    return DataNotFoundError(thing=thing, key=key, stored=shown or "nothing")


class Session:
    """The directory of one launched outline.

    Args:
        ol: The outline; when its path is an ``outline.yaml`` that session is used, else a new one is made.
    """

    def __init__(self, ol: Outline) -> None:
        self._outline = ol
        path = ol.get_path()
        if path and os.path.basename(path) == OUTLINE_FILE and os.path.isfile(path):
            self._path = os.path.dirname(os.path.abspath(path))
        else:
            self._path = ol.reserve_session_path()
            _create(self._path)
        self._folder = Folder(self._path)
        self._pack: LayerPack | None = None

    def get_name(self) -> str:
        """Return ``<show-shot-user_name>/<uuid>``."""
        return os.path.join(*self._path.split(os.sep)[-2:])

    def get_path(self, layer: Member | None = None) -> str:
        """Return the session directory, or that of a layer, made when it is not there yet."""
        return self._path if layer is None else self._folder.make(_parts(layer))

    def remove(self) -> None:
        """Delete the session with everything in it, and the folder of the job's sessions when it was the last."""
        import shutil

        shutil.rmtree(self._path, ignore_errors=True)
        try:
            os.rmdir(os.path.dirname(self._path))
        except OSError:
            return  # it holds other sessions

    def save(self) -> None:
        """Write the outline and its layers into the session."""
        from outline._restore import layerfile

        layerfile.save_outline(self._outline, self._folder)
        self._pack = None

    def layers(self) -> LayerPack:
        """Return what was saved of the layers; raises SessionException when that cannot be read."""
        from outline._session.layerpack import LayerPack

        if self._pack is None:
            self._pack = LayerPack(self._folder)
        return self._pack

    def record_launch(self, backend: str, jobs: list[Any]) -> None:
        """Write down which jobs this session was launched as; a session that cannot be written to stays as it is."""
        import contextlib
        import json

        known = [{"id": job.id(), "name": job.name()} for job in jobs if hasattr(job, "id")]
        with contextlib.suppress(OSError):
            facts = {"version": 1, "backend": backend, "host": os.uname().nodename, "jobs": known}
            text = json.dumps(facts)
            self._folder.write((LAUNCH_FILE,), text.encode(), replace=True, sync=False)

    def put_file(self, src: Any, layer: Member | None = None, rename: str | None = None) -> str:
        """Copy a file into the session and return its path there.

        Raises:
            SessionException: The source cannot be read or the name cannot be a file name.
        """
        return self._store(src, layer, rename, link=False)

    def sym_file(self, src: Any, layer: Member | None = None, rename: str | None = None) -> str:
        """Make a symlink in the session and return its path there.

        Raises:
            SessionException: There is no such source or the name cannot be a file name.
        """
        return self._store(src, layer, rename, link=True)

    def _store(self, src: Any, layer: Member | None, rename: str | None, *, link: bool) -> str:
        thing = self._thing(layer)
        source = _source(thing, src)
        name = check_file_name(thing, rename or os.path.basename(source))
        parts = (*_parts(layer), name)
        _refuse_reserved(thing, parts)
        try:
            (self._folder.link if link else self._folder.copy)(parts, source)
        except OSError as error:
            raise FileSourceError(
                thing=thing, source=source, reason=error.strerror or str(error)
            ) from error
        return os.path.join(self._path, *parts)

    def get_file(
        self, name: str, layer: Member | None = None, check: bool = True, new: bool = False
    ) -> str:
        """Return the path of a file in the session.

        Args:
            name: The name it was stored under.
            layer: The layer it belongs to; the outline's own files when None.
            check: The file has to exist.
            new: The file has to be absent, because it is about to be made.

        Raises:
            SessionException: ``check`` or ``new`` is not met.
        """
        thing = self._thing(layer)
        path = os.path.join(self._path, *_parts(layer), check_file_name(thing, name))
        if new:
            if os.path.lexists(path):
                raise FileExistsInSessionError(thing=thing, path=path)
            self._folder.make(_parts(layer))
            return path
        found = _mapped_target(path)
        if check and not os.path.exists(found):
            raise FileNotStoredError(thing=thing, path=path)
        return found

    def put_data(
        self, name: str, data: Any, layer: Member | None = None, force: bool = False
    ) -> None:
        """Store a value as YAML under a name, whole or not at all.

        Args:
            name: The key; any text that can be a file name.
            data: Texts, numbers, lists, dicts, ...; tuples come back as lists.
            layer: The layer it belongs to; the outline when None.
            force: Replace another value.

        Raises:
            SessionException: Another value is there, the value has no YAML form, or the name is unsafe.
        """
        thing = self._thing(layer)
        text = datafile.to_text(thing, check_file_name(thing, name), data)
        self.put_text(name, text, layer=layer, force=force)

    def put_text(
        self, name: str, text: str, *, layer: Member | None = None, force: bool = True
    ) -> None:
        """Store YAML text under a name; see `put_data`."""
        parts = (*_parts(layer), "data", f"{name}.yaml")
        thing = self._thing(layer)
        try:
            if not self._folder.write(parts, text.encode(), replace=force):
                _refuse_other(thing, name, self._read(thing, name, parts), text)
        except OSError as error:
            raise DataFormatError(
                thing=thing, key=name, reason=f"cannot be stored: {error.strerror or error}"
            ) from error

    def get_data(self, name: str, layer: Member | str | None = None) -> Any:
        """Return a stored value.

        Args:
            name: The key.
            layer: The layer it belongs to, or its name; the outline when None.

        Raises:
            SessionException: Nothing is stored under that name, or it cannot be read.
        """
        thing = self._thing(layer)
        parts = (*_parts(layer), "data", f"{check_file_name(thing, name)}.yaml")
        return datafile.from_text(thing, name, self._read(thing, name, parts))

    def has_data(self, name: str, layer: Member | str | None = None) -> bool:
        """Tell whether a value is stored under a name; raises SessionException for an unsafe one."""
        name = check_file_name(self._thing(layer), name)
        return os.path.lexists(os.path.join(self._path, *_parts(layer), "data", f"{name}.yaml"))

    def _read(self, thing: str, name: str, parts: tuple[str, ...]) -> bytes:
        try:
            return self._folder.read(self._stock_parts(parts) or parts, datafile.MAX_BYTES)
        except FileNotFoundError:
            stored = [entry.removesuffix(".yaml") for entry in self._folder.names(parts[:-1])]
            raise _not_found(thing, name, stored) from None
        except OSError as error:
            reason = f"cannot be read: {error.strerror or error}"
            raise DataFormatError(thing=thing, key=name, reason=reason) from error

    def _stock_parts(self, parts: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return where stock PyOutline keeps a key, when it made this session and nothing newer is there."""
        ours = os.path.join(self._path, *parts)
        if os.path.lexists(ours) or not os.path.isfile(os.path.join(self._path, _STOCK_FILE)):
            return None
        return (*parts[:-2], parts[-1].removesuffix(".yaml"))

    def _thing(self, layer: Member | str | None) -> str:
        return _thing(self._outline.get_name(), layer)


def _parts(layer: Member | str | None) -> tuple[str, ...]:
    return () if layer is None else ("layers", str(layer))


def _refuse_reserved(thing: str, parts: tuple[str, ...]) -> None:
    """Raise for a file that would replace one of the session's own."""
    own = (
        {"data"}
        if len(parts) > 1
        else {"data", "layers", "logs", LAYERS_FILE, OUTLINE_FILE, LAUNCH_FILE, _STOCK_FILE}
    )
    if parts[-1] in own:
        raise SessionException(
            f"{thing}: the name {parts[-1]!r} is used by the session itself; store the file with another rename="
        )


def _create(path: str) -> None:
    shared = _wants_sharing()
    parent = os.path.dirname(path)
    try:
        is_new = not os.path.isdir(parent)
        os.makedirs(parent, mode=0o700, exist_ok=True)
        os.mkdir(path, 0o700)
        for folder in (parent, path) if is_new else (path,):
            if shared:
                os.chmod(folder, 0o700 | SHARED)
    except OSError as error:
        raise NoSessionError(
            thing=f"directory {path!r}",
            advice=f"it cannot be made: {error.strerror}; set session_dir in outline.cfg",
        ) from error


def _wants_sharing() -> bool:
    """Tell whether new sessions are for the user's group too: ``session_group`` in outline.cfg."""
    from outline import config

    text = config.get_option("session_group").strip().lower()
    if text not in _BOOLEANS:
        raise NoSessionError(
            thing=f"session_group = {text!r} of outline.cfg", advice="write true or false"
        )
    return _BOOLEANS[text]


def _mapped_target(path: str) -> str:
    """Return the path itself, or for a symlink that leads nowhere here its mapped target."""
    if os.path.exists(path) or not os.path.islink(path):
        return path
    from outline import config, pathmap

    target = pathmap.map_text(os.readlink(path), config.path_map())
    return target if os.path.exists(target) else path
