"""Outlines and layers as data of a session: written at setup, read back one by one when a frame needs them.

A layer is JSON where JSON gives back exactly what it holds; else its class and state are pickled by value.
"""

from __future__ import annotations

import json
import os
import sys

from outline._layer.parts import parts_of
from outline._session import OUTLINE_FILE, layerpack
from outline._session.datafile import is_json
from outline._session.outlinefile import FORMAT
from outline.constants import LayerType
from outline.depend import Depend
from outline.exception import LayerException
from outline.io import path_from_data, path_to_data
from outline.jobspec.names import check_file_name
from outline.layer import Layer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Protocol

    from outline._session.folder import Folder
    from outline._session.layerpack import LayerPack

    class Restored(Protocol):
        """An outline whose layers are read back."""

        def attach_loaded(self, name: str, layer: Layer) -> None:
            """Join a layer."""

        def get_layer(self, name: str) -> Layer:
            """Return a layer, read when it was not yet."""


_OF_LAYER = ("name", "args", "env", "service", "limits", "type", "inputs", "outputs", "children")
"""What the file holds of every layer; all else that travels is in ``extra``, be it a part's or the user's."""
_NOT_IN_JSON = ("parent", "evh", "required")
"""What is known otherwise, is not there, or has done its duty before the launch."""
_KNOWN = tuple((name, f"_{name}") for name in (*_OF_LAYER, *_NOT_IN_JSON))


def save_outline(settings: Mapping[str, Any], layers: Sequence[Layer], folder: Folder) -> None:
    """Write an outline and all its layers; the outline's own file comes last and makes the session valid.

    Args:
        settings: What the outline's own file holds beside the names of the layers.
        layers: All layers.
        folder: The session.

    Raises:
        LayerException: A layer or the outline holds something that cannot travel to the farm.
    """
    layerpack.write_pack(folder, {layer.get_name(): _layer_to_file(layer) for layer in layers})
    _refuse_odd_arguments(settings["name"], settings["args"])
    names = [layer.get_name() for layer in layers]
    data = (json.dumps({"version": FORMAT, **settings, "layers": names}) + "\n").encode()
    folder.write((OUTLINE_FILE,), data, replace=True)


def _refuse_odd_arguments(name: str, args: Mapping[str, Any]) -> None:
    """Raise LayerException for an argument of an outline that its file cannot give back."""
    for key, value in args.items():
        if not is_json({key: value}):
            from outline._session.values import short

            raise LayerException(
                f"outline {name!r}: its argument {key!r} is {short(value)}, more than texts, numbers, lists and dicts; "
                "use put_data, or set it on a layer"
            )


# Writing a layer.


def _layer_to_file(layer: Layer) -> tuple[dict[str, Any], bytes | None]:
    header = _relations(layer)
    body = plain(layer)
    if body is not None:
        header["layer"] = body
        return header, None
    data = pickled(layer)
    header["pickle"] = _pickle_header()
    return header, data


def _relations(layer: Layer) -> dict[str, Any]:
    """Return what is known by name: other layers are loaded only when somebody asks for them."""
    family = parts_of(layer).family
    creator = None if family.creator is None else str(family.creator)
    return {
        "name": layer.get_name(),
        "processes": {alias: str(process) for alias, process in family.processes.items()},
        "creator": creator,
        "creator_range": None if creator is None else layer.get_frame_range(),
        "depends": [depend.to_data() for depend in layer.get_depends()],
    }


def plain(layer: Layer) -> dict[str, Any] | None:
    """Return a layer as JSON data, children included, or None when JSON cannot hold it exactly."""
    held = parts_of(layer).to_data()
    known = {name: held.pop(key) for name, key in _KNOWN}
    children = [plain(child) for child in known["children"]]
    reference = _class_reference(type(layer))
    if reference is None or None in children or known["evh"].has_listeners():
        return None
    if not is_json(held) or not is_json(known["args"]) or not _paths_are_plain(layer):
        return None
    return {
        **reference,
        **{name: known[name] for name in ("name", "args", "env", "service", "limits")},
        "type": known["type"].value,
        "inputs": {name: path_to_data(path) for name, path in known["inputs"].items()},
        "outputs": {name: path_to_data(path) for name, path in known["outputs"].items()},
        "extra": held,
        "children": children,
    }


def _paths_are_plain(layer: Layer) -> bool:
    paths = [*layer.get_inputs().values(), *layer.get_outputs().values()]
    return all(
        type(path).__module__ == "outline.io" and is_json(path.get_attributes()) for path in paths
    )


def _class_reference(cls: type) -> dict[str, Any] | None:
    """Return where to import a class from, or None when another process could not."""
    module = sys.modules.get(cls.__module__)
    path = getattr(module, "__file__", None)
    if (
        module is None
        or cls.__module__ == "__main__"
        or path is None
        or "<locals>" in cls.__qualname__
    ):
        return None
    if getattr(module, cls.__name__, None) is not cls:
        return None
    return {"class": [cls.__module__, cls.__name__], "root": _import_root(cls.__module__, path)}


def _import_root(module: str, path: str) -> str | None:
    """Return the sys.path entry a module came from; None for outline's own."""
    if module.partition(".")[0] == __name__.partition(".")[0]:
        return None
    folder = os.path.dirname(os.path.abspath(path))
    levels = module.count(".") + (os.path.basename(path) == "__init__.py")
    for _ in range(levels):
        folder = os.path.dirname(folder)
    return folder


def _pickle_header() -> dict[str, Any]:
    import cloudpickle

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": version, "cloudpickle": cloudpickle.__version__, "path": own_path()}


