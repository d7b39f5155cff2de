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
texts = st.sampled_from(["", "/a", "/b:/c", "0", "1000"])
envs = st.dictionaries(st.sampled_from([*environment.ALL, "OTHER"]), texts)
fits = st.dictionaries(st.sampled_from(environment.ALL), texts)


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

    for name in set(environment.OF_LAUNCH) - {*environment.OWN, "PYTHONUTF8"}:
        assert made.get(name) == env.get(name)


# Value by value: with which a Python starts, and those with which some Python does not.
VALUES = [
    *(("PYTHONHASHSEED", value, True) for value in ("0", "4294967295", "random", "")),
    *(("PYTHONHASHSEED", value, False) for value in ("x", "-1", "4294967296", "²")),
    *(("PYTHONINTMAXSTRDIGITS", value, True) for value in ("0", "640")),
    *(("PYTHONINTMAXSTRDIGITS", value, False) for value in ("5", "x")),
    *(("PYTHONIOENCODING", value, True) for value in ("utf-8", "latin-1:replace", ":replace")),
    *(("PYTHONIOENCODING", value, False) for value in ("klingon", "x\0", "hex")),
    *(("PYTHONMALLOC", value, True) for value in ("malloc", "debug")),
    *(("PYTHONMALLOC", value, False) for value in ("mimalloc", "jemalloc")),
    *(("PYTHONTRACEMALLOC", value, True) for value in ("0", "25")),
    *(("PYTHONTRACEMALLOC", value, False) for value in ("on", "65536")),
    *(("PYTHONUTF8", value, True) for value in ("0", "1")),
    ("PYTHONUTF8", "yes", False),
    ("__PYVENV_LAUNCHER__", "/opt/dcc/python", False),
]


@pytest.mark.parametrize(("name", "value", "starts"), VALUES)
def test_values_with_which_no_python_starts_are_set_aside(
    name: str, value: str, starts: bool
) -> None:
    fits = fitting_environment("/bin/sh")
    env = {name: value}

    made = environment.fit_script(env, fits)

    assert (made == env) == starts
    if name in environment.IF_UNKNOWN:
        assert environment.is_fit(env, fits) == starts
        assert environment.fit(env, fits, into=environment.FROM_SCRIPT) == made
    if starts:
        begun = subprocess.run([sys.executable, "-c", ""], env=env, capture_output=True)
        assert begun.returncode == 0, begun.stderr


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
