"""What the gates on the shape of the tree let pass, each with its reason; an entry that is no longer needed fails.

``tests/gates/test_shape.py`` reads this and says what to add or to remove.
"""

from __future__ import annotations

MAX_LINES = 500
"""Longer modules say why, in a line of their docstring that begins with `Long because:`."""

MAX_MODULES = 20
WIDE_FOLDERS: dict[str, tuple[int, str]] = {
    "opencue/wrappers": (24, "one module for each class of pycue, under the name pycue has it"),
}
"""Folders with more modules, how many they may have, and why."""

FACADES: dict[str, str] = {
    "FileSequence": "pycue's package: its docstring is about its names",
    "bin": "PyOutline's package of commands: a name that scripts import, nothing else",
    "opencue": "public face: its docstring is the first page of the reference",
    "opencue.compiled_proto": "a name that scripts import, nothing else",
    "outline": "public face: its docstring is the first page of the reference",
}
"""Packages whose docstring is for their users, not for those who change them."""

BACK_IMPORTS: dict[tuple[str, str], str] = {
    ("outline._layer.*", "outline.layer"): "parts of a layer name in types the layer they serve",
    ("outline._layer.*", "outline.loader"): "parts of a layer name in types its outline",
    ("outline.backend.*", "outline.cuerun"): "a backend names in types the launcher that chose it",
    ("outline.depend", "outline.layer"): "a depend names the layers at its ends",
    ("outline.layer", "outline.loader"): "a layer knows the outline it belongs to",
    ("cueadmin.job_operations", "cueadmin.common"): "depends are dropped where scripts find how",
    ("outline.planning", "outline.planning.build"): "the face loads what it stands for when asked",
    ("opencue.wrappers.*", "opencue.wrappers.*"): "pycue's classes lead to each other",
    ("cuelet.core.state.*", "cuelet.core.state.farm"): "parts of the farm's state name the whole",
    ("cuelet.core.state.*", "cuelet.core.state.job"): "parts of a job name the whole in types",
}
"""Imports that close a cycle, as patterns of importer and imported: lazy or for types only, never eager."""
