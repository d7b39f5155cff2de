"""A frame is skipped only when all of it is known to be as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.core.explain.frames import explain_frame
from cuelet.core.operations import attempts, requests
from cuelet.core.operations.command import Place
from cuelet.core.operations.skip import (
    SKIPPED,
    WINDOW,
    BuildRecord,
    CheckRequest,
    CheckResult,
    decide_freshness,
    request,
    skipped_frames,
    why_run,
)
from cuelet.core.scheduling.dispatch import PATIENCE_S
from cuelet.core.state.decision import Decision
from cuelet.core.values.runs import RunExited
from cuelet.core.values.states import DEPEND, RUNNING, SUCCEEDED, WAITING, JobState
from outline.jobspec.model import DeclaredFile, EdgeSpec, JobSpec, LayerSpec
from tests.unit.core.bench import Bench, spec_of

PLACE = Place(host="here", log_root="/logs", scratch="/tmp")
IMAGE = DeclaredFile(name="image", paths=("/out/b.#IFRAME#.exr",), digits=4)
SCENE = DeclaredFile(name="scene", paths=("/scene.ma",))
RENDER = LayerSpec(
    name="render",
    argv=("render", "#IFRAME#"),
    range="1-4",
    env={"LOOK": "warm"},
    output_files=(IMAGE,),
    input_files=(SCENE,),
    skip_existing=True,
    work="w",
)
THEN = LayerSpec(name="then", command="x", range="1-4")
SPEC = spec_of(
    RENDER, THEN, edges=(EdgeSpec(layer="then", on="render"),), cwd="/cwd", max_retries=0
)


def ordered(b: Bench) -> list[int]:
    """Book what fits; return the frames whose files are to be looked at."""
    b.book()
    return [index for _, index in b.decision.checks]


def answer(b: Bench, index: int, **seen: Any) -> tuple[CheckResult, BuildRecord]:
    """Return what is seen of a frame that need not run, and how its outputs were made."""
    asked = request(b.job, index, PLACE)
    found = CheckResult(asked, **{"inputs": "in", "outputs": "out", "is_newer": True, **seen})
    return found, BuildRecord(*asked.fingerprint, "in", "out")


def tell(b: Bench, found: CheckResult, made: BuildRecord | None) -> None:
    decide_freshness(b.farm, b.job, found, made, b.decision, now=b.now)


def test_frames_are_looked_at_before_any_starts_and_the_unchanged_need_no_process() -> None:
    b = Bench(SPEC)

    assert ordered(b) == [0, 1, 2, 3]
    assert b.decide().starts == []
    assert ordered(b) == []  # they are being looked at
    for index in (0, 1):
        tell(b, *answer(b, index))
    for index in (2, 3):
        tell(b, answer(b, index)[0], None)
    b.book()

    decision = b.decide()
    assert [b.state(index) for index in range(6)] == [SUCCEEDED] * 2 + [RUNNING] * 4
    assert [index for _, index in decision.starts] == [2, 3, 4, 5]  # followers are released
    assert {(b.job.id, 0), (b.job.id, 1)} <= decision.frames.keys()
    assert b.job.reasons[0] == SKIPPED
    assert skipped_frames(b.job) == {"render": [1, 2]}
    assert explain_frame(b.farm, b.job, 0)[0].text == f"it has succeeded: {SKIPPED}"


def test_what_runs_keeps_a_note_that_its_end_turns_into_a_record() -> None:
    b = Bench(SPEC)
    ordered(b)
    tell(b, answer(b, 0)[0], None)
    asked = request(b.job, 1, PLACE).fingerprint
    b.book()

    note = b.job.started_with[0].note
    report = RunExited(b.job.run_id(0), 0, 0, 0.1, 0.1, 1, 2.0, made=f"{note} out")
    attempts.on_run_exited(b.farm, report, b.decision)

    (made,) = b.decide().made
    assert BuildRecord(*made) == BuildRecord(*made[:4], "in", "out")
    assert BuildRecord(*made).key != asked.key  # another frame, other files
    assert b.job.started_with == {}


@pytest.mark.parametrize(
    ("seen", "made", "reason"),
    [
        ({"fault": "output /a is missing", "outputs": ""}, {}, "output /a is missing"),
        ({"inputs": ""}, {}, "its files could not be compared"),
        ({"outputs": ""}, {}, "its files could not be compared"),
        ({"inputs": "other"}, {}, "its inputs changed"),
        ({"outputs": "other"}, {}, "its outputs changed since"),
        ({"is_newer": False}, {}, "an input is newer than an output"),
        ({}, {"command": "x"}, "its command changed"),
        ({}, {"env": "x"}, "its environment changed"),
        ({}, {"frames": "x"}, "its frames or its chunk changed"),
        ({}, {"key": "x"}, "its outputs are other files"),
        ({}, None, "nothing is known about how its outputs were made"),
        ({}, {}, ""),
    ],
)
def test_every_doubt_has_its_reason(
    seen: dict[str, Any], made: dict[str, str] | None, reason: str
) -> None:
    b = Bench(SPEC)
    ordered(b)
    found, known = answer(b, 0, **seen)

    assert why_run(b.job, found, None if made is None else known._replace(**made)) == reason


def test_force_and_doubt_run_everything() -> None:
    doubtful = RENDER.replace(unknown_work="its pre-process is a riddle")
    for spec, reason in (
        (SPEC.replace(force=True), "the launch said force"),
        (SPEC.replace(layers=(doubtful, THEN)), "its pre-process is a riddle"),
    ):
        b = Bench(spec)
        ordered(b)
        tell(b, *answer(b, 0))
        b.book()

        assert b.state(0) is RUNNING
        assert b.job.started_with[0].reason == reason


def test_without_certainty_about_the_inputs_no_record_is_kept() -> None:
    b = Bench(SPEC)
    ordered(b)
    tell(b, *answer(b, 0, inputs="", fault="an input was written just now"))
    b.book()

    assert b.state(0) is RUNNING
    assert b.job.started_with[0].note == ""


def test_a_frame_that_is_retried_by_hand_runs() -> None:
    b = Bench(SPEC)
    ordered(b)
    tell(b, *answer(b, 0))
    b.retry(0)
    assert b.state(0) is WAITING

    b.decide()
    assert ordered(b) == []  # one batch of a layer at a time
    for index in (1, 2, 3):
        tell(b, *answer(b, index))
    assert ordered(b) == [0]
    tell(b, *answer(b, 0))
    b.book()

    assert b.state(0) is RUNNING
    assert b.job.started_with[0].reason == "it has been tried before"


def test_an_answer_about_an_older_state_of_the_frame_is_dropped() -> None:
    """What it waited for is made again while somebody looks: the look says nothing any more."""
    b = Bench(SPEC.replace(layers=(THEN, RENDER), edges=(EdgeSpec(layer="render", on="then"),)))
    for index in range(4):
        b.run(index)
    assert ordered(b) == [4, 5, 6, 7]
    old = answer(b, 4)
    b.retry(0)
    assert b.state(4) is DEPEND
    tell(b, *old)
    assert b.state(4) is DEPEND
    b.decide()
    b.run(0)
    for index in (5, 6, 7):
        tell(b, *answer(b, index))
    assert ordered(b) == [4]  # looked at anew

    tell(b, *old)

    assert b.state(4) is WAITING


@pytest.mark.parametrize("how", ["paused", "killed"])
def test_a_job_that_was_stopped_meanwhile_skips_nothing(how: str) -> None:
    b = Bench(SPEC)
    ordered(b)
    found = answer(b, 0)
    if how == "paused":
        b.pause()
    else:
        requests.kill_job(b.farm, b.job, b.decision, now=2.0)

    tell(b, *found)

    assert b.state(0) is WAITING
    b.decide()
    if how == "paused":
        b.pause(paused=False)
        for index in (1, 2, 3):
            tell(b, *answer(b, index))
        assert ordered(b) == [0]


def test_a_job_whose_frames_are_all_skipped_has_ended() -> None:
    b = Bench(spec_of(RENDER))
    ordered(b)
    for index in range(4):
        tell(b, *answer(b, index))

    assert b.job.state is JobState.FINISHED
    b.decide()


def test_a_long_layer_is_looked_at_in_windows() -> None:
    b = Bench(spec_of(RENDER.replace(range="1-1000")))

    assert ordered(b) == list(range(WINDOW))
    b.decide()
    for index in range(WINDOW):
        tell(b, *answer(b, index))
    assert ordered(b) == list(range(WINDOW, 2 * WINDOW))
    b.decide()


def test_while_somebody_looks_others_start_and_nobody_waits_for_the_layer() -> None:
    other = THEN.replace(name="other")
    b = Bench(spec_of(RENDER, other), cores=2.0)

    b.book()
    b.now += PATIENCE_S + 1
    b.book()

    assert [index for _, index in b.decide().starts] == [4, 5]
    assert explain_frame(b.farm, b.job, 0)[0].code == "cores"
    b.end(4)
    b.book()
    assert b.state(6) is RUNNING


def test_nobody_is_looked_at_when_nothing_fits() -> None:
    b = Bench(spec_of(THEN.replace(cores=4.0), RENDER))

    assert ordered(b) == []


def test_layers_that_do_not_ask_for_it_are_never_looked_at() -> None:
    b = Bench(spec_of(RENDER.replace(skip_existing=False)))

    assert ordered(b) == []
    assert b.state(0) is RUNNING


def trace_of(spec: JobSpec, index: int = 0) -> tuple[str, ...]:
    b = Bench(spec)
    ordered(b)
    asked = request(b.job, index, PLACE)
    inputs = tuple(path for file in asked.inputs for path in file.paths)
    return (*asked.fingerprint, *inputs)


LAYER_CHANGES: list[dict[str, Any]] = [
    {"argv": ("render", "#IFRAME#", "-v")},
    {"argv": ("render #IFRAME#",)},
    {"argv": None, "command": "render #IFRAME#"},
    {"work": "other"},
    {"env": {"LOOK": "cold"}},
    {"env": {"LOOK": "warm", "MORE": ""}},
    {"env": {}},
    {"chunk": 2},
    {"chunk": 2, "each_frame": True},
    {"range": "2-4"},
    {"range": "4-1"},
    {"output_files": (IMAGE.replace(digits=3),)},
    {"output_files": (IMAGE, IMAGE.replace(paths=("/out/other",)))},
    {"output_files": (IMAGE.replace(paths=("/out/b.#IFRAME#.exr", "/out/b.#IFRAME#.png")),)},
    {"input_files": ()},
    {"input_files": (SCENE.replace(paths=("/other.ma",)),)},
]
JOB_CHANGES: list[dict[str, Any]] = [{"cwd": "/elsewhere"}, {"env": {"A": "1"}}]


@pytest.mark.parametrize("change", LAYER_CHANGES, ids=str)
def test_any_other_work_leaves_another_trace(change: dict[str, Any]) -> None:
    changed = SPEC.replace(layers=(RENDER.replace(**change), THEN), edges=())

    assert trace_of(changed) != trace_of(SPEC)


@pytest.mark.parametrize("change", JOB_CHANGES, ids=str)
def test_another_place_or_environment_leaves_another_trace(change: dict[str, Any]) -> None:
    assert trace_of(SPEC.replace(**change)) != trace_of(SPEC)


@pytest.mark.parametrize(
    "change",
    [{"name": "beauty"}, {"cores": 3.0}, {"memory_mb": 9}, {"retries": 7}, {"range": "1-9"}],
    ids=str,
)
def test_what_does_not_matter_to_the_files_leaves_the_same_trace(change: dict[str, Any]) -> None:
    """A longer range leaves the frames it had as they are; resources and names do not matter."""
    changed = SPEC.replace(layers=(RENDER.replace(**change),), edges=())

    assert trace_of(changed) == trace_of(SPEC)
    assert trace_of(SPEC.replace(priority=9, name="show-shot-me_other")) == trace_of(SPEC)


def test_another_session_of_the_same_layers_is_the_same_work() -> None:
    def launched(session: str) -> tuple[str, ...]:
        argv = ("pycuerun", session, "-e", "#IFRAME#-render")
        layer = RENDER.replace(argv=argv, env={"S": f"{session}/x"})
        return trace_of(SPEC.replace(layers=(layer,), edges=(), session=session))

    assert launched("/sessions/one") == launched("/sessions/two")


TEXTS = st.text(alphabet="ab=:, #0", max_size=4)
ARGV = st.lists(TEXTS, min_size=1, max_size=3).map(tuple)
ENV = st.dictionaries(TEXTS, TEXTS, max_size=2)
SHAPES = st.tuples(ARGV, ENV, ENV, TEXTS, st.sampled_from(["1-3", "1", "3-1"]), st.integers(1, 3))


def shaped(shape: tuple[Any, ...]) -> tuple[JobSpec, tuple[Any, ...]]:
    """Return a job, and what its first frame is by definition."""
    argv, env, job_env, work, frames, chunk = shape
    layer = RENDER.replace(argv=argv, env=env, work=work, range=frames, chunk=chunk)
    spec = spec_of(layer, env=job_env)
    b = Bench(spec)
    members = tuple(b.job.layers[0].tasks.members(0))
    return spec, (argv, {**job_env, **env}, work, members, chunk)


@given(SHAPES, SHAPES)
def test_two_frames_have_one_trace_exactly_when_they_do_the_same(
    one: tuple[Any, ...], other: tuple[Any, ...]
) -> None:
    (spec, same), (other_spec, other_same) = shaped(one), shaped(other)

    assert (trace_of(spec) == trace_of(other_spec)) == (same == other_same)


FACTS = st.fixed_dictionaries(
    {
        "inputs": st.sampled_from(["in", "other", ""]),
        "outputs": st.sampled_from(["out", "other", ""]),
        "is_newer": st.booleans(),
        "fault": st.sampled_from(["", "", "output /a is missing"]),
    }
)
RECORD = st.none() | st.fixed_dictionaries(
    {key: st.sampled_from(["same", "same", "other"]) for key in BuildRecord._fields}
)


@given(FACTS, RECORD, st.booleans(), st.integers(0, 1), st.sampled_from(["", "who knows"]))
def test_a_frame_is_skipped_only_when_nothing_at_all_speaks_against_it(
    facts: dict[str, Any],
    record: dict[str, str] | None,
    force: bool,
    attempts: int,
    unknown_work: str,
) -> None:
    layer = RENDER.replace(unknown_work=unknown_work)
    b = Bench(SPEC.replace(layers=(layer, THEN), force=force))
    ordered(b)
    b.decide()
    found, known = answer(b, 0, **facts)
    made = None
    if record is not None:
        made = known._replace(**{key: "x" for key, said in record.items() if said == "other"})
    b.job.attempt[0] = attempts

    tell(b, found, made)

    perfect = facts == {"inputs": "in", "outputs": "out", "is_newer": True, "fault": ""}
    alike = record is not None and set(record.values()) == {"same"}
    expected = perfect and alike and not force and not attempts and not unknown_work
    assert (b.state(0) is SUCCEEDED) is expected


def test_a_question_carries_all_that_a_look_needs() -> None:
    b = Bench(SPEC)
    ordered(b)

    asked = request(b.job, 1, PLACE)

    assert isinstance(asked, CheckRequest)
    assert [file.paths for file in asked.outputs] == [("/out/b.0002.exr",)]
    assert [file.paths for file in asked.inputs] == [("/scene.ma",)]
    assert Decision().checks == []


def test_a_layer_of_one_frame_reads_every_frame_its_input_names() -> None:
    frames = DeclaredFile(name="in", paths=("/b.#IFRAME#.exr",), frames="1-3")
    for layer, expected in (
        (RENDER.replace(range="1", input_files=(frames,)), ["/b.1.exr", "/b.2.exr", "/b.3.exr"]),
        (RENDER.replace(range="1-2", input_files=(frames,)), ["/b.1.exr"]),
    ):
        b = Bench(spec_of(layer))
        ordered(b)
        assert [file.paths[0] for file in request(b.job, 0, PLACE).inputs] == expected
