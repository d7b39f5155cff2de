"""A launch on a stock Cuebot: what is sent as that spells it, set afterwards, or done here, as nobody does it there."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from outline import Layer, Outline, OutlinePostCommand, config, cuerun
from outline.exception import OutlineException
from outline.modules.shell import Shell
from outline.spec import CUEBOT, CUELET, Options, build_spec


@pytest.fixture
def cuebot(farm: Any) -> Any:
    """Return a farm that is no Cuelet's."""
    farm.farm.info = lambda: None
    return farm


def outline_of(*layers: Layer, **args: Any) -> Outline:
    ol = Outline("a-job", **args)
    for layer in layers or [Shell("render", command=["run", "#IFRAME#"], range="1-3")]:
        ol.add_layer(layer)
    return ol


def sent(cuebot: Any) -> ET.Element:
    return ET.fromstring(cuebot.specs[0])


def command(cuebot: Any) -> str:
    return sent(cuebot).findtext("job/layers/layer/cmd") or ""


# -- retries ---------------------------------------------------------------------------------


def patient(retries: int) -> Outline:
    return outline_of(Shell("render", command=["run"], range="1-3", retries=retries))


def test_retries_are_set_while_the_job_is_paused(cuebot: Any) -> None:
    cuerun.launch(patient(3), use_pycuerun=False)

    assert sent(cuebot).findtext("job/paused") == "True"
    assert cuebot.calls == ["setMaxRetries(3)", "resume()"]


def test_a_job_that_is_to_be_paused_stays_so(cuebot: Any) -> None:
    cuerun.launch(patient(3), use_pycuerun=False, pause=True)

    assert cuebot.calls == ["setMaxRetries(3)"]


@pytest.mark.parametrize("retries", [0, 1])
def test_retries_that_a_cuebot_keeps_need_no_call(cuebot: Any, retries: int) -> None:
    cuerun.launch(patient(retries), use_pycuerun=False)

    assert sent(cuebot).findtext("job/paused") == "False"
    assert cuebot.calls == []


def test_more_retries_than_a_cuebot_takes_are_its_most(cuebot: Any, capsys: Any) -> None:
    cuerun.launch(patient(16), use_pycuerun=False)

    assert cuebot.calls[0] == "setMaxRetries(15)"
    assert "every layer gets 15" in capsys.readouterr().err


def test_a_job_whose_retries_are_refused_goes_on(cuebot: Any, capsys: Any) -> None:
    cuebot.refused = {"setMaxRetries"}

    (job,) = cuerun.launch(patient(3), use_pycuerun=False)

    assert cuebot.calls == ["setMaxRetries(3)", "resume()"]
    said = capsys.readouterr().err
    assert f"note: {job.name()}: its frames have 1 retry instead of 3: the server says no\n" in said


def test_a_job_that_cannot_be_resumed_is_launched_and_says_so(cuebot: Any, capsys: Any) -> None:
    cuebot.refused = {"resume"}

    (job,) = cuerun.launch(patient(3), use_pycuerun=False)

    assert f"let it go on with cuelet resume {job.name()}" in capsys.readouterr().err


def test_the_embedded_farm_has_retries_per_layer(farm: Any) -> None:
    cuerun.launch(patient(3), use_pycuerun=False)

    assert sent(farm).findtext("job/paused") == "False"
    assert farm.calls == []


def test_a_specification_that_nobody_follows_up_is_not_paused() -> None:
    ol = patient(3)
    ol.setup()

    root = ET.fromstring(build_spec(ol, CUEBOT, Options(use_pycuerun=False)).xml)

    assert root.findtext("job/paused") == "False"


# -- surroundings ----------------------------------------------------------------------------


def surroundings(ol: Outline) -> dict[str, Any]:
    path = Path(ol.get_session().get_path()) / "surroundings.json"
    assert path.stat().st_mode & 0o077 == 0
    return dict(json.loads(path.read_text()))


