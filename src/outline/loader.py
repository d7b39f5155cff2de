"""Outlines: what a job is made of, how it is set up, and how it is loaded again."""

from __future__ import annotations

import os

from outline._layer.current import WithCurrent, current, set_current
from outline._layer.part import CarriedOutBy
from outline._outline.layers import LayerList
from outline._outline.settings import Settings, name_from_path
from outline._session.kept import Kept, Stage
from outline._session.ownership import require_readable
from outline.constants import OUTLINE_MODE_INIT, OUTLINE_MODE_READY, OUTLINE_MODE_SETUP
from outline.event import finish
from outline.exception import (
    ModeError,
    NoSessionError,
    OutlineException,
    UnknownLayerError,
)
from outline.layer import Layer
from outline.session import OUTLINE_FILE, Session, new_session_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from outline._session.folder import Folder
    from outline._session.kept import Shelf

_OWNER = "outline.loader.Outline"
_settings = CarriedOutBy("_settings", _OWNER)
_layers = CarriedOutBy("_layers", _OWNER)
_kept = CarriedOutBy("_kept", _OWNER)


def current_outline() -> Outline | None:
    """Return the outline being built, or None."""
    ol: Outline | None = current()
    return ol


def load_outline(path: str) -> Outline:
    """Return the outline of a script, or of the ``outline.yaml`` of a session.

    Raises:
        ScriptError: There is no such file.
        SessionException: The file is in no session this version wrote.
    """
    if os.path.isdir(path):
        path = os.path.join(path, OUTLINE_FILE)
    require_readable(path)
    if path.endswith((".yaml", ".yml")):
        return _load_session(path)
    from outline._restore import scripts

    outline = Outline(path=path, current=True)
    names = scripts.execute(path)
    built = current_outline() or outline
    return built if built.get_layers() else scripts.only_one(Outline, names) or built


def _load_session(path: str) -> Outline:
    from outline._session import outlinefile

    text = outlinefile.read_text(path)
    try:
        data = outlinefile.outline_data(text, path)
    except NoSessionError:
        from outline._restore import stockfile

        if not stockfile.is_stock(text):
            raise
        return _load_stock_session(text, path)
    outline = _outline_from_data(data, path)
    outline._layers.expect(data["layers"])
    outline.load_session()
    return outline


def _outline_from_data(data: Mapping[str, Any], path: str) -> Outline:
    outline = Outline(data["name"], frame_range=data["range"], path=os.path.abspath(path))
    outline._settings.take_data(data)
    return outline


def _load_stock_session(text: bytes, path: str) -> Outline:
    """Return the outline of a session that PyOutline made."""
    from outline._restore import stockfile

    stored = stockfile.read(text, path)
    outline = _outline_from_data(stockfile.outline_data(stored), path)
    for layer in stockfile.build_layers(stored, layer_class):
        outline._layers.claim(layer, layer.get_name(), outline=outline.get_name())
        outline.attach_loaded(layer.get_name(), layer)
    outline.load_session()
    return outline


def parse_outline_script(path: str) -> None:
    """Execute an outline script; the layers it makes join the current outline.

    Raises:
        ScriptError: It cannot be read or is not Python.
    """
    from outline._restore import scripts

    scripts.execute(path)


def load_json(json_str: str) -> Outline:
    """Return the outline that a JSON text describes.

    Keys: ``name``, ``range``, ``facility``, ``maxcores``, ``maxgpus``, and ``layers``: a list of objects with ``name``,
    ``module`` (a Layer class such as ``outline.modules.shell.Shell``), ``env`` and the layer's arguments.

    Raises:
        OutlineException: The text is not such a description, or a module is no Layer class.
    """
    from outline._restore import scripts

    return scripts.load_json(json_str, Outline)


def layer_class(path: object) -> Any:
    """Return the Layer class a dotted path names; nothing else may be called from a file.

    Raises:
        ScriptError: There is no such class.
    """
    from outline._restore import scripts

    return scripts.layer_class(path)


