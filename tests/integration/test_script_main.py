"""In a frame the user's script is the main program, as far as Python can tell: real frames of a script that asks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SRC = HERE.parents[1] / "src"
TOOLS = """
import multiprocessing
from outline import Layer

class ToolRec:
    def __init__(self, v): self.v = v

def tool(x): return x + {step}

class ToolLayer(Layer):
    def times(self, x): return x * 2, self.get_name()
    def _execute(self, frames):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print("tool", tool(1), __name__, *pool.map(self.times, [2]))
"""
HELPER = """
import collections, contextvars
WORD = 'hello'
CACHE, FOUND, KNOWN, NOTHING = {}, collections.deque(), set(), object()
SET_THERE = contextvars.ContextVar("SET_THERE")
class Settings:
    def __init__(self): self.quality, self.cache = "draft", CACHE
SETTINGS = Settings()
def remember(what):
    CACHE[what] = 1
    FOUND.append(what)
    KNOWN.add(what)
def state(): return SETTINGS.quality, SETTINGS.cache is CACHE, SET_THERE.get(), len(CACHE)
def is_nothing(what): return what is NOTHING
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run python with a clean environment and home, in a folder that is not the script's."""
    said = {"SHOW": "demo", "SHOT": "sh010", "USER": "ada", "HOME": str(tmp_path)}
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SRC), **said}
    (tmp_path / "elsewhere").mkdir()

    def call(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            env=env | variables,
            cwd=tmp_path / "elsewhere",
            capture_output=True,
            text=True,
            timeout=120,
        )

    return call


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Return a folder with the script, what it imports, and a link to it in another folder."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    for name in ("job.py", "classic.outline"):
        shutil.copy(HERE / "everything.outline", folder / name)
    (folder / "helper_mod.py").write_text(HELPER)
    (folder / "spaces" / "inner").mkdir(parents=True)
    (folder / "spaces" / "inner" / "words.py").write_text("WORD = 'spaces'\n")
    (folder / "tools-v2.py").write_text(TOOLS.format(step=10))
    (folder / "tools-v3.py").write_text(TOOLS.format(step=20))
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "linked.py").symlink_to(folder / "job.py")
    return tmp_path


def session_of(run: Run, script: Path, how: str) -> str:
    """Set the outline of a script up, as a command would, and return its session."""
    if how == "python":
        done = run(script, "setup")
    else:
        text = f"import outline; ol = outline.load_outline({str(script)!r}); ol.setup(); print(ol.get_session().get_path())"
        done = run("-c", text)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def execute(run: Run, session: str, frame: str) -> subprocess.CompletedProcess[str]:
    return run("-P", "-m", "outline.pycuerun", session, "-e", frame)


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("scripts/job.py", "python"),
        ("links/linked.py", "python"),
        ("scripts/classic.outline", "pycuerun"),
        ("links/linked.py", "pycuerun"),
    ],
)
def test_a_frame_finds_everything_its_script_has(
    run: Run, scripts: Path, script: str, how: str
) -> None:
    session = session_of(run, scripts / script, how)

    done = execute(run, session, "1-work")

    wrong = [line for line in done.stdout.splitlines() if line.startswith("PART")]
    assert (wrong, done.returncode, done.stderr) == ([], 0, "")
    assert "run as the main program" not in done.stdout
    assert execute(run, session, "1-work_prep").stdout == "PRE 4 work\n"
    assert execute(run, session, "1-toolayer").stdout == "tool 11 loaded_tools (4, 'toolayer')\n"
    assert (
        execute(run, session, "1-toolayer3").stdout
        == "tool 21 unregistered_tools (4, 'toolayer3')\n"
    )


def test_cuelet_run_makes_the_script_the_main_program_too(run: Run, scripts: Path) -> None:
    done = run("-m", "cuelet", "run", "--local", scripts / "links" / "linked.py")

    assert "5 frames succeeded" in done.stdout, done.stdout + done.stderr


