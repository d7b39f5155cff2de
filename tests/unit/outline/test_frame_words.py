"""Tokens where a script writes them and nowhere else; what classes of a script decide is asked of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outline import Outline, io
from outline._targets import cuebot_xml
from outline._targets.compile import compile_job
from outline.exception import LayerException, SpecError
from outline.jobspec import environment, tokens
from outline.jobspec.execute import Attempt, Ids, Reserved
from outline.jobspec.model import JobSpec, LayerSpec
from outline.loader import load_outline
from outline.modules.shell import PyEval, Shell, ShellCommand, ShellScript, ShellSequence
from outline.spec import Options

VALUES = tokens.values(frame=7, frames=range(6, 11), chunk=5, layer="beauty", job="a_job")


# Tokens.


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("#IFRAME#", "7"),
        ("##IFRAME##", "#7#"),
        ("#!IFRAME#", "#IFRAME#"),
        ("#!!IFRAME#", "#!IFRAME#"),
        ("%!{RANGE} %{RANGE}", "%{RANGE} 6,7,8,9,10"),
        ("#!IFRAME##IFRAME#", "#IFRAME#7"),
        ("#!NOPE# #! %! %!{x}", "#!NOPE# #! %! %!{x}"),
    ],
)
def test_a_token_stands_for_a_value_or_for_itself(text: str, becomes: str) -> None:
    assert tokens.replace(text, VALUES) == becomes
    on_the_wire = tokens.for_wire(text)
    assert on_the_wire.count("!") == text.count("!")


@given(st.text(st.sampled_from("#!%{}IFRAMEJOB "), max_size=30))
def test_every_text_can_be_written_so_that_it_comes_out(text: str) -> None:
    written = text
    for token in tokens.ALL:
        written = written.replace(token, f"{token[0]}!{token[1:]}")

    if "!" not in text:
        assert tokens.replace(written, VALUES) == text
        assert not tokens.has_any(written, tokens.ALL)


def attempt(layer: LayerSpec, **job: Any) -> Attempt:
    spec = JobSpec(name="a_job", show="s", shot="t", user="me", layers=(layer,), **job)
    return Attempt(
        job=spec,
        layer=layer,
        members=[6, 7],
        number=1,
        reserved=Reserved(cores=1, memory_mb=1),
        ids=Ids(job="1", layer="2", frame="3", log_dir="/#JOB#"),
        host="here",
        cwd="/",
        path_map={},
    )


def test_our_own_words_have_no_tokens() -> None:
    argv = ("/#JOB#/python", "-m", "outline.pycuerun", "/#IFRAME#/session", "-e", "#IFRAME#-beauty")
    made = attempt(LayerSpec(name="beauty", argv=argv, chunk=2, pycuerun=True))

    (step,) = made.steps()

    assert step.argv == [*argv[:-1], "6-beauty"]
    assert made.environment()["CUE_LOG_PATH"] == "/#JOB#"


def test_every_process_of_a_chunk_has_its_own_variables() -> None:
    layer = LayerSpec(name="beauty", argv=("x",), each_frame=True, env={"N": "%{ZFRAME}"})
    made = attempt(layer, env={"OF_JOB": "#FRAMESPEC# #IFRAME#", "PLAIN": "x"})

    first, second = ({**made.environment(), **step.env} for step in made.steps())

    assert [first[k] for k in ("N", "OF_JOB", "PLAIN")] == ["0006", "6-7 6", "x"]
    assert [second[k] for k in ("N", "OF_JOB", "PLAIN")] == ["0007", "6-7 7", "x"]


@pytest.fixture
def ol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outline:
    """Return an outline whose session lies below a folder of its own."""
    for key, value in {"SHOW": "demo", "SHOT": "sh010", "USER": "kim"}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("OL_CONFIG", str(tmp_path / "outline.cfg"))
    (tmp_path / "outline.cfg").write_text(f"[outline]\nsession_dir = {tmp_path}/sessions\n")
    monkeypatch.chdir(tmp_path)
    return Outline("words", frame_range="1-2")


def test_a_cuebot_is_told_what_it_cannot_do_with_tokens(ol: Outline) -> None:
    ol.add_layer(Shell("render", command=["echo", "#!IFRAME# #IFRAME#"], env={"SEED": "#IFRAME#"}))
    raw = compile_job(ol, Options(use_pycuerun=False, env={"ALL": "%{FRAME}"}))

    told = [str(each) for each in cuebot_xml.survey(raw)]

    assert any("frames have ALL as written" in each for each in told)
    assert any("render: its frames have SEED as written" in each for each in told)
    assert any("render: OpenCue knows no tokens that are to stay" in each for each in told)
    ol.setup()
    assert not cuebot_xml.survey(compile_job(ol, Options()))


def test_a_cuebot_is_not_given_a_session_whose_path_has_a_token(
    ol: Outline, tmp_path: Path
) -> None:
    config = tmp_path / "outline.cfg"
    config.write_text(f"[outline]\nsession_dir = {tmp_path}/#JOB#\n")
    ol.add_layer(Shell("render", command=["true"]))
    job = compile_job(ol, Options())
    ours = job.layers[0].replace(argv=("/#JOB#/python", "#IFRAME#-render"))

    with pytest.raises(SpecError, match="would replace the token in '/#JOB#/python'"):
        cuebot_xml.survey(job.replace(layers=(ours,)))


def test_a_cuebot_gets_no_home_of_another_python(ol: Outline) -> None:
    ol.add_layer(Shell("render", command=["true"], env={"PYTHONHOME": "/dcc", "PYTHONPATH": "/m"}))
    near = cuebot_xml.near_job(compile_job(ol, Options(env={"PYTHONEXECUTABLE": "/x"})))

    assert dict(near.layers[0].env) == {
        "PYTHONPATH": "/m",
        environment.FROM_SCRIPT: '{"PYTHONHOME": "/dcc"}',
    }
    assert dict(near.env) == {environment.FROM_SCRIPT: '{"PYTHONEXECUTABLE": "/x"}'}


# What a script's classes decide.


class Wrapping(Shell):
    """Runs every command in an environment of its own, as a site does."""

    seen: list[Any]

    def system(self, cmd: Any, ignore_error: bool = False, frame: int | None = None) -> int:
        vars(self).setdefault("seen", []).append((cmd, frame, os.environ.get("SEED")))
        return io.system(["env", "WRAPPED=1", *io.prep_shell_command(cmd, frame)], ignore_error)


def test_shell_layers_run_commands_by_their_own_system(
    ol: Outline, capfd: pytest.CaptureFixture[str]
) -> None:
    layer = Wrapping("wrap", command="echo $WRAPPED #IFRAME# #LAYER#", chunk=2)
    layer.set_env("SEED", "#ZFRAME#")
    ol.add_layer(layer)
    ol.setup()

    layer.execute(1)

    command = "echo $WRAPPED #IFRAME# #LAYER#"
    assert layer.seen == [(command, 1, "0001"), (command, 2, "0002")]
    assert capfd.readouterr().out == "1 1 wrap\n1 2 wrap\n"


@pytest.mark.parametrize("cls", [ShellCommand, ShellSequence, ShellScript])
def test_so_does_every_kind_of_them(ol: Outline, tmp_path: Path, cls: type) -> None:
    ran: list[Any] = []
    script = tmp_path / "script"
    script.write_text("exit 9")

    class Own(cls):  # type: ignore[misc] # made here
        @staticmethod
        def system(cmd: Any, ignore_error: bool = False, frame: int | None = None) -> int:
            ran.append(cmd)
            return 0

    layer = Own("own", command=["false"], commands=[["false"]], script=str(script))
    ol.add_layer(layer)
    ol.setup()

    layer.execute(1)

    assert len(ran) == 1


def test_python_of_a_layer_has_the_variables_of_each_frame(
    ol: Outline, capfd: pytest.CaptureFixture[str]
) -> None:
    layer = PyEval("eval", code="import os; print(os.environ['SEED'], os.environ['ALL'])", chunk=2)
    layer.set_env("SEED", "#IFRAME#")
    ol.set_env("ALL", "#FRAMESPEC# #!JOB#")
    ol.add_layer(layer)
    ol.setup()

    layer.execute(1)

    assert capfd.readouterr().out == "1 1-2 #JOB#\n2 1-2 #JOB#\n"


class InDatabase(io.Path):
    """A path that is nowhere on a disk."""

    there = True

    def exists(self, frame_set: Any = None) -> bool:
        return self.there


class Sequence(io.FileSpec):
    """A sequence of which single frames may be missing."""

    def exists(self, frame_set: Any = None) -> bool:
        return bool(frame_set)


def test_outputs_and_inputs_are_asked_whether_they_are_there(ol: Outline) -> None:
    layer = Shell("ask", command=["true"])
    layer.add_output("row", InDatabase("db://row", checked=True))
    layer.add_output("frames", Sequence("/no/x.####.exr", checked=True))
    layer.add_input("before", InDatabase("db://before", checked=True))
    ol.add_layer(layer)
    ol.setup()
    assert not compile_job(ol, Options()).layers[0].output_files

    again = load_outline(ol.get_session().get_path() + "/outline.yaml").get_layer("ask")
    again.execute(1)

    again.get_output("row").there = False
    with pytest.raises(LayerException, match="output 'row' is not there: db://row"):
        again.execute(1)


def test_without_pycuerun_nobody_can_ask_them_and_that_is_said(ol: Outline) -> None:
    from outline._targets.compile import left_out

    layer = Shell("ask", command=["true"])
    layer.add_output("row", InDatabase("db://row", checked=True))
    ol.add_layer(layer)

    (told,) = left_out(ol, Options(use_pycuerun=False))

    assert "output 'row' is not checked" in str(told)
    assert left_out(ol, Options()) == ()


def test_a_layer_that_may_be_skipped_runs_when_an_output_speaks_for_itself(ol: Outline) -> None:
    layer = Shell("ask", command=["true"], skip_existing=True)
    layer.add_output("row", InDatabase("db://row"))
    ol.add_layer(layer)
    ol.setup()

    spec = compile_job(ol, Options()).layers[0]

    assert spec.unknown_work == "the class of 'row' says itself whether it is there"
