"""Layers: what a job consists of, and the processes that run before, after and around them."""

from __future__ import annotations

import os

from outline import event
from outline.constants import LAYER_TYPES, LayerType
from outline.depend import FINISHED, Depend, DependType, parse_require_str
from outline.exception import (
    DependencyCycleError,
    EmptyRangeError,
    InvalidSettingError,
    LayerException,
    MissingArgumentError,
    ModeError,
    NoSessionError,
    UnknownLayerError,
)
from outline.frames import EdgeKind, Tasks, parse_range
from outline.names import check_name
from outline.session import Stage
from outline.settings import (
    check_argument,
    check_chunk,
    check_cores,
    check_env,
    check_names,
    check_number,
    check_range,
    memory_mb,
    memory_text,
)
from outline.util import FrameSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from outline.io import Path
    from outline.loader import Outline
    from outline.session import Session

_LOOK_AHEAD = 1000
"""Layers searched for a cycle when a depend is made; setup proves the rest in one linear pass."""


class LayerMeta(type):
    """Adds every new layer to the outline being built, and tells plug-ins about it."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Build a layer and register it."""
        layer = super().__call__(*args, **kwargs)
        from outline.loader import current_outline
        from outline.plugins import PluginManager

        PluginManager.init_layer(layer)
        current = current_outline()
        if current is not None and layer.wants_registration():
            current.add_layer(layer)
        return layer


