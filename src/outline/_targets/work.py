"""What a frame of a layer does, as a digest: two launches with the same digest do the same, file contents aside."""

from __future__ import annotations

import json
import os
import sys

from outline._restore import import_path, layerfile
from outline.jobspec.plainfile import open_plain
from outline.session import LAUNCH_FILE, LAYERS_FILE, OUTLINE_FILE, SURROUNDINGS_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from outline.layer import Layer

OURS = frozenset({"outline", "opencue", "cuelet", "cueadmin", "FileSequence", "bin"})
"""Packages whose code is not compared."""
_RESOURCES = frozenset(
    {
        "chunk", "cores", "gpu_memory", "gpus", "limits", "max_cores", "memory", "nocheck", "range",
        "register", "require", "retries", "service", "skip_existing", "start_after", "tags",
        "threadable", "threads", "timeout", "timeout_llu",
    }
)  # fmt: skip
"""Arguments that say where and when a frame runs, not what it does; its frames are compared apart."""
_ELSEWHERE = ("inputs", "outputs", "limits", "service", "type")
"""What of a layer's data is compared apart, or does not matter."""
_NOT_OF_THE_WORK = {OUTLINE_FILE, LAUNCH_FILE, LAYERS_FILE, SURROUNDINGS_FILE, "layers", "logs"}


def work_of(layer: Layer) -> tuple[str, str]:
    """Return the digest of a layer's work, and why it cannot be relied on, which is mostly nothing.

    It covers the layer's class, arguments and attributes, the environment of the outline, the files and data that setup
    put into the session, and, for work in Python, the source of every module beside the script.
    """
    if layer.get_preprocess_layers():
        return "", "what its pre-process will store is not known beforehand"
    outline = layer.get_outline()
    session = outline.find_session()
    folder = session.get_path() if session is not None else ""
    parts = [
        *_layer_parts(layer),
        _portable(json.dumps(outline.get_env(), sort_keys=True), folder),
        _portable(json.dumps(outline.get_args(), sort_keys=True, default=repr), folder),
    ]
    if folder:
        parts = [_portable(part, folder) for part in parts]
        parts += _contents(os.path.join(folder, "layers", layer.get_name()), set())
        parts += _contents(folder, _NOT_OF_THE_WORK)
    return _digest(parts), ""


def _portable(text: str, folder: str) -> str:
    """Return a text without the session's folder, which is another for every launch."""
    return text.replace(folder, "{session}") if folder else text


def _digest(parts: list[str]) -> str:
    import hashlib

    made = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        made.update(b"%d:%s" % (len(data), data))
    return made.hexdigest()


def _layer_parts(layer: Layer) -> Iterator[str]:
    plain = layerfile.plain(layer)
    if plain is None:
        yield _pickled(layer)
        yield from _own_modules()
        return
    yield json.dumps(_bare(plain), sort_keys=True)
    if _runs_python(plain):
        yield from _own_modules()


def _bare(plain: dict[str, Any]) -> dict[str, Any]:
    """Return a layer's data without what is compared elsewhere or does not matter."""
    kept = {key: value for key, value in plain.items() if key not in _ELSEWHERE}
    kept["args"] = {k: v for k, v in plain["args"].items() if k not in _RESOURCES}
    kept["children"] = [_bare(child) for child in plain["children"]]
    return kept


def _runs_python(plain: dict[str, Any]) -> bool:
    """Tell whether code that is not ours runs in a frame."""
    module, name = plain["class"]
    foreign = module.partition(".")[0] not in OURS or name == "PyEval"
    return foreign or any(map(_runs_python, plain["children"]))


def _pickled(layer: Layer) -> str:
    """Return class and state of a layer as text, without the ids that every process makes anew."""
    import cloudpickle.cloudpickle as by_value

    args = {key: value for key, value in layer.get_args().items() if key not in _RESOURCES}
    _, data = layerfile.pickled(layer, _args=args, _inputs={}, _outputs={})
    for made_anew in getattr(by_value, "_DYNAMIC_CLASS_TRACKER_BY_CLASS", {}).values():
        data = data.replace(str(made_anew).encode(), b"0" * len(str(made_anew)))
    return data.decode("latin-1")


def _own_modules() -> Iterator[str]:
    """Yield the source of every loaded module that is not installed: those beside the script."""
    roots = tuple(root + os.sep for root in import_path.own())
    for name, module in sorted(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if not path or name == "__main__" or name.partition(".")[0] in OURS:
            continue
        if os.path.abspath(path).startswith(roots):
            yield f"{name} {_content(path)}"


def _contents(folder: str, left_out: set[str]) -> Iterator[str]:
    """Yield what is in each file of a folder, all the way down."""
    if not os.path.isdir(folder):
        return
    for name in sorted(set(os.listdir(folder)) - left_out):
        path = os.path.join(folder, name)
        if os.path.isdir(path) and not os.path.islink(path):
            yield from _contents(path, set())
        else:
            yield f"{name} {_content(path)}"


def _content(path: str) -> str:
    """Return a digest of a file; of what a symlink leads to, often big, size and time."""
    import hashlib

    try:
        if os.path.islink(path):
            found = os.stat(path)
            return f"{os.path.realpath(path)} {found.st_size} {found.st_mtime_ns}"
        with open_plain(path) as file:
            return hashlib.file_digest(file, "blake2b").hexdigest()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
