"""R1: a job under many kills of the farm ends as the model says, in hardly more time."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FarmBox, make_box, wait_until
from tests.crash import scale
from tests.crash.driver import (
    facts,
    frame_argv,
    kill_server,
    launch,
    make_runs,
    noted,
    start_server,
    strangers,
)

FRAME_S = 0.03
SLOTS = 4


@dataclass(frozen=True)
class Model:
    """What becomes of a job of two layers and a clean-up, by arithmetic alone."""

    frames: int

    @property
    def renders(self) -> int:
        return self.frames * 3 // 5

    @property
    def comps(self) -> int:
        return self.frames - self.renders - 1

    def runs(self, name: str) -> int:
        """Return how often a frame is executed: each has one retry."""
        number, layer = int(name[:4]), name[5:]
        if layer == "render":
            return 2 if self.fails_always(number) or self.fails_once(number) else 1
        return 0 if layer == "comp" and self.fails_always(number) else 1

    def fails_always(self, number: int) -> bool:
        return number % 97 == 3

    def fails_once(self, number: int) -> bool:
        return number % 50 == 7 and not self.fails_always(number)

    def names(self) -> list[str]:
        return [
            *(f"{number:04d}-render" for number in range(1, self.renders + 1)),
            *(f"{number:04d}-comp" for number in range(1, self.comps + 1)),
            "0001-clean",
        ]

    def outcome(self, name: str) -> tuple[str, int, int]:
        """Return state, exit status and retries that a frame ends with."""
        number, layer = int(name[:4]), name[5:]
        if layer == "render" and self.fails_always(number):
            return "DEAD", 9, 1
        if layer == "comp" and self.fails_always(number):
            return "DEPEND", -1, 0
        return "SUCCEEDED", 0, int(layer == "render" and self.fails_once(number))

    def launch(self, farm: FarmBox, runs: Path) -> str:
        for name in self.names():
            if name.endswith("render") and self.fails_always(int(name[:4])):
                (runs / f"always-{name}").touch()
            elif name.endswith("render") and self.fails_once(int(name[:4])):
                (runs / f"once-{name}").touch()
        work: dict[str, Any] = {"cores": 2 / SLOTS, "argv": frame_argv(runs, FRAME_S), "retries": 1}
        layers = {
            "render": {**work, "range": f"1-{self.renders}"},
            "comp": {**work, "range": f"1-{self.comps}"},
            "clean": work,
        }
        finish = {"type": "LAYER_ON_LAYER", "outcome": "finished"}
        depends = [
            {"layer": "comp", "on": "render", "type": "FRAME_BY_FRAME"},
            {"layer": "clean", "on": "comp", **finish},
        ]
        return launch(farm, layers, depends)


class Killer:
    """Starts the farm, and kills it at random moments after."""

    def __init__(self, farm: FarmBox, kills: int) -> None:
        self._farm, self._left = farm, kills
        self._chance = scale.chance("model")
        self.kills = 0
        self.server = start_server(farm)

    def proceed(self) -> None:
        if self.kills >= self._left:
            time.sleep(0.1)
            return
        time.sleep(self._chance.uniform(0.08, 0.6))
        kill_server(self.server)
        self.kills += 1
        self.server = start_server(self._farm)


def render(farm: FarmBox, model: Model, kills: int) -> tuple[float, int]:
    """Run the model's job to its end; return the seconds it took, and the kills."""
    runs = make_runs(farm)
    first = start_server(farm)
    wait_until(farm.state_dir.joinpath("farm.json").exists)
    job = model.launch(farm, runs)
    began = time.monotonic()
    kill_server(first)
    killer = Killer(farm, kills)
    try:
        due = sum(map(model.runs, model.names()))
        while sum(noted(runs, "ended").values()) < due:
            killer.proceed()
            assert time.monotonic() - began < 1500
        took_s = time.monotonic() - began
        wait_until(lambda: farm.json("show", job)["running"] == 0)
        compare(farm, runs, model, facts(farm, job))
    finally:
        kill_server(killer.server)
    return took_s, killer.kills


def compare(farm: FarmBox, runs: Path, model: Model, seen: dict[str, dict[str, Any]]) -> None:
    names = model.names()
    expected = Counter({name: model.runs(name) for name in names})
    assert noted(runs, "overlaps") == {}
    assert noted(runs, "started") - expected == {}, "run more often than the model says"
    assert expected - noted(runs, "ended") == {}, "lost"
    assert {
        name: (one["state"], one["exit_status"], one["retries"]) for name, one in seen.items()
    } == {name: model.outcome(name) for name in names}
    # A booking that the farm's death kept from the runner counts as an attempt, not as a run.
    assert all(one["attempt"] >= expected[name] for name, one in seen.items())
    assert strangers(farm) == set()


@pytest.mark.slow
def test_a_job_under_many_kills_ends_as_the_model_says(box: FarmBox, tmp_path: Path) -> None:
    model = Model(scale.count(quick=250, full=5000))

    took_s, kills = render(box, model, scale.count(quick=6, full=100))

    assert kills
    if scale.is_long():
        plain = make_box(tmp_path / "plain")
        plain.home.mkdir()
        plain_s, _ = render(plain, model, 0)
        assert plain.close() == []
        scale.record(
            "R1",
            frames=model.frames,
            kills=kills,
            took_s=round(took_s, 1),
            plain_s=round(plain_s, 1),
            ratio=round(took_s / plain_s, 2),
        )