class Layer(metaclass=LayerMeta):
    """A named set of frames that are executed in the same way.

    Subclasses override ``_execute(frames)`` and, when they need it, ``_setup``, ``_before_execute``, ``_after_execute``,
    ``_after_init(outline)`` and ``_after_parented(parent)``.

    Args:
        name: Unique in its outline, also after OpenCue's normalisation.
        **args: Settings such as ``range``, ``chunk``, ``cores``, ``memory``, ``service``, ``tags``, ``limits``, ``env``,
            ``type``, ``require``, ``retries``, ``timeout`` (minutes); others are kept for the class.

    Raises:
        InvalidNameError: OpenCue could not take the name.
        InvalidSettingError: A setting has a value that cannot mean anything.
    """

    _default_service = "shell"
    _default_type = LayerType.RENDER

    def __init__(self, name: str, **args: Any) -> None:
        self._name = check_name("layer", name, example="beauty-render")
        self._outline: Outline | None = None
        self._parent: Layer | None = None
        self._children: list[Layer] = []
        self._processes: dict[str, Layer | str] = {}
        self._depends: list[Depend] = []
        self._is_awaited = False
        self._env: dict[str, str] = {}
        self._inputs: dict[str, Path] = {}
        self._outputs: dict[str, Path] = {}
        self._required: dict[str, Any] = {}
        self._stage = Stage()
        self._evh = event.EventHandler(self)
        self._service: str | None = None
        self._limits: list[str] | None = None
        self._type = self._default_type
        self._args: dict[str, Any] = {}
        self._take_arguments(self.get_default_args(args))

    def _take_arguments(self, args: dict[str, Any]) -> None:
        for key, value in (args.pop("env", None) or {}).items():
            self.set_env(key, value)
        kind = args.pop("type", None)
        if kind is not None:
            self.set_type(kind)
        for key, value in args.items():
            self.set_arg(key, value)

    def wants_registration(self) -> bool:
        """Tell whether the layer belongs into the outline that is current when it is made."""
        return bool(self.get_arg("register", True))

    # Hooks and the events around them.

    def _setup(self) -> None:
        """Do what has to be done before launch; for subclasses."""

    def _execute(self, frames: FrameSet) -> None:
        """Do the work of some frames; for subclasses."""

    def _before_execute(self) -> None:
        """Do what has to be done before the frames; for subclasses."""

    def _after_execute(self) -> None:
        """Do what has to be done after the frames; for subclasses."""

    def _after_init(self, ol: Outline) -> None:
        """React to joining an outline; for subclasses."""

    def _after_parented(self, parent: Layer) -> None:
        """React to becoming the child of a layer; for subclasses."""

    def _emit(self, event_type: str, **args: Any) -> None:
        self._evh.emit(event.LayerEvent(event_type, self, **args))

    def after_init(self, ol: Outline) -> None:
        """Run the hook and the event for joining an outline."""
        self._after_init(ol)
        self._emit(event.AFTER_INIT)

    def after_parented(self, parent: Layer) -> None:
        """Run the hook and the event for becoming a child."""
        self._after_parented(parent)
        self._emit(event.AFTER_PARENTED)

    def before_execute(self) -> None:
        """Run the hook and the event before the frames."""
        self._before_execute()
        self._emit(event.BEFORE_EXECUTE)

    def after_execute(self) -> None:
        """Run the hook and the event after the frames."""
        self._after_execute()
        self._emit(event.AFTER_EXECUTE)

    def add_event_listener(self, event_type: str, callback: Callable[[Any], object]) -> None:
        """Call ``callback(event)`` at every event of a type; see `outline.event`."""
        self._evh.add_event_listener(event_type, callback)

    def get_event_handler(self) -> event.EventHandler:
        """Return the handler of the layer's events."""
        return self._evh

    # Name, type, outline, family.

    def _thing(self) -> str:
        return f"layer {self._name!r}"

    def get_name(self) -> str:
        """Return the name; that of a child is ``parent.child``."""
        return self._name if self._parent is None else f"{self._parent.get_name()}.{self._name}"

    def set_name(self, name: str) -> None:
        """Rename the layer.

        Raises:
            ModeError: The outline is set up already.
            NameCollisionError: The outline has a layer of that name.
        """
        name = check_name("layer", name, example="beauty-render")
        self._require_init("rename a layer")
        if self._outline is not None and self._parent is None:
            self._outline.rename_layer(self, name)
        self._name = name
        for alias, process in self._processes.items():
            self._resolve_process(process).set_name(f"{name}_{alias}")

    def _require_init(self, what: str) -> None:
        from outline.constants import OUTLINE_MODE_INIT

        if self._outline is not None and self._outline.get_mode() > OUTLINE_MODE_INIT:
            raise ModeError(
                outline=self._outline.get_name(),
                reason=f"cannot {what} ({self._name!r}) once setup() has begun; do it before",
            )

    def get_type(self) -> LayerType:
        """Return Render, Util or Post."""
        return self._type

    def set_type(self, t: str) -> None:
        """Set the type: Render, Util or Post.

        Raises:
            InvalidSettingError: It is none of these.
        """
        try:
            self._type = LayerType(str(t).capitalize())
        except ValueError:
            raise InvalidSettingError(
                thing=self._thing(),
                setting="type",
                value=t,
                advice=f"one of {', '.join(LAYER_TYPES)}",
            ) from None

    def get_outline(self) -> Outline:
        """Return the outline the layer is in.

        Raises:
            LayerException: It is in none yet.
        """
        if self._outline is not None:
            return self._outline
        if self._parent is not None:
            return self._parent.get_outline()
        raise LayerException(f"{self._thing()} is in no outline yet; call outline.add_layer(layer)")

    def find_outline(self) -> Outline | None:
        """Return the outline the layer is in, or None."""
        if self._outline is None and self._parent is not None:
            return self._parent.find_outline()
        return self._outline

    def set_outline(self, new_outline: Outline | None) -> None:
        """Say which outline the layer is in; `Outline.add_layer` does it."""
        self._outline = new_outline

    def get_parent(self) -> Layer | None:
        """Return the layer inside whose frames this one runs, or None."""
        return self._parent

    def set_parent(self, layer: Layer) -> None:
        """Make this layer run inside the frames of another; see `add_child`."""
        self._parent = layer
        self.after_parented(layer)

    def add_child(self, layer: Layer) -> None:
        """Make a layer part of this one.

        A pre-process becomes a layer of the job, ``<this>_<its name>``, that runs once before any frame of this one,
        a post-process one that runs after all of them; other layers run inside the frames of this one.

        Raises:
            LayerException: It is part of another layer already.
        """
        if layer is self or (layer.get_parent() is not None and layer.get_parent() is not self):
            raise LayerException(f"layer {layer} cannot become a child of layer {self}")
        if isinstance(layer, LayerProcess):
            layer.attach(self, layer.get_name())
            return
        if layer in self._children:
            return
        outline = layer.find_outline()
        if outline is not None and outline.is_layer(layer.get_name()):
            outline.remove_layer(layer)
        self._children.append(layer)
        layer.set_parent(self)

    def get_children(self) -> list[Layer]:
        """Return the layers that run inside the frames of this one."""
        return list(self._children)

    def get_child(self, name: str) -> Layer:
        """Return a child, a pre-process or a post-process, by the name it was added under.

        Raises:
            UnknownLayerError: There is none of that name.
        """
        for child in self._children:
            if name in {child._name, child.get_name()}:
                return child
        for alias, process in self._processes.items():
            if name in {alias, str(process)}:
                self._processes[alias] = layer = self._resolve_process(process)
                return layer
        known = ", ".join([*(child._name for child in self._children), *self._processes])
        outline = self.find_outline()
        raise UnknownLayerError(
            thing=self._thing(),
            name=name,
            outline=outline.get_name() if outline else "",
            advice=f"its children: {known or 'none'}",
        )

    def _resolve_process(self, process: Layer | str) -> Layer:
        return process if isinstance(process, Layer) else self.get_outline().get_layer(process)

    def adopt_process(self, alias: str, process: Layer) -> None:
        """Remember a pre- or post-process under a name; its ``attach`` calls this.

        Raises:
            LayerException: Another one has that name.
        """
        if self._processes.setdefault(alias, process) is not process:
            raise LayerException(f"{self._thing()} has a child {alias!r} already; use another name")
        outline = self.find_outline()
        if outline is not None:
            outline.add_layer(process)

    def get_processes(self) -> list[Layer]:
        """Return the pre- and post-processes, in the order they were added."""
        return [self._resolve_process(process) for process in self._processes.values()]

    def get_preprocess_layers(self) -> list[LayerPreProcess]:
        """Return the layers that run before any frame of this one."""
        return [layer for layer in self.get_processes() if isinstance(layer, LayerPreProcess)]

    def add_preprocess_layer(self, preprocess: LayerPreProcess) -> None:
        """Make a pre-process of this layer; the same as `add_child`."""
        self.add_child(preprocess)

    # Arguments.

    def get_default_args(self, merge: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the arguments before any is set: built in, then section ``[ClassName]`` of outline.cfg, then ``merge``."""
        from outline import config

        args: dict[str, Any] = {"register": True, "chunk": 1, "range": None}
        args.update(config.class_defaults(type(self).__name__))
        args.update(merge or {})
        return args

    def get_arg(self, key: str, default: Any = None) -> Any:
        """Return an argument, or ``default`` when it is not set."""
        value = self._args.get(key)
        return default if value is None else value

    def set_arg(self, key: str, value: Any) -> None:
        """Set an argument.

        Raises:
            InvalidSettingError: It is one that is checked, and the value cannot mean anything.
        """
        if key == "service" and value is not None:
            self.set_service(value)
        elif key == "limits" and value is not None:
            self.set_limits(value)
        else:
            self._args[key] = check_argument(self._thing(), key, value)

    def set_default_arg(self, key: str, value: Any) -> None:
        """Set an argument unless it is set already."""
        if not self.is_arg_set(key):
            self.set_arg(key, value)

    def is_arg_set(self, key: str) -> bool:
        """Tell whether an argument is set."""
        return key in self._args

    def get_args(self) -> dict[str, Any]:
        """Return the arguments; a copy."""
        return dict(self._args)

    def copy_args_from(self, layer: Layer, *names: str) -> None:
        """Take over arguments of another layer, all or those named."""
        for key, value in layer.get_args().items():
            if not names or key in names:
                self.set_arg(key, value)

    def require_arg(self, key: str, rtype: Any = None) -> None:
        """Say that an argument has to be set by setup, and of which type."""
        self._required[key] = rtype

    def check_required_args(self) -> None:
        """Check what `require_arg` asked for.

        Raises:
            MissingArgumentError: An argument is not set.
            InvalidSettingError: An argument has another type.
        """
        for key, rtype in self._required.items():
            value = self._args.get(key)
            if value is None or value in ("", [], ()):
                raise MissingArgumentError(
                    layer=self.get_name(), argument=key, example=_example(key)
                )
            if rtype is not None and not isinstance(value, rtype):
                raise InvalidSettingError(
                    thing=self._thing(), setting=key, value=value, advice=f"give {rtype}"
                )

    # Resources.

    def set_min_cores(self, cores: float) -> None:
        """Reserve a number of cores, whole or fractional, per frame."""
        self.set_arg("cores", cores)

    def set_cores(self, cores: float) -> None:
        """Reserve a number of cores, whole or fractional, per frame."""
        self.set_arg("cores", cores)

    def get_min_cores(self) -> float | None:
        """Return the reserved cores, or None when the service decides."""
        cores = self.get_arg("cores", self.get_arg("threads"))
        return None if cores is None else float(cores)

    def set_max_cores(self, cores: float) -> None:
        """Say how many cores a frame may use at most."""
        self.set_arg("max_cores", check_cores(self._thing(), "max_cores", cores))

    def get_max_cores(self) -> float | None:
        """Return how many cores a frame may use at most, or None."""
        cores = self.get_arg("max_cores")
        return None if cores is None else float(cores)

    def set_min_memory(self, memory: float) -> None:
        """Reserve memory per frame, in MB."""
        megabytes = check_number(self._thing(), "memory", memory, unit="MB")
        self.set_arg("memory", memory_text(megabytes))

    def set_memory(self, memory: float | str) -> None:
        """Reserve memory per frame: a number of MB, or text with a unit such as ``4g``."""
        if isinstance(memory, str) and not memory.strip().replace(".", "", 1).isdigit():
            self.set_arg("memory", memory)
        else:
            self.set_min_memory(float(memory))

    def get_min_memory(self) -> int | None:
        """Return the reserved memory in MB, or None when the service decides."""
        text = self.get_arg("memory")
        return None if text is None else memory_mb(text)

    def set_gpus(self, gpus: int) -> None:
        """Reserve GPUs per frame."""
        self.set_arg("gpus", gpus)

    def set_retry_count(self, retries: int) -> None:
        """Say how often a frame that failed is tried again, 0 to 16."""
        self.set_arg("retries", retries)

    def get_retry_count(self) -> int | None:
        """Return how often a frame that failed is tried again, or None when the job decides."""
        retries = self.get_arg("retries")
        return None if retries is None else int(retries)

    def set_timeout(self, minutes: float) -> None:
        """Stop a frame that runs longer than this many minutes; 0 is no limit."""
        self.set_arg("timeout", minutes)

    def get_timeout(self) -> int | None:
        """Return after how many minutes a frame is stopped, or None."""
        minutes = self.get_arg("timeout")
        return None if minutes is None else int(minutes)

    def set_tags(self, tags: str | Iterable[str]) -> None:
        """Say which hosts may run the layer: tags in a list, or in text with ``|`` between."""
        self.set_arg("tags", tags)

    def get_tags(self) -> list[str]:
        """Return the tags of the hosts that may run the layer."""
        return list(self.get_arg("tags", []))

    def get_service(self) -> str:
        """Return the services as text, commas between."""
        return self._default_service if self._service is None else self._service

    def set_service(self, service: str) -> None:
        """Set the service, or several with commas between; the first one OpenCue knows gives the defaults."""
        if not isinstance(service, str) or not check_names(self._thing(), "service", service):
            raise InvalidSettingError(
                thing=self._thing(),
                setting="service",
                value=service,
                advice="give a name such as 'nuke'",
            )
        self._service = service

    def get_services(self) -> list[str]:
        """Return the services as a list."""
        return check_names(self._thing(), "service", self.get_service())

    def get_limits(self) -> list[str] | None:
        """Return the names of the limits, or None."""
        return self._limits

    def set_limits(self, limits: str | Iterable[str]) -> None:
        """Say which limits (licences, for example) a frame takes one of each."""
        self._limits = check_names(self._thing(), "limits", limits)

    def set_env(self, key: str, value: str) -> None:
        """Set an environment variable for the layer's frames."""
        key, value = check_env(self._thing(), key, value)
        self._env[key] = value

    def get_env(self, key: str, default: str | None = None) -> str | None:
        """Return an environment variable of the layer."""
        return self._env.get(key, default)

    def get_envs(self) -> dict[str, str]:
        """Return the environment variables of the layer; a copy."""
        return dict(self._env)

    # Frames.

    def get_chunk_size(self) -> int:
        """Return how many frames one process executes."""
        return int(self._args["chunk"])

    def set_chunk_size(self, size: int) -> None:
        """Say how many frames one process executes, at least 1."""
        self._args["chunk"] = check_chunk(self._thing(), size)

    def set_chunk(self, size: int) -> None:
        """Say how many frames one process executes, at least 1."""
        self.set_chunk_size(size)

    def get_chunk(self) -> int:
        """Return how many frames one process executes."""
        return self.get_chunk_size()

    def set_frame_range(self, frame_range: Any) -> None:
        """Set the frames of the layer: range text, a number, or numbers."""
        self._args["range"] = check_range(self._thing(), frame_range)

    def get_frame_range(self) -> str | None:
        """Return the layer's own range as far as the outline's contains it, else the outline's range.

        Returns:
            Range text in the order of the layer's own; None when the two have no frame in common.
        """
        outline = self.find_outline()
        wanted = outline.get_frame_range() if outline is not None else None
        own = self.get_arg("range")
        if own is None:
            from outline.constants import FRAME_RANGE_FIRST, FRAME_RANGE_LAST
            from outline.frames import format_frames

            return wanted or format_frames(range(FRAME_RANGE_FIRST, FRAME_RANGE_LAST + 1))
        return str(own) if wanted is None else _intersection(own, wanted)

    def get_tasks(self) -> Tasks:
        """Return the frames of the layer, cut into chunks.

        Raises:
            EmptyRangeError: The ranges of layer and outline have no frame in common.
        """
        text = self.get_frame_range()
        if text is None:
            outline = self.get_outline()
            raise EmptyRangeError(
                layer=self.get_name(),
                layer_range=self.get_arg("range"),
                outline=outline.get_name(),
                outline_range=outline.get_frame_range(),
            )
        return Tasks(parse_range(text), self.get_chunk_size())

    def get_local_frame_set(self, start_frame: int) -> FrameSet:
        """Return the frames of the chunk that begins with a frame.

        Raises:
            LayerException: No chunk of the layer begins with it.
        """
        tasks = self.get_tasks()
        task = tasks.task_of(int(start_frame))
        if task is None or tasks.head(task) != int(start_frame):
            raise LayerException(
                f"layer {self.get_name()!r}: no chunk begins with frame {start_frame}; "
                f"its range is {self.get_frame_range()}, its chunk size {tasks.chunk}"
            )
        return FrameSet(tasks.members(task))

    # Dependencies.

    def depend_on(
        self,
        on_layer: Layer | str,
        depend_type: str = DependType.FRAME_BY_FRAME,
        propigate: bool = False,
        any_frame: bool = False,
    ) -> None:
        """Wait for another layer.

        Args:
            on_layer: The layer to wait for, or its name.
            depend_type: How; see `outline.depend.DependType`.
            propigate: Recorded; see `outline.depend.Depend`.
            any_frame: One succeeded frame is enough.

        Raises:
            UnknownLayerError: There is no layer of that name.
            DependencyCycleError: That layer waits for this one.
            OutlineException: There is no such depend type.
        """
        on = self._find_now(on_layer)
        depend = Depend(self, on, depend_type, propigate, any_frame)
        key = (depend.get_depend_on_name(), depend.get_type())
        if any(key == (each.get_depend_on_name(), each.get_type()) for each in self._depends):
            return
        self._refuse_cycle(on, depend)
        self._depends.append(depend)
        if isinstance(on, Layer):
            on._is_awaited = True

    def _find_now(self, on_layer: Layer | str) -> Layer | str:
        if isinstance(on_layer, Layer):
            return on_layer
        if not isinstance(on_layer, str):
            raise LayerException(
                f"{self._thing()} cannot depend on {on_layer!r}; give a layer or the name of one"
            )
        return on_layer if self.find_outline() is None else self.find_depend_target(on_layer)

    def find_depend_target(self, name: str) -> Layer:
        """Return the layer of a name this layer waits for; raises UnknownLayerError."""
        outline = self.get_outline()
        layer = outline.find_layer(name)
        if layer is None:
            raise UnknownLayerError(
                thing=f"layer {self.get_name()!r} depends on {name!r}",
                name=name,
                outline=outline.get_name(),
                advice=f"its layers: {outline.describe_layers()}",
            )
        return layer

    def _refuse_cycle(self, on: Layer | str, depend: Depend) -> None:
        """Raise for a cycle that is near; setup finds the others."""
        if isinstance(on, str) or depend.get_type().kind is EdgeKind.PREVIOUS_FRAME:
            return
        path: list[Any] | None = None
        if on is self or (self._is_awaited and on._depends):
            from outline.graph import find_path

            path = find_path(on, self, Layer._plain_targets, most=_LOOK_AHEAD)
        if path is not None:
            outline = self.find_outline()
            names = [self.get_name(), *(layer.get_name() for layer in path)]
            raise DependencyCycleError(
                outline=outline.get_name() if outline else "", path=" -> ".join(names)
            )

    def _plain_targets(self) -> list[Layer]:
        """Return the layers this one waits for in ways that cannot be part of a loop over frames."""
        return [
            each._on
            for each in self._depends
            if isinstance(each._on, Layer) and each.get_type().kind is not EdgeKind.PREVIOUS_FRAME
        ]

    def depend_all(
        self, on_layer: Layer | str, propigate: bool = False, any_frame: bool = False
    ) -> None:
        """Wait until every frame of another layer has succeeded; see `depend_on`."""
        self.depend_on(on_layer, DependType.LayerOnLayer, propigate, any_frame)

    def depend_previous(self, on_layer: Layer | str) -> None:
        """Make each frame wait for the previous frame of another layer, or of this one."""
        self.depend_on(on_layer, DependType.PreviousFrame)

    def depend_finished(self, on_layer: Layer | str) -> None:
        """Wait until every frame of another layer has ended for good, succeeded or not."""
        self.depend_on(on_layer, DependType("LAYER_ON_LAYER", FINISHED))

    def undepend(self, depend: Depend) -> None:
        """Take back a depend."""
        if depend in self._depends:
            self._depends.remove(depend)

    def get_depends(self) -> list[Depend]:
        """Return what this layer waits for, in the order it was said."""
        return list(self._depends)

    def get_dependents(self) -> list[Depend]:
        """Return the depends of other layers on this one."""
        layers = self.get_outline().get_layers()
        return [
            each
            for layer in layers
            for each in layer.get_depends()
            if each.get_depend_on_layer() is self
        ]

    def setup_depends(self) -> None:
        """Turn ``require`` arguments and names into depends on layers.

        Raises:
            UnknownLayerError: A layer that is named or given is not in this outline.
        """
        require = self.get_arg("require", [])
        for text in [require] if isinstance(require, str) else require:
            name, depend_type = parse_require_str(str(text))
            self.depend_on(name, depend_type)
        for depend in self._depends:
            target = self.find_depend_target(depend.get_depend_on_name())
            if isinstance(depend._on, Layer) and depend._on is not target:
                raise UnknownLayerError(
                    thing=f"layer {self.get_name()!r} depends on a layer {target.get_name()!r} of another outline",
                    name=target.get_name(),
                    outline=self.get_outline().get_name(),
                    advice="depend on the layer that was added to this outline",
                )
            depend.bind(target)

    # Session.

    def _live_session(self) -> Session | None:
        outline = self.find_outline()
        return outline.find_session() if outline is not None else None

    def get_session(self) -> Session:
        """Return the session; raises SessionException before setup."""
        return self.get_outline().get_session()

    def get_path(self) -> str:
        """Return the layer's directory in the session; before setup the one it will have."""
        session = self._live_session()
        if session is not None:
            return session.get_path(self)
        outline = self.find_outline()
        if outline is None:
            raise NoSessionError(
                thing=self._thing(),
                advice="add the layer to an outline first: outline.add_layer(layer)",
            )
        return os.path.join(outline.reserve_session_path(), "layers", self.get_name())

    def put_file(self, src: Any, rename: str | None = None) -> str | None:
        """Copy a file into the layer's directory; before setup it is copied by setup.

        Returns:
            Its path in the session; None while the layer is in no outline.

        Raises:
            SessionException: There is no such file, or its name is unsafe.
        """
        return self._put(src, rename, link=False)

    def sym_file(self, src: Any, rename: str | None = None) -> str | None:
        """Make a symlink in the layer's directory, as `put_file` does for big files."""
        return self._put(src, rename, link=True)

    def _put(self, src: Any, rename: str | None, *, link: bool) -> str | None:
        session = self._live_session()
        if session is not None:
            return (session.sym_file if link else session.put_file)(src, layer=self, rename=rename)
        name = self._stage.put_file(self._thing(), src, rename, link=link)
        return None if self.find_outline() is None else os.path.join(self.get_path(), name)

    def get_file(self, name: str, check: bool = True, new: bool = False) -> str:
        """Return the path of a file in the layer's directory; before setup the one it will have.

        Args:
            name: The name it was stored under.
            check: The file has to be there.
            new: The file has to be absent, because it is about to be made.

        Raises:
            SessionException: ``check`` or ``new`` is not met.
        """
        session = self._live_session()
        if session is not None:
            return session.get_file(name, layer=self, check=check, new=new)
        return self._stage.future_file(self._thing(), self.get_path(), name, check=check, new=new)

    def put_data(self, key: str, value: Any, force: bool = False) -> None:
        """Store a value as YAML; before setup it is stored by setup.

        Storing the same value again, as a retried frame does, is fine.

        Raises:
            SessionException: Another value is there and ``force`` is false, or the value has no YAML form.
        """
        session = self._live_session()
        if session is not None:
            session.put_data(key, value, layer=self, force=force)
        else:
            self._stage.put_data(self._thing(), key, value, force=force)

    def get_data(self, key: str) -> Any:
        """Return a stored value; raises SessionException when there is none."""
        session = self._live_session()
        if session is not None:
            return session.get_data(key, layer=self)
        return self._stage.get_data(self._thing(), key)

    # Inputs and outputs.

    def add_input(self, name: str | None, inpt: Any) -> None:
        """Name something the layer reads: a path, a FileSpec or text; without a name it is called input0, ..."""
        self._add_path(self._inputs, "input", name, inpt)

    def add_output(self, name: str | None, output: Any) -> None:
        """Name something the layer writes: a path, a FileSpec or text; without a name it is called output0, ..."""
        self._add_path(self._outputs, "output", name, output)

    def _add_path(self, paths: dict[str, Path], kind: str, name: str | None, path: Any) -> None:
        from outline.io import Path

        name = name or f"{kind}{len(paths)}"
        if name in paths:
            raise LayerException(
                f"{self._thing()} has an {kind} {name!r} already; use another name"
            )
        paths[name] = path if isinstance(path, Path) else Path(path)

    def get_input(self, name: str) -> Path:
        """Return an input; raises LayerException when there is none of that name."""
        return self._get_path(self._inputs, "input", name)

    def get_output(self, name: str) -> Path:
        """Return an output; raises LayerException when there is none of that name."""
        return self._get_path(self._outputs, "output", name)

    def _get_path(self, paths: dict[str, Path], kind: str, name: str) -> Path:
        if name not in paths:
            known = ", ".join(paths) or "none"
            raise LayerException(f"{self._thing()} has no {kind} {name!r}; there are: {known}")
        return paths[name]

    def get_inputs(self) -> dict[str, Path]:
        """Return the inputs by name."""
        return self._inputs

    def get_outputs(self) -> dict[str, Path]:
        """Return the outputs by name."""
        return self._outputs

    def set_input_attribute(self, name: str, value: Any) -> None:
        """Set an attribute of every input."""
        for path in self._inputs.values():
            path.set_attribute(name, value)

    def set_output_attribute(self, name: str, value: Any) -> None:
        """Set an attribute of every output."""
        for path in self._outputs.values():
            path.set_attribute(name, value)

    def check_input(self, frame_set: FrameSet | None = None) -> None:
        """Check that every input with attribute ``checked`` exists; raises LayerException."""
        self._check_paths(self._inputs, "input", frame_set)

    def check_output(self, frame_set: FrameSet | None = None) -> None:
        """Check that every output with attribute ``checked`` exists; raises LayerException."""
        self._check_paths(self._outputs, "output", frame_set)

    def _check_paths(self, paths: dict[str, Path], kind: str, frames: FrameSet | None) -> None:
        if self.get_arg("nocheck"):
            return
        for name, path in paths.items():
            if path.get_attribute("checked") and not path.exists(frames):
                raise LayerException(
                    f"layer {self.get_name()!r}: {kind} {name!r} is not there: {path}"
                )

    def load_outputs(self) -> None:
        """Take over the outputs that pre-processes of this layer announced."""
        for process in self.get_preprocess_layers():
            for name, path in process.announced_outputs().items():
                self._outputs.setdefault(name, path)

    # Setup and execution.

    def setup(self) -> None:
        """Check the layer and run its ``_setup`` and that of its children; `Outline.setup` calls it."""
        self.check_required_args()
        self._check_cores()
        self._setup()
        self._emit(event.SETUP)
        for child in self._children:
            child.setup()

    def _check_cores(self) -> None:
        least, most = self.get_min_cores(), self.get_max_cores()
        if least is not None and most is not None and most < least:
            raise InvalidSettingError(
                thing=self._thing(),
                setting="max_cores",
                value=most,
                advice=f"it is below the {least:g} cores of set_min_cores",
            )

    def carry_out_stage(self, session: Session) -> None:
        """Store what was put before there was a session."""
        self._stage.carry_out(session, self)
        for child in self._children:
            child.carry_out_stage(session)

    def clear_stage(self) -> None:
        """Forget what `carry_out_stage` has stored, once setup has succeeded."""
        self._stage.clear()
        for child in self._children:
            child.clear_stage()

    def setup_args_override(self) -> None:
        """Apply the arguments stored in the session under ``args_override``, if any."""
        session = self._live_session()
        if session is not None and session.has_data("args_override", layer=self):
            for key, value in self.get_data("args_override").items():
                self.set_arg(key, value)

    def execute(self, frame: int) -> None:
        """Execute the chunk that begins with a frame, here and now.

        Raises:
            LayerException: No chunk begins with it, or an input or output is missing.
        """
        frames = self.get_local_frame_set(frame)
        self._set_environment(frames)
        self.execute_frames(frames)

    def execute_frames(self, frames: FrameSet) -> None:
        """Execute some frames and, after them, the children for the same frames."""
        self.setup_args_override()
        self.load_outputs()
        for path in self._outputs.values():
            if path.get_attribute("mkdir"):
                path.mkdir()
        self.before_execute()
        self.check_input(frames)
        self._execute(frames)
        for child in self._children:
            child.execute_frames(frames)
        self.after_execute()
        self.check_output(frames)

    def _set_environment(self, frames: FrameSet) -> None:
        from outline.environment import apply

        apply(self, frames)

    @staticmethod
    def system(cmd: Any, ignore_error: bool = False, frame: int | None = None) -> int:
        """Run a command; see `outline.io.system`."""
        from outline import io

        return io.system(cmd, ignore_error, frame)

    @staticmethod
    def get_temp_dir() -> str:
        """Return the directory for temporary files."""
        import tempfile

        return tempfile.gettempdir()

    def __str__(self) -> str:
        return self.get_name()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.get_name()!r} type={self._type.value!r}>"