def refusal_of(run: Run, tmp_path: Path, script: str) -> str:
    """Return what is said of a script whose layer cannot travel."""
    path = tmp_path / "job.py"
    path.write_text(textwrap.dedent(script))
    done = run(path)
    assert done.returncode == 1
    assert not list((tmp_path / ".opencue" / "sessions").glob("*/*"))
    return done.stderr.splitlines()[-1]


WHAT_CANNOT_TRAVEL = {
    "with LOCK: pass": "global LOCK used by Mine._execute",
    "HANDLER.flush()": "global HANDLER used by Mine._execute",
    "helper()": "global LOCK used by helper",
    "FILE.read()": "global FILE used by Mine._execute: cannot pickle an open file",
    "TABLE['a']": "global TABLE used by Mine._execute['a'][1]",
    "next(NUMBERS)": "global NUMBERS used by Mine._execute: cannot pickle 'generator' object",
    "self.ended": "attribute self.lock",
    "self.get_arg('it')": "attribute self.lock",
}


@pytest.mark.parametrize("code", WHAT_CANNOT_TRAVEL)
def test_what_cannot_travel_is_refused_by_name(run: Run, tmp_path: Path, code: str) -> None:
    said = refusal_of(
        run,
        tmp_path,
        f"""
        import logging, threading
        from outline import Layer, Outline
        LOCK = threading.Lock()
        HANDLER = logging.StreamHandler()
        FILE = open(__file__)
        TABLE = {{"a": [1, LOCK]}}
        NUMBERS = (each for each in "ab")
        def helper():
            with LOCK: pass
        class Mine(Layer):
            def _execute(self, frames):
                {code}
        layer = Mine("render")
        if "self" in {code!r}: layer.lock = {{"of": LOCK}}
        ol = Outline("lock-job")
        ol.add_layer(layer)
        ol.setup()
        """,
    )

    assert WHAT_CANNOT_TRAVEL[code] in said
    assert "create it where it is used, in _execute" in said


KEPT = """
    import sys, threading
    from outline import Layer, Outline

    class State(Layer):
        def __init__(self, name, **kw):
            super().__init__(name, **kw)
            self.lock, self.word = threading.Lock(), "kept"
        def __getstate__(self):
            return {key: value for key, value in self.__dict__.items() if key != "lock"}
        def __setstate__(self, state):
            self.__dict__.update(state)
            self.lock = threading.Lock()
        def _execute(self, frames):
            with self.lock:
                print(self.word, list(frames), self.get_arg("look"), sorted(vars(self)))

    class Super(State):
        def __getstate__(self):
            state = Layer.__getstate__(self)
            del state["lock"]
            return state
        def __setstate__(self, state):
            Layer.__setstate__(self, state)
            self.lock = threading.Lock()

    class Slots(Layer):
        __slots__ = ("quality", "__hidden", "unset")
        def __init__(self, name, **kw):
            super().__init__(name, **kw)
            self.quality, self.__hidden = 5, {"a"}
        def _execute(self, frames):
            print(self.quality, self.__hidden, hasattr(self, "unset"))

    class Reduced(Layer):
        def __init__(self, name, lock, **kw):
            super().__init__(name, **kw)
            self.lock = lock
        def __reduce__(self):
            return again, (self.get_name(),)
        def _execute(self, frames):
            with self.lock:
                print("reduced", list(frames), self.get_arg("look"), self.get_outline().get_name())

    def again(name):
        return Reduced(name, threading.Lock())

    class Child(State):
        pass

    ol = Outline("kept-job")
    for cls in (State, Super, Slots):
        ol.add_layer(cls(cls.__name__.lower(), range="1-2", chunk=2, look="warm"))
    ol.add_layer(Reduced("reduced", threading.Lock(), range="1-2", chunk=2, look="warm"))
    ol.get_layer("slots").add_child(Child("child", look="cold"))
    ol.setup()
    print(ol.get_session().get_path())
"""


