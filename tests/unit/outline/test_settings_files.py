"""The files of settings: PyOutline's, and over it one of our own that PyOutline does not read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cuelet.engine.path_map_file import PathMapFile
from outline import config
from outline.exception import ConfigFileError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / ".config" / "opencue"
    made.mkdir(parents=True)
    return made


def test_our_own_file_lies_over_that_of_pyoutline(folder: Path) -> None:
    (folder / "outline.cfg").write_text(
        "[outline]\nhome = /studio\nkeep_env = A\n[path_map]\n/a = /1\n/b = /2\n"
    )
    (folder / "cuelet.cfg").write_text("[outline]\nkeep_env = B\n[path_map]\n/b = /3\n")

    assert config.get_option("keep_env") == "B"
    assert config.get_option("home") == "/studio"
    assert config.path_map() == {"/a": "/1", "/b": "/3"}
    assert config.config_files() == [str(folder / "outline.cfg"), str(folder / "cuelet.cfg")]


def test_our_own_file_needs_no_other(folder: Path) -> None:
    (folder / "cuelet.cfg").write_text("[Shell]\ncores = 0.5\n[path_map]\n/a = /1\n")

    assert config.config_file() is None
    assert config.class_defaults("Shell") == {"cores": "0.5"}
    assert config.path_map() == {"/a": "/1"}


def test_it_lies_over_a_file_that_a_variable_names(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site.cfg"
    site.write_text("[outline]\ndomain = studio.example\n")
    (folder / "cuelet.cfg").write_text("[outline]\nkeep_env = A\n")
    monkeypatch.setenv("OUTLINE_CONFIG_FILE", str(site))

    assert (config.get_option("domain"), config.get_option("keep_env")) == ("studio.example", "A")


def test_a_file_that_a_variable_names_is_read_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = folder / "cuelet.cfg"
    own.write_text("[outline]\nkeep_env = A\n")
    monkeypatch.setenv("OL_CONFIG", str(own))

    assert config.config_files() == [str(own)]


def test_an_error_names_the_file_it_is_in(folder: Path) -> None:
    (folder / "outline.cfg").write_text("[outline]\n")
    (folder / "cuelet.cfg").write_text("no section\n")

    with pytest.raises(ConfigFileError, match=r"cuelet\.cfg"):
        config.get_config()


def test_the_farm_reads_the_map_again_when_it_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cuelet.engine.path_map_file._FRESH_S", 0.0)
    file, own = PathMapFile(), folder / "cuelet.cfg"
    assert file.current() == {}

    own.write_text("[path_map]\n/a = /1\n")
    assert file.current() == {"/a": "/1"}

    own.write_text("[path_map]\n/a = /2\n")
    os.utime(own, (1, 1))
    assert file.current() == {"/a": "/2"}
