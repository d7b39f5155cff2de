"""Versions of modules in repositories: `outline.versions`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from outline import versions
from outline.versions import main
from outline.versions.session import Session, Settings, VersionsException


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    modules, finders = set(sys.modules), list(sys.meta_path)
    yield
    for name in set(sys.modules) - modules:
        if name.startswith("studio"):
            del sys.modules[name]
    sys.meta_path[:] = finders
    Settings.repos_path = ""
    Settings.module_repos.clear()
    versions._session.__init__()  # type: ignore[misc]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for number in ("1", "2"):
        package = tmp_path / "studiotools" / number
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(f"VERSION = {number}\n")
        (package / "part.py").write_text(f"PART = {number}\n")
    return tmp_path


def test_without_a_repository_nothing_can_be_required() -> None:
    assert versions.get_repos() == ""
    assert versions.require("studiotools", "1") is False
    assert versions.get_version("studiotools") == "latest"
    assert versions.get_version("studiotools", "7") == "7"


def test_a_required_version_is_what_import_loads(repository: Path) -> None:
    assert versions.set_repos(str(repository))
    assert versions.require("studiotools", "2")

    import studiotools  # type: ignore[import-not-found]
    import studiotools.part  # type: ignore[import-not-found]

    assert (studiotools.VERSION, studiotools.part.PART) == (2, 2)
    assert versions.get_version("studiotools") == "2"
    assert versions.get_session().get_ver_str() == "studiotools:2"
    assert versions.get_session().is_module_loaded("studiotools")


def test_only_one_version_can_be_required_until_it_is_taken_back(repository: Path) -> None:
    versions.set_repos(str(repository))

    assert versions.require("studiotools", "1")
    assert not versions.require("studiotools", "2")
    assert versions.unrequire("studiotools")
    assert not versions.unrequire("studiotools")
    assert versions.require("studiotools", "2")


def test_missing_versions_are_not_required(repository: Path) -> None:
    versions.set_repos(str(repository))
    (repository / "studioempty" / "1").mkdir(parents=True)

    assert not versions.require("studiotools", "9")
    assert not versions.require("studiotools")
    assert not versions.require("studioempty", "1")


def test_a_manifest_is_executed(repository: Path) -> None:
    place = repository / "studiosetup" / "3"
    place.mkdir(parents=True)
    (place / "manifest.py").write_text("import sys; sys.studio_manifest = __name__\n")
    versions.set_module_repos("studiosetup", str(repository))

    assert versions.require("studiosetup", "3")
    assert sys.studio_manifest == "manifest"  # type: ignore[attr-defined]
    del sys.studio_manifest  # type: ignore[attr-defined]


def test_a_repository_has_to_be_a_directory() -> None:
    with pytest.raises(VersionsException, match="no directory") as caught:
        versions.set_repos("/no/such/place")

    assert caught.value.path == "/no/such/place"
    with pytest.raises(VersionsException):
        versions.set_module_repos("studiotools", "/no/such/place")


def test_importing_it_changes_nothing() -> None:
    probe = (
        "import sys, os, tempfile; before = (list(sys.path), list(sys.meta_path));"
        "import outline.versions; assert before == (sys.path, sys.meta_path)"
    )
    path = str(Path(versions.__path__[0]).parents[1])
    subprocess.run([sys.executable, "-c", probe], check=True, env={"PYTHONPATH": path})


def test_pyoutlines_places_of_the_same_names() -> None:
    assert main.require is versions.require
    assert main.Session is Session
    assert Session().get_path() == ""
