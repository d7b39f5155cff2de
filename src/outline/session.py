"""Sessions: the directory a job keeps its files and data in.

Layout: see ARCHITECTURE.md. Before ``Outline.setup`` nothing is on disk: a `Stage` remembers what was asked for.
"""

from __future__ import annotations

import os

from outline._session import LAUNCH_FILE, LAYERS_FILE, OUTLINE_FILE, SURROUNDINGS_FILE, leftovers
from outline._session.folder import Folder, make_folder_in
from outline._session.kept import Shelf, Stage
from outline._session.outlinefile import stored_layers
from outline._session.ownership import wants_sharing
from outline.exception import NoSessionError
from outline.jobspec.names import check_file_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Protocol

    from outline._session.layerpack import LayerPack

    class Named(Protocol):
        """A layer, as far as a session needs it."""

        def get_name(self) -> str:
            """Return its name."""

    class Sessioned(Protocol):
        """An outline, as far as a session needs it."""

        def get_name(self) -> str:
            """Return its name."""

        def get_full_name(self) -> str:
            """Return ``show-shot-user_name``."""

        def get_show(self) -> str:
            """Return the show."""

        def get_shot(self) -> str:
            """Return the shot."""

        def get_path(self) -> str | None:
            """Return the file it comes from."""

        def reserve_session_path(self) -> str:
            """Return the directory the session has or will have."""

        def save_layers(self, folder: Folder) -> None:
            """Write itself and its layers."""


__all__ = [
    "LAUNCH_FILE",
    "LAYERS_FILE",
    "OUTLINE_FILE",
    "SURROUNDINGS_FILE",
    "Session",
    "Stage",
    "is_session_path",
    "leftovers",
    "new_session_path",
    "session_root",
    "stored_layers",
]


def is_session_path(folder: str) -> bool:
    """Tell whether a directory is a session."""
    return os.path.isfile(os.path.join(folder, OUTLINE_FILE))


def session_root(show: str, shot: str) -> str:
    """Return the directory in which the sessions of a show and shot are."""
    from outline import config

    base = config.get_option("session_dir")
    if os.path.expanduser("~") == "~" and ("{HOME}" in base or base.startswith("~")):
        reason = "this user has no home directory; set HOME, or session_dir in outline.cfg"
        raise NoSessionError(thing=f"session_dir {base!r}", reason=reason)
    for token, value in {"HOME": os.path.expanduser("~"), "SHOW": show, "SHOT": shot}.items():
        base = base.replace(f"{{{token}}}", value)
    return os.path.abspath(os.path.expanduser(base))


def new_session_path(ol: Sessioned) -> str:
    """Return where a new session of an outline goes; nothing is made yet.

    Raises:
        SessionException: Show, shot, user or name cannot be part of a path.
    """
    import uuid

    name = check_file_name(f"outline {ol.get_name()!r}", ol.get_full_name())
    return os.path.join(session_root(ol.get_show(), ol.get_shot()), name, str(uuid.uuid4()))


class Session:
    """The directory of one launched outline.

    Args:
        ol: The outline; when its path is an ``outline.yaml`` that session is used, else a new one is made.
    """

    def __init__(self, ol: Sessioned) -> None:
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

    def get_path(self, layer: Named | None = None) -> str:
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
        """Have the outline and its layers written into the session; raises NoSessionError when that fails."""
        try:
            self._outline.save_layers(self._folder)
        except OSError as error:
            reason = f"it cannot be written: {error.strerror}"
            raise NoSessionError(thing=f"directory {self._path!r}", reason=reason) from error
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

    def record_surroundings(self, cwd: str, env: Mapping[str, str]) -> None:
        """Write down where and with which variables frames go on, on hosts that start them with others.

        Args:
            cwd: Directory of the launch; empty when it has none.
            env: Its environment; of this its PATH travels, and what ``keep_env`` in the settings names.

        Raises:
            NoSessionError: The session cannot be written to.
        """
        from outline import config
        from outline._session import surroundings

        try:
            surroundings.note(self._path, cwd, env, config.get_option("keep_env"))
        except OSError as error:
            reason = f"it cannot be written: {error.strerror}"
            raise NoSessionError(thing=f"directory {self._path!r}", reason=reason) from error

    def shelf(self, layer: Named | str | None = None) -> Shelf:
        """Return what a layer, or the outline when None, has in this session."""
        if layer is None:
            return Shelf(self._folder, f"outline {self._outline.get_name()!r}", ())
        return Shelf(self._folder, f"layer {str(layer)!r}", _parts(layer))

    def put_file(self, src: Any, layer: Named | None = None, rename: str | None = None) -> str:
        """Copy a file into the session and return its path there.

        Raises:
            SessionException: The source cannot be read or the name cannot be a file name.
        """
        return self.shelf(layer).put_file(src, rename)

    def sym_file(self, src: Any, layer: Named | None = None, rename: str | None = None) -> str:
        """Make a symlink in the session and return its path there.

        Raises:
            SessionException: There is no such source or the name cannot be a file name.
        """
        return self.shelf(layer).put_file(src, rename, link=True)

    def get_file(
        self, name: str, layer: Named | None = None, check: bool = True, new: bool = False
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
        return self.shelf(layer).get_file(name, check=check, new=new)

    def put_data(
        self, name: str, data: Any, layer: Named | None = None, force: bool = False
    ) -> None:
        """Store a value as YAML under a name, whole or not at all.

        Args:
            name: The key; any text that can be a file name.
            data: Texts, numbers, lists, tuples, dicts, paths, ...; it comes back equal, classes of these as what they equal.
            layer: The layer it belongs to; the outline when None.
            force: Replace another value.

        Raises:
            SessionException: Another value is there, the value could not come back equal, or the name is unsafe.
        """
        self.shelf(layer).put_data(name, data, force=force)

    def put_text(
        self, name: str, text: str, *, layer: Named | None = None, force: bool = True
    ) -> None:
        """Store YAML text under a name; see `put_data`."""
        self.shelf(layer).put_text(name, text, force=force)

    def get_data(self, name: str, layer: Named | str | None = None) -> Any:
        """Return a stored value.

        Args:
            name: The key.
            layer: The layer it belongs to, or its name; the outline when None.

        Raises:
            SessionException: Nothing is stored under that name, or it cannot be read.
        """
        return self.shelf(layer).get_data(name)

    def has_data(self, name: str, layer: Named | str | None = None) -> bool:
        """Tell whether a value is stored under a name; raises SessionException for an unsafe one."""
        return self.shelf(layer).has_data(name)


def _parts(layer: Named | str) -> tuple[str, ...]:
    return ("layers", str(layer))


def _create(path: str) -> None:
    above, uuid = os.path.split(path)
    top, name = os.path.split(above)
    try:
        os.makedirs(top, mode=0o755, exist_ok=True)
        make_folder_in(top, (name, uuid), shared=wants_sharing())
    except OSError as error:
        raise NoSessionError(
            thing=f"directory {path!r}",
            reason=f"it cannot be made: {error.strerror}; set session_dir in outline.cfg",
        ) from error
