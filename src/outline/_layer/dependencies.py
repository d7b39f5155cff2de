"""How a layer says what it waits for."""

from __future__ import annotations

from outline._layer.arguments import Arguments
from outline.depend import FINISHED, Depend, DependType, parse_require_str
from outline.exception import DependencyCycleError, LayerException, UnknownLayerError
from outline.frames import EdgeKind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from outline.layer import Layer


_LOOK_AHEAD = 1000
"""Layers searched for a cycle when a depend is made; setup proves the rest in one linear pass."""


class Waiting(Arguments):
    """What a layer waits for."""

    _depends: list[Depend]
    _is_awaited: bool
    _waits_by_name = False
    """Some depends were made on names: a layer may be waited for without knowing it."""

    def depend_on(
        self,
        on_layer: Waiting | str,
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
        if self._is_known(depend):
            return
        self._refuse_cycle(on, depend)
        self._depends.append(depend)
        if isinstance(on, Waiting):
            on._is_awaited = True
        else:
            self._waits_by_name = True

    def _is_known(self, depend: Depend) -> bool:
        """Tell whether the same was said before; a layer nobody waits for yet needs no search."""
        on = depend._on
        if isinstance(on, Waiting) and not on._is_awaited and not self._waits_by_name:
            return False
        key = (depend.get_depend_on_name(), depend.get_type())
        return any(key == (each.get_depend_on_name(), each.get_type()) for each in self._depends)

    def _find_now(self, on_layer: Waiting | str) -> Waiting | str:
        if isinstance(on_layer, Waiting):
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

    def _refuse_cycle(self, on: Waiting | str, depend: Depend) -> None:
        """Raise for a cycle that is near; setup finds the others."""
        if isinstance(on, str) or depend.get_type().kind is EdgeKind.PREVIOUS_FRAME:
            return
        path: list[Any] | None = None
        if on is self or (self._is_awaited and on._depends):
            from outline.jobspec.cycles import find_path

            path = find_path(on, self, Waiting._plain_targets, most=_LOOK_AHEAD)
        if path is not None:
            outline = self.find_outline()
            names = [self.get_name(), *(layer.get_name() for layer in path)]
            raise DependencyCycleError(
                outline=outline.get_name() if outline else "", path=" -> ".join(names)
            )

    def _plain_targets(self) -> list[Waiting]:
        """Return the layers this one waits for in ways that cannot be part of a loop over frames."""
        return [
            each._on
            for each in self._depends
            if isinstance(each._on, Waiting) and each.get_type().kind is not EdgeKind.PREVIOUS_FRAME
        ]

    def depend_all(
        self, on_layer: Waiting | str, propigate: bool = False, any_frame: bool = False
    ) -> None:
        """Wait until every frame of another layer has succeeded; see `depend_on`."""
        self.depend_on(on_layer, DependType.LayerOnLayer, propigate, any_frame)

    def depend_previous(self, on_layer: Waiting | str) -> None:
        """Make each frame wait for the previous frame of another layer, or of this one."""
        self.depend_on(on_layer, DependType.PreviousFrame)

    def depend_finished(self, on_layer: Waiting | str) -> None:
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
            if isinstance(depend._on, Waiting) and depend._on is not target:
                raise UnknownLayerError(
                    thing=f"layer {self.get_name()!r} depends on a layer {target.get_name()!r} of another outline",
                    name=target.get_name(),
                    outline=self.get_outline().get_name(),
                    advice="depend on the layer that was added to this outline",
                )
            depend.bind(target)
