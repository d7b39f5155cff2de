"""Every public name of stock PyOutline and FileSequence exists here, with the same parameters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import SRC

ROOTS = ("outline", "bin", "FileSequence")
LEFT_OUT = {
    "*.logger": "loggers of modules are no interface",
    "outline.plugins.manager.config": "a parsed file under another name; outline.config has it",
    "outline.cuerun.config": "here the module, which answers like the parser",
    "outline.util.config": "a parsed file under another name; outline.config has it",
    "outline.io.file_spec_constructor": "a hook of the unsafe YAML loader, which is gone",
    "outline.io.file_spec_serializer": "a hook of the unsafe YAML loader, which is gone",
    "outline.io.VERSION_REGEX": "an unused pattern",
    "outline.executor.TaskExecutor.worker": "the body of a thread of its own pool",
    "outline.TaskExecutor.worker": "the body of a thread of its own pool",
    "outline.versions.session.Singleton*": "a helper of two classes",
    "outline.versions.*.Session.clean*": "removes a temporary directory that is never made",
    "*.mro": "of every class, where Python has it",
    "outline.plugins.local.setup_event": "an optparse callback; the options need none",
    "outline.plugins.local.setup_local_threads": "an optparse callback; the options need none",
    "outline.cuerun.CuerunOptionParser.standard_option_list": "an optparse internal",
    "outline.backend.local*": "runs frames in a tcsh wrapper; our local backend is another design",
}


def test_every_public_name_of_stock_is_here(stock_bin: Path, tmp_path: Path) -> None:
    stock = surface(stock_bin / "python", tmp_path / "stock.json", {})
    ours = surface(Path(sys.executable), tmp_path / "ours.json", {"PYTHONPATH": str(SRC)})

    missing = sorted(name for name in _names(stock) - _names(ours) if not _is_left_out(name))

    assert missing == []


def surface(python: Path, answer: Path, env: dict[str, str]) -> Any:
    script = Path(__file__).parent / "surface.py"
    subprocess.run(
        [str(python), "-P", str(script), str(answer), *ROOTS],
        env={"PATH": os.environ["PATH"], "HOME": str(answer.parent), **env},
        cwd=answer.parent,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return json.loads(answer.read_text())


def _names(found: dict[str, Any]) -> set[str]:
    """Return every name, parameters as ``function(name)``."""
    names = set(found)
    for module, members in found.items():
        for member, about in members.items():
            names.add(f"{module}.{member}")
            names |= _within(f"{module}.{member}", about)
    return names


def _within(name: str, about: Any) -> set[str]:
    if isinstance(about, dict):
        inner = {f"{name}.{method}" for method in about}
        return inner.union(
            *(_within(f"{name}.{method}", parameters) for method, parameters in about.items())
        )
    return {f"{name}({parameter})" for parameter in about or () if parameter != "self"}


def _is_left_out(name: str) -> bool:
    from fnmatch import fnmatchcase

    return any(fnmatchcase(name, each) or name.startswith(f"{each}(") for each in LEFT_OUT)
