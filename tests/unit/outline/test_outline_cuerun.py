from __future__ import annotations

import json
import os
import pickle
import sys
import types
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

import outline
from outline import Layer, Outline, OutlineException, config, cuerun, event, util
from outline.exception import (
    InvalidSettingError,
    JobFailedError,
    JobStillRunsError,
    UnknownBackendError,
    UnknownFlagError,
)
from outline.executor import TaskExecutor
from outline.modules.shell import Shell
from outline.plugins import PluginManager


def simple(**args: Any) -> Outline:
    ol = Outline("A-Job", **args)
    ol.add_layer(Shell("render", command=["ls"], range="1-10"))
    return ol


def test_a_launch_returns_jobs_and_is_remembered(farm: Any) -> None:
    ol = simple()

    jobs = outline.cuerun.launch(ol, use_pycuerun=False)

    assert [job.name() for job in jobs] == ["demo-shot010-kim_job"]
    assert cuerun.launched == [(ol, jobs)]
    assert ol.get_name() == "A-Job"
    assert "<cuelet>" in farm.specs[0]


def test_a_stock_cuebot_gets_no_extension(farm: Any) -> None:
    farm.farm.info = lambda: None
    cuerun.launch(simple(), use_pycuerun=False, server="cue1:8443")
    assert "<cuelet>" not in farm.specs[0]
    assert farm.hosts == ["cue1:8443"]


def test_what_is_lowered_is_said_on_stderr(farm: Any, capsys: pytest.CaptureFixture[str]) -> None:
    farm.farm.info = lambda: None
    ol = simple()
    ol.get_layer("render").set_chunk(2)

    cuerun.launch(ol, use_pycuerun=False)

    assert capsys.readouterr().err.startswith("note: layer render: chunk 2 became 1")


