"""The parts of one layer together, and as data: what travels to the farm, what only a copy takes along."""

from __future__ import annotations

from outline._layer.arguments import Arguments
from outline._layer.dependencies import Dependencies
from outline._layer.family import Family
from outline._layer.storage import Paths, Storage
from outline.event import EventHandler, LayerEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from outline._layer.part import Part
    from outline.depend import Depend
    from outline.layer import Layer

_OWN = "(own)"
"""Where data keeps attributes of the user's class whose names are those of a part's; no attribute is called that."""
_EVENTS = "_evh"
"""Where data keeps the listeners."""
_SLOTS = "(slots)"
"""Where data keeps what the user's class has in slots."""


class Parts:
    """What a layer is made of.

    Args:
        layer: The layer.
    """

    __slots__ = (
        *("arguments", "depends", "events", "family", "is_made", "layer", "paths", "storage"),
        "travels",
    )

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.is_made = False
        """Its constructor has begun; see `outline._layer.made`."""
        self.travels = False
        """Its ``__getstate__`` is asked for what travels to the farm, not for a copy."""
        self.family = Family(layer)
        self.depends = Dependencies(layer)
        self.arguments = Arguments(layer)
        self.paths = Paths(layer)
        self.storage = Storage(layer)
        self.events = EventHandler(layer)

    def _all(self) -> tuple[Part, ...]:
        return self.family, self.depends, self.arguments, self.paths, self.storage

    def emit(self, event_type: str) -> None:
        """Tell listeners that something happened to the layer."""
        self.events.emit(LayerEvent(event_type, self.layer))

    def to_data(self, *, whole: bool = False) -> dict[str, Any]:
        """Return the parts, and the attributes that the layer's own class added, as one flat dict.

        Args:
            whole: Also what does not travel to the farm.
        """
        from outline._layer import own as own_data

        data = self.data_of_parts(whole=whole)
        if held := own_data.slots(self.layer):
            data[_SLOTS] = held
        own = vars(self.layer)
        if not own:
            return data
        taken = {f"_{name}" for part in self._all() for name in vars(part)} | {_EVENTS}
        clashing = {name: value for name, value in own.items() if name in taken}
        data |= {name: value for name, value in own.items() if name not in taken}
        return data | ({_OWN: clashing} if clashing else {})

    def data_of_parts(self, *, whole: bool = False) -> dict[str, Any]:
        """Return the parts as one flat dict, without what the layer's own class added."""
        data: dict[str, Any] = {_EVENTS: self.events}
        for part in self._all():
            data |= part.to_data(whole=whole)
        return data

    def take_state(self, state: Any) -> None:
        """Take what `to_data` or a class's own ``__getstate__`` returned: attributes, or these and those in slots."""
        attributes, slots = state if isinstance(state, tuple) else (state, None)
        self.take_data(attributes or {})
        self._fill_slots(slots)

    def _fill_slots(self, held: Mapping[str, Any] | None) -> None:
        if held:
            from outline._layer import own as own_data

            own_data.fill_slots(self.layer, held)

    def take_data(self, data: Mapping[str, Any]) -> None:
        """Give every part its data, and what is left to the layer itself; the other way round as `to_data`."""
        left = dict(data)
        for part in self._all():
            part.take_data(left)
        self.events = left.pop(_EVENTS, self.events)
        self._fill_slots(left.pop(_SLOTS, None))
        clashing = left.pop(_OWN, {})
        vars(self.layer).update(left | clashing)

    def take_relations(
        self,
        *,
        processes: Mapping[str, Layer | str] | None = None,
        creator: Layer | str | None = None,
        loaded_range: str | None = None,
        depends: Iterable[Depend] = (),
        children: Iterable[Layer] = (),
    ) -> None:
        """Take what a session holds apart from the layer's data; no hook runs.

        Args:
            processes: Its pre- and post-processes, or their names, by the names they were added under.
            creator: The layer whose process it is, or its name.
            loaded_range: The frame of a process.
            depends: What it waits for.
            children: The layers inside of it.
        """
        self.family.processes.update(processes or {})
        self.family.creator = creator or self.family.creator
        self.family.loaded_range = loaded_range
        self.depends.depends += depends
        self.family.children = list(children) or self.family.children
        for child in self.family.children:
            child._layer_parts.family.parent = self.layer


def parts_of(layer: Layer) -> Parts:
    """Return the parts of a layer; what its class calls ``to_data`` does not matter then."""
    return layer._layer_parts
