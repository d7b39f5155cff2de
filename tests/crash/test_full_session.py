"""A full disk under a session: what was stored stays, what cannot be stored is a clear error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import outline
from outline import Layer, Outline, SessionException
from tests.crash.disks import fill, small_disk


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("OUTLINE_", "OL_", "CUE")):
            monkeypatch.delenv(name)
    for name, value in {"HOME": tmp_path, "SHOW": "demo", "SHOT": "sh010", "USER": "kim"}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("OUTLINE_OUTLINE_SESSION_DIR", str(tmp_path / "sessions"))


def test_a_full_disk_costs_no_stored_value_and_is_named(tmp_path: Path, surroundings: None) -> None:
    with small_disk(tmp_path / "sessions", "1m") as disk:
        outline.config.reload()
        job = Outline("full")
        layer = Layer("render", range="1-2")
        job.add_layer(layer)
        job.setup()
        layer.put_data("kept", {"shot": "sh010", "list": [1, 2, 3]})
        before = sorted(path for path in disk.rglob("*") if path.is_file())
        filling = fill(disk)

        with pytest.raises(SessionException, match="(?i)no space left"):
            layer.put_data("kept", {"shot": "x" * 100_000}, force=True)
        with pytest.raises(SessionException, match="(?i)no space left"):
            layer.put_data("more", "x" * 100_000)

        assert layer.get_data("kept") == {"shot": "sh010", "list": [1, 2, 3]}
        filling.unlink()
        assert sorted(path for path in disk.rglob("*") if path.is_file()) == before
        layer.put_data("kept", "y" * 100_000, force=True)
        assert layer.get_data("kept") == "y" * 100_000
    outline.config.reload()
    Outline.current = None
