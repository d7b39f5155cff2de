"""Read an ``outline.yaml`` that PyOutline wrote: known things become ours, nothing else is built or called."""

from __future__ import annotations

from outline._layer.parts import parts_of
from outline._restore.scriptmodule import bare_layer
from outline.constants import LayerType
from outline.depend import Depend, DependType
from outline.exception import NoSessionError
from outline.io import FileSpec, Path
from outline.layer import Layer, LayerProcess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

MARK = b"!!python/object:outline.loader.Outline"
"""What the first lines of such a file hold."""

_OBJECT = "tag:yaml.org,2002:python/object:"
_APPLIED = "tag:yaml.org,2002:python/object/apply:"


class Stored:
    """An object of the file: the name of its class and its attributes, nothing more."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.state: dict[str, Any] = {}

    def get(self, owner: str, name: str, default: Any = None) -> Any:
        """Return a private attribute of the class ``owner``."""
        return self.state.get(f"_{owner}__{name}", default)


def is_stock(text: bytes) -> bool:
    """Tell whether PyOutline wrote an ``outline.yaml``."""
    return MARK in text[:200]


def read(text: bytes, path: str) -> Stored:
    """Return the outline of a file.

    Args:
        text: What the file holds.
        path: The file, for messages.

    Raises:
        SessionException: It is damaged, or holds what is no part of an outline.
    """
    import yaml

    try:
        found = yaml.load(text, Loader=_loader())  # noqa: S506 - a SafeLoader, see there
    except (yaml.YAMLError, RecursionError) as error:
        first = str(error).partition("\n")[0]
        raise NoSessionError(thing=f"file {path!r}", reason=f"cannot be read: {first}") from error
    if not isinstance(found, Stored) or found.kind != "outline.loader.Outline":
        raise NoSessionError(thing=f"file {path!r}", reason="holds no outline")
    return found


def _loader() -> Any:
    """Return a safe loader that keeps objects as `Stored` and builds none."""
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    def stored(loader: Any, kind: str, node: Any) -> Iterator[Stored]:
        found = Stored(kind)
        yield found
        found.state.update(loader.construct_mapping(node))  # not deep: layers refer to each other

    def applied(loader: Any, kind: str, node: Any) -> Any:
        values = loader.construct_sequence(node, deep=True)
        if kind != "outline.constants.LayerType" or len(values) != 1:
            raise yaml.constructor.ConstructorError(None, None, f"{kind} is no part of an outline")
        return values[0]

    def listed(loader: Any, node: Any) -> tuple[Any, ...]:
        return tuple(loader.construct_sequence(node, deep=True))

    def file_spec(loader: Any, node: Any) -> FileSpec:
        path, attributes = yaml.safe_load(loader.construct_scalar(node))
        return FileSpec(path, **attributes)

    def nothing(loader: Any, kind: str, node: Any) -> None:
        """Stand for a function or class: listeners are not called."""

    Loader.add_multi_constructor(_OBJECT, stored)
    Loader.add_multi_constructor(_APPLIED, applied)
    Loader.add_constructor("tag:yaml.org,2002:python/tuple", listed)
    Loader.add_constructor("!FileSpec", file_spec)
    Loader.add_multi_constructor("tag:yaml.org,2002:python/name:", nothing)
    return Loader


def outline_data(stored: Stored) -> dict[str, Any]:
    """Return what our own ``outline.yaml`` would hold, without the layers."""
    keys = ("name", "show", "shot", "user", "facility", "maxcores", "maxgpus", "args")
    data: dict[str, Any] = {key: stored.get("Outline", key) for key in keys}
    frames = stored.get("Outline", "frame_range")
    data["range"] = None if frames is None else str(frames)
    data["env"] = {key: tuple(pair) for key, pair in stored.get("Outline", "env", {}).items()}
    return data


def build_layers(stored: Stored, layer_class: Callable[[str], type[Layer]]) -> list[Layer]:
    """Return the layers, with what they wait for.

    Args:
        stored: The outline.
        layer_class: Returns the class of a dotted path, or raises when that is no Layer class.
    """
    layers = {id(each): _build(each, layer_class) for each in stored.get("Outline", "layers", [])}
    for each in stored.get("Outline", "layers", []):
        layer = layers[id(each)]
        for depend in each.get("Layer", "depends", []):
            _link(layer, layers, depend)
        if isinstance(layer, LayerProcess):
            _give_creator(layer, layers, each)
    return list(layers.values())


def _give_creator(process: LayerProcess, layers: dict[int, Layer], stored: Stored) -> None:
    """Connect a pre- or post-process with its layer."""
    for owner in ("LayerPreProcess", "LayerPostProcess"):
        creator = layers.get(id(stored.get(owner, "creator")))
        if creator is not None:
            alias = process.get_name().removeprefix(f"{creator.get_name()}_")
            parts_of(process).take_relations(creator=creator)
            parts_of(creator).take_relations(processes={alias: process})


def _link(layer: Layer, layers: dict[int, Layer], depend: Stored) -> None:
    on = layers.get(id(depend.get("Depend", "depend_on")))
    if on is None:
        return
    kind = DependType(str(depend.get("Depend", "type")))
    any_frame = bool(depend.get("Depend", "any_frame"))
    parts_of(layer).take_relations(depends=[Depend(layer, on, kind, any_frame=any_frame)])


def _build(stored: Stored, layer_class: Callable[[str], type[Layer]]) -> Layer:
    layer = bare_layer(layer_class(stored.kind))
    parts_of(layer).take_data(
        {
            "_name": stored.get("Layer", "name"),
            "_env": dict(stored.get("Layer", "env", {})),
            "_type": LayerType(stored.get("Layer", "type", "Render")),
            "_inputs": _paths(stored.get("Layer", "input", {})),
            "_outputs": _paths(stored.get("Layer", "output", {})),
        }
    )
    _take_settings(layer, stored)
    for each in stored.get("Layer", "children", []):
        parts_of(layer).take_relations(children=[*layer.get_children(), _build(each, layer_class)])
    return layer


def _take_settings(layer: Layer, stored: Stored) -> None:
    for key, value in stored.get("Layer", "args", {}).items():
        layer.set_arg(key, value)
    if stored.get("Layer", "service"):
        layer.set_service(stored.get("Layer", "service"))
    if stored.get("Layer", "limits"):
        layer.set_limits(stored.get("Layer", "limits"))
    own = f"_{type(layer).__name__}__"
    for name, value in stored.state.items():
        if name.startswith(own) or not name.startswith(("_Layer__", "_Frame__")):
            vars(layer).setdefault(name, value)


def _paths(stored: dict[str, Any]) -> dict[str, Path]:
    return {name: _path(each) for name, each in stored.items()}


def _path(stored: Any) -> Path:
    if not isinstance(stored, Stored):
        return stored if isinstance(stored, Path) else Path(str(stored))
    return Path(stored.get("Path", "path"), **stored.get("Path", "attributes", {}))