def test_flags_reach_the_specification(farm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENDER_TO", "cloud")
    cuerun.launch(
        simple(),
        pause=True,
        priority=9,
        maxretries=2,
        autoeat=True,
        basename="other-name",
        show="show2",
        shot="shot2",
        user="someone",
        range="2-3",
        os="Linux",
        env=["A=b=c"],
        verbose=True,
        dev=True,
    )

    root = ET.fromstring(farm.specs[0])
    texts = {each.tag: each.text for each in root.iter() if len(each) == 0}
    assert texts["facility"] == "cloud"
    assert (texts["show"], texts["shot"], texts["user"]) == ("show2", "shot2", "someone")
    assert texts["email"] == "someone@example.com"
    assert (texts["paused"], texts["priority"], texts["maxretries"]) == ("True", "9", "2")
    assert (texts["autoeat"], texts["os"], texts["range"]) == ("True", "Linux", "2-3")
    assert texts["key"] == "b=c"
    assert root.find("job").get("name") == "other_name"  # type: ignore[union-attr]
    assert "someone_A-Job" in json.loads(texts["cuelet"] or "")["job"]["session"]


def test_no_mail_means_no_address(farm: Any) -> None:
    cuerun.launch(simple(), nomail=True, env={"A": "b"})
    assert "<email>" not in farm.specs[0]


def test_misspelled_flags_are_refused_with_the_nearest_name(farm: Any, tmp_path: Path) -> None:
    with pytest.raises(UnknownFlagError, match="no flag 'paused'; did you mean 'pause'"):
        cuerun.launch(simple(), paused=True)
    with pytest.raises(UnknownBackendError, match="no backend 'moon'; there are: cue"):
        cuerun.launch(simple(), backend="moon")
    with pytest.raises(OutlineException, match="write KEY=VALUE"):
        cuerun.launch(simple(), env="novalue")
    with pytest.raises(InvalidSettingError, match="priority"):
        cuerun.launch(simple(), priority="high")
    assert not farm.specs
    assert not list((tmp_path / ".opencue" / "sessions").glob("*/*"))


def test_a_launch_that_fails_leaves_no_session_and_can_be_repeated(
    farm: Any, tmp_path: Path
) -> None:
    ol = simple()
    ol.put_data("key", 1)
    farm.failure = RuntimeError("no farm")

    with pytest.raises(RuntimeError):
        cuerun.launch(ol)
    assert not list((tmp_path / ".opencue" / "sessions").glob("*/*"))
    assert cuerun.launched == []

    farm.failure = None
    cuerun.launch(ol)
    assert ol.get_data("key") == 1


def test_a_session_made_before_the_launch_stays_when_that_fails(farm: Any) -> None:
    ol = simple()
    ol.setup()
    farm.failure = RuntimeError("no farm")

    with pytest.raises(RuntimeError):
        cuerun.launch(ol)

    assert os.path.isfile(ol.get_path() or "")


def test_waiting_polls_until_the_job_has_ended(farm: Any) -> None:
    cuerun.launch(simple(), wait=True)
    assert farm.polls_left == 0


def test_waiting_for_a_job_with_dead_frames_names_them_and_leaves_it_alone(farm: Any) -> None:
    farm.dead = 2

    with pytest.raises(JobFailedError, match=r"demo-shot010-kim_job failed: dead are render 1-2"):
        cuerun.launch(simple(), wait=True)

    assert not farm.killed


def test_a_test_launch_kills_the_job_at_the_first_dead_frame(farm: Any) -> None:
    cuerun.launch(simple(), test=True)
    assert farm.polls_left == 0
    farm.dead, farm.polls_left = 2, 5

    with pytest.raises(JobFailedError, match=r"dead are render 1-2.*was killed"):
        cuerun.launch(simple(), test=True)

    assert farm.polls_left == 4
    assert "test=True" in farm.killed


@pytest.mark.parametrize("flag", ["wait", "test"])
def test_nobody_waits_longer_than_the_time_they_gave(farm: Any, flag: str) -> None:
    farm.polls_left = 1000

    with pytest.raises(JobStillRunsError, match="runs on: cuelet watch demo-shot010-kim_job"):
        cuerun.launch(simple(), timeout_s=0, **{flag: True})


def test_a_time_to_wait_that_is_none_is_refused_before_the_launch(farm: Any) -> None:
    with pytest.raises(OutlineException, match="timeout_s is 'soon'; give a number of s"):
        cuerun.launch(simple(), wait=True, timeout_s="soon")
    assert not farm.specs


def test_errors_of_waiting_survive_pickling() -> None:
    failed = JobFailedError(failures=[("a", "dead are b 1")], was_killed=True)
    late = JobStillRunsError(job="a", remedy="cuelet watch a")

    for error in (failed, late):
        again = pickle.loads(pickle.dumps(error))
        assert (str(again), again.fields) == (str(error), error.fields)


def test_launchers_can_be_asked_and_listened_to(farm: Any) -> None:
    seen: list[str] = []
    launcher = cuerun.OutlineLauncher(simple(), pause=True)
    for kind in (event.BEFORE_LAUNCH, event.AFTER_LAUNCH):
        launcher.add_event_listener(kind, lambda each: seen.append(str(each)))

    launcher.setup()
    launcher.launch(use_pycuerun=False)

    assert launcher.get("pause") is launcher.get_flag("pause") is True
    assert (launcher.get_flag("os"), launcher.get_flag("studio", "any")) == (False, "any")
    assert seen == ["LaunchEvent BEFORE_LAUNCH", "LaunchEvent AFTER_LAUNCH"]
    assert "outline.pycuerun" in launcher.serialize()
    assert "<cmd>ls</cmd>" in launcher.serialize(use_pycuerun=False)


def test_one_frame_can_be_executed_here(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = tmp_path / "job.outline"
    script.write_text(
        "from outline.modules.shell import Shell\nShell('render', command=['echo', '#IFRAME#'], range='1-3')\n"
    )

    cuerun.execute_frame(str(script), "render", 2)

    assert capfd.readouterr().out == "2\n"


# Configuration, plug-ins and small helpers.


def write_config(tmp_path: Path, text: str) -> None:
    path = tmp_path / "outline.cfg"
    path.write_text(text)
    os.environ["OUTLINE_CONFIG_FILE"] = str(path)
    config.reload()


def test_the_configuration_answers_like_a_parser(tmp_path: Path) -> None:
    assert outline.config.get("outline", "backend") == "cue"
    write_config(tmp_path, "[outline]\nfacility = moon\n[path_map]\n/Shared = /mnt\n")
    os.environ["OUTLINE_OUTLINE_DOMAIN"] = "studio.com"
    config.reload()

    assert outline.config.get("outline", "facility") == config.get_option("facility") == "moon"
    assert config.config.get("outline", "domain") == config.get_option("domain") == "studio.com"
    assert outline.config.has_section("path_map")
    assert config.path_map() == {"/Shared": "/mnt"}
    os.environ["CUELET_PATH_MAP"] = ""
    assert config.path_map() == {}
    for text in ("{", "[]", '{"a": 1}'):
        os.environ["CUELET_PATH_MAP"] = text
        with pytest.raises(OutlineException, match="CUELET_PATH_MAP"):
            config.path_map()


def test_plug_ins_see_layers_and_launches(
    farm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    plugin = types.ModuleType("studio_plugin")
    plugin.loaded = lambda: seen.append("loaded")  # type: ignore[attr-defined]
    plugin.init = lambda layer: seen.append(layer.get_name())  # type: ignore[attr-defined]
    plugin.init_cuerun_plugin = lambda launcher: seen.append("launch")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "studio_plugin", plugin)
    write_config(
        tmp_path,
        "[plugin:studio]\nmodule = studio_plugin\nenable = 1\n[plugin:off]\nmodule = nowhere\n",
    )

    cuerun.launch(simple())

    assert seen == ["loaded", "render"]
    assert PluginManager.get_plugins() == [plugin]


def test_frame_sets_of_pyoutline() -> None:
    assert util.disaggregate_frame_set("1-3,7") == [1, 2, 3, 7]
    assert str(util.make_frame_set([3, 1, 3])) == "1,3"
    assert str(util.make_frame_set([3, 1, 3], normalize=False)) == "3,1,3"
    assert str(util.intersect_frame_set("5-1", "1-3")) == "1,2,3"
    assert str(util.intersect_frame_set("5-1", "1-3", normalize=False)) == "3,2,1"
    assert util.intersect_frame_set("1-2", "3-4") is None
    assert util.compact_frame_range("1,2,3,7") == "1-3,7"
    assert util.get_slice("1-9x2", [3, 7], "abcde") == ["b", "d"]
    assert repr(util.FrameSet(5)) == "FrameSet('5')"
    assert util.get_uid() == os.getuid()


def test_the_environment_names_show_shot_and_user(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (util.get_show(), util.get_shot(), util.get_user()) == ("demo", "shot010", "kim")
    for name in ("SHOW", "SHOT", "USER", "LOGNAME"):
        monkeypatch.delenv(name, raising=False)
    assert (util.get_show(), util.get_shot()) == ("testing", "default")
    assert util.get_user()


def test_the_executor_runs_everything_and_raises_the_first_error() -> None:
    seen: list[int] = []
    executor = TaskExecutor(2)
    for number in range(5):
        executor.execute(seen.append, number)
    executor.wait()
    assert sorted(seen) == [0, 1, 2, 3, 4]
    executor.execute(int, "x")
    with pytest.raises(ValueError, match="invalid literal"):
        executor.wait()


def test_an_error_carries_what_it_is_about() -> None:
    error = UnknownFlagError(flag="x", remedy="y")
    assert (error.flag, error.fields) == ("x", {"flag": "x", "remedy": "y"})
    assert str(error.__reduce__()[0](*error.__reduce__()[1])) == str(error)
    with pytest.raises(AttributeError):
        _ = error.nothing
    assert issubclass(UnknownFlagError, OutlineException)


def test_layers_say_what_they_are() -> None:
    layer = Layer("render")
    assert (str(layer), repr(layer)) == ("render", "<Layer name='render' type='Render'>")
    assert repr(simple()) == "<Outline 'A-Job', 1 layers>"


def test_serialize_before_setup_keeps_what_require_says() -> None:
    ol = simple()
    ol.add_layer(Shell("comp", command=["ls"], range="1-10", require="render:all"))
    launcher = cuerun.OutlineLauncher(ol)

    before = launcher.serialize(use_pycuerun=False)
    ol.setup()

    assert before.count("<depend ") == 1
    assert launcher.serialize(use_pycuerun=False) == before
