"""Launching commands, their options, and what plug-ins add to them."""

from __future__ import annotations

import json
import os
import sys
import types
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

import outline
from outline import Outline, cuerun, event, pycuerun
from outline._commands import launching
from outline._commands.options import CuerunOptionParser
from outline.cuerunbase import AbstractCuerun
from outline.modules.shell import Shell
from outline.plugins import PluginManager, local, manager


class Tool(AbstractCuerun):
    """A launching command of a site."""

    def add_my_options(self) -> None:
        self.get_parser().add_option("--quality", default="low")

    def handle_my_options(self, parser: Any, options: Any, args: list[str]) -> object:
        job = Outline("tool-job", frame_range="1-9")
        job.add_layer(Shell("render", command=["render", options.quality, *args]))
        return self.launch_outline(job, nomail=True)


@pytest.fixture
def cuebot(farm: Any) -> Any:
    farm.farm.info = lambda: None
    return farm


def spec(farm: Any) -> ET.Element:
    return ET.fromstring(farm.specs[-1])


def test_a_tool_launches_with_the_standard_options_and_its_own(cuebot: Any) -> None:
    jobs = Tool().go(["-p", "--priority", "7", "--quality", "high", "a.ma"])

    sent = spec(cuebot)
    assert [job.name() for job in jobs] == ["demo-shot010-kim_job"]  # type: ignore[attr-defined]
    assert (sent.findtext("job/paused"), sent.findtext("job/priority")) == ("True", "7")
    assert sent.find("email") is None
    session = Path(outline.cuerun.launched[0][0].get_session().get_path())
    assert "high" in (session / "layers.pack").read_text()


def test_listeners_of_a_tool_hear_of_its_launches(cuebot: Any) -> None:
    heard: list[tuple[str, str, object]] = []
    tool = Tool()
    for kind in (event.BEFORE_LAUNCH, event.AFTER_LAUNCH):
        tool.add_event_listener(
            kind, lambda e: heard.append((e.type, e.outline.get_name(), e.cuerun))
        )

    tool.go([])

    assert heard == [("BEFORE_LAUNCH", "tool-job", tool), ("AFTER_LAUNCH", "tool-job", tool)]


def test_a_base_without_a_job_is_no_command() -> None:
    with pytest.raises(NotImplementedError):
        AbstractCuerun().go([])


def test_options_are_flags_only_where_somebody_said_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parser = CuerunOptionParser()
    options, args = parser.parse_args(["script", "3-4"])
    assert parser.options_to_args(options) == {}

    parser.handle_standard_options(options, args)
    assert parser.options_to_args(options) == {"range": "3-4"}

    monkeypatch.setenv("FR", "8-9")
    options, _ = parser.parse_args(["--max-retries", "0", "--env", "A=b=c", "-b", "local"])
    parser.setup_frame_range(options)
    assert parser.options_to_args(options) == {
        "range": "8-9",
        "range_default": True,
        "maxretries": "0",
        "env": ["A=b=c"],
        "backend": "local",
    }


def test_standard_options_set_shot_and_repository(tmp_path: Path) -> None:
    from outline import versions

    parser = CuerunOptionParser()
    options, args = parser.parse_args(["--shot", "s020", "-r", str(tmp_path), "-V"])
    parser.handle_standard_options(options, args)

    assert os.environ["SHOT"] == "s020"
    assert versions.get_repos() == str(tmp_path)
    versions.Settings.repos_path = ""


def script(tmp_path: Path, text: str = "") -> str:
    path = tmp_path / "job.outline"
    path.write_text(
        text
        or "from outline.modules.shell import Shell\nShell('render', command=['ls'], range='1-9')\n"
    )
    return str(path)


def test_no_retries_are_no_retries(cuebot: Any, tmp_path: Path) -> None:
    assert pycuerun.main(["-m", "0", "--priority", "0", script(tmp_path)]) == 0

    sent = spec(cuebot)
    assert (sent.findtext("job/maxretries"), sent.findtext("job/priority")) == ("0", "0")


