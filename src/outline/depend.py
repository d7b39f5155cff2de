"""How layers wait for each other."""

from __future__ import annotations

from outline.exception import OutlineException
from outline.frames import EdgeKind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, ClassVar, Self

    from outline.layer import Layer

SUCCEEDED = "succeeded"
"""The awaited frames have to succeed."""
FINISHED = "finished"
"""The awaited frames have to end for good, whatever the outcome."""


class DependType(str):
    """A way of waiting: text as on OpenCue's wire, and the outcome that is waited for.

    ``LAYER_ON_LAYER`` and PyOutline's ``LayerOnLayer`` differ in that outcome: the first waits until every frame of the
    layer has ended for good, succeeded or not, the second until all have succeeded.
    Plain text such as ``"LAYER_ON_LAYER"`` means what PyOutline means by it.
    """

    outcome: str

    FrameByFrame: ClassVar[DependType]
    """Each frame waits for its counterpart; one without a counterpart for the whole layer."""
    LayerOnLayer: ClassVar[DependType]
    """Every frame waits until all frames of the layer have succeeded."""
    PreviousFrame: ClassVar[DependType]
    """Each frame waits for the frame before its counterpart; the first one for nothing."""
    LayerOnSimFrame: ClassVar[DependType]
    """Every frame waits for the first frame of the layer."""
    LayerOnAny: ClassVar[DependType]
    """Every frame waits until some frame of the layer has succeeded."""
    FRAME_BY_FRAME: ClassVar[DependType]
    """The same as ``FrameByFrame``."""
    LAYER_ON_LAYER: ClassVar[DependType]
    """Every frame waits until all frames of the layer have ended for good, whatever the outcome."""
    PREVIOUS_FRAME: ClassVar[DependType]
    """The same as ``PreviousFrame``."""
    LAYER_ON_SIM_FRAME: ClassVar[DependType]
    """The same as ``LayerOnSimFrame``."""
    LAYER_ON_ANY: ClassVar[DependType]
    """The same as ``LayerOnAny``."""
    all: ClassVar[DependType]
    any: ClassVar[DependType]
    sim: ClassVar[DependType]
    prev: ClassVar[DependType]

    def __new__(cls, text: str, outcome: str = SUCCEEDED) -> Self:
        """Build from text; raises OutlineException when there is no such way of waiting."""
        if isinstance(text, cls):
            return text
        if not isinstance(text, str) or text not in EdgeKind.__members__:
            known = ", ".join(EdgeKind.__members__)
            raise OutlineException(f"no depend type {text!r}; there are: {known}")
        self = super().__new__(cls, text)
        self.outcome = outcome
        return self

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DependType) and self.outcome != other.outcome:
            return False
        return str.__eq__(self, other) if isinstance(other, str) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __reduce__(self) -> tuple[type[DependType], tuple[str, str]]:
        return DependType, (str(self), self.outcome)

    @property
    def kind(self) -> EdgeKind:
        """The edge this is, for `outline.frames.resolve`."""
        return EdgeKind[str(self)]


DependType.FrameByFrame = DependType.FRAME_BY_FRAME = DependType("FRAME_BY_FRAME")
DependType.LayerOnLayer = DependType.all = DependType("LAYER_ON_LAYER")
DependType.PreviousFrame = DependType.PREVIOUS_FRAME = DependType.prev = DependType(
    "PREVIOUS_FRAME"
)
DependType.LayerOnSimFrame = DependType.LAYER_ON_SIM_FRAME = DependType.sim = DependType(
    "LAYER_ON_SIM_FRAME"
)
DependType.LayerOnAny = DependType.LAYER_ON_ANY = DependType.any = DependType("LAYER_ON_ANY")
DependType.LAYER_ON_LAYER = DependType("LAYER_ON_LAYER", FINISHED)

_SUFFIXES = {
    "all": DependType.LayerOnLayer,
    "any": DependType.LayerOnAny,
    "sim": DependType.LayerOnSimFrame,
    "prev": DependType.PreviousFrame,
}


class Depend:
    """One layer waiting for another.

    Args:
        depend_er: The layer that waits.
        depend_on: The layer it waits for.
        depend_type: How it waits.
        propigate: Recorded for scripts that ask; a layer that waits for ``depend_er`` waits for ``depend_on`` anyway.
        any_frame: One succeeded frame of ``depend_on`` is enough.
    """

    def __init__(
        self,
        depend_er: Layer,
        depend_on: Any,
        depend_type: str = DependType.FRAME_BY_FRAME,
        propigate: bool = False,
        any_frame: bool = False,
    ) -> None:
        self._er, self._on = depend_er, depend_on
        self._type = DependType.LayerOnAny if any_frame else DependType(depend_type)
        self._propigate = propigate

    def get_type(self) -> DependType:
        """Return how the layer waits."""
        return self._type

    def get_dependant_layer(self) -> Layer:
        """Return the layer that waits."""
        return self._er

    def get_depend_on_layer(self) -> Layer:
        """Return the layer that is waited for.

        Raises:
            UnknownLayerError: It was given by a name that the outline does not have.
        """
        if isinstance(self._on, str):
            return self._er.find_depend_target(self._on)
        layer: Layer = self._on
        return layer

    def get_depend_on_name(self) -> str:
        """Return the name of the layer that is waited for, whether it is known yet or not."""
        return str(self._on)

    @property
    def target(self) -> Layer | str:
        """The layer that is waited for, or its name while nothing else is known."""
        target: Layer | str = self._on
        return target

    def to_data(self) -> dict[str, Any]:
        """Return what a session holds of it, in the data of the layer that waits."""
        return {
            "on": self.get_depend_on_name(),
            "type": str(self._type),
            "outcome": self._type.outcome,
            "propigate": self._propigate,
        }

    @classmethod
    def from_data(cls, depend_er: Layer, data: Mapping[str, Any]) -> Self:
        """Return the depend of a layer from what `to_data` returned."""
        kind = DependType(data["type"], data["outcome"])
        return cls(depend_er, data["on"], kind, data["propigate"])

    def is_any_frame(self) -> bool:
        """Tell whether one succeeded frame is enough."""
        return self._type == DependType.LayerOnAny

    def is_propagated(self) -> bool:
        """Tell whether the depend was made with ``propigate``."""
        return self._propigate

    def bind(self, layer: Layer) -> None:
        """Fix the layer that is waited for, when it was given by name."""
        self._on = layer

    def __repr__(self) -> str:
        ending = f" ({FINISHED})" if self._type.outcome == FINISHED else ""
        return f"<Depend {self._er} {self._type}{ending} {self._on}>"


def parse_require_str(require: str) -> tuple[str, DependType]:
    """Return the layer name and the depend type of a ``require`` text such as ``"render:all"``.

    Raises:
        OutlineException: The part after the colon is none of all, any, sim, prev.
    """
    name, colon, suffix = require.partition(":")
    if not colon:
        return name, DependType.FrameByFrame
    if suffix not in _SUFFIXES:
        known = ", ".join(_SUFFIXES)
        raise OutlineException(f"require {require!r}: no {suffix!r}; there are: {known}")
    return name, _SUFFIXES[suffix]
