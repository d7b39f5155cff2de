"""What fails in the user's code is shown with the lines of the user's files, and none of ours: frames and launches."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    said = {"SHOW": "demo", "SHOT": "sh010", "USER": "ada", "HOME": str(tmp_path)}
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SRC), **said}

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, *map(str, arguments)]
        return subprocess.run(
            argv, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )

    return call


FRAMES = """
    from outline import Layer, Outline
    def inner(value):
        return 1 / value
    class Plain(Layer):
        def _execute(self, frames):
            inner(0)
    class Async(Layer):
        async def _execute(self, frames):
            try:
                inner(0)
            except ZeroDivisionError as error:
                raise KeyError("key") from error
    class Ours(Layer):
        def _execute(self, frames):
            self.get_input("scene")
    ol = Outline("fails")
    for cls in (Plain, Async, Ours):
        ol.add_layer(cls(cls.__name__.lower(), range="1"))
    ol.setup()
    print(ol.get_session().get_path())
"""


@pytest.mark.parametrize("fate", ["there", "edited", "gone"])
def test_a_frame_shows_the_users_lines_as_they_were_launched(
    run: Run, tmp_path: Path, fate: str
) -> None:
    script = tmp_path / "job.py"
    script.write_text(textwrap.dedent(FRAMES))
    session = run(script).stdout.strip()
    if fate == "edited":
        script.write_text("# nothing\n" * 40)
    if fate == "gone":
        script.unlink()

    plain, chained, ours = (
        run("-P", "-m", "outline.pycuerun", session, "-e", f"1-{name}").stderr
        for name in ("plain", "async", "ours")
    )

    for said in (plain, chained, ours):
        assert str(SRC) not in said
        assert "asyncio" not in said
    assert f'File "{script}", line 7, in _execute\n    inner(0)\n' in plain
    assert plain.endswith("ZeroDivisionError: division by zero\n")
    assert "direct cause" in chained
    assert 'raise KeyError("key") from error' in chained
    assert 'self.get_input("scene")' in ours
    assert "layer 'ours' has no input 'scene'" in ours


SCRIPTS = {
    "raises": ("def make():\n    raise ValueError('x')\nmake()\n", 'raise ValueError("x")'),
    "syntax": ("from outline import Layer\ndef f(:\n", "def f(:"),
    "imports": ("import broken\n", "import broken"),
    "setup": (
        (
            "from outline import Layer, Outline\n"
            "class Mine(Layer):\n"
            "    def _setup(self): raise ValueError('x')\n"
            "job = Outline('job')\n"
            "job.add_layer(Mine('mine', range='1'))\n"
        ),
        "raise ValueError('x')",
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("command", [["cuelet", "run", "--local"], ["outline.pycuerun"]])
def test_a_launch_shows_the_users_lines(
    run: Run, tmp_path: Path, name: str, command: list[str]
) -> None:
    text, line = SCRIPTS[name]
    script = tmp_path / "job.py"
    script.write_text(text)
    (tmp_path / "broken.py").write_text("x = [\n")

    done = run("-m", *command, script)

    assert done.returncode == 1
    assert f'File "{script}", line' in done.stderr
    assert line.replace('"', "'") in done.stderr.replace('"', "'")
    assert str(SRC) not in done.stderr
    if name == "imports":
        assert "broken.py" in done.stderr
        assert "x = [" in done.stderr


STREAMS = """
    import codecs, io, os, sys
    from outline import Layer, Outline
    class Stop(BaseException):
        pass
    class Fails(Layer):
        def _execute(self, frames):
            how, ends = self.get_arg("how"), self.get_arg("ends")
            exec(how)
            if ends == "exit":
                sys.exit("no licence")
            if ends == "command":
                self.system(["false"])
            raise Stop("no licence") if ends == "base" else KeyError("no licence")
    ol = Outline("fails")
    for ends in ("exit", "command", "base", "error"):
        ol.add_layer(Fails(ends, range="1", how=HOW, ends=ends))
    ol.setup()
    print(ol.get_session().get_path())
"""
HOWS = (
    "pass",
    "sys.stderr = io.StringIO()",
    "sys.stderr = open(os.devnull, 'w')",
    "sys.stderr = sys.stdout = None",
    "sys.stderr.close()",
    "sys.stderr = codecs.getwriter('utf-8')(sys.stderr.buffer)",
    "sys.stderr = io.TextIOWrapper(sys.stderr.buffer)",
    "sys.stderr = io.TextIOWrapper(sys.stderr.detach())",
    "sys.stderr = object()",
)


@pytest.mark.parametrize("how", HOWS)
def test_what_fails_is_said_whatever_became_of_stderr(run: Run, tmp_path: Path, how: str) -> None:
    script = tmp_path / "job.py"
    script.write_text(textwrap.dedent(STREAMS).replace("HOW", repr(how)))
    session = run(script).stdout.strip()

    exits, command, base, error = (
        run("-P", "-m", "outline.pycuerun", session, "-e", f"1-{name}")
        for name in ("exit", "command", "base", "error")
    )

    assert [each.returncode for each in (exits, command, base, error)] == [1, 1, 1, 1]
    assert exits.stderr == "no licence\n"
    assert command.stderr.startswith("pycuerun: ")
    assert base.stderr.endswith("Stop: no licence\n")
    assert error.stderr.endswith("KeyError: 'no licence'\n")
    for each in (base, error):
        assert each.stderr.startswith("Traceback")
        assert str(script) in each.stderr
        assert str(SRC) not in each.stderr


@pytest.mark.parametrize("command", ["outline.pycuerun", "cuelet"])
def test_a_script_that_fails_says_so_whatever_it_made_of_stderr(
    run: Run, tmp_path: Path, command: str
) -> None:
    script = tmp_path / ("job.outline" if command == "outline.pycuerun" else "job.py")
    script.write_text("import io, sys\nsys.stderr = io.StringIO()\n1 / 0\n")

    done = run("-m", command, *([] if command == "outline.pycuerun" else ["run"]), script)

    assert done.returncode != 0
    assert "ZeroDivisionError" in done.stderr
    assert str(script) in done.stderr
