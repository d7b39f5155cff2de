from __future__ import annotations

import json
import os
import pickle
import signal
from pathlib import Path

import pytest

from outline import (
    FileSpecException,
    Layer,
    LayerException,
    Outline,
    ShellCommandFailureException,
    io,
)
from outline.exception import InvalidSettingError
from outline.modules.shell import PyEval, Shell, ShellCommand, ShellScript, ShellSequence, shell
from outline.pathmap import map_argv, map_text
from outline.util import FrameSet


def ready(*layers: Layer, frame_range: str | None = None) -> Outline:
    ol = Outline("a-job", frame_range=frame_range)
    for layer in layers:
        ol.add_layer(layer)
    ol.setup()
    return ol


# Paths.


def test_paths_have_parts_and_attributes(tmp_path: Path) -> None:
    path = io.Path(tmp_path / "a" / "file.exr", mkdir=True, colour="red")

    assert (path.get_basename(), path.get_ext(), path.get_dirname()) == (
        "file.exr",
        ".exr",
        str(tmp_path / "a"),
    )
    assert path.get_attribute("colour") == "red"
    assert path.get_attribute("checked") is False
    assert str(path) == os.fspath(path) == path.get_path()
    assert path == io.Path(path) == str(path)
    assert len({path, io.Path(path)}) == 1
    assert not path.exists()
    path.mkdir()
    path.mkdir()
    assert path.exists()
    (tmp_path / "b").write_text("12345")
    assert io.Path(tmp_path / "b").get_size() == 5


def test_file_specs_name_a_file_per_frame(tmp_path: Path) -> None:
    folder = tmp_path / "beauty" / "2k_lin" / "exr"
    folder.mkdir(parents=True)
    spec = io.FileSpec(folder / "x_v1.1-3####.exr", checkExt=["png"])

    assert (spec.get_basename(), spec.get_ext(), list(spec.get_frame_set() or ())) == (
        "x_v1",
        ".exr",
        [1, 2, 3],
    )
    assert spec.get_frame_path(3) == str(folder / "x_v1.0003.exr")
    assert io.FileSpec("/a/x.1-3#.exr").get_frame_path(3) == "/a/x.3.exr"
    assert io.FileSpec("/a/x.0001-0003.exr").get_frame_path(3) == "/a/x.0003.exr"
    assert io.FileSpec("/a/x.10-12.exr").get_frame_path(3) == "/a/x.3.exr"
    assert io.FileSpec("/a/2k_lin_exr/x.#.exr").get_colorspace() == "lin"
    assert io.FileSpec("/a/x.@@.exr").get_frame_path(3) == "/a/x.03.exr"
    assert io.FileSpec("/a/x.%05d.exr").get_frame_path(3) == "/a/x.00003.exr"
    assert (spec.get_rep(), spec.get_res(), spec.get_colorspace()) == ("exr", "2k", "lin")
    assert spec.get_element_dir() == str(folder.parent) + "/"
    assert spec.get_temp_frame_path(1, "/t") == "/t/x_v1.0001.exr"
    assert str(spec.get_temp_file_spec("/t")) == "/t/x_v1.####.exr"
    assert spec.get_file_spec("5-6") == str(folder / "x_v1.5-6####.exr")
    for number, name in ((1, "x_v1.0001.exr"), (2, "x_v1.0002.png"), (3, "x_v1.0003.exr")):
        (folder / name).write_text("x" * number)
    assert spec.exists()
    assert spec.get_size(FrameSet("1-2")) == 3
    (folder / "x_v1.0003.exr").write_text("")
    assert not spec.exists()
    assert pickle.loads(pickle.dumps(spec)).get_attribute("checkExt") == ["png"]
    with pytest.raises(FileSpecException, match="no frame mark"):
        io.FileSpec("/a/x.exr")


# Commands.


