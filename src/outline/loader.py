"""Outlines: what a job is made of, how it is set up, and how it is loaded again."""

from __future__ import annotations

import os

from outline import util
from outline._layer.settings import check_env, check_number, check_range, check_whole
from outline.constants import OUTLINE_MODE_INIT, OUTLINE_MODE_READY, OUTLINE_MODE_SETUP
from outline.exception import (
    DependencyCycleError,
    InvalidSettingError,
    ModeError,
    NameCollisionError,
    NoSessionError,
    OutlineException,
    ScriptError,
    UnknownLayerError,
)
from outline.frames import EdgeKind
from outline.jobspec import cycles as graph
from outline.jobspec.names import check_name, wire_name
from outline.layer import Layer
from outline.session import OUTLINE_FILE, Session, Stage, new_session_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, ClassVar


def current_outline() -> Outline | None:
    """Return the outline being built, or None."""
    return Outline.current


def load_outline(path: str) -> Outline:
    """Return the outline of a script, or of the ``outline.yaml`` of a session.

    Raises:
        ScriptError: There is no such file.
        SessionException: The file is in no session this version wrote.
    """
    if os.path.isdir(path):
        path = os.path.join(path, OUTLINE_FILE)
    if not os.path.isfile(path):
        raise ScriptError(path=path, reason="there is no such file")
    if path.endswith((".yaml", ".yml")):
        return _load_session(path)
    outline = Outline(path=path, current=True)
    names = _execute_script(path)
    built = current_outline() or outline
    return built if built.get_layers() else _only_outline_in(names) or built


def _only_outline_in(names: Mapping[str, Any]) -> Outline | None:
    """Return the outline a script keeps in a variable, if there is exactly one."""
    found = {id(value): value for value in names.values() if isinstance(value, Outline)}
    return next(iter(found.values())) if len(found) == 1 else None


def _load_session(path: str) -> Outline:
    from outline._restore import layerfile

    try:
        data = layerfile.read_outline_data(path)
    except NoSessionError:
        from outline._restore import stockfile

        if not stockfile.is_stock(path):
            raise
        return _load_stock_session(path)
    outline = _outline_from_data(data, path)
    outline._priority = data["priority"]
    outline._layers = dict.fromkeys(data["layers"])
    outline._wire = {wire_name(name): name for name in data["layers"]}
    outline.load_session()
    return outline


def _outline_from_data(data: Mapping[str, Any], path: str) -> Outline:
    outline = Outline(data["name"], frame_range=data["range"], path=os.path.abspath(path))
    for key in ("show", "shot", "user", "facility", "maxcores", "maxgpus"):
        setattr(outline, f"_{key}", data[key])
    outline._env = {key: (value, pre) for key, (value, pre) in data["env"].items()}
    outline._args = data["args"]
    return outline


def _load_stock_session(path: str) -> Outline:
    """Return the outline of a session that PyOutline made."""
    from outline._restore import stockfile

    stored = stockfile.read(path)
    outline = _outline_from_data(stockfile.outline_data(stored), path)
    for layer in stockfile.build_layers(stored):
        outline._claim(layer, layer.get_name())
        outline.attach_loaded(layer.get_name(), layer)
    outline.load_session()
    return outline


def parse_outline_script(path: str) -> None:
    """Execute an outline script; the layers it makes join the current outline.

    Raises:
        ScriptError: It cannot be read or is not Python.
    """
    _execute_script(path)


def _execute_script(path: str) -> dict[str, Any]:
    """Execute a script and return the names it leaves."""
    try:
        with open(path, "rb") as stream:
            code = compile(stream.read(), path, "exec")
    except (OSError, SyntaxError, ValueError) as error:
        raise ScriptError(path=path, reason=error) from error
    names: dict[str, Any] = {"__name__": "__outline_script__", "__file__": path}
    exec(code, names)  # noqa: S102 - an outline script is a program
    return names