def test_fr_is_only_a_default(cuebot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FR", "3-4")

    pycuerun.main([script(tmp_path)])
    assert spec(cuebot).findtext("job/layers/layer/range") == "3-4"

    ranged = "import outline\noutline.current_outline().set_frame_range('7-8')\n"
    pycuerun.main([script(tmp_path, ranged + Path(script(tmp_path)).read_text())])
    assert spec(cuebot).findtext("job/layers/layer/range") == "7-8"


def test_qc_adds_a_layer_that_waits_for_all_others(cuebot: Any, tmp_path: Path) -> None:
    pycuerun.main(["--qc", script(tmp_path), "5-6"])

    sent = spec(cuebot)
    layer = sent.findall("job/layers/layer")[-1]
    assert layer.get("name") == "wait_on_artist_to_qc"
    assert (layer.findtext("range"), layer.findtext("cores")) == ("5", "0.1")
    assert sent.findtext("depends/depend/onlayer") == "render"


def test_an_inspected_script_is_not_launched(
    cuebot: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pycuerun.main([f"--inspect={script(tmp_path)}"]) == 0

    assert "  render  Shell  1-9\n" in capsys.readouterr().out
    assert cuebot.specs == []


def test_local_cores_are_written_into_the_job(
    cuebot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deeds: list[str] = []
    monkeypatch.setattr(local, "deed_local_machine", lambda: deeds.append("done"))
    monkeypatch.setattr(local.socket, "gethostname", lambda: "desk1")
    monkeypatch.setattr(local, "get_half_host_memory", lambda: 4_000_000)

    pycuerun.main(["-L", "2", "-T", "1", script(tmp_path)])

    found = spec(cuebot).find("job/localbook")
    assert found is not None
    assert found.attrib == {
        "host": "desk1",
        "cores": "2",
        "memory": "4000000",
        "threads": "1",
        "gpu": "0",
    }
    assert deeds == ["done"]


def test_without_the_option_no_core_is_lent(cuebot: Any, tmp_path: Path) -> None:
    pycuerun.main([script(tmp_path)])
    assert spec(cuebot).find("job/localbook") is None
    assert local.get_half_host_memory() > 1024


def test_local_booking_can_be_switched_off(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "outline.cfg"
    path.write_text("[plugin:local]\nmodule = outline.plugins.local\nenable = 0\n")
    os.environ["OUTLINE_CONFIG_FILE"] = str(path)
    outline.config.reload()

    assert not Tool().get_parser().has_option("--run-local")


def test_a_plug_in_adds_an_option_and_listens(
    cuebot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = types.ModuleType("studio_options")

    def init(command: Any) -> None:
        command.get_parser().add_plugin_option("--studio", dest="studio")
        command.add_event_listener(event.BEFORE_LAUNCH, lambda e: e.outline.set_env("S", "1", True))

    plugin.init_cuerun_plugin = init  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "studio_options", plugin)
    PluginManager.load_plugin("studio_options")

    pycuerun.main(["--studio", "blue", script(tmp_path)])

    assert spec(cuebot).findtext("job/env/key") == "1"
    assert manager.PluginManager is PluginManager


def test_a_plug_in_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    plugin = types.ModuleType("studio_named")
    plugin.init = seen.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "studio_named", plugin)

    PluginManager.init_plugin("studio_named", "layer")

    assert seen == ["layer"]


def test_percent_options_of_outline_cfg_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "outline.cfg"
    path.write_text(
        "[outline]\nhome = /studio\nbin_dir = %(home)s/bin\nuser_dir =\n"
        "[Shell]\npattern = a.%04d.exr\nshare = 50%%\n"
    )
    os.environ["OUTLINE_CONFIG_FILE"] = str(path)
    parser = outline.config.read_config_from_disk()

    assert parser.get("outline", "bin_dir") == "/studio/bin"
    assert parser.get("outline", "user_dir")
    assert dict(parser.items("Shell")) == {"pattern": "a.%04d.exr", "share": "50%"}
    assert outline.config.config_base_directory().endswith(".config/opencue")


def test_unknown_flags_are_kept_for_plug_ins(cuebot: Any) -> None:
    job = Outline("flagged", frame_range="1")
    job.add_layer(Shell("render", command=["ls"]))
    launcher = cuerun.OutlineLauncher(job, studio_special="x")

    assert launcher.get_flag("studio_special") == launcher.get("studio_special") == "x"
    assert (launcher.get_flag("priority"), launcher.get_flag("server")) == (1, False)
    assert (launcher.get_flag("user"), launcher.get_flag("facility")) == ("kim", "local")
    with pytest.raises(KeyError):
        launcher.get("nothing")


def test_the_command_is_importable_under_pyoutlines_name() -> None:
    import bin.cuerunbase
    import bin.pycuerun_main

    assert bin.cuerunbase.AbstractCuerun is AbstractCuerun
    assert bin.pycuerun_main.main is pycuerun.main
    assert issubclass(launching.Pycuerun, AbstractCuerun)
    assert json.dumps(cuerun.__dir__())
