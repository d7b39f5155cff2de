"""A clean home, a known show, and no farm."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


@pytest.fixture
def layer() -> outline.Layer:
    """Return the only layer of an outline that is set up."""
    ol = outline.Outline("a-job")
    found = outline.Layer("render", range="1-4")
    ol.add_layer(found)
    ol.setup()
    return found


def data_file(layer: outline.Layer, key: str) -> Path:
    """Return where a session keeps a value of a layer."""
    return Path(layer.get_path()) / "data" / f"{key}.yaml"


class FakeFarm(types.ModuleType):
    """Stands in for opencue: takes specifications, runs nothing."""

    def __init__(self) -> None:
        super().__init__("opencue")
        self.specs: list[str] = []
        self.hosts: list[str] = []
        self.failure: Exception | None = None
        self.polls_left = 2
        self.api = types.SimpleNamespace(
            launchSpecAndWait=self.take,
            findShow=self.find_show,
            job_pb2=types.SimpleNamespace(DEAD=5),
        )
        self.ending = types.ModuleType("opencue.ending")
        self.ending.watch = self.watch  # type: ignore[attr-defined]
        self.ending.Patience = lambda *_: None  # type: ignore[attr-defined]
        self.ending.ending_so_far = lambda job: self.end()  # type: ignore[attr-defined]
        self.exception = types.ModuleType("opencue.exception")
        self.exception.CueException = RuntimeError  # type: ignore[attr-defined]
        self.exception.EntityNotFoundException = LookupError  # type: ignore[attr-defined]
        self.shows = {"demo"}
        self.calls: list[str] = []
        self.refused: set[str] = set()
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

    def find_show(self, name: str) -> str:
        if name not in self.shows:
            raise LookupError(name)
        return name

    def call(self, text: str) -> None:
        """Note a call on a job; raise where it is to be refused."""
        self.calls.append(text)
        if text.partition("(")[0] in self.refused:
            raise RuntimeError("the server says no")

    def watch(self, job_id: str, pauses_s: Iterator[float], *_: Any) -> Iterator[tuple[Any, Any]]:
        """Tell the end at the last poll."""
        while self.polls_left > 0:
            self.polls_left -= 1
            assert next(pauses_s) > 0
            yield self.get_job(job_id), self.end() if not self.polls_left else None

    def end(self) -> types.SimpleNamespace:
        return types.SimpleNamespace(
            frames=3,
            succeeded=3 - self.dead,
            dead=self.dead,
            stuck="",
            was_killed=False,
            is_success=not self.dead,
        )

    def get_job(self, job_id: str) -> types.SimpleNamespace:
        return types.SimpleNamespace(
            name=lambda: "demo-shot010-kim_job",
            id=lambda: job_id,
            deadFrames=lambda: self.dead,
            isPaused=lambda: False,
            getFrames=lambda state: [self.frame(number) for number in range(1, self.dead + 1)],
            kill=lambda reason: setattr(self, "killed", reason),
            setMaxRetries=lambda number: self.call(f"setMaxRetries({number})"),
            resume=lambda: self.call("resume()"),
        )

    def frame(self, number: int) -> types.SimpleNamespace:
        return types.SimpleNamespace(layer=lambda: "render", number=lambda: number)


@pytest.fixture
def farm(monkeypatch: pytest.MonkeyPatch) -> FakeFarm:
    fake = FakeFarm()
    monkeypatch.setitem(sys.modules, "opencue", fake)
    for name in ("farm", "ending", "exception"):
        monkeypatch.setitem(sys.modules, f"opencue.{name}", getattr(fake, name))
    # it has no shows and hosts to look at
    monkeypatch.setattr("outline.backend._prospects.look_ahead", lambda job: ())
    return fake
