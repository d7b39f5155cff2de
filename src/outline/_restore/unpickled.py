"""Layers out of their pickles: their classes, the script these are of, and what they hold."""

from __future__ import annotations

import io
import pickle
import sys

from outline._layer.current import is_frame
from outline._layer.parts import parts_of
from outline._restore import import_path, scriptmodule
from outline._session import layerpack
from outline.exception import LayerException
from outline.layer import Layer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    from outline._session.layerpack import LayerPack

    class Restored(Protocol):
        """An outline whose layers are read back."""

        def attach_loaded(self, name: str, layer: Layer) -> None:
            """Join a layer."""

        def get_layer(self, name: str) -> Layer:
            """Return a layer, read when it was not yet."""


def read(ol: Restored, pack: LayerPack, header: Mapping[str, Any], pickled: bytes) -> Layer:
    """Return a layer, joined to its outline.

    Args:
        ol: The outline.
        pack: The layers of the session.
        header: What JSON holds of the layer.
        pickled: The rest of it.

    Raises:
        LayerException: It cannot be loaded in this Python.
    """
    name, said = header["name"], header["pickle"]
    _check_python(name, said)
    import_path.extend(said["path"])
    reading = _Reading(ol, name, pickled)
    try:
        layer = reading.first_form() if "form" not in said else reading.records(pack, said)
    except (ImportError, AttributeError, EOFError, pickle.UnpicklingError) as error:
        raise LayerException(
            f"layer {name!r} cannot be loaded here: {error}; it was written by Python "
            f"{said['python']} with cloudpickle {said['cloudpickle']}"
        ) from error
    parts_of(layer).take_relations(children=layer.get_children())
    return layer


def _check_python(name: str, said: Mapping[str, str]) -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if said["python"] != here:
        raise LayerException(
            f"layer {name!r} was written by Python {said['python']}, this is Python {here}; "
            "its class comes from a script, so both have to be the same: set CUELET_PYTHON, or move the class to a module"
        )


class _Unpickler(pickle.Unpickler):
    def __init__(self, ol: Restored, pickled: bytes) -> None:
        super().__init__(io.BytesIO(pickled))
        self._outline = ol

    def persistent_load(self, reference: tuple[str, Any]) -> Any:
        kind, name = reference
        if kind == "names":
            return scriptmodule.namespace(name)
        if kind == "thing":
            from outline._restore import process  # few scripts hold one

            return process.thing(name)
        if kind == "shared":
            from outline._restore import shared

            return shared.again(*name)
        return self._outline if kind == "outline" else self._outline.get_layer(name)


class _Reading:
    """Reads one layer."""

    def __init__(self, ol: Restored, name: str, pickled: bytes) -> None:
        self._outline, self._name = ol, name
        self._load: Callable[[], Any] = _Unpickler(ol, pickled).load

    def first_form(self) -> Layer:
        """Return a layer that an earlier version wrote: its class, then its state."""
        layer = self._attached(self._load()._bare())
        parts_of(layer).take_data(self._load())
        return layer

    def _attached(self, layer: Layer) -> Layer:
        """Join a layer before more of it is read: that may lead to the layer itself, and to some that lead to it."""
        self._outline.attach_loaded(self._name, layer)
        return layer

    def records(self, pack: LayerPack, said: Mapping[str, Any]) -> Layer:
        """Return a layer that `outline._restore.travel` wrote."""
        rest = _Rest(self._outline, pack)
        scriptmodule.prepare(said["scripts"], is_frame=is_frame(), rest=rest)
        layer = self._attached(self._load()._bare())
        while (record := self._load())[0] != "end":
            layer = self._take(layer, *record)
        if said["looks_up"]:
            rest.load()
        return layer

    def _take(self, layer: Layer, kind: str, what: Any) -> Layer:
        if kind == "names":
            scriptmodule.bind(what)
        elif kind == "classes":
            for cls, body in what:
                scriptmodule.fill_class(cls, body)
        elif what[0] == "reduce":
            return self._attached(scriptmodule.rebuild(*what[1:]))
        else:
            scriptmodule.refill(layer, what)
        return layer


class _Rest:
    """What of the script no layer needs, for code that asks for it by name."""

    def __init__(self, ol: Restored, pack: LayerPack) -> None:
        self._outline, self._pack, self._is_loaded = ol, pack, False

    def sources(self) -> dict[str, str]:
        """Return the text of each script, by its file, as it was at launch."""
        found: dict[str, str] = self._pack.read(layerpack.SCRIPT)[0]["sources"]
        return found

    def load(self, name: str = "") -> bool:
        """Give the scripts all the names there are, unless a name is given that is none of them; tell if that is done."""
        if self._is_loaded:
            return False
        header, pickled = self._pack.read(layerpack.SCRIPT)
        if name and not any(name in names for names in header["names"].values()):
            return False
        self._is_loaded = True
        load = _Unpickler(self._outline, pickled).load
        while (record := load())[0] != "end":
            scriptmodule.bind(record[1])
        return True