@pytest.mark.parametrize(
    ("cmd", "argv"),
    [
        (["a b", 5, Path("/x"), "#IFRAME#"], ["a b", "5", "/x", "7"]),
        ("echo 'a b' %{FRAME}", ["echo", "a b", "7"]),
        (["#!IFRAME#", "%!{FRAME}", "#!!JOB#", "#!"], ["#IFRAME#", "%{FRAME}", "#!JOB#", "#!"]),
        (" ", []),
        ("ls | wc", ["/bin/sh", "-c", "ls | wc"]),
        ("echo $HOME", ["/bin/sh", "-c", "echo $HOME"]),
        ("A=b env", ["/bin/sh", "-c", "A=b env"]),
        ("render --frame=#ZFRAME#", ["render", "--frame=0007"]),
    ],
)
def test_a_command_becomes_arguments(cmd: object, argv: list[str]) -> None:
    assert io.prep_shell_command(cmd, 7) == argv


def test_text_is_run_by_a_shell(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "bare").write_text("echo bare $0")
    (tmp_path / "bare").chmod(0o755)

    assert io.system("exit 3", ignore_error=True) == 3
    assert io.system(f"{tmp_path}/bare") == 0
    assert io.system("printf 'a\\tb %s\\n' %!{FRAME}", frame=7) == 0
    assert capfd.readouterr().out == f"bare {tmp_path}/bare\na\tb %{{FRAME}}\n"


