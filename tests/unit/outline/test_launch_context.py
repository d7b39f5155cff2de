"""What a tool wants of the launches of a script holds while the script runs, in its threads too, and no longer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import outline
from outline import cuerun
from outline._layer.current import LaunchContext, launch_context
from outline.modules.shell import Shell
from outline.planning.script import taking_launches


def job(name: str = "job") -> outline.Outline:
    ol = outline.Outline(name)
    ol.add_layer(Shell("render", command="true"))
    return ol


def taker(into: list[str]) -> Callable[[Any, bool], list[Any]]:
    """Return what takes a launch and notes the name of its outline."""

    def take(launcher: Any, use_pycuerun: bool) -> list[Any]:
        into.append(launcher.get_outline().get_name())
        return [launcher]

    return take


def in_thread(work: Callable[[], object]) -> None:
    """Do some work in another thread, to its end."""
    failed: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that asked
            failed.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def test_an_inner_context_wants_what_the_outer_one_does_unless_it_says_otherwise() -> None:
    taken: list[str] = []
    outer = LaunchContext(overrides={"force": True, "pause": True}, take=taker(taken))
    with outer, LaunchContext(overrides={"pause": False}):
        (launcher,) = cuerun.launch(job(), pause=True)

    assert taken == ["job"]
    assert (launcher.get_flag("force"), launcher.get_flag("pause")) == (True, False)


def test_a_plan_inside_a_plan_takes_its_own_launches_only() -> None:
    with taking_launches() as outer:
        cuerun.launch(job("before"))
        with taking_launches() as inner:
            cuerun.launch(job("inside"))
        cuerun.launch(job("after"))

    assert [each.name().partition("_")[2] for each in inner.jobs] == ["inside"]
    assert [each.name().partition("_")[2] for each in outer.jobs] == ["before", "after"]


def test_an_error_in_the_block_ends_the_context() -> None:
    usual = launch_context()

    with pytest.raises(RuntimeError), taking_launches(), LaunchContext(overrides={"force": True}):
        raise RuntimeError

    assert launch_context() is usual
    assert (usual.overrides, usual.take, usual.note_made) == ({}, None, None)


def test_launches_made_inside_are_listed_inside_and_afterwards_outside() -> None:
    with LaunchContext(take=taker([])) as outer:
        cuerun.launch(job("one"))
        with LaunchContext() as inner:
            cuerun.launch(job("two"))
            assert [ol.get_name() for ol, _ in cuerun.launched] == ["two"]
        assert [ol.get_name() for ol, _ in cuerun.launched] == ["one", "two"]

    assert [ol.get_name() for ol, _ in inner.launched] == ["two"]
    assert [ol.get_name() for ol, _ in outer.launched] == ["one", "two"]


def test_a_launch_in_a_thread_of_the_script_is_taken_too() -> None:
    with taking_launches() as taken:
        in_thread(lambda: cuerun.launch(job("threaded")))

    assert [each.name().partition("_")[2] for each in taken.jobs] == ["threaded"]


def test_two_threads_each_have_the_context_they_entered() -> None:
    mine: list[str] = []
    others: list[str] = []

    def other() -> None:
        with LaunchContext(take=taker(others)):
            both_entered.wait()
            cuerun.launch(job("theirs"))
            both_launched.wait()

    both_entered, both_launched = threading.Barrier(2), threading.Barrier(2)
    thread = threading.Thread(target=other)
    with LaunchContext(take=taker(mine)):
        thread.start()
        both_entered.wait()
        cuerun.launch(job("mine"))
        both_launched.wait()
        thread.join()
        cuerun.launch(job("again"))

    assert (mine, others) == (["mine", "again"], ["theirs"])


def test_layers_and_depends_are_noted_as_they_are_made() -> None:
    made: list[object] = []
    with LaunchContext(note_made=made.append):
        ol = job()
        after = Shell("after", command="true")
        ol.add_layer(after)
        after.depend_all("render")

    assert made == [ol.get_layer("render"), after, *after.get_depends()]
