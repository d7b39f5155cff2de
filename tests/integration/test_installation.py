"""Packages and files in place of Cuelet's: what every command says of them, and what the doctor does."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from cuelet.search_path import OURS
from tests.conftest import SRC, FarmBox

REINSTALL = "pip install --force-reinstall --no-deps cuelet"
PROGRAMS = {
    "cuelet": ["jobs"],
    "cueadmin": ["-lj"],
    "pycuerun": ["classic.outline"],
}
CLASSIC = """
from outline.modules.shell import Shell
Shell("work", command=["true"], range="1")
"""
PARTS = ("opencue", "outline", "cueadmin")


class Site:
    """An environment in which Cuelet is installed as pip does it, beside the libraries of this one."""

    def __init__(self, home: Path) -> None:
        venv.create(home, with_pip=False)
        self.python = home / "bin" / "python"
        (self.folder,) = (home / "lib").glob("python*/site-packages")
        (self.folder / "libraries.pth").write_text(sysconfig.get_path("purelib"))
        for name in ("cuelet", *OURS):
            shutil.copytree(SRC / name, self.folder / name, ignore=shutil.ignore_patterns("*.pyc"))
        self.install("cuelet", "0.1.0", ("cuelet", *OURS))

    def install(self, name: str, version: str, places: tuple[str, ...]) -> Path:
        """Note the files in some places as those of a package; return the package's own folder."""
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        found = [self.folder / place for place in places]
        files = [
            file
            for place in found
            for file in ([place] if place.is_file() else place.rglob("*.py"))
        ]
        (info / "RECORD").write_text("".join(map(self._record, files)))
        return info

    def _record(self, file: Path) -> str:
        data = file.read_bytes()
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        return f"{file.relative_to(self.folder)},sha256={digest},{len(data)}\n"

    def overwrite(self, part: str) -> Path:
        """Let OpenCue's package of a part install its own file over ours; return the package's own folder."""
        (self.folder / part / "__init__.py").write_text("farm = api = Cuebot = None\n")
        return self.install(f"opencue-{part}", "1.37.0", (f"{part}/__init__.py",))

    def run(self, box: FarmBox, program: str, *args: str) -> subprocess.CompletedProcess[str]:
        """Run a program of ours in the environment."""
        env = {key: value for key, value in box.env.items() if key != "PYTHONPATH"}
        code = f"import sys; from cuelet.programs import {program}; sys.exit({program}())"
        return subprocess.run(
            [self.python, "-P", "-c", code, *args],
            env=env,
            cwd=box.home,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def site(box: FarmBox) -> Site:
    """Return an environment with Cuelet in it."""
    (box.home / "classic.outline").write_text(CLASSIC)
    return Site(box.home / "site")


def test_a_sound_installation_is_reported_so(box: FarmBox, site: Site) -> None:
    done = site.run(box, "cuelet", "doctor", "--json")

    found = json.loads(done.stdout)
    assert [each for each in found if each["level"] == "error"] == []
    assert {each["what"] for each in found} >= {*PARTS, "state", "outline.cfg", "farm"}


@pytest.mark.parametrize("part", PARTS)
def test_every_command_names_the_package_that_overwrote_it(
    box: FarmBox, site: Site, part: str
) -> None:
    site.overwrite(part)
    says = (
        f"opencue-{part} 1.37.0 overwrote {part}/__init__.py of Cuelet: "
        f"pip uninstall opencue-{part}, then {REINSTALL}"
    )
    needs = {
        "cuelet": ("opencue", "outline"),
        "cueadmin": ("opencue", "cueadmin"),
        "pycuerun": PARTS[:2],
    }

    doctor = site.run(box, "cuelet", "doctor")

    for program, args in PROGRAMS.items():
        if part in needs[program]:
            done = site.run(box, program, *args)
            assert (done.returncode, done.stderr) == (4, f"{program}: {says}\n")
    assert doctor.returncode == 4
    assert says in doctor.stdout
    assert doctor.stderr == ""


def test_all_packages_that_overwrote_something_are_uninstalled_at_once(
    box: FarmBox, site: Site
) -> None:
    for part in PARTS:
        site.overwrite(part)

    done = site.run(box, "cuelet", "jobs")

    assert "pip uninstall opencue-cueadmin opencue-opencue opencue-outline, then" in done.stderr


@pytest.mark.parametrize("program", ["cuelet", "cueadmin"])
def test_files_that_another_package_took_along_are_missed(
    box: FarmBox, site: Site, program: str
) -> None:
    shutil.rmtree(site.overwrite("opencue"))
    (site.folder / "opencue" / "__init__.py").unlink()

    done = site.run(box, program, *PROGRAMS[program])

    assert done.returncode == 4
    assert done.stderr == (
        f"{program}: opencue/__init__.py of Cuelet is gone, "
        f"as after another package was uninstalled: {REINSTALL}\n"
    )


def test_a_package_under_cuelet_is_a_warning_of_what_uninstalling_it_takes_along(
    box: FarmBox, site: Site
) -> None:
    site.install("opencue-pycue", "1.37.0", ("opencue/__init__.py",))

    done = site.run(box, "cuelet", "doctor")

    assert done.returncode == 0
    (line,) = [
        line for line in done.stdout.splitlines() if line.startswith("warning  opencue-pycue")
    ]
    assert line.endswith(f"have to be put back with {REINSTALL}")


@pytest.fixture
def front(box: FarmBox) -> Path:
    """Return a folder that PYTHONPATH names before everything else."""
    folder = box.home / "front"
    folder.mkdir()
    box.env["PYTHONPATH"] = f"{folder}{os.pathsep}{SRC}"
    (box.home / "classic.outline").write_text(CLASSIC)
    return folder


SHADOWS = (
    *("yaml.py", "grpc.py", "outline.py", "opencue/__init__.py", "random.py", "rich.py"),
    *("google.py", "google/__init__.py", "opencue_proto.py"),
)


@pytest.mark.parametrize("name", SHADOWS)
def test_the_doctor_survives_files_in_place_of_libraries(
    box: FarmBox, front: Path, name: str
) -> None:
    (front / name).parent.mkdir(exist_ok=True)
    (front / name).write_text("raise RuntimeError('not the one that is wanted')\n")

    done = box.cuelet("doctor", "--json")

    assert (done.returncode, done.stderr) == (4, "")
    found = json.loads(done.stdout)
    (error,) = [each for each in found if each["level"] == "error"]
    assert error["what"].partition(".")[0] == name.partition("/")[0].removesuffix(".py")
    assert error["detail"].startswith(f"{front / name} is found in place of")
    assert {each["what"] for each in found} >= {"state", "farm", "opencue.yaml"}


@pytest.mark.parametrize(
    "name", ["yaml.py", "grpc.py", "outline.py", "opencue/__init__.py", "google.py"]
)
@pytest.mark.parametrize("program", ["cuelet", "cueadmin"])
def test_commands_name_a_file_in_place_of_a_library(
    box: FarmBox, front: Path, name: str, program: str
) -> None:
    (front / name).parent.mkdir(exist_ok=True)
    (front / name).write_text("")
    box.env["OPENCUE_CONF"] = str(box.home / "opencue.yaml")
    (box.home / "opencue.yaml").write_text("cuebot.timeout: 1000\n")

    done = box.python("-P", "-m", program, *PROGRAMS[program])

    if program == "cueadmin" and name == "outline.py":
        return  # it needs no outline itself
    assert done.returncode == 4, done.stderr
    assert done.stderr.startswith(f"{program}: {front / name} is found in place of")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "name", ["grpc.py", "google.py", "opencue_proto.py", "outline/__init__.py"]
)
def test_a_file_in_place_of_a_library_that_raises_is_named_too(
    box: FarmBox, front: Path, name: str
) -> None:
    (front / name).parent.mkdir(exist_ok=True)
    (front / name).write_text("raise RuntimeError('not the one that is wanted')\n")

    done = box.python("-P", "-m", "cuelet", "jobs")

    assert done.returncode == 4, done.stderr
    assert done.stderr.startswith(f"cuelet: {front / name} is found in place of")
    assert len(done.stderr.splitlines()) == 1


def test_files_beside_a_script_are_a_warning(box: FarmBox) -> None:
    (box.home / "yaml.py").write_text("")

    done = box.python("-P", "-m", "cuelet", "doctor", "--json")

    assert done.returncode == 0
    (found,) = [
        each
        for each in json.loads(done.stdout)
        if each["level"] == "warning" and each["what"] == "yaml"
    ]
    assert found["detail"].endswith("by scripts in this folder: rename it")