def load_json(json_str: str) -> Outline:
    """Return the outline that a JSON text describes.

    Keys: ``name``, ``range``, ``facility``, ``maxcores``, ``maxgpus``, and ``layers``: a list of objects with ``name``,
    ``module`` (a Layer class such as ``outline.modules.shell.Shell``), ``env`` and the layer's arguments.

    Raises:
        OutlineException: The text is not such a description, or a module is no Layer class.
    """
    import json

    try:
        data = json.loads(json_str)
    except ValueError as error:
        raise ScriptError(path="JSON text", reason=error) from error
    if not isinstance(data, dict) or not isinstance(data.get("layers", []), list):
        raise ScriptError(path="JSON text", reason="it has to be an object with a list of layers")
    keys = ("name", "facility", "maxcores", "maxgpus")
    known = {key: data[key] for key in keys if data.get(key) is not None}
    outline = Outline(frame_range=data.get("range"), current=True, **known)
    for each in data.get("layers", []):
        args = {key: value for key, value in each.items() if key not in {"name", "module"}}
        outline.add_layer(layer_class(each.get("module"))(each.get("name"), **args))
    return outline


def layer_class(path: object) -> Any:
    """Return the Layer class a dotted path names; nothing else may be called from a file.

    Raises:
        ScriptError: There is no such class.
    """
    import importlib

    module, _, name = str(path).rpartition(".")
    try:
        cls = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ScriptError(path=f"layer class {path}", reason=error) from error
    if path == "outline.modules.shell.shell" or (isinstance(cls, type) and issubclass(cls, Layer)):
        return cls
    raise ScriptError(path=f"layer class {path}", reason="it is no subclass of outline.Layer")


def quick_outline(layer: Layer) -> Outline:
    """Return an outline named after a layer, with that layer in it, and make it current."""
    outline = Outline(layer.get_name(), current=True)
    outline.add_layer(layer)
    return outline