def test_a_class_says_itself_how_it_is_kept(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "job.py"
    path.write_text(textwrap.dedent(KEPT))
    session = session_of(run, path, "python")

    said = {name: execute(run, session, f"1-{name}") for name in ("state", "super", "slots")}
    reduced = execute(run, session, "1-reduced")

    assert said["state"].stdout == "kept [1, 2] warm ['lock', 'word']\n", said["state"].stderr
    assert said["super"].stdout == said["state"].stdout, said["super"].stderr
    assert said["slots"].stdout.splitlines() == [
        "5 {'a'} False",
        "kept [1, 2] cold ['lock', 'word']",
    ]
    assert reduced.stdout == "reduced [1, 2] warm kept-job\n", reduced.stderr


def test_modules_beside_a_script_are_found_wherever_it_is(tmp_path: Path) -> None:
    from outline._restore import import_path

    inside = Path(sys.prefix) / "jobs-of-a-test"
    beside = Path(f"{sys.prefix}-jobs-of-a-test")
    before = sys.path[:]
    for folder in (inside, beside):
        folder.mkdir()
    try:
        sys.path[:0] = [str(inside), str(beside), str(tmp_path)]
        own = import_path.own()
    finally:
        sys.path[:] = before
        inside.rmdir()
        beside.rmdir()

    assert own[:3] == [str(inside), str(beside), str(tmp_path)]
    assert not [each for each in own if each.endswith(("site-packages", "lib-dynload"))]


def test_a_second_layer_does_not_set_the_script_back(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "job.py"
    path.write_text(
        textwrap.dedent(
            """
            from outline import Layer, Outline
            COUNT = {"n": 0}
            class Mine(Layer):
                made = 0
                def _execute(self, frames):
                    COUNT["n"] += 1
                    Mine.made += 1
                    other = self.get_outline().get_layer("other")
                    print(COUNT, Mine.made, type(other) is Mine, other.count())
                def count(self):
                    return COUNT["n"]
            ol = Outline("two-job")
            ol.add_layer(Mine("first", range="1")); ol.add_layer(Mine("other", range="1"))
            ol.setup()
            print(ol.get_session().get_path())
            """
        )
    )
    session = session_of(run, path, "python")

    done = execute(run, session, "1-first")

    assert done.stdout == "{'n': 1} 1 True 1\n", done.stderr


def test_a_script_of_a_package_keeps_its_relative_imports(run: Run, tmp_path: Path) -> None:
    package = tmp_path / "elsewhere" / "studio"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "words.py").write_text("WORD = 'relative'\n")
    (package / "job.py").write_text(
        textwrap.dedent(
            """
            from outline import Layer, Outline
            class Mine(Layer):
                def _execute(self, frames):
                    from . import words
                    print(words.WORD)
            ol = Outline("package-job")
            ol.add_layer(Mine("mine", range="1"))
            ol.setup()
            print(ol.get_session().get_path())
            """
        )
    )
    session = run("-m", "studio.job").stdout.split()[-1]

    done = execute(run, session, "1-mine")

    assert done.stdout == "relative\n", done.stderr


LOST = """
    import importlib.machinery, os, sys, types
    from outline import Layer, Outline
    made_up = types.ModuleType("made_up")
    made_up.__spec__ = importlib.machinery.ModuleSpec("made_up", None)
    sys.modules["made_up"] = made_up

    class Lost(Layer):
        def _execute(self, frames):
            print(made_up)

    class Refuses(Layer):
        def __setstate__(self, state):
            print("not for the launch to read")
            raise ValueError("not here")
        def _execute(self, frames):
            pass

    job = Outline("lost-job", show="demo", shot="sh010")
    job.add_layer(globals()[os.environ["WHICH"]]("render", range="1"))
"""


@pytest.mark.parametrize(
    ("which", "why"),
    [
        ("Lost", "ModuleNotFoundError: No module named 'made_up'"),
        ("Refuses", "ValueError: not here"),
    ],
)
def test_a_layer_that_frames_could_not_load_is_refused_at_launch(
    run: Run, tmp_path: Path, which: str, why: str
) -> None:
    path = tmp_path / "job.py"
    path.write_text(textwrap.dedent(LOST))

    done = run("-m", "cuelet", "run", "--local", path, WHICH=which)

    assert done.returncode == 1
    assert f"layer 'render' cannot be loaded in a frame: {why}" in done.stderr
    assert not list((tmp_path / ".opencue" / "sessions").glob("*/*"))
