"""Where a layer belongs: its name, its outline, the layer it is inside of, its children and processes."""

from __future__ import annotations

from outline._layer.current import note_joined
from outline._layer.part import Part
from outline.exception import LayerException, ModeError, UnknownLayerError
from outline.jobspec.names import check_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from outline.layer import Layer
    from outline.loader import Outline


def require_layer(value: object, role: str) -> None:
    """Raise LayerException unless a value is a layer."""
    if not hasattr(value, "_layer_parts"):
        raise LayerException(f"{value!r} cannot be the {role}: it is no layer; give a Layer")


class Family(Part):
    """The relations of a layer; at launch they are written down as names, so that no other layer need be loaded."""

    layer: Layer
    stays = frozenset({"outline", "processes", "creator", "loaded_range"})

    def __init__(self, layer: Layer) -> None:
        super().__init__(layer)
        self.name = ""
        self.outline: Outline | None = None
        self.parent: Layer | None = None
        self.children: list[Layer] = []
        self.processes: dict[str, Layer | str] = {}
        self.creator: Layer | str | None = None
        """The layer whose pre- or post-process this one is."""
        self.loaded_range: str | None = None
        """The frame of a process that was read from a session: its creator need not be read for it."""

    def get_name(self) -> str:
        """Return the name; that of a child is ``parent.child``."""
        return self.name if self.parent is None else f"{self.parent.get_name()}.{self.name}"

    def set_name(self, name: str) -> None:
        """Rename the layer.

        Raises:
            ModeError: The outline is set up already.
            NameCollisionError: The outline has a layer of that name.
        """
        name = check_name("layer", name, example="beauty-render")
        self._require_init("rename a layer")
        if self.outline is not None and self.parent is None:
            self.outline.rename_layer(self.layer, name)
        self.name = name
        for alias, process in self.processes.items():
            self.resolve(process).set_name(f"{name}_{alias}")

    def _require_init(self, what: str) -> None:
        from outline.constants import OUTLINE_MODE_INIT

        if self.outline is not None and self.outline.get_mode() > OUTLINE_MODE_INIT:
            raise ModeError(
                outline=self.outline.get_name(),
                reason=f"cannot {what} ({self.name!r}) once setup() has begun; do it before",
            )

    def get_outline(self) -> Outline:
        """Return the outline the layer is in.

        Raises:
            LayerException: It is in none yet.
        """
        if self.outline is not None:
            return self.outline
        if self.parent is not None:
            return self.parent.get_outline()
        raise LayerException(
            f"{self.layer._thing()} is in no outline yet; call outline.add_layer(layer)"
        )

    def find_outline(self) -> Outline | None:
        """Return the outline the layer is in, or None."""
        if self.outline is None and self.parent is not None:
            return self.parent.find_outline()
        return self.outline

    def set_outline(self, new_outline: Outline | None) -> None:
        """Say which outline the layer is in; `Outline.add_layer` does it."""
        self.outline = new_outline
        note_joined(self.layer)

    def get_parent(self) -> Layer | None:
        """Return the layer inside whose frames this one runs, or None."""
        return self.parent

    def get_children(self) -> list[Layer]:
        """Return the layers that run inside the frames of this one."""
        return list(self.children)

    def adopt_child(self, child: Layer) -> None:
        """Make a layer run inside the frames of this one."""
        if child in self.children:
            return
        outline = child.find_outline()
        if outline is not None and outline.is_layer(child.get_name()):
            outline.remove_layer(child)
        self.children.append(child)
        note_joined(child)
        child.set_parent(self.layer)

    def get_child(self, name: str) -> Layer:
        """Return a child, a pre-process or a post-process, by the name it was added under.

        Raises:
            UnknownLayerError: There is none of that name.
        """
        for child in self.children:
            if name in {child.get_name(), child._layer_parts.family.name}:
                return child
        for alias, process in self.processes.items():
            if name in {alias, str(process)}:
                self.processes[alias] = layer = self.resolve(process)
                return layer
        known = [*(child._layer_parts.family.name for child in self.children), *self.processes]
        outline = self.layer.find_outline()
        raise UnknownLayerError(
            thing=self.layer._thing(),
            name=name,
            outline=outline.get_name() if outline else "",
            known=f"its children: {', '.join(known) or 'none'}",
        )

    def resolve(self, process: Layer | str) -> Layer:
        """Return a layer that may be known by name only."""
        return self.layer.get_outline().get_layer(process) if isinstance(process, str) else process

    def adopt_process(self, alias: str, process: Layer) -> None:
        """Remember a pre- or post-process under a name; its ``attach`` calls this.

        Raises:
            LayerException: Another one has that name.
        """
        if self.processes.setdefault(alias, process) is not process:
            raise LayerException(
                f"{self.layer._thing()} has a child {alias!r} already; use another name"
            )
        note_joined(process)
        outline = self.layer.find_outline()
        if outline is not None:
            outline.add_layer(process)

    def get_processes(self) -> list[Layer]:
        """Return the pre- and post-processes, in the order they were added."""
        return [self.resolve(process) for process in self.processes.values()]

    def process_names(self) -> list[str]:
        """Return the names of the pre- and post-processes; none of them is loaded for it."""
        return [str(process) for process in self.processes.values()]
