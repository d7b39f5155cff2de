"""Layers: what a job consists of, and the processes that run before, after and around them."""

from __future__ import annotations

from outline import event
from outline._layer.storage import Storage
from outline.constants import DEFAULT_FRAME_RANGE, LAYER_TYPES, LayerType
from outline.depend import Depend
from outline.exception import (
    InvalidSettingError,
    LayerException,
    ModeError,
    UnknownLayerError,
)
from outline.frames import parse_range
from outline.jobspec.names import check_name
from outline.session import Stage
from outline.util import FrameSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from outline.io import Path
    from outline.loader import Outline
    from outline.session import Session


__all__ = [
    "DEFAULT_FRAME_RANGE",
    "Frame",
    "Layer",
    "LayerPostProcess",
    "LayerPreProcess",
    "LayerProcess",
    "LayerType",
    "OutlinePostCommand",
]

_ANNOUNCED = "ol:outputs"
"""Where a pre-process stores its outputs for its creator; PyOutline's key."""


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


class Layer(Storage, metaclass=LayerMeta):
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

    # Name, type, family.

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

    def setup_depends(self) -> None:
        """Turn ``require`` arguments and names into depends; a pre-process waits for "any frame" of others too.

        Raises:
            UnknownLayerError: A layer that is named or given is not in this outline.
        """
        super().setup_depends()
        for depend in self._depends:
            if depend.is_any_frame():
                for process in self.get_preprocess_layers():
                    process.depend_on(depend.get_depend_on_layer(), any_frame=True)

    # Setup and execution.

    def load_outputs(self) -> None:
        """Take over the outputs that pre-processes of this layer announced."""
        session = self._live_session()
        if session is None or not self._processes:
            return
        from outline.io import path_from_data

        for process in map(
            str, self._processes.values()
        ):  # by name: their classes need not be loaded
            if session.has_data(_ANNOUNCED, layer=process):
                stored: dict[str, Any] = session.get_data(_ANNOUNCED, layer=process)
                for name, each in stored.items():
                    self._outputs.setdefault(name, path_from_data(each))

    def setup(self) -> None:
        """Check the layer and run its ``_setup`` and that of its children; `Outline.setup` calls it."""
        self.check_required_args()
        self._check_cores()
        self._setup()
        self._check_skip()
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

    def _check_skip(self) -> None:
        if self.get_arg("skip_existing") and not self._outputs:
            raise InvalidSettingError(
                thing=self._thing(),
                setting="skip_existing",
                value=True,
                advice="say what its frames make with layer.add_output(name, path)",
            )

    def carry_out_stage(self, session: Session) -> None:
        """Store what was put before there was a session."""
        self._stage.carry_out(session, self)
        for child in self._children:
            child.carry_out_stage(session)

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
        from outline._layer.environment import apply

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
            self.put_data(_ANNOUNCED, announced, force=True)


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
