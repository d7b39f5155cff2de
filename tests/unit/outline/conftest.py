"""A clean home, a known show, and no farm."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import outline
from outline import cuerun
from outline.plugins import PluginManager


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("OUTLINE_", "OL_", "CUE", "FR", "RENDER_TO", "FACILITY")):
            monkeypatch.delenv(name)
    for name, value in {
        "HOME": str(tmp_path),
        "SHOW": "demo",
        "SHOT": "shot010",
        "USER": "kim",
    }.items():
        monkeypatch.setenv(name, value)
    outline.config.reload()
    cuerun.launched.clear()
    yield
    os.environ.clear()
    os.environ.update(before)
    outline.Outline.current = None
    outline.config.reload()
    cuerun.launched.clear()
    PluginManager.registered_plugins.clear()
    PluginManager._loaded = False


class FakeFarm(types.ModuleType):
    """Stands in for opencue: takes specifications, runs nothing."""

    def __init__(self) -> None:
        super().__init__("opencue")
        self.specs: list[str] = []
        self.hosts: list[str] = []
        self.failure: Exception | None = None
        self.polls_left = 2
        self.api = types.SimpleNamespace(
            launchSpecAndWait=self.take, isJobPending=self.is_pending, getJob=self.get_job
        )
        self.cuebot = types.SimpleNamespace(
            Cuebot=types.SimpleNamespace(setHosts=self.hosts.extend)
        )
        self.farm = types.ModuleType("opencue.farm")
        self.farm.info = lambda: {"pid": 1}  # type: ignore[attr-defined]
        self.dead = 0
        self.killed = ""

    def take(self, xml: str) -> list[types.SimpleNamespace]:
        if self.failure is not None:
            raise self.failure
        self.specs.append(xml)
        return [self.get_job("id")]

    def is_pending(self, name: str) -> bool:
        self.polls_left -= 1
        return self.polls_left > 0

    def get_job(self, job_id: str) -> types.SimpleNamespace:
        stats = types.SimpleNamespace(dead_frames=self.dead)
        return types.SimpleNamespace(
            name=lambda: "demo-shot010-kim_job",
            id=lambda: "id",
            data=types.SimpleNamespace(job_stats=stats),
            kill=lambda reason: setattr(self, "killed", reason),
        )


@pytest.fixture
def farm(monkeypatch: pytest.MonkeyPatch) -> FakeFarm:
    fake = FakeFarm()
    monkeypatch.setitem(sys.modules, "opencue", fake)
    monkeypatch.setitem(sys.modules, "opencue.farm", fake.farm)
    return fake