def own_path() -> list[str]:
    """Return the sys.path entries outside the Python installation: modules beside the script are there."""
    installed = (sys.prefix, sys.base_prefix, sys.exec_prefix)
    entries = (os.path.abspath(entry or os.curdir) for entry in sys.path)
    own = (entry for entry in entries if not entry.startswith(installed) and os.path.isdir(entry))
    return list(dict.fromkeys(own))


def _extend_path(entries: Iterable[str]) -> None:
    """Make modules importable that were at launch, wherever their directory is on this host."""
    from outline import config, pathmap

    path_map = config.path_map()
    mapped = [pathmap.map_text(entry, path_map) for entry in entries]
    sys.path[:0] = [entry for entry in mapped if entry not in sys.path]


def pickled(layer: Layer, **instead: Any) -> bytes:
    """Return class and state of a layer; other layers and the outline are kept as names.

    Args:
        layer: The layer.
        **instead: What its data shall hold instead of what it holds; only for comparing, such a pickle is not loaded.

    Raises:
        LayerException: It holds something that cannot be pickled.
    """
    import io
    import pickle

    import cloudpickle

    ol = layer.find_outline()

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        def persistent_id(self, value: Any) -> tuple[str, str] | None:
            if value is layer and instead:
                return "layer", layer.get_name()
            return _reference(value, layer, ol)

    stream = io.BytesIO()
    pickler = Pickler(stream)
    try:
        pickler.dump(type(layer))
        pickler.dump(parts_of(layer).to_data() | instead)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError, ValueError) as error:
        raise LayerException(
            f"layer {layer.get_name()!r} cannot travel to the farm: {error}; "
            "create what cannot be pickled in _execute instead of keeping it"
        ) from error
    return stream.getvalue()


def _reference(value: Any, root: Layer, ol: Any) -> tuple[str, str] | None:
    """Return what stands for an outline or another layer of it in the pickle of a layer; None for anything else."""
    if ol is not None and isinstance(value, type(ol)):
        return "outline", ""
    if not isinstance(value, Layer) or value is root or value.get_parent() is not None:
        return None
    return ("layer", value.get_name()) if value.find_outline() is ol else None


# Reading a layer.


def load_layer(ol: Restored, pack: LayerPack, name: str) -> Layer:
    """Return one layer of a session, joined to its outline; no other layer is read.

    Raises:
        SessionException: The session has no such layer.
        LayerException: Its class cannot be loaded in this Python.
    """
    header, pickled = pack.read(check_file_name("layer", name))  # it names a folder too
    if "pickle" in header:
        layer = _unpickle(ol, header, pickled)
    else:
        layer = _from_plain(header["layer"])
        ol.attach_loaded(name, layer)
    parts_of(layer).take_relations(
        processes=header["processes"],
        creator=header["creator"],
        loaded_range=header["creator_range"],
        depends=[Depend.from_data(layer, each) for each in header["depends"]],
    )
    return layer


def bare_layer(cls: type[Layer]) -> Layer:
    """Return a layer without running its constructor: all it holds is in the file."""
    return cls.__new__(cls)


def _from_plain(body: Mapping[str, Any]) -> Layer:
    as_they_are = ("name", "args", "env", "service", "limits")
    layer = bare_layer(_import_class(body))
    parts_of(layer).take_data(
        {
            **body["extra"],
            **{f"_{name}": body[name] for name in as_they_are},
            "_type": LayerType(body["type"]),
            "_inputs": {name: path_from_data(each) for name, each in body["inputs"].items()},
            "_outputs": {name: path_from_data(each) for name, each in body["outputs"].items()},
        }
    )
    parts_of(layer).take_relations(children=[_from_plain(each) for each in body["children"]])
    return layer


def _import_class(body: Mapping[str, Any]) -> type[Layer]:
    module, name = body["class"]
    root = body["root"]
    if root is not None:
        _extend_path([root])
    try:
        __import__(module)
        cls = getattr(sys.modules[module], name)
    except (ImportError, AttributeError) as error:
        raise LayerException(
            f"layer {body['name']!r}: cannot import its class {name} of module {module} from {root}: {error}"
        ) from error
    if not (isinstance(cls, type) and issubclass(cls, Layer)):
        raise LayerException(f"layer {body['name']!r}: {module}.{name} is no Layer class")
    return cls


def _unpickle(ol: Restored, header: Mapping[str, Any], pickled: bytes) -> Layer:
    name = header["name"]
    _check_python(name, header["pickle"])
    _extend_path(header["pickle"]["path"])
    import io
    import pickle

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, reference: tuple[str, str]) -> Any:
            return ol if reference[0] == "outline" else ol.get_layer(reference[1])

    try:
        unpickler = Unpickler(io.BytesIO(pickled))
        layer: Layer = bare_layer(unpickler.load())
        ol.attach_loaded(name, layer)  # before its state: that may lead to layers that lead to it
        parts_of(layer).take_data(unpickler.load())
    except (ImportError, AttributeError, EOFError, pickle.UnpicklingError) as error:
        raise LayerException(
            f"layer {name!r} cannot be loaded here: {error}; it was written by Python "
            f"{header['pickle']['python']} with cloudpickle {header['pickle']['cloudpickle']}"
        ) from error
    parts_of(layer).take_relations(children=layer.get_children())
    return layer


def _check_python(name: str, header: Mapping[str, str]) -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if header["python"] != here:
        raise LayerException(
            f"layer {name!r} was written by Python {header['python']}, this is Python {here}; "
            "its class comes from a script, so both have to be the same: set CUELET_PYTHON, or move the class to a module"
        )
