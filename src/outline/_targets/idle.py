"""Which layers have frames that would do nothing: their class says no work, and nothing else does."""

from __future__ import annotations

from outline._layer.parts import parts_of
from outline.layer import Layer, LayerPreProcess, OutlinePostCommand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

IDLE = "P208"
"""The code that a plan gives them."""
REMEDY = "write its work into _execute(self, frames), or use Shell(name, command=[...])"
_WORK = ("_execute", "_before_execute", "_after_execute", "execute", "execute_frames")


def idle_layers(layers: Iterable[Layer], *, use_pycuerun: bool) -> Iterator[tuple[Layer, str]]:
    """Yield the layers whose frames would do nothing, and what to say of each.

    Args:
        layers: Those to look at.
        use_pycuerun: Frames run what their class says; else the command of their layer, where it has one.
    """
    for layer in layers:
        runs_command = not use_pycuerun and layer.get_arg("command")
        if not runs_command and _is_idle(layer):
            kind = type(layer).__name__
            name = layer.get_name()
            yield layer, f"layer {name}: class {kind} has no _execute, so its frames do nothing"


def _is_idle(layer: Layer) -> bool:
    cls = type(layer)
    if issubclass(cls, OutlinePostCommand) and layer.get_arg("command"):
        return False
    plain = next(
        each for each in (LayerPreProcess, OutlinePostCommand, Layer) if issubclass(cls, each)
    )
    own = vars(layer)  # a constructor may set them too
    if any(name in own or getattr(cls, name) is not getattr(plain, name) for name in _WORK):
        return False
    if layer.get_inputs() or layer.get_outputs() or layer.get_event_handler().has_listeners():
        return False
    is_filled = bool(parts_of(layer).storage.stage)  # it is there for what it stores
    return not is_filled and all(_is_idle(child) for child in layer.get_children())
