"""The pycuerun command as frames meet it: real processes on real sessions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compat.cuebot.double import ReplayingCuebot
from tests.compat.cuebot.recording import flow
from tests.conftest import SRC

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path, bare_env: dict[str, str]) -> Run:
    """Run python with a clean environment and home."""

    def call(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, *map(str, arguments)]
        return subprocess.run(
            argv, env=bare_env | variables, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )

    return call


def session_of(run: Run, tmp_path: Path, script: str) -> str:
    """Run a script that sets an outline up, and return the session it prints last."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "beside.py").write_text("SCALE = 10\n")
    path = tmp_path / "scripts" / "job.py"
    path.write_text(textwrap.dedent(script))
    done = run(path)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def pycuerun(run: Run, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    return run("-m", "outline.pycuerun", *arguments, **variables)


SHELL_JOB = """
    from outline import Outline
    from outline.modules.shell import Shell
    ol = Outline("shell-job", frame_range="0-9")
    ol.set_env("GREETING", "a=b")
    render = Shell("beauty-render", command=["sh", "-c", "echo $GREETING $OL_LAYER_RANGE #IFRAME# $1", "x", "a b"], chunk=3)
    ol.add_layer(render)
    ol.add_layer(Shell("exits", command="exit 5; true"))
    ol.add_layer(Shell("killed", command="kill -9 $$ | true; kill -9 $$"))
    ol.add_layer(Shell("missing", command=["no-such-program"]))
    ol.add_layer(Shell("-".join(["negative"] * 2), command=["echo", "#IFRAME#"], range="0-9"))
    ol.setup()
    print(ol.get_session().get_path())
"""


@pytest.fixture
def shell_session(run: Run, tmp_path: Path) -> str:
    return session_of(run, tmp_path, SHELL_JOB)


@pytest.mark.parametrize("place", ["{}", "{}/outline.yaml"])
def test_every_frame_of_the_chunk_runs(run: Run, shell_session: str, place: str) -> None:
    done = pycuerun(run, place.format(shell_session), "-e", "3-beauty-render")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["a=b 3,4,5 3 a b", "a=b 3,4,5 4 a b", "a=b 3,4,5 5 a b"]


def test_pyoutlines_form_of_the_command_works(run: Run, shell_session: str) -> None:
    done = pycuerun(
        run,
        f"{shell_session}/outline.yaml",
        "-e",
        "0-beauty-render",
        "--version",
        "latest",
        "--debug",
        "--dev",
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 3)


@pytest.mark.parametrize(
    ("target", "status", "message"),
    [
        ("0-exits", 5, "status 5"),
        ("0-killed", 137, "command ended by SIGKILL (Killed)"),
        ("0-missing", 127, "program 'no-such-program' is not on PATH ("),
        ("1-beauty-render", 1, "no chunk begins with frame 1"),
        ("0-nobody", 1, "no layer 'nobody'"),
        ("render", 2, "has to be FRAME-LAYER"),
    ],
)
def test_the_exit_status_is_that_of_the_command(
    run: Run, shell_session: str, target: str, status: int, message: str
) -> None:
    done = pycuerun(run, shell_session, "-e", target)

    assert done.returncode == status
    assert message in done.stderr


def test_a_missing_session_is_a_clear_error(run: Run, tmp_path: Path) -> None:
    done = pycuerun(run, tmp_path / "nowhere", "-e", "1-render")
    assert done.returncode == 1
    assert "there is no such file" in done.stderr


SCRIPT_JOB = """
    import collections
    from outline import Layer, LayerPreProcess, Outline

    import beside

    SCALE = beside.SCALE
    Size = collections.namedtuple("Size", "w h")

    def helper(frame):
        return frame * beside.SCALE

    class PrepareScene(LayerPreProcess):
        def _execute(self, frames):
            self.put_data("scene_config", {"path": "/prepared.ma", "ready": True})

    class RenderLayer(Layer):
        def __init__(self, name, size, **args):
            super().__init__(name, **args)
            self.size = size

        def _execute(self, frames):
            config = self.get_child("prepare").get_data("scene_config")
            for frame in frames:
                print(config["path"], self.size.w, helper(frame), __name__)
                self.put_data(f"output_{frame}", {"path": f"/renders/frame_{frame:04d}.exr"})

    class CompositeLayer(Layer):
        def _execute(self, frames):
            for frame in frames:
                data = self.get_outline().get_layer("render").get_data(f"output_{frame}")
                print("Compositing:", data["path"], self.render.get_name())
            if 3 in frames:
                raise RuntimeError("no third frame")

    if __name__ == "__main__":
        ol = Outline("script-job")
        render = RenderLayer("render", Size(1920, 1080), range="1-3", chunk=2)
        render.add_child(PrepareScene("prepare"))
        composite = CompositeLayer("composite", range="1-3")
        composite.render = render
        composite.depend_on(render)
        ol.add_layer(render)
        ol.add_layer(composite)
        ol.setup()
        print(ol.get_session().get_path())
"""


def test_layer_classes_of_the_users_script_run_in_other_processes(run: Run, tmp_path: Path) -> None:
    session = session_of(run, tmp_path, SCRIPT_JOB)
    (tmp_path / "scripts" / "job.py").unlink()

    assert pycuerun(run, session, "-e", "1-render_prepare").returncode == 0
    rendered = pycuerun(run, session, "-e", "1-render")
    again = pycuerun(run, session, "-e", "1-render")
    composed = pycuerun(run, session, "-e", "2-composite")

    assert rendered.stderr == again.stderr == composed.stderr == ""
    assert rendered.stdout == "/prepared.ma 1920 10 __main__\n/prepared.ma 1920 20 __main__\n"
    assert composed.stdout == "Compositing: /renders/frame_0002.exr render\n"


def test_an_exception_in_a_layer_is_a_traceback_and_exit_status_one(
    run: Run, tmp_path: Path
) -> None:
    session = session_of(run, tmp_path, SCRIPT_JOB)
    pycuerun(run, session, "-e", "1-render_prepare")
    pycuerun(run, session, "-e", "3-render")

    done = pycuerun(run, session, "-e", "3-composite")

    assert done.returncode == 1
    assert done.stdout == "Compositing: /renders/frame_0003.exr render\n"
    assert "RuntimeError: no third frame" in done.stderr
    assert "in _execute" in done.stderr


def test_a_layer_of_another_python_is_refused_by_version(run: Run, tmp_path: Path) -> None:
    session = session_of(run, tmp_path, SCRIPT_JOB)
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    other = "2" + here[1:]
    pack = Path(session, "layers.pack")
    written = f'"python": "{here}"'.encode()
    assert written in pack.read_bytes()
    pack.write_bytes(pack.read_bytes().replace(written, f'"python": "{other}"'.encode()))

    done = pycuerun(run, session, "-e", "1-render")

    assert done.returncode == 1
    assert f"layer 'render' was written by Python {other}, this is Python {here}" in done.stderr


def test_classes_of_modules_are_imported_from_where_they_were(run: Run, tmp_path: Path) -> None:
    library = tmp_path / "library" / "studio"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text("")
    (library / "layers.py").write_text(
        "from outline import Layer\n"
        "class Studio(Layer):\n"
        "    def _execute(self, frames):\n"
        "        print('studio', frames, self.extra)\n"
    )
    session = session_of(
        run,
        tmp_path,
        """
        import sys
        sys.path.insert(0, "library")
        from outline import Outline
        from studio.layers import Studio
        ol = Outline("module-job")
        layer = Studio("render", range="1-2", chunk=2)
        layer.extra = {"a": [1]}
        ol.add_layer(layer)
        ol.setup()
        print(ol.get_session().get_path())
        """,
    )

    done = pycuerun(run, session, "-e", "1-render")

    assert (done.stdout, done.stderr) == ("studio 1,2 {'a': [1]}\n", "")
    assert not Path(session, "layers", "render", "layer.pkl").exists()
    library.rename(tmp_path / "moved")
    lost = pycuerun(run, session, "-e", "1-render")
    assert lost.returncode == 1
    assert "cannot import its class Studio of module studio.layers" in lost.stderr


def test_what_cannot_travel_is_refused_before_anything_is_made(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(
        textwrap.dedent(
            """
            import threading
            from outline import Layer, Outline
            class Mine(Layer):
                pass
            ol = Outline("lock-job")
            layer = Mine("render")
            layer.lock = threading.Lock()
            ol.add_layer(layer)
            ol.setup()
            """
        )
    )

    done = run(script)

    assert "layer 'render' cannot travel to the farm" in done.stderr
    assert not list((tmp_path / ".opencue" / "sessions").glob("*/*"))


def test_paths_are_mapped_for_the_session_and_for_commands(run: Run, shell_session: str) -> None:
    path_map = json.dumps({"/elsewhere": os.path.dirname(shell_session)})

    done = pycuerun(
        run,
        f"/elsewhere/{os.path.basename(shell_session)}",
        "-e",
        "9-beauty-render",
        CUELET_PATH_MAP=path_map,
    )

    assert done.returncode == 0
    assert (
        done.stdout.splitlines()[0] == f"path map: /elsewhere -> {os.path.dirname(shell_session)}"
    )


def test_a_frame_imports_neither_yaml_nor_argparse_nor_cloudpickle(
    run: Run, shell_session: str
) -> None:
    probe = (
        "import sys; from outline import pycuerun;"
        f"pycuerun.main([{shell_session!r}, '-e', '3-beauty-render']);"
        "print(sorted(sys.modules))"
    )

    done = run("-c", probe)

    loaded = set(json.loads(done.stdout.splitlines()[-1].replace("'", '"')))
    heavy = {
        "yaml",
        "cloudpickle",
        "argparse",
        "inspect",
        "dataclasses",
        "subprocess",
        "logging",
        "pathlib",
    }
    assert not loaded & {*heavy, "typing", "configparser", "xml", "shutil", "opencue", "grpc"}


def test_a_session_of_many_layers_is_not_read_as_a_whole(run: Run, tmp_path: Path) -> None:
    session = session_of(
        run,
        tmp_path,
        """
        from outline import Outline
        from outline.modules.shell import Shell
        ol = Outline("wide-job", frame_range="1-2")
        for index in range(300):
            ol.add_layer(Shell(f"layer{index}", command=["echo", str(index)]))
        ol.setup()
        print(ol.get_session().get_path())
        """,
    )
    pack = Path(session, "layers.pack")
    content = pack.read_bytes()
    start = 16 + int(content[:16])
    at, *lengths = json.loads(content[16:start])["layers"]["layer7"]
    first, last = start + at, start + at + sum(lengths)
    pack.write_bytes(
        content[:start] + b"x" * at + content[first:last] + b"x" * (len(content) - last)
    )

    done = pycuerun(run, session, "-e", "1-layer7")

    assert (done.stdout, done.stderr) == ("7\n", "")


OUTLINE_SCRIPT = """
from outline.modules.shell import Shell
Shell("render", command=["echo", "#IFRAME#"], range="1-10", chunk=2)
Shell("after", command=["ls"], require=["render:all"])
"""


def test_a_script_can_be_inspected_and_its_frames_executed(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "lighting.outline"
    script.write_text(OUTLINE_SCRIPT)

    inspected = pycuerun(run, "-i", script, "-f", "1-4")
    executed = pycuerun(run, script, "3-4", "-e", "3-render")

    assert inspected.stdout.splitlines()[:2] == [
        "demo-shot010-kim_lighting  1-4",
        "  render  Shell  1-4",
    ]
    assert "    command: ['echo', '#IFRAME#']" in inspected.stdout
    assert executed.stdout == "3\n4\n"


def test_a_script_is_launched_with_the_options_said(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "lighting.outline"
    script.write_text(OUTLINE_SCRIPT)
    cuebot = ReplayingCuebot(flow("02-three-layers-raw"))

    done = pycuerun(
        run,
        *(
            script,
            "-p",
            "-f",
            "2-3",
            "--priority",
            "5",
            "--env",
            "K=V=W",
            "-jobid",
            "other",
            "--shot",
            "s020",
        ),
        *("-retry", "1", "--raw", "--no-mail", "-u", "somebody"),
        CUEBOT_HOSTS=cuebot.host,
        OUTLINE_OUTLINE_RELAY="false",
        PYTHONPATH=str(SRC),
    )
    (sent,) = cuebot.requests("/job.JobInterface/LaunchSpecAndWait")
    cuebot.close()

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Submitted the following jobs:\n    demo-sh010-ada_")
    xml = sent.spec
    for part in (
        '<job name="other">',
        "<paused>True</paused>",
        "<priority>5</priority>",
        "<shot>s020</shot>",
        "<user>somebody</user>",
        '<key name="K">V=W</key>',
        "<range>2-3</range>",
        "<cmd>echo '#IFRAME#'</cmd>",
    ):
        assert part in xml


def test_without_a_script_the_help_is_shown(run: Run) -> None:
    done = pycuerun(run)
    assert done.returncode == 1
    assert "Launch an outline script" in done.stdout
    assert pycuerun(run, "--nonsense").returncode == 2


def test_a_script_that_fails_says_so(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "broken.outline"
    script.write_text("1/0\n")
    done = pycuerun(run, script)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    missing = pycuerun(run, tmp_path / "nothing.outline")
    assert (missing.returncode, "no such file" in missing.stderr) == (5, True)
