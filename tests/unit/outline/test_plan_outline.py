from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import outline
from outline import LayerPreProcess, Outline, cuerun
from outline._layer.current import launch_context
from outline.depend import DependType
from outline.exception import UnknownBackendError, UnknownFlagError
from outline.modules.shell import Shell
from outline.planning import worst
from outline.planning.detail import all_frame_edges, processes
from outline.planning.diff import Change, UnreadablePlanError, compare, plans_in
from outline.planning.model import Place, Plan, Severity
from outline.planning.places import recorded
from outline.planning.script import OnlyPlannedError, taking_launches


def job(**more: Any) -> Outline:
    return Outline("Shot-010", shot="shot010", show="demo", user="kim", **more)


def shell(ol: Outline, name: str, **args: Any) -> Shell:
    args.setdefault("command", ["render", "#IFRAME#"])
    args.setdefault("range", "1-10")
    layer = Shell(name, **args)
    ol.add_layer(layer)
    return layer


@pytest.fixture
def pipeline() -> Outline:
    """Return prep, sim, chunked render and review."""
    ol = job()
    prep = shell(ol, "prep", range="1", command=["prepare"])
    sim = shell(ol, "sim")
    sim.depend_all(prep)
    sim.depend_previous(sim)
    render = shell(ol, "render", command=["render", "#FRAMESPEC#"], chunk=4)
    render.depend_on(sim)
    render.set_env("PASS", "beauty")
    review = shell(ol, "review", range="1", command="make review")
    review.depend_on(render, DependType.LAYER_ON_LAYER)
    return ol


def plan(ol: Outline, **more: Any) -> Plan:
    more.setdefault("use_pycuerun", False)
    return outline.plan(ol, **more)


# What is left behind.


def test_planning_makes_no_session_and_leaves_the_outline_open(
    pipeline: Outline, tmp_path: Path
) -> None:
    outline.plan(pipeline)

    assert list(tmp_path.iterdir()) == []
    assert pipeline.find_session() is None
    pipeline.setup()
    assert pipeline.find_session() is not None


def test_a_layer_of_python_can_be_planned_with_pycuerun(pipeline: Outline) -> None:
    planned = outline.plan(pipeline)

    assert planned.use_pycuerun
    command = planned.layers[2].wire_command
    assert command.endswith("-m outline.pycuerun '{session}' -e '#IFRAME#-render'") or (
        "{session}" in command
    )


def test_a_backend_or_a_flag_that_does_not_exist_is_an_error(pipeline: Outline) -> None:
    with pytest.raises(UnknownBackendError, match="cuelet, cue, local"):
        outline.plan(pipeline, backend="slurm")
    with pytest.raises(UnknownFlagError, match="did you mean 'range'"):
        outline.plan(pipeline, rnage="1-2")


# Layers, edges, paths.


def test_layers_say_what_runs(pipeline: Outline) -> None:
    prep, _, render, review = plan(pipeline).layers

    assert (render.range, render.frames, render.chunk, render.processes) == ("1-10", 10, 4, 3)
    assert (render.each, prep.each) == ("chunk", "frame")
    assert (render.command, render.argv) == ("render #FRAMESPEC#", ("render", "#FRAMESPEC#"))
    assert (review.command, review.argv) == ("make review", None)
    assert render.env == {"PASS": "beauty"}


def test_the_full_name_is_as_opencue_spells_it(pipeline: Outline) -> None:
    assert plan(pipeline).full_name == "demo-shot010-kim_shot_010"


def test_edges_say_how_they_resolve_and_what_outcome_they_want(pipeline: Outline) -> None:
    edges = {(each.layer, each.on): each for each in plan(pipeline).edges}

    assert edges["sim", "prep"].shape == "whole"
    assert edges["sim", "sim"].text == "each frame waits for the previous frame of sim to succeed"
    assert (edges["sim", "sim"].pairs, edges["sim", "sim"].free) == (9, 1)
    assert edges["render", "sim"].text.startswith("each frame waits for its counterparts in sim")
    assert edges["render", "sim"].pairs == 10
    assert edges["review", "render"].outcome == "finished"
    assert edges["review", "render"].text.endswith("to end, whatever the outcome")


def test_the_critical_path_by_count(pipeline: Outline) -> None:
    path = plan(pipeline).critical_path

    assert path is not None
    assert path.layers == ("prep", "sim", "render", "review")
    assert [step.processes for step in path.steps] == [1, 10, 1, 1]
    assert path.processes == 13
    assert path.seconds is None


