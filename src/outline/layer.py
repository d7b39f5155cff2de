"""Layers: what a job consists of, and the processes that run before, after and around them."""

from __future__ import annotations

from outline import event
from outline._layer.arguments import Arguments
from outline._layer.dependencies import Dependencies
from outline._layer.family import Family, require_layer
from outline._layer.part import CarriedOutBy
from outline._layer.parts import Parts
from outline._layer.storage import Paths, Storage
from outline.constants import DEFAULT_FRAME_RANGE, LayerType
from outline.exception import LayerException
from outline.frames import parse_range
from outline.jobspec.names import check_name
from outline.util import FrameSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Self

    from outline._layer.signature import LayerSignature as _Signature
    from outline.loader import Outline
    from outline.session import Session
else:
    _Signature = object

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

_family, _depends, _arguments, _paths, _storage = (
    CarriedOutBy(f"_layer_parts.{part}", "outline.layer.Layer")
    for part in ("family", "depends", "arguments", "paths", "storage")
)
LayerMeta = type
"""The class of layer classes in sessions of earlier versions."""


class Layer(_Signature):
    """A named set of frames that are executed in the same way.

    Subclasses override ``_execute(frames)`` and, when they need it, ``_setup``, ``_before_execute``, ``_after_execute``,
    ``_after_init(outline)`` and ``_after_parented(parent)``.

    A layer consists of `outline._layer.parts.Parts`; ``vars(layer)`` is what the subclass added.

    Args:
        name: Unique in its outline, also after OpenCue's normalisation.
        **args: Settings such as ``range``, ``chunk``, ``cores``, ``memory``, ``service``, ``tags``, ``limits``, ``env``,
            ``type``, ``require``, ``retries``, ``timeout`` (minutes); others are kept for the class.

    Raises:
        InvalidNameError: OpenCue could not take the name.
        InvalidSettingError: A setting has a value that cannot mean anything.
    """

    __slots__ = ("__dict__", "__weakref__", "_layer_parts")
    _layer_parts: Parts
    _default_type = LayerType.RENDER
    _default_service = "shell"

    if not TYPE_CHECKING:  # type checkers know every argument

        def __new__(cls, *args: Any, **kwargs: Any) -> Self:
            """Make the parts: a layer that is read from a session does without its constructor."""
            from outline._layer import made  # frames read their layers and make none

            made.prepare(cls)
            self = super().__new__(cls)
            self._layer_parts = Parts(self)
            return self

        def __init__(self, name: str, **args: Any) -> None:
            self._layer_parts.family.name = check_name("layer", name, example="beauty-render")
            self._layer_parts.arguments.type = self._default_type
            self._take_arguments(self.get_default_args(args))

    @classmethod
    def _bare(cls) -> Self:
        """Return a layer without running its constructor: all it holds is in a session."""
        layer = object.__new__(cls)
        layer._layer_parts = Parts(layer)
        return layer

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

    def _thing(self) -> str:
        return f"layer {self._layer_parts.family.name!r}"

    # As data: what goes to the farm.

    def to_data(self) -> dict[str, Any]:
        """Return what of the layer travels to the farm: of its parts, and every attribute its class added."""
        return self._layer_parts.to_data()

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Return a layer from what `to_data` returned; its constructor does not run."""
        layer = cls._bare()
        layer._layer_parts.take_data(data)
        return layer

    def __getstate__(self) -> dict[str, Any]:
        return self._layer_parts.to_data(whole=not self._layer_parts.travels)

    def __setstate__(self, data: Any) -> None:
        self._layer_parts.take_state(data)

    # Hooks and the events around them.

    def _setup(self) -> Any:
        """Do what has to be done before launch; for subclasses."""

    def _execute(self, frames: FrameSet) -> Any:
        """Do the work of some frames; for subclasses."""

    def _before_execute(self) -> Any:
        """Do what has to be done before the frames; for subclasses."""

    def _after_execute(self) -> Any:
        """Do what has to be done after the frames; for subclasses."""

    def _after_init(self, ol: Outline) -> Any:
        """React to joining an outline; for subclasses."""

    def _after_parented(self, parent: Layer) -> Any:
        """React to becoming the child of a layer; for subclasses."""

    def after_init(self, ol: Outline) -> None:
        """Run the hook and the event for joining an outline."""
        event.finish(self._after_init(ol))
        self._layer_parts.emit(event.AFTER_INIT)

    def after_parented(self, parent: Layer) -> None:
        """Run the hook and the event for becoming a child."""
        event.finish(self._after_parented(parent))
        self._layer_parts.emit(event.AFTER_PARENTED)

    def before_execute(self) -> Any:
        """Run the hook and the event before the frames."""
        event.finish(self._before_execute())
        self._layer_parts.emit(event.BEFORE_EXECUTE)

    def after_execute(self) -> Any:
        """Run the hook and the event after the frames."""
        event.finish(self._after_execute())
        self._layer_parts.emit(event.AFTER_EXECUTE)

    def add_event_listener(self, event_type: str, callback: Callable[[Any], object]) -> None:
        """Call ``callback(event)`` at every event of a type; see `outline.event`."""
        self._layer_parts.events.add_event_listener(event_type, callback)

    def get_event_handler(self) -> event.EventHandler:
        """Return the handler of the layer's events."""
        return self._layer_parts.events

    # Name, outline, parent, children, processes.

    get_name = _family(Family.get_name)
    set_name = _family(Family.set_name)
    get_outline = _family(Family.get_outline)
    find_outline = _family(Family.find_outline)
    set_outline = _family(Family.set_outline)
    get_parent = _family(Family.get_parent)
    get_children = _family(Family.get_children)
    get_child = _family(Family.get_child)
    adopt_process = _family(Family.adopt_process)
    get_processes = _family(Family.get_processes)

    def set_parent(self, layer: Layer) -> None:
        """Make this layer run inside the frames of another; see `add_child`.

        Raises:
            LayerException: It is no layer.
        """
        require_layer(layer, f"parent of {self._thing()}")
        self._layer_parts.family.parent = layer
        self.after_parented(layer)

    def add_child(self, layer: Layer) -> None:
        """Make a layer part of this one.

        A pre-process becomes a layer of the job, ``<this>_<its name>``, that runs once before any frame of this one,
        a post-process one that runs after all of them; other layers run inside the frames of this one.

        Raises:
            LayerException: It is no layer, or part of another one already.
        """
        require_layer(layer, f"child of {self._thing()}")
        if layer is self or (layer.get_parent() is not None and layer.get_parent() is not self):
            raise LayerException(f"layer {layer} cannot become a child of layer {self}")
        if isinstance(layer, LayerProcess):
            layer.attach(self, layer.get_name())
        else:
            self._layer_parts.family.adopt_child(layer)

    def get_preprocess_layers(self) -> list[LayerPreProcess]:
        """Return the layers that run before any frame of this one."""
        return [layer for layer in self.get_processes() if isinstance(layer, LayerPreProcess)]

    def add_preprocess_layer(self, preprocess: LayerPreProcess) -> None:
        """Make a pre-process of this layer; the same as `add_child`."""
        self.add_child(preprocess)

    # What it waits for.

    depend_on = _depends(Dependencies.depend_on)
    depend_all = _depends(Dependencies.depend_all)
    depend_previous = _depends(Dependencies.depend_previous)
    depend_finished = _depends(Dependencies.depend_finished)
    undepend = _depends(Dependencies.undepend)
    get_depends = _depends(Dependencies.get_depends)
    get_dependents = _depends(Dependencies.get_dependents)
    find_depend_target = _depends(Dependencies.find_depend_target)
    setup_depends = _depends(Dependencies.setup_depends)

    # Its arguments, resources and frames.

    get_default_args = _arguments(Arguments.get_default_args)
    get_arg = _arguments(Arguments.get_arg)
    set_arg = _arguments(Arguments.set_arg)
    set_default_arg = _arguments(Arguments.set_default_arg)
    is_arg_set = _arguments(Arguments.is_arg_set)
    get_args = _arguments(Arguments.get_args)
    copy_args_from = _arguments(Arguments.copy_args_from)
    require_arg = _arguments(Arguments.require_arg)
    check_required_args = _arguments(Arguments.check_required_args)
    get_type = _arguments(Arguments.get_type)
    set_type = _arguments(Arguments.set_type)
    set_min_cores = _arguments(Arguments.set_min_cores)
    set_cores = _arguments(Arguments.set_cores)
    get_min_cores = _arguments(Arguments.get_min_cores)
    set_max_cores = _arguments(Arguments.set_max_cores)
    get_max_cores = _arguments(Arguments.get_max_cores)
    set_min_memory = _arguments(Arguments.set_min_memory)
    set_memory = _arguments(Arguments.set_memory)
    get_min_memory = _arguments(Arguments.get_min_memory)
    set_gpus = _arguments(Arguments.set_gpus)
    set_retry_count = _arguments(Arguments.set_retry_count)
    get_retry_count = _arguments(Arguments.get_retry_count)
    set_timeout = _arguments(Arguments.set_timeout)
    get_timeout = _arguments(Arguments.get_timeout)
    set_start_after = _arguments(Arguments.set_start_after)
    get_start_after = _arguments(Arguments.get_start_after)
    set_tags = _arguments(Arguments.set_tags)
    get_tags = _arguments(Arguments.get_tags)
    get_service = _arguments(Arguments.get_service)
    set_service = _arguments(Arguments.set_service)
    get_services = _arguments(Arguments.get_services)
    get_limits = _arguments(Arguments.get_limits)
    set_limits = _arguments(Arguments.set_limits)
    set_env = _arguments(Arguments.set_env)
    get_env = _arguments(Arguments.get_env)
    get_envs = _arguments(Arguments.get_envs)
    get_chunk_size = _arguments(Arguments.get_chunk_size)
    set_chunk_size = _arguments(Arguments.set_chunk_size)
    set_chunk = _arguments(Arguments.set_chunk)
    get_chunk = _arguments(Arguments.get_chunk)
    set_frame_range = _arguments(Arguments.set_frame_range)
    get_frame_range = _arguments(Arguments.get_frame_range)
    get_tasks = _arguments(Arguments.get_tasks)
    get_local_frame_set = _arguments(Arguments.get_local_frame_set)

    # What it keeps in the session, and what it reads and writes.

    get_session = _storage(Storage.get_session)
    get_path = _storage(Storage.get_path)
    put_file = _storage(Storage.put_file)
    sym_file = _storage(Storage.sym_file)
    get_file = _storage(Storage.get_file)
    put_data = _storage(Storage.put_data)
    get_data = _storage(Storage.get_data)
    add_input = _paths(Paths.add_input)
    add_output = _paths(Paths.add_output)
    get_input = _paths(Paths.get_input)
    get_output = _paths(Paths.get_output)
    get_inputs = _paths(Paths.get_inputs)
    get_outputs = _paths(Paths.get_outputs)
    set_input_attribute = _paths(Paths.set_input_attribute)
    set_output_attribute = _paths(Paths.set_output_attribute)
    check_input = _paths(Paths.check_input)
    check_output = _paths(Paths.check_output)
    get_checked_outputs = _paths(Paths.get_checked_outputs)

    def load_outputs(self) -> None:
        """Take over the outputs that pre-processes of this layer announced."""
        session = self._layer_parts.storage.find_session()
        if session is not None:  # by name: the classes of the processes need not be loaded
            for process in self._layer_parts.family.process_names():
                self._layer_parts.paths.take_announced(session, process)

    # Setup and execution.

    def setup(self) -> Any:
        """Check the layer and run its ``_setup`` and that of its children; `Outline.setup` calls it."""
        self.check_required_args()
        self._layer_parts.arguments.check_cores()
        event.finish(self._setup())
        self._layer_parts.paths.check_skip()
        self._layer_parts.emit(event.SETUP)
        for child in self._layer_parts.family.children:
            event.finish(child.setup())

    def carry_out_stage(self, session: Session) -> None:
        """Store what was put before there was a session."""
        self._layer_parts.storage.stage.carry_out(session.shelf(self))
        for child in self._layer_parts.family.children:
            child.carry_out_stage(session)

    def setup_args_override(self) -> None:
        """Apply the arguments stored in the session under ``args_override``, if any."""
        shelf = self._layer_parts.storage.shelf()
        if shelf is not None and shelf.has_data("args_override"):
            for key, value in self.get_data("args_override").items():
                self.set_arg(key, value)

    def execute(self, frame: int) -> Any:
        """Execute the chunk that begins with a frame, here and now; see `get_local_frame_set`.

        Raises:
            LayerException: An input or output is missing.
        """
        from outline._layer import environment

        frames = self.get_local_frame_set(frame)
        environment.apply(self, frames)
        event.finish(self.execute_frames(frames))

    def execute_frames(self, frames: FrameSet) -> Any:
        """Execute some frames and, after them, the children for the same frames."""
        self.setup_args_override()
        self.load_outputs()
        self._layer_parts.paths.make_folders()
        event.finish(self.before_execute())
        self.check_input(frames)
        event.finish(self._execute(frames))
        for child in self._layer_parts.family.children:
            event.finish(child.execute_frames(frames))
        event.finish(self.after_execute())
        self.check_output(frames)

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
        return f"<{type(self).__name__} name={self.get_name()!r} type={self.get_type().value!r}>"


