"""The arguments of a layer: resources, environment, frames."""

from __future__ import annotations

from outline._layer.part import Part
from outline._layer.settings import (
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
from outline.constants import DEFAULT_FRAME_RANGE, LAYER_TYPES, LayerType
from outline.exception import (
    EmptyRangeError,
    InvalidSettingError,
    LayerException,
    MissingArgumentError,
)
from outline.frames import Tasks, parse_range
from outline.util import FrameSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from outline._layer.protocols import AnyLayer


class Arguments(Part):
    """What can be set on a layer, each checked as it is set."""

    def __init__(self, layer: AnyLayer) -> None:
        super().__init__(layer)
        self.env: dict[str, str] = {}
        self.required: dict[str, Any] = {}
        self.service: str | None = None
        self.limits: list[str] | None = None
        self.type = LayerType.RENDER
        self.args: dict[str, Any] = {}

    def get_default_args(self, merge: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the arguments before any is set: built in, then section ``[ClassName]`` of outline.cfg, then ``merge``."""
        from outline import config

        args: dict[str, Any] = {"register": True, "chunk": 1, "range": None}
        args.update(config.class_defaults(type(self.layer).__name__))
        args.update(merge or {})
        return args

    def get_arg(self, key: str, default: Any = None) -> Any:
        """Return an argument, or ``default`` when it is not set."""
        value = self.args.get(key)
        return default if value is None else value

    def set_arg(self, key: str, value: Any) -> None:
        """Set an argument.

        Raises:
            InvalidSettingError: It is one that is checked, and the value cannot mean anything.
        """
        if key == "service" and value is not None:
            self.layer.set_service(value)
        elif key == "limits" and value is not None:
            self.layer.set_limits(value)
        else:
            self._check_type(key, value)
            self.args[key] = check_argument(self.layer._thing(), key, value)

    def _check_type(self, key: str, value: Any) -> None:
        """Raise for a value that is not of the type `require_arg` asked for."""
        rtype = self.required.get(key)
        if rtype is not None and value is not None and not isinstance(value, rtype):
            raise InvalidSettingError(
                thing=self.layer._thing(), setting=key, value=value, remedy=f"give {rtype}"
            )

    def set_default_arg(self, key: str, value: Any) -> None:
        """Set an argument unless it is set already."""
        if not self.layer.is_arg_set(key):
            self.layer.set_arg(key, value)

    def is_arg_set(self, key: str) -> bool:
        """Tell whether an argument is set."""
        return key in self.args

    def get_args(self) -> dict[str, Any]:
        """Return the arguments; a copy."""
        return dict(self.args)

    def copy_args_from(self, layer: AnyLayer, *names: str) -> None:
        """Take over arguments of another layer, all or those named."""
        for key, value in layer.get_args().items():
            if not names or key in names:
                self.layer.set_arg(key, value)

    def require_arg(self, key: str, rtype: Any = None) -> None:
        """Say that an argument has to be set by setup, and of which type."""
        self.required[key] = rtype

    def check_required_args(self) -> None:
        """Check what `require_arg` asked for.

        Raises:
            MissingArgumentError: An argument is not set.
            InvalidSettingError: An argument has another type.
        """
        for key in self.required:
            value = self.args.get(key)
            if value is None or value in ("", [], ()):
                raise MissingArgumentError(
                    layer=self.layer.get_name(), argument=key, example=_example(key)
                )
            self._check_type(key, value)

    def get_type(self) -> LayerType:
        """Return Render, Util or Post."""
        return self.type

    def set_type(self, t: str) -> None:
        """Set the type: Render, Util or Post.

        Raises:
            InvalidSettingError: It is none of these.
        """
        try:
            self.type = LayerType(str(t).capitalize())
        except ValueError:
            raise InvalidSettingError(
                thing=self.layer._thing(),
                setting="type",
                value=t,
                remedy=f"one of {', '.join(LAYER_TYPES)}",
            ) from None

    # Resources.

    def set_min_cores(self, cores: float) -> None:
        """Reserve a number of cores, whole or fractional, per frame; 0 is a whole host, see argument ``cores`` for less."""
        self.layer.set_arg(
            "cores", cores if cores is None else check_cores(self.layer._thing(), "cores", cores)
        )

    def set_cores(self, cores: float) -> None:
        """Reserve a number of cores, whole or fractional, per frame."""
        self.layer.set_arg("cores", cores)

    def get_min_cores(self) -> float | None:
        """Return the reserved cores, or None when the service decides."""
        cores = self.layer.get_arg("cores", self.layer.get_arg("threads"))
        return None if cores is None else float(cores)

    def set_max_cores(self, cores: float) -> None:
        """Say how many cores a frame may use at most."""
        self.layer.set_arg("max_cores", check_cores(self.layer._thing(), "max_cores", cores))

    def check_cores(self) -> None:
        """Raise InvalidSettingError when fewer cores may be used than are reserved."""
        least, most = self.layer.get_min_cores(), self.layer.get_max_cores()
        if least is not None and most is not None and most < least:
            raise InvalidSettingError(
                thing=self.layer._thing(),
                setting="max_cores",
                value=most,
                remedy=f"it is below the {least:g} cores of set_min_cores",
            )

    def get_max_cores(self) -> float | None:
        """Return how many cores a frame may use at most, or None."""
        cores = self.layer.get_arg("max_cores")
        return None if cores is None else float(cores)

    def set_min_memory(self, memory: float) -> None:
        """Reserve memory per frame, in MB."""
        megabytes = check_number(self.layer._thing(), "memory", memory, unit="MB")
        self.layer.set_arg("memory", memory_text(megabytes))

    def set_memory(self, memory: float | str) -> None:
        """Reserve memory per frame: a number of MB, or text with a unit such as ``4g``."""
        if isinstance(memory, str) and not memory.strip().replace(".", "", 1).isdigit():
            self.layer.set_arg("memory", memory)
        else:
            self.layer.set_min_memory(float(memory))

    def get_min_memory(self) -> int | None:
        """Return the reserved memory in MB, or None when the service decides."""
        text = self.layer.get_arg("memory")
        return None if text is None else memory_mb(text)

    def set_gpus(self, gpus: int) -> None:
        """Reserve GPUs per frame."""
        self.layer.set_arg("gpus", gpus)

    def set_retry_count(self, retries: int) -> None:
        """Say how often a frame that failed is tried again, 0 to 16."""
        self.layer.set_arg("retries", retries)

    def get_retry_count(self) -> int | None:
        """Return how often a frame that failed is tried again, or None when the job decides."""
        retries = self.layer.get_arg("retries")
        return None if retries is None else int(retries)

    def set_timeout(self, minutes: float) -> None:
        """Stop a frame that runs longer than this many minutes; 0 is no limit."""
        self.layer.set_arg("timeout", minutes)

    def get_timeout(self) -> int | None:
        """Return after how many minutes a frame is stopped, or None."""
        minutes = self.layer.get_arg("timeout")
        return None if minutes is None else int(minutes)

    def set_start_after(self, start_after: Any) -> None:
        """Start no frame before a time, such as ``"2026-11-22T03:00"``, or a delay after the launch, such as ``"2h"``."""
        self.layer.set_arg("start_after", start_after)

    def get_start_after(self) -> Any:
        """Return before when no frame starts, as it was set, or None."""
        return self.layer.get_arg("start_after")

    def set_tags(self, tags: str | Iterable[str]) -> None:
        """Say which hosts may run the layer: tags in a list, or in text with ``|`` between."""
        self.layer.set_arg("tags", tags)

    def get_tags(self) -> list[str]:
        """Return the tags of the hosts that may run the layer."""
        return list(self.layer.get_arg("tags", []))

    def get_service(self) -> str:
        """Return the services as text, commas between."""
        return self.layer._default_service if self.service is None else self.service

    def set_service(self, service: str) -> None:
        """Set the service, or several with commas between; the first one OpenCue knows gives the defaults."""
        if not isinstance(service, str) or not check_names(self.layer._thing(), "service", service):
            raise InvalidSettingError(
                thing=self.layer._thing(),
                setting="service",
                value=service,
                remedy="give a name such as 'nuke'",
            )
        self.service = service

    def get_services(self) -> list[str]:
        """Return the services as a list."""
        return check_names(self.layer._thing(), "service", self.layer.get_service())

    def get_limits(self) -> list[str] | None:
        """Return the names of the limits, or None."""
        return self.limits

    def set_limits(self, limits: str | Iterable[str]) -> None:
        """Say which limits (licences, for example) a frame takes one of each."""
        self.limits = check_names(self.layer._thing(), "limits", limits)

    def set_env(self, key: str, value: object) -> None:
        """Set an environment variable for the layer's frames; numbers and paths become text."""
        key, value = check_env(self.layer._thing(), key, value)
        self.env[key] = value

    def get_env(self, key: str, default: str | None = None) -> str | None:
        """Return an environment variable of the layer."""
        return self.env.get(key, default)

    def get_envs(self) -> dict[str, str]:
        """Return the environment variables of the layer; a copy."""
        return dict(self.env)

    # Frames.

    def get_chunk_size(self) -> int:
        """Return how many frames one process executes."""
        return int(self.args["chunk"])

    def set_chunk_size(self, size: int) -> None:
        """Say how many frames one process executes, at least 1."""
        self.args["chunk"] = check_chunk(self.layer._thing(), size)

    def set_chunk(self, size: int) -> None:
        """Say how many frames one process executes, at least 1."""
        self.layer.set_chunk_size(size)

    def get_chunk(self) -> int:
        """Return how many frames one process executes."""
        return self.layer.get_chunk_size()

    def set_frame_range(self, frame_range: Any) -> None:
        """Set the frames of the layer: range text, a number, or numbers."""
        self.args["range"] = check_range(self.layer._thing(), frame_range)

    def get_frame_range(self) -> str | None:
        """Return the layer's own range as far as the outline's contains it, else the outline's range.

        Returns:
            Range text in the order of the layer's own; None when the two have no frame in common.
        """
        outline = self.layer.find_outline()
        wanted = outline.get_frame_range() if outline is not None else None
        own = self.layer.get_arg("range")
        if own is None:
            return wanted or DEFAULT_FRAME_RANGE
        return str(own) if wanted is None else _intersection(own, wanted)

    def get_tasks(self) -> Tasks:
        """Return the frames of the layer, cut into chunks.

        Raises:
            EmptyRangeError: The ranges of layer and outline have no frame in common.
        """
        text = self.layer.get_frame_range()
        if text is None:
            outline = self.layer.get_outline()
            raise EmptyRangeError(
                layer=self.layer.get_name(),
                layer_range=self.layer.get_arg("range"),
                outline=outline.get_name(),
                outline_range=outline.get_frame_range(),
            )
        return Tasks(parse_range(text), self.layer.get_chunk_size())

    def get_local_frame_set(self, start_frame: int) -> FrameSet:
        """Return the frames of the chunk that begins with a frame.

        One in the middle of a chunk stands for the rest of it, one that the layer does not have for itself.
        """
        tasks, start = self.layer.get_tasks(), int(start_frame)
        task = tasks.task_of(start)
        if task is None:
            return FrameSet([start])
        members = list(tasks.members(task))
        return FrameSet(members[members.index(start) :])


def require_head(layer: AnyLayer, frame: int) -> None:
    """Raise LayerException unless a chunk of a layer begins with a frame."""
    tasks = layer.get_tasks()
    task = tasks.task_of(frame)
    if task is None or tasks.head(task) != frame:
        raise LayerException(
            f"layer {layer.get_name()!r}: no chunk begins with frame {frame}; "
            f"its range is {layer.get_frame_range()}, its chunk size {tasks.chunk}"
        )


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
