"""Names of PyOutline that scripts and tests of sites use: the local dispatcher, older specifications, stubs in place."""

from __future__ import annotations

import stat
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from opencue import embedded
from opencue.cuebot import Cuebot
from outline import Outline, config
from outline.backend import cue, local
from outline.cuerun import OutlineLauncher
from outline.exception import JobFailedError, LayerException, SpecError
from outline.modules.shell import Shell, ShellScript, ShellSequence
from outline.plugins import local as booking


def job(*layers: Any, **more: Any) -> Outline:
    ol = Outline("a-job", user="kim", **more)
    for layer in layers:
        ol.add_layer(layer)
    return ol


class TestLocalBackend:
    @pytest.mark.parametrize(
        ("text", "chunk", "heads"),
        [
            ("3-9", 1, [3, 4, 5, 6, 7, 8, 9]),
            ("3-9", 4, [3, 7]),
            ("3-9", 87, [3]),
            ("1,1,5", 1, [1, 5]),
        ],
    )
    def test_frames_that_head_a_chunk(self, text: str, chunk: int, heads: list[int]) -> None:
        assert local.build_frame_range(text, chunk) == heads

    def test_a_command_is_for_one_frame(self) -> None:
        layer = Shell("render", command=["ls"], range="1-50")
        command = local.build_command(job(layer), layer, 47)

        assert command[-2:] == ["-e", "47-render"]

    def test_what_is_serialized_is_dispatched(self, tmp_path: Path) -> None:
        script = f"echo $CUE_IFRAME >> {tmp_path}/ran"
        launcher = OutlineLauncher(job(Shell("render", command=script, range="1-3")))

        dispatcher = local.serialize(launcher)
        assert isinstance(dispatcher, local.Dispatcher)
        assert not (tmp_path / "ran").exists()
        dispatcher.dispatch()

        assert len((tmp_path / "ran").read_text().split()) == 3

    def test_dead_frames_are_told(self) -> None:
        with pytest.raises(local.LocalFrameError):
            local.Dispatcher(job(Shell("render", command=["false"], retries=0))).dispatch()
        assert local.LocalFrameError is JobFailedError


@pytest.fixture
def version(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set what ``outline.cfg`` says of the Cuebot."""
    config.reload()
    yield lambda text: monkeypatch.setenv("OUTLINE_OUTLINE_SPEC_VERSION", text)
    config.reload()


class TestOlderCuebots:
    @pytest.mark.parametrize(
        ("older", "there"),
        [
            ("1.9", set()),
            ("1.10", {"timeout", "timeout_llu"}),
            ("1.11", {"timeout", "timeout_llu", "priority"}),
            ("1.12", {"timeout", "timeout_llu", "priority", "gpus", "gpu_memory"}),
            ("1.13", {"timeout", "timeout_llu", "priority", "gpus", "gpu_memory", "maxcores"}),
        ],
    )
    def test_get_nothing_that_came_later(self, version: Any, older: str, there: set[str]) -> None:
        version(older)
        layer = Shell("render", command=["ls"], gpus=2, gpu_memory="4g", timeout=7, timeout_llu=9)
        layer.add_output("image", "/a.exr")
        launcher = OutlineLauncher(job(layer, maxcores=8), priority=42)

        built = cue.build(launcher, use_pycuerun=True, dialect="cuebot")
        root = ET.fromstring(built.xml)

        newer = {"timeout", "timeout_llu", "priority", "gpus", "gpu_memory", "maxcores", "outputs"}
        assert {each.tag for each in root.iter()} & newer == there
        assert f"cjsl-{older}.dtd" in built.xml
        told = [each.text for each in built.limitations if each.code == "spec-version"]
        assert {text.split(": ")[1].split()[0] for text in told} == newer - there

    def test_nothing_is_lost_where_nothing_was_asked(self, version: Any) -> None:
        version("1.9")
        launcher = OutlineLauncher(job(Shell("render", command=["ls"])))

        built = cue.build(launcher, use_pycuerun=True, dialect="cuebot")

        assert [each for each in built.limitations if each.code == "spec-version"] == []

    @pytest.mark.parametrize("text", ["", "2.0", "1.x", "latest"])
    def test_no_version_is_refused(self, version: Any, text: str) -> None:
        version(text)
        with pytest.raises(SpecError, match=r"is no version of the specification such as 1\.15"):
            OutlineLauncher(job(Shell("render", command=["ls"]))).serialize()


class Recorded(ShellSequence):
    def system(self, cmd: Any, ignore_error: bool = False, frame: int | None = None) -> int:  # type: ignore[override]
        self.ran = [*getattr(self, "ran", []), (cmd, frame)]
        return 0


class TestShellLayers:
    def test_a_sequence_has_its_tokens_replaced_before_it_is_run(self) -> None:
        layer = Recorded("several", commands=[["a", "#IFRAME#"], "b #IFRAME#"])
        job(layer).setup()

        layer.execute(1)
        layer.execute(2)

        assert layer.ran == [(["a", "1"], None), ("b 2", None)]

    def test_the_first_line_of_a_script_says_what_runs_it(self, tmp_path: Path) -> None:
        script = tmp_path / "my script"
        script.write_text(f"#!/usr/bin/env -S sed -n w{tmp_path}/copy\nhello\n")
        script.chmod(0o600)
        ol = job(ShellScript("once", script=script, range="1"))
        ol.setup()
        layer = ol.get_layer("once")

        layer.execute(1)

        assert (tmp_path / "copy").read_text().endswith("hello\n")
        assert stat.S_IMODE(Path(layer.get_file("script")).stat().st_mode) == 0o700
        assert stat.S_IMODE(script.stat().st_mode) == 0o600


def test_renaming_too_late_is_an_error_of_the_layer() -> None:
    ol = job(Shell("render", command=["ls"]))
    ol.setup()
    with pytest.raises(LayerException, match="cannot rename a layer"):
        ol.get_layer("render").set_name("other")


def test_threads_of_local_booking_can_be_set_by_the_callback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(booking, "USE_LOCAL_THREADS", 0)
    booking.setup_local_threads(None, "-T", 3, None)
    assert booking.USE_LOCAL_THREADS == 3


def test_a_launch_whose_stubs_are_replaced_starts_and_reaches_no_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError("a farm would have been started")

    sent: list[str] = []
    monkeypatch.setattr(embedded, "start", refuse)
    monkeypatch.setattr(Cuebot, "getStub", staticmethod(lambda name: NoServer()))
    monkeypatch.setattr("opencue.api.launchSpecAndWait", lambda spec: sent.append(spec) or [])
    launcher = OutlineLauncher(job(Shell("render", command=["ls"])))
    expected = launcher.serialize(use_pycuerun=True)

    cue.launch(launcher)

    assert sent == [expected]


class NoServer:
    """A stub as a test puts one in place: every call answers with something that is no message."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **more: object()
