"""The layers of an outline by name, each perhaps still in the session, and the names OpenCue gives them."""

from __future__ import annotations

from outline._layer.current import count_outline
from outline.exception import NameCollisionError
from outline.jobspec.names import wire_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from outline.layer import Layer


class LayerList:
    """Layers in the order they were added.

    Args:
        load: Reads the layer of a name from the session and puts it here with `attach`.
    """

    def __init__(self, load: Callable[[str], Layer]) -> None:
        self._load = load
        self.serial = count_outline()
        """Which outline of this process they are of."""
        self._layers: dict[str, Layer | None] = {}
        self._wire: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._layers)

    def is_layer(self, name: str) -> bool:
        """Tell whether there is a layer of that name."""
        return name in self._layers

    def expect(self, names: Iterable[str]) -> None:
        """Know names whose layers are read from the session when somebody asks for them."""
        self._layers = dict.fromkeys(names)
        self._wire = {wire_name(name): name for name in self._layers}

    def attach(self, name: str, layer: Layer) -> None:
        """Put a layer under a name."""
        self._layers[name] = layer

    def holds(self, layer: Layer) -> bool:
        """Tell whether a layer is here under its own name."""
        return self._layers.get(layer.get_name()) is layer

    def is_loaded(self, name: str) -> bool:
        """Tell whether a layer is here, not only its name."""
        return self._layers.get(name) is not None

    def get(self, name: str) -> Layer:
        """Return the layer of a name that is known, read from the session when nobody asked for it before."""
        layer = self._layers[name]
        return self._load(name) if layer is None else layer

    def get_layers(self) -> list[Layer]:
        """Return the layers in the order they were added."""
        return [self.get(name) for name in self._layers]

    def growing(self) -> Iterator[Layer]:
        """Yield each layer once, also those that are added meanwhile."""
        seen: set[int] = set()
        while fresh := [layer for layer in self.get_layers() if id(layer) not in seen]:
            seen |= set(map(id, fresh))
            yield from fresh

    def find_layer(self, name: str) -> Layer | None:
        """Return a layer by its name, also as OpenCue spells it, or None."""
        if name in self._layers:
            return self.get(name)
        spelled = self._wire.get(wire_name(name)) if isinstance(name, str) else None
        if spelled is not None:
            return self.get(spelled)
        parent = str(name).rpartition(".")[0]
        if parent and parent in self._layers:
            children = self.get(parent).get_children()
            return next((each for each in children if each.get_name() == name), None)
        return None

    def claim(self, layer: Layer, name: str, *, outline: str) -> None:
        """Reserve a name.

        Args:
            layer: The layer it is for.
            name: The name.
            outline: Name of the outline, for the message.

        Raises:
            NameCollisionError: Another layer has it, or OpenCue could not tell the two apart.
        """
        taken = self._wire.get(wire_name(name))
        if taken is not None and self._layers.get(taken) is not layer:
            if taken == name:
                reason = "have the same name"
            else:
                reason = f"would both be called {wire_name(name)!r} by OpenCue"
            raise NameCollisionError(outline=outline, name=name, other=taken, reason=reason)
        self._wire[wire_name(name)] = name

    def rename(self, old: str, new: str) -> None:
        """Put a layer under another name, which is claimed, in its place."""
        if wire_name(old) != wire_name(new):
            self._wire.pop(wire_name(old), None)
        self._layers = {new if key == old else key: each for key, each in self._layers.items()}

    def discard(self, layer: Layer) -> None:
        """Take a layer out, if it is here."""
        if self.holds(layer):
            del self._layers[layer.get_name()]
            self._wire.pop(wire_name(layer.get_name()), None)

    def describe_layers(self) -> str:
        """Return the names of the layers, for messages."""
        names = list(self._layers)
        return (", ".join(names[:10]) + (", ..." if len(names) > 10 else "")) or "none"
