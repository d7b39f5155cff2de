"""What happens once a layer is constructed, whatever its class: plug-ins and the outline being built are told.

A metaclass would do it too, but leave no room for those of ``abc.ABC`` and ``typing.Protocol``.
"""

from __future__ import annotations

from outline._layer.current import current, note_loose, note_made
from outline.constants import OUTLINE_MODE_READY
from outline.exception import LayerException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_OF_PROTOCOLS = "_no_init_or_replace_init"
"""The constructor that classes have from ``typing.Protocol``: it looks for the next one, and so do we."""


class Constructor:
    """The ``__init__`` of a layer class: the outermost one of a layer tells that it is made when it has run.

    Args:
        function: The ``__init__`` it stands for; None for the next one behind its class.
        owner: The class it is in.
    """

    def __init__(self, function: Callable[..., None] | None, owner: type | None = None) -> None:
        self.function, self.owner = function, owner

    def __get__(self, layer: Any, cls: type) -> Any:
        """Return the constructor of a layer; of a class, what was written there."""
        function = self.function or _next(cls, self.owner)
        if layer is None:
            return function
        parts = layer._layer_parts
        if parts.is_made:
            return function.__get__(layer)
        parts.is_made = True

        def construct(*args: Any, **kwargs: Any) -> None:
            function(layer, *args, **kwargs)
            _tell(layer)

        return construct


def prepare(cls: type) -> None:
    """See to it that constructing a class tells of it; done for every layer, as a decorator may have changed its class."""
    for base in cls.__mro__:
        found = base.__dict__.get("__init__")
        if type(found) is Constructor:
            return
        if found is not None:
            is_ours = hasattr(base, "_layer_parts") and not _is_placeholder(found)
            where = base if is_ours else cls
            where.__init__ = Constructor(found if is_ours else None, where)  # type: ignore[misc] # it acts like one
            return


def _is_placeholder(function: object) -> bool:
    return getattr(function, "__name__", "") == _OF_PROTOCOLS


def _next(cls: type, owner: type | None) -> Any:
    """Return the constructor of a class that comes behind that of one of its bases."""
    mro = cls.__mro__
    for base in mro[mro.index(owner) + 1 if owner in mro else 0 :]:
        found = base.__dict__.get("__init__")
        if type(found) is Constructor:
            found = found.function
        if found is not None and not _is_placeholder(found):
            return found
    raise LayerException(f"class {cls.__name__} has no constructor")


def written(body: dict[str, Any]) -> dict[str, Any]:
    """Return what is in a class as it was written: without what `prepare` put there."""
    found = body.get("__init__")
    if type(found) is not Constructor:
        return body
    own = {} if found.function is None else {"__init__": found.function}
    return {name: each for name, each in body.items() if name != "__init__"} | own


def _tell(layer: Any) -> None:
    from outline.plugins import PluginManager

    if not layer._layer_parts.family.name:
        raise LayerException(
            f"the constructor of class {type(layer).__name__} never reaches Layer.__init__; call "
            "super().__init__(name, **args) in it, and name Layer before protocols among its bases"
        )
    PluginManager.init_layer(layer)
    note_made(layer)
    if not layer.wants_registration():
        return
    being_built = current()
    if being_built is not None and being_built.get_mode() < OUTLINE_MODE_READY:
        being_built.add_layer(layer)
    else:
        note_loose(layer)  # what is ready to launch takes no more; another outline may
