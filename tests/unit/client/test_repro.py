"""What an attempt executes, as a script that somebody may be sent."""

from __future__ import annotations

from cuelet.client.repro import FrameRun, RunStep, script_lines

RUN = FrameRun(
    frame="0001-render",
    job="show-shot-user_job",
    cwd="/a b",
    env={"PATH": "/bin", "API_KEY": "hush", "BASH_FUNC_x%%": "() { :; }"},
    steps=(
        RunStep(("echo", "a b"), {"FRAME": "1"}),
        RunStep(("echo", "$HOME"), {"FRAME": "2"}),
    ),
    umask=0o27,
)


def test_a_script_does_what_the_frame_does() -> None:
    assert list(script_lines(RUN)) == [
        "#!/bin/sh",
        "# 0001-render of show-shot-user_job",
        "set -e",
        "cd '/a b'",
        "umask 0027",
        "# export API_KEY=...   a secret by its name: not written here",
        "export PATH=/bin",
        "export FRAME=1",
        "echo 'a b'",
        "export FRAME=2",
        "echo '$HOME'",
    ]


def test_a_steps_own_variables_go_before_those_of_the_attempt() -> None:
    assert RUN.step_env(RunStep(("x",), {"PATH": "/own"}))["PATH"] == "/own"