def test_the_critical_path_by_time_may_be_another_one() -> None:
    ol = job()
    start = shell(ol, "start")
    quick, slow, final = shell(ol, "quick"), shell(ol, "slow"), shell(ol, "final")
    step = shell(ol, "quick-too")
    for layer, on in ((quick, start), (step, quick), (slow, start), (final, step), (final, slow)):
        layer.depend_on(on)
    seconds = {"start": 1.0, "quick": 2.0, "quick-too": 3.0, "slow": 60.0, "final": 5.0}

    planned = plan(ol, seconds=seconds)

    assert planned.critical_path is not None
    assert planned.critical_path.layers == ("start", "quick", "quick-too", "final")
    by_time = planned.critical_path_by_time
    assert by_time is not None
    assert by_time.layers == ("start", "slow", "final")
    assert by_time.seconds == 66.0


def test_without_the_time_of_every_layer_there_is_no_path_by_time(pipeline: Outline) -> None:
    assert plan(pipeline, seconds={"prep": 1.0}).critical_path_by_time is None


def test_waiting_for_any_frame_takes_the_first() -> None:
    ol = job()
    sim = shell(ol, "sim")
    sim.depend_previous(sim)
    shell(ol, "peek", range="1").depend_on(sim, any_frame=True)

    path = plan(ol).critical_path

    assert path is not None
    assert (path.processes, path.layers) == (10, ("sim",))


def test_pre_processes_are_planned_as_layers() -> None:
    ol = job()
    shell(ol, "render").add_child(LayerPreProcess("prepare"))

    planned = outline.plan(ol)

    assert [each.name for each in planned.layers] == ["render", "render_prepare"]
    assert [(each.layer, each.on) for each in planned.edges] == [("render", "render_prepare")]


# Single processes.


def test_processes_have_their_exact_commands(pipeline: Outline) -> None:
    planned = plan(pipeline)

    (process,) = processes(planned, layer="render", only={6})

    assert process.name == "0005-render"
    assert process.frames == (5, 6, 7, 8)
    assert process.commands == ("render 5-8",)
    assert process.env == {"PASS": "beauty"}
    assert [each.frames for each in process.waits_for] == [(5, 6, 7, 8)]


def test_a_command_for_one_frame_runs_for_each_of_a_chunk() -> None:
    ol = job()
    shell(ol, "render", command=["render", "my shot", "#ZFRAME#"], chunk=2, range="1-3")

    first, last = processes(plan(ol))

    assert first.commands == ("render 'my shot' 0001", "render 'my shot' 0002")
    assert last.commands == ("render 'my shot' 0003",)


def test_variables_of_a_process_are_those_it_has() -> None:
    ol = job()
    ol.set_env("ALL", "#FRAMESPEC# #!JOB#", pre=True)
    shell(ol, "render", chunk=2, range="1-3", env={"SEED": "#IFRAME#"})

    first, last = processes(plan(ol))

    assert first.env == {"ALL": "1-2 #JOB#", "SEED": "#IFRAME#"}
    assert last.env == {"ALL": "3 #JOB#", "SEED": "3"}


def test_frame_edges_are_exact(pipeline: Outline) -> None:
    edges = list(all_frame_edges(plan(pipeline)))

    by_layer = {(each.layer, each.on, each.frame): each.to_dict()["frames"] for each in edges}
    assert by_layer["sim", "prep", 3] == "all"
    assert by_layer["sim", "sim", 3] == [2]
    assert ("sim", "sim", 1) not in by_layer
    assert by_layer["render", "sim", 9] == [9, 10]


# JSON.


def test_the_json_form_is_plain_and_of_version_1(pipeline: Outline) -> None:
    values = json.loads(json.dumps(plan(pipeline).to_dict()))

    assert values["version"] == 1
    assert values["frames"] == 22
    assert values["processes"] == 15
    assert [each["name"] for each in values["layers"]] == ["prep", "sim", "render", "review"]
    assert "tasks" not in values["layers"][0]
    assert values["edges"][0]["place"] is None
    assert values["critical_path"]["steps"][1] == {
        "layer": "sim", "first": 1, "processes": 10, "seconds": None,
    }  # fmt: skip
    assert [each["name"] for each in values["backends"]] == ["cuelet", "cue", "local"]


def test_the_worst_severity_of_a_plan(pipeline: Outline) -> None:
    assert worst(plan(pipeline)) is Severity.INFO
    shell(pipeline, "lost", require="nobody")
    assert worst(plan(pipeline)) is Severity.ERROR


# Places.


