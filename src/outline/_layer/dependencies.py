"""How a layer says what it waits for."""

from __future__ import annotations

from outline._layer.current import note_made
from outline._layer.part import Part
from outline.depend import FINISHED, Depend, DependType, parse_require_str
from outline.exception import DependencyCycleError, LayerException, UnknownLayerError
from outline.frames import EdgeKind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from outline.layer import Layer


_LOOK_AHEAD = 1000
"""Layers searched for a cycle when a depend is made; setup proves the rest in one linear pass."""


class Dependencies(Part):
    """The depends of one layer; they travel by the names of the layers they are on."""

    layer: Layer
    stays = frozenset({"depends", "is_awaited", "waits_by_name"})

    def __init__(self, layer: Layer) -> None:
        super().__init__(layer)
        self.depends: list[Depend] = []
        self.is_awaited = False
        self.waits_by_name = False
        """Some depends were made on names: a layer may be waited for without knowing it."""

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
        depend = Depend(self.layer, on, depend_type, propigate, any_frame)
        note_made(depend)
        if self._is_known(depend):
            return
        self._refuse_cycle(on, depend)
        self.depends.append(depend)
        if isinstance(on, str):
            self.waits_by_name = True
        else:
            on._layer_parts.depends.is_awaited = True

    def _find_now(self, on_layer: Layer | str) -> Layer | str:
        if hasattr(on_layer, "_layer_parts"):
            return on_layer
        if not isinstance(on_layer, str):
            raise LayerException(
                f"{self.layer._thing()} cannot depend on {on_layer!r}; give a layer or the name of one"
            )
        known = self.layer.find_outline() is not None
        return self.layer.find_depend_target(on_layer) if known else on_layer

    def _is_known(self, depend: Depend) -> bool:
        """Tell whether the same was said before; a layer nobody waits for yet needs no search."""
        on = depend.target
        if (
            not isinstance(on, str)
            and not on._layer_parts.depends.is_awaited
            and not self.waits_by_name
        ):
            return False
        key = (depend.get_depend_on_name(), depend.get_type())
        return any(key == (each.get_depend_on_name(), each.get_type()) for each in self.depends)

    def find_depend_target(self, name: str) -> Layer:
        """Return the layer of a name this layer waits for; raises UnknownLayerError."""
        outline = self.layer.get_outline()
        layer = outline.find_layer(name)
        if layer is None:
            raise UnknownLayerError(
                thing=f"layer {self.layer.get_name()!r} depends on {name!r}",
                name=name,
                outline=outline.get_name(),
                known=f"its layers: {outline.describe_layers()}",
            )
        return layer

    def _refuse_cycle(self, on: Layer | str, depend: Depend) -> None:
        """Raise for a cycle that is near; setup finds the others."""
        if isinstance(on, str) or depend.get_type().kind is EdgeKind.PREVIOUS_FRAME:
            return
        path: list[Layer] | None = None
        if on is self.layer or (self.is_awaited and on._layer_parts.depends.depends):
            from outline.jobspec.cycles import find_path

            path = find_path(on, self.layer, _plain_targets, most=_LOOK_AHEAD)
        if path is not None:
            outline = self.layer.find_outline()
            names = [self.layer.get_name(), *(layer.get_name() for layer in path)]
            raise DependencyCycleError(
                outline=outline.get_name() if outline else "", path=" -> ".join(names)
            )

    def depend_all(
        self, on_layer: Layer | str, propigate: bool = False, any_frame: bool = False
    ) -> None:
        """Wait until every frame of another layer has succeeded; see `depend_on`."""
        self.layer.depend_on(on_layer, DependType.LayerOnLayer, propigate, any_frame)

    def depend_previous(self, on_layer: Layer | str) -> None:
        """Make each frame wait for the previous frame of another layer, or of this one."""
        self.layer.depend_on(on_layer, DependType.PreviousFrame)

    def depend_finished(self, on_layer: Layer | str) -> None:
        """Wait until every frame of another layer has ended for good, succeeded or not."""
        self.layer.depend_on(on_layer, DependType("LAYER_ON_LAYER", FINISHED))

    def undepend(self, depend: Depend) -> None:
        """Take back a depend."""
        if depend in self.depends:
            self.depends.remove(depend)

    def get_depends(self) -> list[Depend]:
        """Return what this layer waits for, in the order it was said."""
        return list(self.depends)

    def get_dependents(self) -> list[Depend]:
        """Return the depends of other layers on this one."""
        layers = self.layer.get_outline().get_layers()
        return [
            each
            for layer in layers
            for each in layer.get_depends()
            if each.get_depend_on_layer() is self.layer
        ]

    def setup_depends(self) -> None:
        """Turn ``require`` arguments and names into depends; a pre-process waits for "any frame" of others too.

        Raises:
            UnknownLayerError: A layer that is named or given is not in this outline.
        """
        require = self.layer.get_arg("require", [])
        for text in [require] if isinstance(require, str) else require:
            name, depend_type = parse_require_str(str(text))
            self.layer.depend_on(name, depend_type)
        for depend in self.depends:
            self._bind(depend)
        for depend in self.depends:
            if depend.is_any_frame():
                for process in self.layer.get_preprocess_layers():
                    process.depend_on(depend.get_depend_on_layer(), any_frame=True)

    def _bind(self, depend: Depend) -> None:
        target = self.layer.find_depend_target(depend.get_depend_on_name())
        if not isinstance(depend.target, str) and depend.target is not target:
            raise UnknownLayerError(
                thing=f"layer {self.layer.get_name()!r} depends on a layer {target.get_name()!r} of another outline",
                name=target.get_name(),
                outline=self.layer.get_outline().get_name(),
                remedy="depend on the layer that was added to this outline",
            )
        depend.bind(target)


def _plain_targets(layer: Layer) -> list[Layer]:
    """Return the layers one waits for in ways that cannot be part of a loop over frames."""
    return [
        each.target
        for each in layer._layer_parts.depends.depends
        if not isinstance(each.target, str) and each.get_type().kind is not EdgeKind.PREVIOUS_FRAME
    ]
