from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import SRC

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


def test_a_frame_does_not_import_the_job_it_is_of(tmp_path: Path) -> None:
    script = f"""
import os
os.environ.update(SHOW="demo", SHOT="sh010", USER="kim", HOME={str(tmp_path)!r})
import outline
from outline.modules.shell import Shell
from outline.io import Path
ol = outline.Outline("frame")
ol.add_layer(Shell("render", command=["true"], range="1-2"))
ol.get_layer("render").add_output("file", Path({str(tmp_path)!r}, checked=True))
ol.setup()
print(ol.get_session().get_path())
"""
    env = {"PYTHONPATH": str(SRC), "PATH": "/usr/bin:/bin"}
    made = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, env=env
    )
    session = made.stdout.strip()
    probe = (
        "import sys; from outline import pycuerun; "
        f"assert pycuerun.main([{session!r}, '-e', '1-render']) == 0; "
        "print(sorted({'outline.jobspec.model', 'dataclasses'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", probe], check=True, capture_output=True, text=True, env=env
    )

    assert done.stdout.splitlines()[-1] == "[]"
