"""What must hold of the whole tree: light imports, no leaks, documented modules, clean texts."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
MODULES = sorted(SRC.rglob("*.py"))
MAX_NEW_MODULES = 80

IMPORT_OUTLINE = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import outline
new = sorted(set(sys.modules) - before)
import json
print(json.dumps([[name, getattr(sys.modules[name], "__file__", None)] for name in new]))
"""


def test_importing_outline_loads_few_modules_and_none_from_elsewhere() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", IMPORT_OUTLINE, str(SRC)],
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = dict(json.loads(done.stdout))
    top = {name.partition(".")[0] for name in loaded}
    assert top - {"outline"} <= sys.stdlib_module_names
    assert all(path is None or "site-packages" not in path for path in loaded.values())
    assert len(loaded) <= MAX_NEW_MODULES, f"{len(loaded)}: {', '.join(loaded)}"


def open_files(pid: int) -> list[str]:
    """Return what a process has open, by target; numbers of sockets and pipes left out."""
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(os.readlink(entry).partition("[")[0])
        except OSError:
            continue
    return sorted(found)


def run_frames(farm: FarmBox, name: str, count: int) -> None:
    spec = farm.home / f"{name}.xml"
    layers = {"main": {"argv": ["/bin/true"], "range": f"1-{count}", "cores": 0.25}}
    spec.write_text(job_spec(layers, name=name))
    code = "import sys, opencue; opencue.api.launchSpecAndWait(open(sys.argv[1]).read())"
    assert farm.python("-c", code, str(spec)).returncode == 0
    assert farm.cuelet("watch", "--quiet", name).returncode == 0


def settled_files(pid: int) -> list[str]:
    """Return a process's open files once clients have gone: twice the same."""
    last: list[list[str]] = [[]]

    def same() -> list[str]:
        before, last[0] = last[0], open_files(pid)
        return before if before == last[0] else []

    return list(wait_until(same))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are read from /proc")
def test_neither_the_farm_nor_its_runner_keeps_a_file_open_over_200_frames(farm: FarmBox) -> None:
    run_frames(farm, "warm-up", 20)
    pids = wait_until(lambda: farm.processes() if len(farm.processes()) == 2 else [])
    before = {pid: settled_files(pid) for pid in pids}

    run_frames(farm, "two-hundred", 200)

    wait_until(lambda: {pid: open_files(pid) for pid in pids} == before)


def docstring(module: Path) -> str:
    return ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""


@pytest.mark.parametrize(
    "module",
    [path for path in MODULES if not path.name.startswith("_") or path.name == "__init__.py"],
    ids=lambda path: str(path.relative_to(SRC)),
)
def test_a_public_module_says_in_its_first_line_what_it_is_for(module: Path) -> None:
    first = docstring(module).partition("\n")[0]

    assert len(first) > 10
    assert first == first.strip()


def tracked_texts() -> list[Path]:
    """Return the files git knows that are text."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    found = [ROOT / name for name in done.stdout.split("\0") if name]
    return [path for path in found if path.is_file() and b"\0" not in path.read_bytes()]


WORKPLACE = ["/wor" + "k/", "/roo" + "t/"]


def test_no_tracked_file_names_a_folder_of_somebodys_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked_texts()
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if any(word in line for word in WORKPLACE)
    ]

    assert found == []


def test_no_file_is_left_with_a_mark_of_a_merge() -> None:
    marks = ("<" * 7 + " ", ">" * 7 + " ")

    found = [
        path
        for path in tracked_texts()
        if any(line.startswith(marks) for line in path.read_text("utf-8", "replace").splitlines())
    ]

    assert found == []
