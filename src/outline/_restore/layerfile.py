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
    from collections.abc import Mapping, Sequence
    from typing import Any

    from outline._restore.unpickled import Restored
    from outline._session.folder import Folder
    from outline._session.layerpack import LayerPack


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
    written = {layer.get_name(): _layer_to_file(layer) for layer in layers}
    scripts = {
        name: None
        for header, _ in written.values()
        for name in header.get("pickle", _NONE)["scripts"]
    }
    if scripts:
        written[layerpack.SCRIPT] = _rest_to_file(layers[0].find_outline(), list(scripts))
    layerpack.write_pack(folder, written)
    _refuse_odd_arguments(settings["name"], settings["args"])
    names = [layer.get_name() for layer in layers]
    data = (json.dumps({"version": FORMAT, **settings, "layers": names}) + "\n").encode()
    folder.write((OUTLINE_FILE,), data, replace=True)


_NONE: dict[str, Any] = {"scripts": {}}


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
    header["pickle"], data = pickled(layer)
    return header, data


def _rest_to_file(ol: Any, scripts: Sequence[str]) -> tuple[dict[str, Any], bytes]:
    """Return names and values of scripts, for code that asks for them by name."""
    from outline._restore import rest

    names, data = rest.of_scripts(ol, scripts)
    return {"names": names, "sources": rest.sources(scripts)}, data


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
    from outline._layer import own

    reference = _class_reference(type(layer))
    if reference is None or None in children or known["evh"].has_listeners():
        return None
    if own.shape(type(layer)) != "data":
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
    if module is None or path is None or "<locals>" in cls.__qualname__:
        return None
    if getattr(module, cls.__name__, None) is not cls:
        return None
    if not cls.__module__.startswith("outline."):
        from outline._restore import origin

        if origin.is_script(cls.__module__) or origin.file_of(cls) is not None:
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


def pickled(layer: Layer, **instead: Any) -> tuple[dict[str, Any], bytes]:
    """Return what a reader of the pickle has to know, and class and state of a layer.

    Args:
        layer: The layer.
        **instead: What its data shall hold instead of what it holds; only for comparing, such a pickle is not loaded.

    Raises:
        LayerException: It holds something that cannot be pickled.
    """
    import io

    import cloudpickle

    from outline._restore import import_path, refusal, travel

    stream = io.BytesIO()
    pickler = travel.LayerPickler(stream, layer)
    try:
        shape, parts, own_state = travel.state_of(layer)
        pickler.write((shape, parts | instead, own_state))
    except Exception as error:
        raise refusal.refused(layer, error) from error
    header = {
        "form": travel.FORM,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "cloudpickle": cloudpickle.__version__,
        "path": import_path.own(),
        "scripts": pickler.scripts,
        "looks_up": pickler.looks_up,
    }
    return header, stream.getvalue()


# Reading a layer.


def load_layer(ol: Restored, pack: LayerPack, name: str) -> Layer:
    """Return one layer of a session, joined to its outline; no other layer is read.

    Raises:
        SessionException: The session has no such layer.
        LayerException: Its class cannot be loaded in this Python.
    """
    header, data = pack.read(check_file_name("layer", name))  # it names a folder too
    if "pickle" in header:
        from outline._restore import unpickled

        layer = unpickled.read(ol, pack, header, data)
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


def _from_plain(body: Mapping[str, Any]) -> Layer:
    as_they_are = ("name", "args", "env", "service", "limits")
    layer = _import_class(body)._bare()
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
        from outline._restore import import_path

        import_path.extend([root])
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
