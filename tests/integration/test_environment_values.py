"""Values of the environment arrive in frames as they were set, whatever bytes they are made of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from outline import Outline
from outline.modules.shell import Shell
from outline.spec import CUEBOT, Options, build_spec
from tests.conftest import FarmBox

VALUES: dict[str, Any] = {
    "SEP": " ",
    "LEAD": "  x",
    "TRAIL": "x  ",
    "LINE": "x\n",
    "CR": "a\rb",
    "CRLF": "\r\n",
    "TAB": "\t",
    "EMPTY": "",
    "ESC": "\x1b[1mbold\x1b[0m",
    "EVERY": "".join(map(chr, range(1, 32))) + "\x7f\x85\xa0\u2028\ufeff",
    "BYTES": "caf\udce9",
    "ASTRAL": "𝄞",
    "XML": '<a href="b">&amp;</a>]]>\'',
    "SHELL": "$HOME `id` 'q' \"q\" \\",
    "NUMBER": 10,
    "FLOAT": 1.5,
    "PATH_LIKE": Path("/a b"),
    "EQUALS": "a=b",
    "N\udce9\x1b": "odd name",
}
JOB = """
import json, sys
from pathlib import Path
import outline, outline.cuerun
from outline.modules.shell import Shell

VALUES, OUT, CODE = eval(Path(sys.argv[1]).read_text()), sys.argv[2], sys.argv[3]
for backend in ("cue", "local"):
    for name, pycuerun in (("raw", False), ("python", True)):
        job = outline.Outline(f"env-{backend}-{name}", show="demo", shot="sh010", user="ada")
        layer = Shell("show", command=[sys.executable, "-c", CODE, f"{OUT}/{backend}-{name}"], range="1", retries=0)
        for key, value in VALUES.items():
            job.set_env("JOB_" + key, value)
            job.set_env("PRE_" + key, value, pre=True)
            layer.set_env("LAYER_" + key, value)
        job.add_layer(layer)
        outline.cuerun.launch(
            job, pycuerun, backend=backend, test=True, env={"LAUNCH_" + key: value for key, value in VALUES.items()}
        )
"""
CODE = """
import json, os, sys
with open(sys.argv[1], "w") as out:
    json.dump({key.hex(): value.hex() for key, value in os.environb.items()}, out)
"""


def as_bytes(value: Any) -> str:
    """Return what a frame should say of a value."""
    return os.fsencode(value if isinstance(value, str) else str(value)).hex()


def wanted() -> dict[str, str]:
    """Return every variable that was set, in four places, and one that the launching shell has."""
    values = {
        as_bytes(where + key): as_bytes(value)
        for where in ("JOB_", "PRE_", "LAYER_", "LAUNCH_")
        for key, value in VALUES.items()
    }
    return values | {as_bytes("FROM_SHELL"): as_bytes(" \udce9\x1b ")}


@pytest.fixture
def launched(farm: FarmBox) -> FarmBox:
    """Return a farm on which jobs with odd variables have ended; others have ended without it."""
    (farm.home / "values").write_text(repr(VALUES).replace("PosixPath", "Path"), "utf-8")
    (farm.home / "job.py").write_text(JOB, "utf-8")
    farm.env["FROM_SHELL"] = " \udce9\x1b "
    command = [sys.executable, "job.py", "values", str(farm.home), CODE]
    subprocess.run(command, cwd=farm.home, env=farm.env, check=True)
    del farm.env["FROM_SHELL"]
    return farm


def test_values_arrive_as_they_were_set(launched: FarmBox) -> None:
    for backend in ("cue", "local"):
        for name in ("raw", "python"):
            found = json.loads((launched.home / f"{backend}-{name}").read_text())
            differs = {
                bytes.fromhex(key): found.get(key)
                for key, value in wanted().items()
                if found.get(key) != value
            }
            assert not differs, f"{backend}-{name}"


def test_repro_has_the_same_values(launched: FarmBox) -> None:
    place = launched.home / "cue-raw"
    place.unlink()
    assert launched.cuelet("repro", "env-cue-raw", "1-show").returncode == 0
    again = json.loads(place.read_text())

    script = launched.home / "again.sh"
    launched.cuelet("repro", "env-cue-raw", "1-show", "--script", str(script))
    place.unlink()
    subprocess.run([script], env=launched.env, check=True)
    from_script = json.loads(place.read_text())

    named = {
        key: value for key, value in wanted().items() if not bytes.fromhex(key).endswith(b"\x1b")
    }
    assert {key: again.get(key) for key in wanted()} == wanted()
    assert {key: from_script.get(key) for key in named} == named


def test_a_cuebot_gets_what_xml_carries_and_the_rest_is_said() -> None:
    ol = Outline("a-job", show="demo", shot="sh010", user="ada")
    layer = Shell("show", command=["env"], range="1")
    for key, value in VALUES.items():
        layer.set_env(key, value)
    ol.add_layer(layer)
    ol.setup()

    spec = build_spec(ol, CUEBOT, Options(use_pycuerun=False))

    told = {each.text for each in spec.limitations if each.code == "environment"}
    odd = {"SEP", "LEAD", "TRAIL", "LINE", "CRLF", "TAB", "ESC", "EVERY", "BYTES", "N\udce9\x1b"}
    assert {text.removeprefix("layer show: variable ").split(" is ")[0] for text in told} == odd
    assert "layer show: variable ESC is not set: XML cannot hold its character '\\x1b'" in told
    assert (
        "layer show: variable LEAD is 'x': OpenCue cuts white space from the ends of values" in told
    )
    assert '<key name="CR">a&#13;b</key>' in spec.xml
    assert "ESC" not in spec.xml


def test_layers_of_pycuerun_bring_their_values_themselves() -> None:
    ol = Outline("a-job", show="demo", shot="sh010", user="ada")
    layer = Shell("show", command=["env"], range="1")
    layer.set_env("ESC", "\x1b")
    ol.add_layer(layer)
    ol.setup()

    assert build_spec(ol, CUEBOT, Options()).lowered == []
