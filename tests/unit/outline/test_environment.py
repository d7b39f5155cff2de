"""Which variables the Python of frames starts with, and how it gives the others back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencue import embedded
from outline._targets.interpreter import fitting_environment
from outline.jobspec import environment

SRC = Path(__file__).resolve().parents[3] / "src"
texts = st.sampled_from(["", "/a", "/b:/c"])
envs = st.dictionaries(st.sampled_from([*environment.OF_LAUNCH, "OTHER"]), texts)
fits = st.dictionaries(st.sampled_from(environment.OF_LAUNCH), texts)


@given(envs, fits)
def test_what_is_set_aside_comes_back(env: dict[str, str], fits: dict[str, str]) -> None:
    made = environment.fit(env, fits, into="ASIDE")

    aside = json.loads(made.pop("ASIDE", "{}"))
    assert environment.is_fit(made, fits)
    assert {k: v for k, v in {**made, **aside}.items() if k in env} == env
    assert environment.is_fit(env, fits) == (not aside)


@given(envs, fits)
def test_a_script_that_sets_what_harms_nobody_means_it(
    env: dict[str, str], fits: dict[str, str]
) -> None:
    made = environment.fit_script(env, fits)

    for name in set(environment.OF_LAUNCH) - set(environment.OWN):
        assert made.get(name) == env.get(name)


def test_this_python_keeps_what_it_was_started_with(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = (
        "import os, sys, json; os.environ.update(PYTHONHOME='/dcc', PYTHONPATH='/later');"
        "from outline._targets.interpreter import fitting_environment as fits;"
        "from opencue.embedded import _environment;"
        "e = _environment(sys.executable);"
        "print(json.dumps([fits(sys.executable), e.get('PYTHONHOME'), e.get('PYTHONPATH')]))"
    )
    env = {
        "PYTHONPATH": str(SRC),
        "LD_LIBRARY_PATH": "/libs",
        "PYTHONINSPECT": "1",
        "PATH": os.environ["PATH"],
    }
    out = subprocess.run(
        [sys.executable, "-c", probe], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ).stdout

    kept, home, path = json.loads(out)

    assert {k: v for k, v in kept.items() if v} == {
        "PYTHONPATH": str(SRC),
        "LD_LIBRARY_PATH": "/libs",
    }
    assert (home, path) == (None, str(SRC))


def test_another_python_gets_nothing_but_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"/dcc/lib{os.pathsep}{SRC}")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/dcc/lib")

    kept = fitting_environment("/bin/sh")

    assert {k: v for k, v in kept.items() if v} == {"PYTHONPATH": str(SRC)}
    farms = embedded._environment("/bin/sh")
    assert (farms["PYTHONPATH"], "LD_LIBRARY_PATH" in farms) == (str(SRC), False)
    monkeypatch.setenv("PYTHONPATH", "/dcc/lib")
    assert not any(fitting_environment("/bin/sh").values())
    assert "PYTHONPATH" not in embedded._environment("/bin/sh")


def test_folders_of_a_script_come_first_and_those_of_a_launch_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "encodings").mkdir()
    (tmp_path / "encodings" / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", ["/ours"])
    launch = {"PYTHONPATH": f"/launch{os.pathsep}{tmp_path}{os.pathsep}", "PYTHONHOME": "/dcc"}
    monkeypatch.setenv(environment.FROM_LAUNCH, json.dumps(launch))
    for name in ("PYTHONHOME", "PYTHONPATH"):
        monkeypatch.setenv(name, "")

    environment.give_back()
    assert sys.path == ["/ours", "/launch"]
    monkeypatch.setattr(sys, "path", ["/ours"])
    monkeypatch.setenv(environment.FROM_LAUNCH, json.dumps(launch))
    monkeypatch.setenv(environment.FROM_SCRIPT, json.dumps({"PYTHONPATH": "/script"}))

    environment.give_back()

    assert sys.path == ["/script", "/ours"]
    assert (os.environ["PYTHONHOME"], os.environ["PYTHONPATH"]) == ("/dcc", "/script")
    assert environment.FROM_LAUNCH not in os.environ