def quick_outline(layer: Layer) -> Outline:
    """Return an outline named after a layer, with that layer in it, and make it current."""
    outline = Outline(layer.get_name(), current=True)
    outline.add_layer(layer)
    return outline


class Outline(metaclass=WithCurrent):
    """A job: layers in order, and where and for whom they run.

    Args:
        name: Name of the job; by default that of the script.
        frame_range: The frames of the shot; layers execute those of their own range that are in it.
        path: The script or the ``outline.yaml`` this outline comes from.
        serialize: Write the layers into the session at setup, so that ``pycuerun -e`` can execute their frames.
        name_unique: Append 7 hex digits to the name.
        current: New layers join this outline by themselves.
        shot: By default ``$SHOT``, else the configured one.
        show: By default ``$SHOW``, else the configured one.
        user: By default the login name.
        facility: By default that of the launch.
        maxcores: Cores the whole job may use at most.
        maxgpus: GPUs the whole job may use at most.

    Raises:
        InvalidNameError: OpenCue could not take one of the names.
        InvalidSettingError: The range or a limit cannot mean anything.
    """

    @property
    def current(self) -> Outline | None:
        """The outline being built, or None."""
        return current_outline()

    def __init__(
        self,
        name: str | None = None,
        frame_range: Any = None,
        path: str | None = None,
        serialize: bool = True,
        name_unique: bool = False,
        current: bool = False,
        shot: str | None = None,
        show: str | None = None,
        user: str | None = None,
        facility: str | None = None,
        maxcores: float | None = None,
        maxgpus: int | None = None,
    ) -> None:
        self._path = self._script = path
        self._serialize = serialize
        self._layers = LayerList(self._load_layer)
        self._settings = Settings()
        self._mode = OUTLINE_MODE_INIT
        self._session: Session | None = None
        self._reserved: str | None = None
        self._kept = _KeptByOutline(self)
        unique = "_" + os.urandom(4).hex()[:7] if name_unique else ""
        self.set_name((name or name_from_path(path)) + unique)
        self.set_frame_range(frame_range)
        names = {"show": show, "shot": shot, "user": user, "facility": facility}
        for kind, value in names.items():
            if value is not None:
                getattr(self, f"set_{kind}")(value)
        self.set_maxcores(maxcores)
        self.set_maxgpus(maxgpus)
        if current:
            set_current(self)

    def _thing(self) -> str:
        return self._settings.thing()

    # Names and settings.

    get_name = _settings(Settings.get_name)
    set_name = _settings(Settings.set_name)
    get_show = _settings(Settings.get_show)
    set_show = _settings(Settings.set_show)
    get_shot = _settings(Settings.get_shot)
    set_shot = _settings(Settings.set_shot)
    get_user = _settings(Settings.get_user)
    set_user = _settings(Settings.set_user)
    get_facility = _settings(Settings.get_facility)
    set_facility = _settings(Settings.set_facility)
    get_maxcores = _settings(Settings.get_maxcores)
    set_maxcores = _settings(Settings.set_maxcores)
    set_max_cores = _settings(Settings.set_max_cores)
    set_min_cores = _settings(Settings.set_min_cores)
    get_maxgpus = _settings(Settings.get_maxgpus)
    set_maxgpus = _settings(Settings.set_maxgpus)
    get_priority = _settings(Settings.get_priority)
    set_priority = _settings(Settings.set_priority)
    get_frame_range = _settings(Settings.get_frame_range)
    set_frame_range = _settings(Settings.set_frame_range)
    get_env = _settings(Settings.get_env)
    set_env = _settings(Settings.set_env)
    get_args = _settings(Settings.get_args)
    get_arg = _settings(Settings.get_arg)
    set_arg = _settings(Settings.set_arg)
    depend_on_job = _settings(Settings.depend_on_job)
    get_job_depends = _settings(Settings.get_job_depends)
    _cut_to = _settings(Settings.cut_to)

    def get_full_name(self) -> str:
        """Return ``show-shot-user_name``."""
        return f"{self.get_show()}-{self.get_shot()}-{self.get_user()}_{self.get_name()}"

    def get_path(self) -> str | None:
        """Return the path of the script; after setup that of the session's ``outline.yaml``."""
        return self._path

    def set_path(self, path: str) -> None:
        """Set the path."""
        self._path = path

    # Layers.

    def add_layer(self, layer: Layer) -> None:
        """Add a layer; adding the same one again is fine. Its pre- and post-processes come along.

        Raises:
            NameCollisionError: Another layer has that name, or OpenCue could not tell the two apart.
            OutlineException: It is no layer, or in another outline.
            ModeError: The outline is ready to launch.
        """
        if not isinstance(layer, Layer):
            raise OutlineException(f"{self._thing()}: {layer!r} is no layer")
        if layer.find_outline() is self and self._layers.holds(layer):
            return
        if self._mode == OUTLINE_MODE_READY:
            raise ModeError(
                outline=self.get_name(), reason=f"cannot add layer {layer} after setup()"
            )
        if not layer.get_arg("register", True):
            return
        self._layers.claim(layer, layer.get_name(), outline=self.get_name())
        other = layer.find_outline()
        if other is not None and other is not self:
            other._discard(layer)
        self.attach_loaded(layer.get_name(), layer)
        layer.after_init(self)
        for process in layer.get_processes():
            self.add_layer(process)

    def rename_layer(self, layer: Layer, name: str) -> None:
        """Give a layer another name; `Layer.set_name` calls this."""
        old = layer.get_name()
        if old != name:
            self._layers.claim(layer, name, outline=self.get_name())
            self._layers.rename(old, name)

    def remove_layer(self, layer: Layer) -> None:
        """Take a layer out.

        Raises:
            ModeError: Setup has begun.
            UnknownLayerError: It is not in this outline.
        """
        if self._mode > OUTLINE_MODE_INIT:
            raise ModeError(
                outline=self.get_name(), reason=f"cannot remove layer {layer} after setup()"
            )
        if not self._layers.holds(layer):
            raise self._unknown(layer.get_name())
        self._discard(layer)

    def _discard(self, layer: Layer) -> None:
        self._layers.discard(layer)
        layer.set_outline(None)

    get_layers = _layers(LayerList.get_layers)

    def get_layer(self, name: str) -> Layer:
        """Return a layer by its name, also a child by ``parent.child``; raises OutlineException."""
        layer = self.find_layer(name)
        if layer is None:
            raise self._unknown(name)
        return layer

    def _unknown(self, name: str) -> UnknownLayerError:
        return UnknownLayerError(
            thing=self._thing(),
            name=name,
            outline=self.get_name(),
            known=f"its layers: {self.describe_layers()}",
        )

    find_layer = _layers(LayerList.find_layer)

    def _load_layer(self, name: str) -> Layer:
        from outline._restore import layerfile

        return layerfile.load_layer(self, self.get_session().layers(), name)

    def attach_loaded(self, name: str, layer: Layer) -> None:
        """Join a layer that was read from the session."""
        self._layers.attach(name, layer)
        layer.set_outline(self)

    is_layer = _layers(LayerList.is_layer)
    describe_layers = _layers(LayerList.describe_layers)

    # Session.

    def reserve_session_path(self) -> str:
        """Return the directory the session has or will have."""
        if self._session is not None:
            return self._session.get_path()
        if self._reserved is None:
            self._reserved = new_session_path(self)
        return self._reserved

    def find_session(self) -> Session | None:
        """Return the session, or None before setup."""
        return self._session

    def get_session(self) -> Session:
        """Return the session; raises SessionException before setup."""
        if self._session is None:
            raise NoSessionError(thing=self._thing(), reason="it is made by setup() or by a launch")
        return self._session

    def load_session(self) -> None:
        """Use the session this outline was loaded from; raises SessionException when there is none."""
        if not self._path or not os.path.isfile(self._path):
            raise NoSessionError(thing=self._thing(), reason=f"there is no file {self._path!r}")
        self._session = Session(self)
        self._mode = OUTLINE_MODE_READY

    def put_file(self, src: Any, rename: str | None = None) -> str:
        """Copy a file into the session; before setup it is copied by setup. Returns its path there."""
        return str(self._kept.put_file(src, rename))

    def sym_file(self, src: Any, rename: str | None = None) -> str:
        """Make a symlink in the session, as `put_file` does for big files."""
        return str(self._kept.sym_file(src, rename))

    get_file = _kept(Kept.get_file)
    put_data = _kept(Kept.put_data)
    get_data = _kept(Kept.get_data)

    def save_layers(self, folder: Folder) -> None:
        """Write the outline and its layers into the folder of a session."""
        from outline._restore import layerfile

        layerfile.save_outline(self._settings.to_data(self), self.get_layers(), folder)

    # Setup.

    def is_serialized(self) -> bool:
        """Tell whether setup writes the layers into the session."""
        return self._serialize

    def get_mode(self) -> int:
        """Return the mode: see `outline.constants`."""
        return self._mode

    def set_mode(self, mode: int) -> None:
        """Set the mode, which cannot go back; raises ModeError."""
        if mode < self._mode:
            raise ModeError(
                outline=self.get_name(), reason=f"cannot go back from mode {self._mode} to {mode}"
            )
        self._mode = mode

    def parse_outline_script(self, path: str) -> None:
        """Execute a script whose layers join this outline."""
        from outline._restore import scripts

        set_current(self)
        scripts.execute(path)

    def setup_depends(self) -> None:
        """Turn ``require`` arguments and names into depends; raises UnknownLayerError."""
        for layer in self.get_layers():
            layer.setup_depends()

    def check(self) -> None:
        """Find everything that would keep the job from running, before anything is made.

        Raises:
            OutlineException: The first thing found: no layers, an unknown layer in a depend, a cycle, an empty range.
        """
        from outline._outline.checks import require_layers

        require_layers(self)
        self._check_layers()

    def _check_layers(self) -> None:
        from outline._outline.checks import check_layers

        check_layers(self, is_cut=self._settings.is_cut)

    def get_active_layers(self) -> list[Layer]:
        """Return the layers that have frames: those whose range has some in common with the outline's."""
        return [layer for layer in self.get_layers() if layer.get_frame_range() is not None]

    def setup(self) -> None:
        """Check the outline, make its session, run the layers' setups and write everything down.

        When this raises, no session is left behind and the outline is as it was.

        Raises:
            ModeError: It is set up already.
            OutlineException: Something is wrong with a layer, a depend or a file to store.
        """
        if self._mode != OUTLINE_MODE_INIT:
            raise ModeError(outline=self.get_name(), reason="setup() has been called already")
        self._check_layers()
        self._script = self._path
        try:
            self._path = None
            self._session = Session(self)
            self._mode = OUTLINE_MODE_SETUP
            self._fill_session(self._session)
        except BaseException:
            self.undo_setup()
            raise
        self._path = os.path.join(self._session.get_path(), OUTLINE_FILE)
        self._mode = OUTLINE_MODE_READY

    def _fill_session(self, session: Session) -> None:
        self._kept.stage.carry_out(session.shelf())
        for layer in self.get_layers():
            layer.carry_out_stage(session)
        for layer in self._layers.growing():
            finish(layer.setup())
        self._check_layers()
        if self._serialize:
            session.save()

    def undo_setup(self) -> None:
        """Remove the session and go back to before setup: a launch that failed leaves nothing behind."""
        if self._session is not None:
            self._session.remove()
        self._session, self._reserved, self._path = None, None, self._script
        self._mode = OUTLINE_MODE_INIT

    def __repr__(self) -> str:
        return f"<Outline {self.get_name()!r}, {len(self._layers)} layers>"


class _KeptByOutline(Kept):
    """The files and data of an outline."""

    def __init__(self, ol: Outline) -> None:
        self._outline = ol
        self.stage = Stage()

    def thing(self) -> str:
        """Return the outline, for messages."""
        return self._outline._thing()

    def shelf(self) -> Shelf | None:
        """Return where they are in the session, or None before setup."""
        session = self._outline.find_session()
        return None if session is None else session.shelf()

    def future_folder(self) -> str:
        """Return where they will be."""
        return self._outline.reserve_session_path()

    get_path = future_folder
