"""What a frame starts with, everywhere it may run: variables of another Python, umask, tokens in variables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SRC, FarmBox

# Each frame says what it has, in one line of JSON.
JOB = """
import json, os, sys
os.environ.update(json.loads(os.environ.pop("LATER", "{}")))
import outline, outline.cuerun
from outline.modules.shell import PyEval, Shell

SAY = ["sh", "-c", '''
python3 -S -E -c 'import json, os, sys; names = ["PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "OF_JOB", "OF_LAYER"]
found = dict((name, os.environ.get(name)) for name in names)
found.update(umask="%03o" % os.umask(0), frame="#IFRAME#", stays="#!IFRAME#", left=[n for n in os.environ if "ASIDE" in n])
print("SAID", json.dumps(found))'
''']
job = outline.Outline("say-job", show="demo", shot="sh010", frame_range="1-3")
job.set_env("OF_JOB", "job-#ZFRAME#")
say = Shell("say", command=SAY, chunk=3, retries=0)
say.set_env("OF_LAYER", "%{FRAME} #LAYER# #!IFRAME# %!{FRAME}")
say.set_env("PYTHONPATH", "/show/modules")
job.add_layer(say)
if sys.argv[2:] == ["python"]:
    job.add_layer(PyEval("inside", range="1", retries=0, code='''
import os, sys, shows_own
print("IN", sys.path.index(os.environ["MODULES"]) >= 0, os.environ.get("PYTHONHOME"), shows_own.__file__)
'''))
outline.cuerun.launch(job, use_pycuerun=sys.argv[1] == "pycuerun", wait=True, **json.loads(os.environ.get("LAUNCH", "{}")))
"""


def said(text: str) -> list[dict[str, Any]]:
    """Return what the frames said in a log."""
    return [json.loads(line[5:]) for line in text.splitlines() if line.startswith("SAID ")]


def expected(home: str | None) -> list[dict[str, Any]]:
    """Return what the three frames say."""
    return [
        {
            "PYTHONHOME": home,
            "PYTHONPATH": "/show/modules",
            "LD_LIBRARY_PATH": None,
            "OF_JOB": f"job-000{n}",
            "OF_LAYER": f"{n} say #IFRAME# %{{FRAME}}",
            "umask": "037",
            "frame": str(n),
            "stays": "#IFRAME#",
            "left": [],
        }
        for n in (1, 2, 3)
    ]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Return the script of the job."""
    path = tmp_path / "job.py"
    path.write_text(JOB)
    return path


@pytest.mark.parametrize("how", ["pycuerun", "raw"])
def test_a_farm_and_repro_start_frames_alike(farm: FarmBox, script: Path, how: str) -> None:
    farm.env["LATER"] = json.dumps({"PYTHONHOME": "/opt/dcc/python"})

    done = farm.python(str(script), how, umask=0o037)
    log = farm.cuelet("logs", "say-job", "say").stdout

    assert (done.returncode, said(log)) == (0, expected("/opt/dcc/python")), done.stderr + log
    again = farm.cuelet("repro", "say-job", "1-say", umask=0o002)
    assert said(again.stdout) == expected("/opt/dcc/python"), again.stderr
    shown = farm.cuelet("repro", "say-job", "1-say", "--dry-run").stdout
    script_of_it = subprocess.run(
        ["sh"], input=shown, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}
    )
    assert said(script_of_it.stdout) == expected("/opt/dcc/python"), script_of_it.stderr


@pytest.mark.parametrize("how", ["pycuerun", "raw"])
def test_a_local_run_starts_them_so_too(box: FarmBox, script: Path, how: str) -> None:
    box.env["LATER"] = json.dumps({"PYTHONHOME": "/opt/dcc/python"})
    box.env["LAUNCH"] = json.dumps({"backend": "local", "log_dir": str(box.home / "logs")})

    done = box.python(str(script), how, umask=0o037)
    (log,) = (box.home / "logs").glob("*say.rqlog")

    assert (done.returncode, said(log.read_text())) == (0, expected("/opt/dcc/python"))