def test_places_are_the_lines_of_the_script() -> None:
    with recorded() as places:
        ol = job()
        first = shell(ol, "first")
        second = Shell("second", command=["render", "#IFRAME#"], range="1-10")
        ol.add_layer(second)
        line = second_line()
        second.depend_on(first)

    planned = plan(ol, places=places)

    assert planned.layers[1].place == Place(__file__, line - 2)
    assert planned.edges[0].place == Place(__file__, line + 1)


def second_line() -> int:
    """Return the line this is called from."""
    import sys

    return sys._getframe(1).f_lineno


def test_a_depend_by_require_is_made_where_its_layer_is() -> None:
    with recorded() as places:
        ol = job()
        shell(ol, "first")
        shell(ol, "second", require="first")

    planned = plan(ol, places=places)

    assert planned.edges[0].place == planned.layers[1].place


def test_nothing_is_noted_outside_the_block() -> None:
    with recorded() as places:
        pass
    ol = job()
    layer = shell(ol, "first")

    assert places.of(layer) is None


# Taking launches.


def test_a_launch_is_taken_and_nothing_stays(pipeline: Outline, tmp_path: Path) -> None:
    before = dict(os.environ)
    with taking_launches() as taken:
        jobs = cuerun.launch(pipeline, use_pycuerun=False, pause=True)
        assert jobs[0].name() == "demo-shot010-kim_Shot-010"

    assert [each.use_pycuerun for each in taken.jobs] == [False]
    assert taken.jobs[0].launcher.get_flag("pause")
    assert pipeline.find_session() is None
    assert list(tmp_path.iterdir()) == []
    assert dict(os.environ) == before
    assert launch_context().take is None


def test_a_session_made_by_the_script_is_removed(pipeline: Outline, tmp_path: Path) -> None:
    with taking_launches():
        pipeline.setup()
        path = Path(pipeline.get_session().get_path())
        assert path.is_dir()

    assert not path.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_planned_job_knows_nothing_but_its_name(pipeline: Outline) -> None:
    with taking_launches():
        (planned_job,) = cuerun.launch(pipeline)

    with pytest.raises(OnlyPlannedError, match="has no getLayers"):
        planned_job.getLayers()


# Comparison.


def changes(old: Outline, new: Outline) -> list[Change]:
    return compare(json.loads(json.dumps(plan(old).to_dict())), plan(new).to_dict())


def test_a_plan_is_no_different_from_itself(pipeline: Outline) -> None:
    assert changes(pipeline, pipeline) == []


def test_ranges_are_compared_by_their_frames() -> None:
    old, new, other = job(), job(), job()
    shell(old, "render", range="1-4")
    shell(new, "render", range="1,2,3,4")
    shell(other, "render", range="4-1")

    assert changes(old, new) == []
    assert [each.what for each in changes(old, other)] == ["range"]


def test_what_changed_is_named_with_both_values() -> None:
    old, new = job(), job()
    first = shell(old, "first", chunk=1)
    shell(old, "gone").depend_on(first)
    again = shell(new, "first", chunk=5, cores=4)
    shell(new, "fresh").depend_on(again)
    new.set_env("COLOUR", "aces")

    found = {(each.layer, each.what): (each.before, each.after) for each in changes(old, new)}

    assert found[None, "env"] == ({}, {"COLOUR": "aces"})
    assert found["first", "chunk"] == (1, 5)
    assert found["first", "cores"] == (None, 4.0)
    assert found["fresh", "layer"] == (None, "1-10, chunk 1")
    assert found["gone", "layer"] == ("1-10, chunk 1", None)
    assert found["fresh", "depend"] == (None, "first FRAME_BY_FRAME")
    assert found["gone", "depend"] == ("first FRAME_BY_FRAME", None)


def test_what_the_older_side_does_not_know_is_not_compared() -> None:
    new = job()
    first = shell(new, "first-layer", cores=4)
    shell(new, "second").depend_all(first)
    old = {
        "layers": [
            {"wire_name": "first_layer", "range": "1-10"},
            {"wire_name": "second", "chunk": 2},
        ],
        "edges": [{"layer": "second", "on": "first_layer"}],
    }

    assert compare(old, plan(new).to_dict()) == [Change("second", "chunk", 2, 1)]


@pytest.mark.parametrize(
    "document", [[], {}, {"version": 2, "plans": []}, {"version": 1, "plans": [1]}, {"version": 1}]
)
def test_a_document_that_is_no_plan_is_refused(document: Any) -> None:
    with pytest.raises(UnreadablePlanError, match="cuelet plan --json"):
        plans_in(document)