class Frame(Layer):
    """A layer of one frame: the first of its own range, else the first of the outline."""

    def get_frame_range(self) -> str | None:
        """Return the one frame, as text."""
        text = super().get_frame_range()
        if text is None or text == DEFAULT_FRAME_RANGE:
            return text
        return str(parse_range(text)[0])


class LayerProcess(Frame):
    """A layer of one frame that belongs to another layer, its creator.

    Args:
        creator: The layer; or a name, when `Layer.add_child` will say which layer.
        **args: As for `Layer`; ``suffix`` names it behind the creator's name.
    """

    _default_type = LayerType.UTIL
    _suffix = ""

    def __init__(self, creator: Layer | str, **args: Any) -> None:
        suffix = args.pop("suffix", self._suffix)
        if isinstance(creator, Layer):
            super().__init__(f"{creator.get_name()}_{suffix}", **args)
            self._join(creator, suffix)
        else:
            super().__init__(creator, **args)

    def wants_registration(self) -> bool:
        """Tell whether it may join the current outline: not before its creator is known."""
        return self._layer_parts.family.creator is not None and super().wants_registration()

    def attach(self, creator: Layer, alias: str) -> None:
        """Become the process of a layer, named ``<creator>_<alias>``.

        Raises:
            LayerException: It belongs to another layer already.
        """
        if self._layer_parts.family.creator is creator:
            return
        if self._layer_parts.family.creator is not None:
            raise LayerException(
                f"{self._thing()} belongs to layer {self._layer_parts.family.creator} already"
            )
        outline = self.find_outline()
        if outline is not None:
            outline.remove_layer(self)
        self.set_name(f"{creator.get_name()}_{alias}")
        self._join(creator, alias)
        self.after_parented(creator)

    def _join(self, creator: Layer, alias: str) -> None:
        self._layer_parts.family.creator = creator
        creator.adopt_process(alias, self)
        self._link(creator)

    def _link(self, creator: Layer) -> None:
        raise NotImplementedError

    def get_creator(self) -> Layer:
        """Return the layer it belongs to; raises LayerException when that is not known yet."""
        if self._layer_parts.family.creator is None:
            raise LayerException(
                f"{self._thing()} belongs to no layer yet; call layer.add_child(it)"
            )
        return self._layer_parts.family.resolve(self._layer_parts.family.creator)

    def get_frame_range(self) -> str | None:
        """Return the first frame of the creator, as text."""
        if self._layer_parts.family.loaded_range is not None:
            return self._layer_parts.family.loaded_range
        if self._layer_parts.family.creator is None:
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

    def execute_frames(self, frames: FrameSet) -> Any:
        """Execute, then announce the outputs to the creator."""
        super().execute_frames(frames)
        if self._layer_parts.storage.find_session() is not None:
            self._layer_parts.paths.announce()


class LayerPostProcess(LayerProcess):
    """Runs once, after all frames of its layer have succeeded."""

    _suffix = "postprocess"

    def __init__(self, creator: Layer | str, propigate: bool = True, **args: Any) -> None:
        self._propigate = propigate
        super().__init__(creator, **args)

    def _link(self, creator: Layer) -> None:
        self.depend_all(creator, propigate=self._propigate)


class OutlinePostCommand(Frame):
    """Runs its ``command`` once after the job has ended, whatever its outcome."""

    _default_type = LayerType.POST
    _default_service = "postprocess"

    def _execute(self, frames: FrameSet) -> Any:
        from outline import io

        if command := self.get_arg("command"):
            known = self._layer_parts.paths.tokens(frames[0], frames)
            io.run_with(known, lambda: self.system(command, frame=frames[0]))
