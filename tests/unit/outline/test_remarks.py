"""What looks unlike what was meant is said in a plan and at launch, and sane jobs are left alone."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import outline
from outline import Layer, Outline
from outline._targets import remarks
from outline._targets.shell_syntax import find_shell_syntax
from outline.cuerun import launch
from outline.modules.shell import Shell, ShellSequence
from outline.planning.places import recorded

numbers = itertools.count()


def job() -> Outline:
    return Outline(f"remarks-{next(numbers)}", show="demo", shot="sh010", user="kim")


def with_layer(**args: Any) -> Outline:
    ol = job()
    ol.add_layer(Shell("main", **{"command": ["ls"], "range": "1", **args}))
    return ol


def codes(ol: Outline) -> list[str]:
    return [each.code for each in remarks.remarks_on(ol, with_earlier=True)]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["echo", "a", "&&", "sleep", "1"], "'&&' is one of the arguments"),
        (["cat", "a", "|", "wc"], "'|' is one of the arguments"),
        (["echo", "x", ">", "out.txt"], "'>' is one of the arguments"),
        (["echo", "x", ">>out.txt"], "'>>out.txt' is one of the arguments and redirects nothing"),
        (["make", "2>&1"], "'2>&1' is one of the arguments"),
        (["make", "2>/dev/null"], "redirects nothing"),
        (["ls", "/tmp", ";", "ls"], "';' is one of the arguments"),
        (["render", "-o", "$HOME/a.exr"], "$HOME in '$HOME/a.exr' stays as it is"),
        (["render", "-o", "${LOOK}/a.exr"], "$LOOK in"),
        (["render", "-f", "$CUE_IFRAME"], "$CUE_IFRAME in"),
        (["ls", "-l /tmp"], "'-l /tmp' is one argument, spaces included"),
        (["rm", "/tmp/*.exr"], "no shell looks for files like it"),
        (["cd", "/tmp"], "'cd' is for a shell"),
        (["LOOK=warm", "render"], "'LOOK=warm' is for a shell"),
        (["render", "-t", "$(nproc)"], "'$(nproc)' stays as it is"),
        (["render", "-t", "`nproc`"], "'`nproc`' stays as it is"),
        (["render", "-o", "~/out.exr"], "'~/out.exr' stays as it is"),
        (["echo hello", "-n"], "'echo hello' is one program name"),
    ],
    ids=lambda value: " ".join(value)[:30],
)
def test_shell_syntax_in_lists_is_found(argv: list[str], said: str) -> None:
    assert said in find_shell_syntax(argv, {"LOOK"})


@pytest.mark.parametrize(
    "argv",
    [
        ["sh", "-c", "a && b > c; echo $HOME *"],
        ["/usr/bin/env", "bash", "-c", "ls", "|", "x"],
        ["ssh", "host", "ls", "|", "wc"],
        ["find", ".", "-name", "*.exr", "-exec", "rm", "{}", ";"],
        ["test", "a", ">", "b"],
        ["awk", "{print $NF}", "-v x=1"],
        ["hython", "render.py", "-o", "$HIP/render/img.$F4.exr"],
        ["ffmpeg", "-vf", "scale=iw*2:-1, fps=25", "-i", "a.%04d.exr", "out.mov"],
        ["blender", "-b", "a b.blend", "--python-expr", "import x; x.y(1) | 2"],
        ["render", "--title=My Shot", "--where", ">=5", "-1 2", "- item", "*"],
        ["rsync", "--include", "*.exr", "a/", "b/"],
        ["oiiotool", "a.exr", "--text:x=10", "price: 10$", "-o", "b.exr"],
        ["git", "commit", "-m", "a & b"],
    ],
    ids=lambda value: " ".join(value)[:30],
)
def test_lists_that_need_no_shell_are_left_alone(argv: list[str]) -> None:
    assert find_shell_syntax(argv, {"LOOK"}) == ""


@pytest.mark.parametrize(
    "command",
    [
        ["sed", "-i", "-e", "s#FOO#BAR#", "-e", "s#FRAMES#FRAME#g", "in.ass"],
        ["perl", "-pe", "s##OLD#gi", "in.ass"],
        ["convert", "in.png", "-fill", "#FFFFFF", "out.png"],
    ],
    ids=lambda value: value[0],
)
def test_signs_of_a_substitution_are_no_tokens(command: list[str]) -> None:
    assert codes(with_layer(command=command)) == []


def test_text_is_for_a_shell() -> None:
    assert codes(with_layer(command="echo a && ls *.exr > $HOME/x")) == []


@pytest.mark.parametrize(
    ("command", "token", "remedy"),
    [
        ("render #IFRMAE#", "#IFRMAE#", "#IFRAME#"),
        (["render", "#IFRAME_END#"], "#IFRAME_END#", "#FRAME_END#"),
        ("render #iframe#", "#iframe#", "#IFRAME#"),
        ("render %{FRAMES}", "%{FRAMES}", "%{FRAME}"),
        ("render #SHOT#", "#SHOT#", "there are #IFRAME#"),
    ],
)
def test_tokens_that_nobody_replaces_are_found(command: Any, token: str, remedy: str) -> None:
    (found,) = remarks.remarks_on(with_layer(command=command))

    assert (found.code, found.layer) == ("P206", "main")
    assert token in found.text
    assert remedy in found.remedy


def test_tokens_that_nobody_replaces_are_found_in_variables() -> None:
    ol = with_layer(command="true")
    ol.set_env("OF_ALL", "a.#ZFARME#.exr")
    ol.set_env("FINE", "#IFRAME# #!IFRMAE# #aabbcc#")
    ol.get_layer("main").set_env("OWN", "#IFRMAE#")

    found = list(remarks.remarks_on(ol))

    assert [(each.code, each.layer, each.text, each.remedy) for each in found] == [
        (
            "P206",
            None,
            "the outline: nobody replaces #ZFARME# in its variable OF_ALL",
            "write #ZFRAME# if that is meant",
        ),
        (
            "P206",
            "main",
            "layer main: nobody replaces #IFRMAE# in its variable OWN",
            "write #IFRAME# if that is meant",
        ),
    ]


@pytest.mark.parametrize(
    "command",
    [
        "render #IFRAME# #ZFRAME# #FRAME# #LAYER# #JOB# #FRAMESPEC# #FRAME_START# #FRAME_END# #FRAME_CHUNK#",
        "render %{FRAME} %{ZFRAME} %{RANGE}",
        "curl -w %{http_code} x",
        "convert -fill '#aabbcc' a.####.exr # comment #2#",
        "oiiotool a.1-10#.exr --colour #abcdef#",
    ],
)
def test_other_signs_are_left_alone(command: str) -> None:
    assert codes(with_layer(command=command)) == []


def test_commands_of_sequences_are_looked_at() -> None:
    ol = job()
    ol.add_layer(ShellSequence("several", commands=[["ls"], ["ls", "&&", "ls"], "ls #IFRMAE#"]))

    assert codes(ol) == ["P207"]


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("rnage", "range"),
        ("memroy", "memory"),
        ("chunksize", None),
        ("chunk_size", "chunk"),
        ("frame_range", "range"),
        ("retires", "retries"),
        ("Range", "range"),
    ],
)
def test_arguments_that_nothing_reads_are_found(wrong: str, meant: str | None) -> None:
    ol = job()
    ol.add_layer(Shell("main", command=["ls"], **{wrong: "1-5"}))

    found = list(remarks.remarks_on(ol))

    if meant is None:
        assert found == []
    else:
        assert [each.remedy for each in found] == [f"write {meant}= if that is meant"]


class Own(Layer):
    """A layer that reads an argument of its own."""

    def _execute(self, frames: Any) -> None:
        print(self.get_arg("ranges"), [self.get_arg("memories") for _ in frames])


def test_arguments_that_a_class_reads_are_left_alone() -> None:
    ol = job()
    ol.add_layer(Own("main", range="1", ranges="x", memories=2, scene="/x.ma", camera="cam"))

    assert codes(ol) == []


@pytest.mark.parametrize(
    ("memory", "count"), [("16m", 1), ("31m", 1), ("32m", 0), (4, 0), ("0m", 0)]
)
def test_memory_with_which_nothing_starts(memory: Any, count: int) -> None:
    assert codes(with_layer(memory=memory)) == ["P403"] * count


def test_a_layer_in_no_outline_is_found_once_and_where_it_was_made() -> None:
    with recorded() as places:
        early = Shell("early", command=["ls"])
        ol = with_layer()
        late = Shell("late", command=["ls"])
        plan = outline.plan(ol, places=places)

    assert [
        (each.message.split()[1], each.place) for each in plan.findings if each.code == "P006"
    ] == [
        ("early", places.of(early)),
        ("late", places.of(late)),
    ]
    assert places.of(early) is not None
    assert codes(ol) == []


def test_layers_that_belong_somewhere_are_not_loose() -> None:
    first, second = job(), job()
    for name, ol in (("one", first), ("two", second)):
        layer = Shell(name, command=["ls"])
        layer.add_child(Shell("child", command=["ls"]))
        ol.add_layer(layer)
    Shell("apart", command=["ls"], register=False)

    assert codes(first) == codes(second) == []


def test_a_launch_says_it_in_one_line(farm: Any, capsys: pytest.CaptureFixture[str]) -> None:
    ol = with_layer(command=["ls", "&&", "ls", "#IFRMAE#"], memory="16m")

    launch(ol, use_pycuerun=False)

    assert capsys.readouterr().err == (
        "note: layer main: nobody replaces #IFRMAE# in its command; write #IFRAME# if that is meant "
        "(2 more: cuelet plan says them all)\n"
    )


def test_a_changed_login_is_said_once(
    farm: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER", "STUDIO\\kim")
    monkeypatch.setattr(remarks, "_told", set())
    for ol in (
        Outline("first", show="demo", shot="sh010"),
        Outline("second", show="demo", shot="sh010"),
    ):
        ol.add_layer(Shell("main", command=["ls"]))
        launch(ol, use_pycuerun=False)

    assert capsys.readouterr().err == (
        "note: the user 'STUDIO\\\\kim' is called 'kim', as names of jobs have letters, digits, _ . -; "
        "set user= to call it otherwise\n"
    )
    assert codes(ol) == []
    assert [each.code for each in outline.plan(ol).findings if each.code == "P704"] == ["P704"]


def test_a_launch_says_that_the_frames_of_a_layer_do_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ol = Outline("idle-job")
    ol.add_layer(Layer("idle", range="1"))

    remarks.tell(ol)

    assert "note: layer idle: class Layer has no _execute" in capsys.readouterr().err
