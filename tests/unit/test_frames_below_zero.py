"""Frames below zero are frames to every command, however they are written, and never flags."""

from __future__ import annotations

import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueadmin.flags import make_parser
from cuelet.cli.main import parser_of
from cuelet.cli.script_words import take_script
from outline._commands.options import CuerunOptionParser
from outline.pycuerun import _frame_request, _split_target

below_zero = st.builds(
    lambda number, digits, rest: f"-{number:0{digits}d}{rest}",
    st.integers(0, 10**6),
    st.integers(1, 4),
    st.sampled_from(["", "--1", "-1", "--1x2", ",3", "-render", "-layer_2.b", "-5:2"]),
)


def cuelet(*words: str) -> argparse.Namespace:
    return parser_of(words).parse_args(words)


@given(below_zero)
def test_cuelet_takes_them_as_words_and_as_values(text: str) -> None:
    assert cuelet("logs", "job", text, "-f").words[-1] == text
    assert cuelet("logs", "job", "-f", "--", text).words[-1] == text
    for command in ("retry", "eat", "kill"):
        assert cuelet(command, "job", "--frames", text).frames == text
        assert cuelet(command, "--frames", text, "--layer", "main", "job").frames == text


@given(below_zero)
def test_cuelet_plan_takes_them_before_the_script(text: str) -> None:
    options = cuelet("plan", "--range", text, "--frames", text, "job.py")
    assert (options.range, options.frames) == (text, text)


@pytest.mark.parametrize("command", ["plan", "run"])
@given(text=below_zero)
def test_behind_the_script_they_are_given_to_it(command: str, text: str) -> None:
    options = cuelet(command, "job.py", text, "--flag", text)
    take_script(options)
    assert options.args == [text, "--flag", text]


@given(below_zero)
def test_cueadmin_takes_them_as_values(text: str) -> None:
    parser = make_parser()

    assert parser.parse_args(["-priority", "job", text]).priority == ["job", text]
    assert parser.parse_args(["-lj", text, "-force"]).query == [text]


@given(below_zero)
def test_pycuerun_takes_them_as_values_and_behind_the_script(text: str) -> None:
    parser = CuerunOptionParser()

    assert parser.parse_args(["script.py", text])[1] == ["script.py", text]
    assert parser.parse_args(["-f", text, "script.py"])[0].range == text
    assert parser.parse_args([text, "-p", "-f", "1"])[1] == [text]
    assert _frame_request(["/session", "-e", text]) == ("/session", text)


def test_a_site_may_still_have_an_option_that_is_a_digit() -> None:
    parser = CuerunOptionParser()
    parser.add_plugin_option("-2", dest="stereo", action="store_true")

    assert parser.parse_args(["-2", "-3"])[0].stereo is True


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("-5-render", (-5, "render")),
        ("-003-render", (-3, "render")),
        ("0012-a-b", (12, "a-b")),
        ("--5-render", (None, "--5-render")),
        ("-render", (None, "-render")),
    ],
)
def test_pycuerun_reads_what_the_farm_prints(target: str, found: tuple[int | None, str]) -> None:
    assert _split_target(target) == found