class Outline:
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

    current: ClassVar[Outline | None] = None

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
        self._layers: dict[str, Layer | None] = {}
        self._wire: dict[str, str] = {}
        self._mode = OUTLINE_MODE_INIT
        self._session: Session | None = None
        self._reserved: str | None = None
        self._stage = Stage()
        self._env: dict[str, tuple[str, bool]] = {}
        self._args: dict[str, Any] = {}
        self._priority: int | None = None
        self._job_depends: list[str] = []
        unique = "_" + os.urandom(4).hex()[:7] if name_unique else ""
        self.set_name((name or self._name_from_path()) + unique)
        self._range: str | None = None
        self.set_frame_range(frame_range)
        self._show, self._shot, self._user = show, shot, user
        for value, name_it in (
            (show, self.set_show),
            (shot, self.set_shot),
            (user, self.set_user),
        ):
            if value is not None:
                name_it(value)
        self._facility = facility
        self._maxcores: float | None = None
        self._maxgpus: int | None = None
        self.set_maxcores(maxcores)
        self.set_maxgpus(maxgpus)
        if current:
            Outline.current = self

    def _name_from_path(self) -> str:
        if not self._path:
            return "outline"
        name = os.path.splitext(os.path.basename(self._path))[0]
        return name if len(name) > 2 else f"{name}_outline"  # OpenCue wants three characters

    def _thing(self) -> str:
        return f"outline {self._name!r}"

    # Names and settings.

    def get_name(self) -> str:
        """Return the name as the script spells it."""
        return self._name

    def set_name(self, name: str) -> None:
        """Set the name; raises InvalidNameError when OpenCue could not take it."""
        self._name = check_name("outline", name, example="shot010-lighting-v001")

    def get_full_name(self) -> str:
        """Return ``show-shot-user_name``."""
        return f"{self.get_show()}-{self.get_shot()}-{self.get_user()}_{self._name}"

    def get_show(self) -> str:
        """Return the show."""
        return self._show or util.get_show()

    def set_show(self, show: str) -> None:
        """Set the show."""
        self._show = check_name("show", show, example="demo-project", least=1)

    def get_shot(self) -> str:
        """Return the shot."""
        return self._shot or util.get_shot()

    def set_shot(self, shot: str) -> None:
        """Set the shot."""
        self._shot = check_name("shot", shot, example="shot010")

    def get_user(self) -> str:
        """Return the user."""
        return self._user or util.get_user()

    def set_user(self, user: str) -> None:
        """Set the user."""
        self._user = check_name("user", user, example="artist01", least=1)

    def get_facility(self) -> str | None:
        """Return the facility, or None when the launch decides."""
        return self._facility

    def set_facility(self, facility: str) -> None:
        """Set the facility."""
        self._facility = facility

    def get_maxcores(self) -> float | None:
        """Return how many cores the whole job may use at most, or None."""
        return self._maxcores

    def set_maxcores(self, maxcores: float | None) -> None:
        """Say how many cores the whole job may use at most."""
        self._maxcores = _optional(check_number, self._thing(), "maxcores", maxcores, unit="cores")

    def get_maxgpus(self) -> int | None:
        """Return how many GPUs the whole job may use at most, or None."""
        return self._maxgpus

    def set_maxgpus(self, maxgpus: int | None) -> None:
        """Say how many GPUs the whole job may use at most."""
        self._maxgpus = _optional(check_whole, self._thing(), "maxgpus", maxgpus, least=0)

    def get_priority(self) -> int | None:
        """Return the priority, or None when the launch decides."""
        return self._priority

    def set_priority(self, priority: int) -> None:
        """Set the priority: a job of a higher one is served first."""
        self._priority = check_whole(self._thing(), "priority", priority, least=0)

    def get_frame_range(self) -> str | None:
        """Return the range, or None when every layer has its own."""
        return self._range

    def set_frame_range(self, frame_range: Any) -> None:
        """Set the frames of the shot: range text, a number, or numbers; None for no limit."""
        self._range = None if frame_range is None else check_range(self._thing(), frame_range)
        self._is_cut = False

    def _cut_to(self, frame_range: Any) -> None:
        """Launch only these frames of what the script says: layers that have none of them are left out."""
        self.set_frame_range(frame_range)
        self._is_cut = True

    def get_path(self) -> str | None:
        """Return the path of the script; after setup that of the session's ``outline.yaml``."""
        return self._path

    def set_path(self, path: str) -> None:
        """Set the path."""
        self._path = path

    def get_env(self, key: str | None = None) -> Any:
        """Return one variable's value, or all of them as ``{key: (value, pre)}``."""
        if key is None:
            return dict(self._env)
        return self._env[key][0] if key in self._env else None

    def set_env(self, key: str, value: str, pre: bool = False) -> None:
        """Set an environment variable for every frame.

        Args:
            key: Name of the variable.
            value: Its value.
            pre: Set it for the frame's whole process, not only for what pycuerun runs.
        """
        key, value = check_env(self._thing(), key, value)
        self._env[key] = (value, pre)

    def get_args(self) -> dict[str, Any]:
        """Return the arguments; a copy."""
        return dict(self._args)

    def get_arg(self, key: str, default: Any = None) -> Any:
        """Return an argument, or ``default``."""
        return self._args.get(key, default)

    def set_arg(self, key: str, value: Any) -> None:
        """Set an argument."""
        self._args[key] = value

    def depend_on_job(self, job: Any) -> None:
        """Wait until another job has finished.

        Args:
            job: Its name, its outline, or the job that a launch returned.
        """
        named = getattr(job, "get_name", None) or getattr(job, "name", None)
        name = named() if callable(named) else job
        if not isinstance(name, str) or not name:
            raise InvalidSettingError(
                thing=self._thing(),
                setting="depend_on_job",
                value=job,
                advice="give the name of a job",
            )
        if name not in self._job_depends:
            self._job_depends.append(name)

    def get_job_depends(self) -> list[str]:
        """Return the names of the jobs this one waits for."""
        return list(self._job_depends)

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
        if layer.find_outline() is self and self._layers.get(layer.get_name()) is layer:
            return
        if self._mode == OUTLINE_MODE_READY:
            raise ModeError(outline=self._name, reason=f"cannot add layer {layer} after setup()")
        if not layer.get_arg("register", True):
            return
        self._claim(layer, layer.get_name())
        other = layer.find_outline()
        if other is not None and other is not self:
            other._discard(layer)
        self._layers[layer.get_name()] = layer
        layer.set_outline(self)
        layer.after_init(self)
        for process in layer.get_processes():
            self.add_layer(process)

    def _claim(self, layer: Layer, name: str) -> None:
        """Reserve a name, or raise when it is taken by another layer."""
        taken = self._wire.get(wire_name(name))
        if taken is not None and self._layers.get(taken) is not layer:
            if taken == name:
                reason = "have the same name"
            else:
                reason = f"would both be called {wire_name(name)!r} by OpenCue"
            raise NameCollisionError(outline=self._name, name=name, other=taken, reason=reason)
        self._wire[wire_name(name)] = name

    def rename_layer(self, layer: Layer, name: str) -> None:
        """Give a layer another name; `Layer.set_name` calls this."""
        old = layer.get_name()
        if old == name:
            return
        self._claim(layer, name)
        if wire_name(old) != wire_name(name):
            self._wire.pop(wire_name(old), None)
        self._layers = {name if key == old else key: each for key, each in self._layers.items()}

    def remove_layer(self, layer: Layer) -> None:
        """Take a layer out.

        Raises:
            ModeError: Setup has begun.
            UnknownLayerError: It is not in this outline.
        """
        if self._mode > OUTLINE_MODE_INIT:
            raise ModeError(outline=self._name, reason=f"cannot remove layer {layer} after setup()")
        if self._layers.get(layer.get_name()) is not layer:
            raise self._unknown(layer.get_name())
        self._discard(layer)

    def _discard(self, layer: Layer) -> None:
        name = layer.get_name()
        if self._layers.get(name) is layer:
            del self._layers[name]
            self._wire.pop(wire_name(name), None)
        layer.set_outline(None)

    def get_layers(self) -> list[Layer]:
        """Return the layers in the order they were added."""
        return [self._get_loaded(name) for name in self._layers]

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
            outline=self._name,
            advice=f"its layers: {self.describe_layers()}",
        )

    def find_layer(self, name: str) -> Layer | None:
        """Return a layer by its name, also as OpenCue spells it, or None."""
        if name in self._layers:
            return self._get_loaded(name)
        spelled = self._wire.get(wire_name(name)) if isinstance(name, str) else None
        if spelled is not None:
            return self._get_loaded(spelled)
        parent = str(name).rpartition(".")[0]
        if parent and parent in self._layers:
            children = self._get_loaded(parent).get_children()
            return next((each for each in children if each.get_name() == name), None)
        return None

    def _get_loaded(self, name: str) -> Layer:
        layer = self._layers[name]
        if layer is None:
            from outline._restore import layerfile

            layer = layerfile.load_layer(self, self.get_session().layers(), name)
        return layer

    def attach_loaded(self, name: str, layer: Layer) -> None:
        """Join a layer that was read from the session."""
        self._layers[name] = layer
        layer.set_outline(self)

    def is_layer(self, name: str) -> bool:
        """Tell whether there is a layer of that name."""
        return name in self._layers

    def describe_layers(self) -> str:
        """Return the names of the layers, for messages."""
        names = list(self._layers)
        return (", ".join(names[:10]) + (", ..." if len(names) > 10 else "")) or "none"

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
            raise NoSessionError(thing=self._thing(), advice="it is made by setup() or by a launch")
        return self._session

    def load_session(self) -> None:
        """Use the session this outline was loaded from; raises SessionException when there is none."""
        if not self._path or not os.path.isfile(self._path):
            raise NoSessionError(thing=self._thing(), advice=f"there is no file {self._path!r}")
        self._session = Session(self)
        self._mode = OUTLINE_MODE_READY

    def put_file(self, src: Any, rename: str | None = None) -> str:
        """Copy a file into the session; before setup it is copied by setup. Returns its path there."""
        return self._put(src, rename, link=False)

    def sym_file(self, src: Any, rename: str | None = None) -> str:
        """Make a symlink in the session, as `put_file` does for big files."""
        return self._put(src, rename, link=True)

    def _put(self, src: Any, rename: str | None, *, link: bool) -> str:
        if self._session is not None:
            store = self._session.sym_file if link else self._session.put_file
            return store(src, rename=rename)
        name = self._stage.put_file(self._thing(), src, rename, link=link)
        return os.path.join(self.reserve_session_path(), name)

    def get_file(self, name: str, check: bool = True, new: bool = False) -> str:
        """Return the path of a file in the session; before setup the one it will have."""
        if self._session is not None:
            return self._session.get_file(name, check=check, new=new)
        folder = self.reserve_session_path()
        return self._stage.future_file(self._thing(), folder, name, check=check, new=new)

    def put_data(self, key: str, value: Any, force: bool = False) -> None:
        """Store a value as YAML; before setup it is stored by setup; see `Layer.put_data`."""
        if self._session is not None:
            self._session.put_data(key, value, force=force)
        else:
            self._stage.put_data(self._thing(), key, value, force=force)

    def get_data(self, key: str) -> Any:
        """Return a stored value; raises SessionException when there is none."""
        if self._session is not None:
            return self._session.get_data(key)
        return self._stage.get_data(self._thing(), key)

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
                outline=self._name, reason=f"cannot go back from mode {self._mode} to {mode}"
            )
        self._mode = mode

    def parse_outline_script(self, path: str) -> None:
        """Execute a script whose layers join this outline."""
        Outline.current = self
        parse_outline_script(path)

    def setup_depends(self) -> None:
        """Turn ``require`` arguments and names into depends; raises UnknownLayerError."""
        for layer in self.get_layers():
            layer.setup_depends()

    def check(self) -> None:
        """Find everything that would keep the job from running, before anything is made.

        Raises:
            OutlineException: The first thing found: no layers, an unknown layer in a depend, a cycle, an empty range.
        """
        if not self._layers:
            raise OutlineException(f"{self._thing()} has no layers; call add_layer(layer)")
        self.setup_depends()
        self._check_ranges()
        self._check_cycles()

    def get_active_layers(self) -> list[Layer]:
        """Return the layers that have frames: those whose range has some in common with the outline's."""
        return [layer for layer in self.get_layers() if layer.get_frame_range() is not None]

    def _check_ranges(self) -> None:
        """Raise for a layer that has no frame in common with the outline.

        Where a launch asks for a part of the frames only, such layers are left out instead, unless another one waits
        for them or none is left.
        """
        active = self.get_active_layers()
        if len(active) == len(self._layers):
            return
        awaited = {each.get_depend_on_name() for layer in active for each in layer.get_depends()}
        for layer in self.get_layers():
            if not self._is_cut or not active or layer.get_name() in awaited:
                layer.get_tasks()

    def _check_cycles(self) -> None:
        every, plain = self._edges(previous=True), self._edges(previous=False)
        cycle = graph.find_cycle(plain)
        if cycle is None:
            cycle = graph.find_cycle(every)
            if cycle is not None and not graph.has_deadlock(*self._task_edges()):
                cycle = None  # each frame leans on the other layer's previous frame: that ends
        if cycle is not None:
            raise DependencyCycleError(outline=self._name, path=" -> ".join(cycle))

    def _edges(self, *, previous: bool) -> dict[str, list[str]]:
        return {
            layer.get_name(): [
                each.get_depend_on_name()
                for each in layer.get_depends()
                if each.get_type().kind is not EdgeKind.PREVIOUS_FRAME
                or (previous and each.get_depend_on_layer() is not layer)
            ]
            for layer in self.get_active_layers()
        }

    def _task_edges(self) -> tuple[Mapping[str, Any], list[tuple[str, str, EdgeKind]]]:
        layers = self.get_active_layers()
        edges = [
            (layer.get_name(), each.get_depend_on_name(), each.get_type().kind)
            for layer in layers
            for each in layer.get_depends()
        ]
        return {layer.get_name(): layer.get_tasks() for layer in layers}, edges

    def setup(self) -> None:
        """Check the outline, make its session, run the layers' setups and write everything down.

        When this raises, no session is left behind and the outline is as it was.

        Raises:
            ModeError: It is set up already.
            OutlineException: Something is wrong with a layer, a depend or a file to store.
        """
        if self._mode != OUTLINE_MODE_INIT:
            raise ModeError(outline=self._name, reason="setup() has been called already")
        self.check()
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
        self._stage.carry_out(session, None)
        for layer in self.get_layers():
            layer.carry_out_stage(session)
        for layer in _growing(self.get_layers):
            layer.setup()
        self.check()
        if self._serialize:
            session.save()

    def undo_setup(self) -> None:
        """Remove the session and go back to before setup: a launch that failed leaves nothing behind."""
        if self._session is not None:
            self._session.remove()
        self._session, self._reserved, self._path = None, None, self._script
        self._mode = OUTLINE_MODE_INIT

    def __repr__(self) -> str:
        return f"<Outline {self._name!r}, {len(self._layers)} layers>"


def _optional(check: Any, thing: str, setting: str, value: Any, **bounds: Any) -> Any:
    return None if value is None else check(thing, setting, value, **bounds)


def _growing(get_layers: Any) -> Any:
    """Yield each layer once, also those that the setup of another one adds."""
    seen: set[int] = set()
    while True:
        fresh = [layer for layer in get_layers() if id(layer) not in seen]
        if not fresh:
            return
        for layer in fresh:
            seen.add(id(layer))
            yield layer
