from __future__ import annotations

import json
import subprocess
import sys

import outline

PROBE = """
import json, sys
before = set(sys.modules)
import outline
{use}
print(json.dumps(sorted(set(sys.modules) - before)))
"""
ALL = "\n".join(f"outline.{name}" for name in outline.__all__ if name not in {"cuerun", "config"})


def loaded(use: str) -> list[str]:
    path = outline.__path__[0].removesuffix("/outline")
    probe = f"import sys; sys.path.insert(0, {path!r})" + PROBE.format(use=use)
    done = subprocess.run(
        [sys.executable, "-I", "-c", probe], check=True, capture_output=True, text=True
    )
    found: list[str] = json.loads(done.stdout)
    return found


def test_importing_outline_loads_next_to_nothing() -> None:
    assert len(loaded("")) < 15


def test_using_everything_but_the_launch_stays_in_the_standard_library() -> None:
    modules = loaded(ALL + "\noutline.modules.shell.Shell('aaa', command=['ls'])")

    assert len(modules) <= 80
    assert {name.partition(".")[0] for name in modules} - {"outline"} <= set(
        sys.stdlib_module_names
    )


def test_submodules_are_reachable_after_a_plain_import() -> None:
    loaded(
        "outline.cuerun.launch; outline.depend.DependType; outline.io.Path; outline.modules.shell.Shell"
    )


def test_every_exported_name_exists() -> None:
    assert outline.__all__ == sorted(outline.__all__)
    assert all(getattr(outline, name) is not None for name in outline.__all__)
    assert set(outline.__all__) <= set(dir(outline))