def _example(key: str) -> str:
    return {"command": '["blender", "-f", "#IFRAME#"]', "commands": '[["ls"], ["pwd"]]'}.get(
        key, "..."
    )


def _intersection(own: str, wanted: str) -> str | None:
    """Return the frames of ``own`` that ``wanted`` has too, as range text in the order of ``own``."""
    if own == wanted:
        return own
    from outline.frames import format_frames

    mine, theirs = parse_range(own), parse_range(wanted)
    allowed = theirs if isinstance(theirs, range) else frozenset(theirs)
    common = [number for number in mine if number in allowed]
    if len(common) == len(mine):
        return own
    return format_frames(common) if common else None


class Frame(Layer):
    """A layer of one frame: the first of its own range, else the first of the outline."""

    def get_frame_range(self) -> str | None:
        """Return the one frame, as text."""
        text = super().get_frame_range()
        return None if text is None else str(parse_range(text)[0])


class LayerProcess(Frame):
    """A layer of one frame that belongs to another layer, its creator.

    Args:
        creator: The layer; or a name, when `Layer.add_child` will say which layer.
        **args: As for `Layer`; ``suffix`` names it behind the creator's name.
    """

    _default_type = LayerType.UTIL
    _suffix = ""
    _loaded_range: str | None = None
    """The frame, when the layer was read from a session: its creator need not be read for it."""

    def __init__(self, creator: Layer | str, **args: Any) -> None:
        self._creator: Layer | str | None = None
        suffix = args.pop("suffix", self._suffix)
        if isinstance(creator, Layer):
            super().__init__(f"{creator.get_name()}_{suffix}", **args)
            self._join(creator, suffix)
        else:
            super().__init__(creator, **args)

    def wants_registration(self) -> bool:
        """Tell whether it may join the current outline: not before its creator is known."""
        return self._creator is not None and super().wants_registration()

    def attach(self, creator: Layer, alias: str) -> None:
        """Become the process of a layer, named ``<creator>_<alias>``.

        Raises:
            LayerException: It belongs to another layer already.
        """
        if self._creator is creator:
            return
        if self._creator is not None:
            raise LayerException(f"{self._thing()} belongs to layer {self._creator} already")
        outline = self.find_outline()
        if outline is not None:
            outline.remove_layer(self)
        self.set_name(f"{creator.get_name()}_{alias}")
        self._join(creator, alias)
        self.after_parented(creator)

    def _join(self, creator: Layer, alias: str) -> None:
        self._creator = creator
        creator.adopt_process(alias, self)
        self._link(creator)

    def _link(self, creator: Layer) -> None:
        raise NotImplementedError

    def get_creator(self) -> Layer:
        """Return the layer it belongs to; raises LayerException when that is not known yet."""
        if self._creator is None:
            raise LayerException(
                f"{self._thing()} belongs to no layer yet; call layer.add_child(it)"
            )
        return self._resolve_process(self._creator)

    def get_frame_range(self) -> str | None:
        """Return the first frame of the creator, as text."""
        if self._loaded_range is not None:
            return self._loaded_range
        if self._creator is None:
            return super().get_frame_range()
        text = self.get_creator().get_frame_range()
        return None if text is None else str(parse_range(text)[0])