@pytest.mark.parametrize("name", ["-x", "-c", "--say", "+x"])
def test_a_program_with_a_dash_is_no_option_of_the_shell(
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    (tmp_path / name).write_text("#!/bin/sh\necho said $1\n")
    (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    assert io.system(f"{name} #IFRAME#", frame=7) == 0
    assert capfd.readouterr().out == "said 7\n"
    with pytest.raises(ShellCommandFailureException, match="/bin/sh -c ' -no'; PATH"):
        io.system("-no")


def test_frame_zero_is_a_frame() -> None:
    assert io.prep_shell_command(["%{FRAME}", "%{ZFRAME}", "%{RANGE}"], 0) == ["0", "0000", "0"]


def test_commands_tell_their_exit_status(capfd: pytest.CaptureFixture[str]) -> None:
    assert io.system(["/bin/sh", "-c", "echo out; echo err >&2"]) == 0
    assert capfd.readouterr() == ("out\n", "err\n")
    assert io.system(["/bin/sh", "-c", "exit 7"], ignore_error=True) == 7
    assert Layer.system(["/bin/sh", "-c", "kill -9 $$"], ignore_error=True) == 137
    with pytest.raises(
        ShellCommandFailureException, match="status 7: /bin/sh -c 'exit 7'"
    ) as caught:
        io.system(["/bin/sh", "-c", "exit 7"])
    assert (caught.value.exit_status, pickle.loads(pickle.dumps(caught.value)).status) == (7, 7)
    with pytest.raises(ShellCommandFailureException, match=r"ended by SIGTERM \(Terminated\)"):
        io.system(["/bin/sh", "-c", f"kill -{signal.SIGTERM:d} $$"])


def test_programs_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(
        ShellCommandFailureException,
        match=r"program 'no-such-program' is not on PATH \(.*\); install it",
    ) as caught:
        io.system(["no-such-program", "x"])
    assert caught.value.exit_status == 127
    (tmp_path / "file").write_text("")
    assert io.system([str(tmp_path / "file")], ignore_error=True) == 126
    assert io.system("", ignore_error=True) == 127


def test_a_command_has_the_signals_of_a_shell(capfd: pytest.CaptureFixture[str]) -> None:
    io.system("yes | head -1")
    assert capfd.readouterr() == ("y\n", "")


# Layers that run commands.


def test_a_shell_layer_runs_once_per_frame(capfd: pytest.CaptureFixture[str]) -> None:
    layer = Shell(
        "a-layer", command=["echo", "#FRAME#", "#LAYER#", "#JOB#", "#IFRAME#"], range="1-5", chunk=2
    )
    ready(layer)

    layer.execute(3)

    assert capfd.readouterr().out.splitlines() == [
        "0003-a_layer a_layer demo-shot010-kim_a-job 3",
        "0004-a_layer a_layer demo-shot010-kim_a-job 4",
    ]
    assert os.environ["OL_LAYER_RANGE"] == "3,4"
    assert os.environ["OL_LAYER_SESSION_PATH"] == layer.get_path()


def test_a_shell_layer_with_a_chunk_token_runs_once_per_chunk(
    capfd: pytest.CaptureFixture[str],
) -> None:
    layer = Shell(
        "render",
        command=["echo", "#FRAMESPEC#", "#FRAME_START#", "#FRAME_END#", "#FRAME_CHUNK#"],
        range="1-9x2",
        chunk=3,
    )
    ready(layer)

    layer.execute(1)
    layer.execute(7)

    assert capfd.readouterr().out.splitlines() == ["1-5x2 1 5 3", "7,9 7 9 3"]


def test_a_failing_frame_stops_the_chunk(capfd: pytest.CaptureFixture[str]) -> None:
    layer = shell("render", "echo #IFRAME#; test #IFRAME# -lt 2", range="1-3", chunk=3)
    ready(layer)

    with pytest.raises(ShellCommandFailureException):
        layer.execute(1)

    assert capfd.readouterr().out == "1\n2\n"


def test_sequences_scripts_single_commands_and_python(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "script"
    script.write_text("echo from a script\n")
    sequence = ShellSequence("sequence", commands=[["echo", "one"], "echo two | cat"])
    single = ShellCommand("single", command=["echo", "once", "#IFRAME#"])
    python = PyEval("python", "print(layer.get_name(), frame)", range="1-2", chunk=2)
    ready(sequence, single, python, ShellScript("script", script=script), frame_range="1-9")
    ol = sequence.get_outline()
    script.write_text("exit 1\n")

    for name, frame in (
        ("sequence", 2),
        ("sequence", 1),
        ("single", 1),
        ("python", 1),
        ("script", 1),
    ):
        ol.get_layer(name).execute(frame)

    assert capfd.readouterr().out.splitlines() == [
        *("two", "one", "once 1", "python 1", "python 2", "from a script"),
    ]
    assert sequence.get_frame_range() == "1-2"
    with pytest.raises(LayerException, match="not Python"):
        PyEval("broken", "not python at all")


@pytest.mark.parametrize("command", [[], "", "  ", [""], 5, ["a\0b"]])
def test_commands_that_are_none_are_refused(command: object) -> None:
    with pytest.raises(InvalidSettingError, match="layer 'render': command is"):
        Shell("render", command=command)


def test_paths_are_mapped_for_commands_and_said_once(capfd: pytest.CaptureFixture[str]) -> None:
    os.environ["CUELET_PATH_MAP"] = json.dumps(
        {"/shared": "/mnt/shared", "maya": "/opt/maya/bin/maya", "say": "echo"}
    )
    layer = Shell(
        "render",
        command=["say", "/shared/a", "--out=/shared/b", "/sharedx", "say"],
        range="1-2",
        chunk=2,
    )
    ready(layer)
    io._printed_maps.clear()

    layer.execute(1)

    out = capfd.readouterr().out.splitlines()
    assert out.count("path map: /shared -> /mnt/shared") == 1
    assert out.count("/mnt/shared/a --out=/mnt/shared/b /sharedx say") == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/shared", "/mnt"),
        ("/shared/", "/mnt/"),
        ("/shared/a:/shared/b", "/mnt/a:/mnt/b"),
        ("--out=/shared/x", "--out=/mnt/x"),
        ("load(\"/shared/x\", '/shared/y')", "load(\"/mnt/x\", '/mnt/y')"),
        ("cat /shared/a,/shared/b", "cat /mnt/a,/mnt/b"),
        ("(/shared)", "(/mnt)"),
        ("/sharedx", "/sharedx"),
        ("/x/shared/y", "/x/shared/y"),
        ("/shared/deep/er", "/d/er"),
        ("/shared/deeper", "/mnt/deeper"),
        ("", ""),
    ],
)
def test_prefixes_are_mapped_at_boundaries_longest_first(text: str, expected: str) -> None:
    assert (
        map_text(text, {"/shared/": "/mnt", "/shared/deep": "/d/", "/": "/never", "prog": "x"})
        == expected
    )


def test_mapping_does_not_map_its_own_results() -> None:
    assert map_text("/a /b", {"/a": "/b", "/b": "/c"}) == "/b /c"


def test_a_program_is_mapped_only_where_it_is_called() -> None:
    path_map = {"maya": "/opt/maya", "/shared": "/mnt"}

    assert map_argv(["maya", "maya", "/shared/x"], path_map) == ["/opt/maya", "maya", "/mnt/x"]
    assert map_argv(["/bin/maya"], path_map) == ["/bin/maya"]
    assert map_argv([], path_map) == []