def test_directory_and_path_of_the_launch_are_in_the_session(
    cuebot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/venv/bin:/usr/bin")
    monkeypatch.setenv("OCIO", "/shared/config.ocio")
    ol = outline_of()

    cuerun.launch(ol)

    assert surroundings(ol) == {
        "version": 1,
        "cwd": str(tmp_path),
        "path": "/venv/bin:/usr/bin",
        "env": {},
    }


def test_variables_that_are_kept_are_in_the_session(
    cuebot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OCIO", "NUKE_PATH", "NUKE_KEY", "AWS_SECRET", "CUE_JOB"):
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv("OUTLINE_OUTLINE_KEEP_ENV", "OCIO, NUKE_P*, CUE_*, PATH, HOME")
    ol = outline_of()

    cuerun.launch(ol)

    assert surroundings(ol)["env"] == {"OCIO": "ocio", "NUKE_PATH": "nuke_path"}


def test_the_embedded_farm_needs_no_surroundings(farm: Any) -> None:
    ol = outline_of()

    cuerun.launch(ol)

    assert "surroundings.json" not in os.listdir(ol.get_session().get_path())


# -- commands without pycuerun ---------------------------------------------------------------


def run_as_rqd_does(text: str, folder: Path) -> str:
    """Return what a command prints that RQD puts into a file without a first line and executes."""
    file = folder / "command"
    file.write_text(text)
    file.chmod(0o755)
    done = subprocess.run(
        ["/usr/bin/env", str(file)], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}
    )
    return done.stdout + done.stderr


LIST = ["printf", "%s|", "it's", "$HOME", "a  b", "*", "\n", "é;"]
TEXT = 'printf \'%s|\' it\\\'s "$PATH" | tr a-z A-Z; echo "$#"'


@pytest.mark.parametrize("given", [LIST, TEXT])
@pytest.mark.parametrize("python", ["", "/no/such/python"])
def test_a_relayed_command_does_what_it_did(
    cuebot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: Any, python: str
) -> None:
    monkeypatch.setenv("CUELET_PYTHON", python)
    ol = outline_of(Shell("render", command=given, range="1"))

    cuerun.launch(ol, use_pycuerun=False)

    plain = given if isinstance(given, str) else shlex.join(given)
    assert "relay" in command(cuebot)
    assert run_as_rqd_does(command(cuebot), tmp_path) == run_as_rqd_does(plain, tmp_path)


@pytest.mark.parametrize(
    ("variables", "flags"),
    [({"OUTLINE_OUTLINE_RELAY": "false"}, {}), ({}, {"os": "Windows"})],
)
def test_a_command_may_go_out_as_it_is(
    cuebot: Any, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], flags: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    cuerun.launch(outline_of(), use_pycuerun=False, **flags)

    assert command(cuebot) == "run '#IFRAME#'"


def test_a_setting_that_means_nothing_is_refused(
    cuebot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTLINE_OUTLINE_RELAY", "maybe")

    with pytest.raises(OutlineException, match="relay = 'maybe'"):
        cuerun.launch(outline_of(), use_pycuerun=False)
    assert cuebot.specs == []


def test_a_command_that_would_become_too_long_goes_out_as_it_is(cuebot: Any) -> None:
    long = "x" * 3990

    cuerun.launch(
        outline_of(Shell("render", command=["echo", long], range="1")), use_pycuerun=False
    )

    assert command(cuebot) == f"echo {long}"


@pytest.fixture
def mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    path_map = {"/mnt/studio": "/home/ada/my studio", "nuke": "/opt/nuke", "/unused": "/x"}
    monkeypatch.setenv("CUELET_PATH_MAP", json.dumps(path_map))
    monkeypatch.setenv("OUTLINE_OUTLINE_RELAY", "false")


@pytest.mark.usefixtures("mapped")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            ["nuke", "-x", "/mnt/studio/#IFRAME#.nk"],
            "/opt/nuke -x '/home/ada/my studio/#IFRAME#.nk'",
        ),
        ("cat /mnt/studio/a | nuke", "cat /home/ada/my studio/a | nuke"),
    ],
)
def test_paths_are_mapped_at_launch_and_said(
    cuebot: Any, capsys: Any, given: Any, expected: str
) -> None:
    cuerun.launch(outline_of(Shell("render", command=given, range="1")), use_pycuerun=False)

    assert command(cuebot) == expected
    said = capsys.readouterr().err
    assert "layer render: without pycuerun its paths are mapped at launch" in said
    assert "/mnt/studio -> /home/ada/my studio" in said
    assert "/unused" not in said


@pytest.mark.usefixtures("mapped")
def test_paths_of_pycuerun_are_mapped_by_the_host(cuebot: Any, capsys: Any) -> None:
    cuerun.launch(outline_of(Shell("render", command=["cat", "/mnt/studio/a"], range="1")))

    assert "mapped" not in capsys.readouterr().err


@pytest.mark.usefixtures("mapped")
def test_the_embedded_farm_maps_paths_itself(farm: Any) -> None:
    cuerun.launch(
        outline_of(Shell("render", command=["cat", "/mnt/studio/a"], range="1")), use_pycuerun=False
    )

    assert command(farm) == "cat /mnt/studio/a"


# -- what runs after a job -------------------------------------------------------------------


def post_of(dialect: str) -> ET.Element:
    ol = outline_of(
        Shell("render", command=["run"]), OutlinePostCommand("bye", command=["rm", "a b"])
    )
    ol.setup()
    root = ET.fromstring(build_spec(ol, dialect, Options()).xml)
    (layer,) = [each for each in root.iter("layer") if each.get("type") == "Post"]
    return layer


def test_a_post_command_needs_no_session_that_its_user_cannot_read() -> None:
    assert post_of(CUEBOT).findtext("cmd") == "rm 'a b'"
    assert "outline.pycuerun" in (post_of(CUELET).findtext("cmd") or "")


def test_a_post_command_of_another_class_runs_its_code() -> None:
    class Notify(OutlinePostCommand):
        def _execute(self, frames: Any) -> None:
            """Tell somebody."""

    ol = outline_of(Shell("render", command=["run"]), Notify("bye", command=["rm"]))
    ol.setup()

    assert "#IFRAME#-bye" in build_spec(ol, CUEBOT, Options()).xml


def test_a_post_command_is_executed(tmp_path: Path) -> None:
    ol = outline_of(OutlinePostCommand("bye", command=["touch", str(tmp_path / "#LAYER#")]))
    ol.setup()

    ol.get_layer("bye").execute(1000)

    assert (tmp_path / "bye").exists()


def test_the_settings_of_a_host_are_known() -> None:
    assert config.get_option("keep_env") == ""
    assert config.get_option("relay") == "true"