class LayerPreProcess(LayerProcess):
    """Runs once, before any frame of its layer.

    Both spellings work: ``render.add_child(LayerPreProcess("prepare"))`` and ``LayerPreProcess(render)``.
    What it stores is read with ``render.get_child("prepare").get_data(key)``.
    """

    _default_service = "preprocess"
    _suffix = "preprocess"

    def _link(self, creator: Layer) -> None:
        creator.depend_all(self)

    def execute_frames(self, frames: FrameSet) -> None:
        """Execute, then announce the outputs to the creator."""
        super().execute_frames(frames)
        if self._outputs and self._live_session() is not None:
            from outline.io import path_to_data

            announced = {name: path_to_data(path) for name, path in self._outputs.items()}
            self.put_data("ol:outputs", announced, force=True)

    def announced_outputs(self) -> dict[str, Path]:
        """Return the outputs it announced, by name."""
        session = self._live_session()
        if session is None or not session.has_data("ol:outputs", layer=self):
            return {}
        from outline.io import path_from_data

        stored: dict[str, Any] = self.get_data("ol:outputs")
        return {name: path_from_data(each) for name, each in stored.items()}


class LayerPostProcess(LayerProcess):
    """Runs once, after all frames of its layer have succeeded."""

    _suffix = "postprocess"

    def __init__(self, creator: Layer | str, propigate: bool = True, **args: Any) -> None:
        self._propigate = propigate
        super().__init__(creator, **args)

    def _link(self, creator: Layer) -> None:
        self.depend_all(creator, propigate=self._propigate)


class OutlinePostCommand(Frame):
    """Runs once after the job has ended, whatever its outcome."""

    _default_type = LayerType.POST
    _default_service = "postprocess"