def test_modules_of_a_dcc_are_found_behind_ours(farm: FarmBox, script: Path) -> None:
    modules, stdlib = farm.home / "modules", farm.home / "dcc" / "lib"
    modules.mkdir()
    (modules / "shows_own.py").write_text("")
    (stdlib / "encodings").mkdir(parents=True)
    (stdlib / "encodings" / "__init__.py").write_text("raise SystemExit('another Python')")
    (stdlib / "json.py").write_text("raise SystemExit('another Python')")
    path = os.pathsep.join([str(stdlib), str(modules), str(SRC)])
    dcc = {
        "PYTHONHOME": "/opt/dcc",
        "PYTHONPATH": path,
        "PYTHONPLATLIBDIR": "nowhere",
        "MODULES": str(modules),
    }
    farm.env["LATER"] = json.dumps(dcc)

    done = farm.python(str(script), "pycuerun", "python")

    log = farm.cuelet("logs", "say-job", "inside").stdout
    assert done.returncode == 0, log + done.stderr
    assert f"IN True /opt/dcc {modules}/shows_own.py" in log


def test_a_farm_is_started_whatever_the_application_has_set(box: FarmBox, script: Path) -> None:
    stdlib = box.home / "dcc"
    (stdlib / "encodings").mkdir(parents=True)
    (stdlib / "encodings" / "__init__.py").write_text("raise SystemExit('another Python')")
    box.env["CUELET_PYTHON"] = sys.executable
    box.env["LATER"] = json.dumps(
        {
            "PYTHONHOME": "/opt/dcc",
            "PYTHONPATH": f"{stdlib}{os.pathsep}{SRC}",
            "PYTHONPLATLIBDIR": "nowhere",
            "PYTHONEXECUTABLE": "/opt/dcc/bin/dcc",
        }
    )

    done = box.python(str(script), "pycuerun")

    assert done.returncode == 0, done.stderr
    assert len(said(box.cuelet("logs", "say-job", "say").stdout)) == 3


FATAL = {
    "PYTHONHASHSEED": "many",
    "PYTHONINTMAXSTRDIGITS": "5",
    "PYTHONIOENCODING": "klingon",
    "PYTHONMALLOC": "mimalloc2",
    "PYTHONTRACEMALLOC": "on",
    "__PYVENV_LAUNCHER__": "/opt/dcc/python",
}
OF_PYTHONS = """
import json, os, sys
FATAL = json.loads(os.environ.pop("FATAL"))
import outline, outline.cuerun
from outline.modules.shell import PyEval
if sys.argv[1] == "launch":
    os.environ.update(FATAL)
job = outline.Outline("fatal", show="demo", shot="sh010", frame_range="1")
layer = PyEval("say", code="import os; print('HAS', [os.environ.get(n) for n in %r])" % [*FATAL])
if sys.argv[1] == "script":
    for name, value in FATAL.items():
        layer.set_env(name, value)
job.add_layer(layer)
outline.cuerun.launch(job, wait=True, **json.loads(os.environ.get("LAUNCH", "{}")))
"""


@pytest.mark.parametrize("where", ["launch", "script"])
@pytest.mark.parametrize("backend", ["cue", "local"])
def test_values_that_this_python_does_not_know_keep_no_frame_from_starting(
    box: FarmBox, tmp_path: Path, where: str, backend: str
) -> None:
    path = tmp_path / "fatal.py"
    path.write_text(OF_PYTHONS)
    logs = box.home / "logs"
    box.env["FATAL"] = json.dumps(FATAL)
    box.env["LAUNCH"] = json.dumps({"backend": backend, "log_dir": str(logs)})

    done = box.python(str(path), where)

    assert done.returncode == 0, done.stderr
    kept = "".join(each.read_text() for each in logs.glob("*say.rqlog"))
    log = kept if backend == "local" else box.cuelet("logs", "fatal", "say").stdout
    assert f"HAS {list(FATAL.values())}" in log
