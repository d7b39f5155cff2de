"""What shows, groups, filters and subscriptions do to launches and to frames that wait."""

from __future__ import annotations

from typing import Any

import pytest

from cuelet.core.check import check
from cuelet.core.explain.frames import explain_frame
from cuelet.core.explain.standing import waits_briefly
from cuelet.core.operations import attempts, history, launching, machine, requests
from cuelet.core.operations.setup import allocations, filtering, filters, groups, shows
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.setup.filter import (
    Action,
    ActionType,
    Filter,
    FilterType,
    Matcher,
    MatchType,
    Subject,
    ValueType,
)
from cuelet.core.state.setup.group import Group, Membership
from cuelet.core.state.setup.show import Show
from cuelet.core.values import ids
from cuelet.core.values.errors import (
    AlreadyThereError,
    InvalidRequestError,
    InvalidSpecError,
    NotFoundError,
)
from cuelet.core.values.runs import RunExited
from outline.jobspec.model import JobSpec, LayerSpec


class Yard:
    """A farm of four cores and two GPUs on which the test is the clock."""

    def __init__(self) -> None:
        self.farm, self.decision, self.now = Farm(cores=4.0, memory_mb=8000), Decision(), 1.0
        self.launched = 0

    def launch(self, name: str, *layers: LayerSpec, show: str = "film", **more: Any) -> Job:
        self.launched += 1
        layers = layers or (LayerSpec(name="main", command="x", range="1-9"),)
        spec = JobSpec(
            name=f"{show}-s-u_{name}", show=show, shot="sh010", user="ada", layers=layers, **more
        )
        new_id = ids.job_id(self.launched)
        (job,) = launching.launch(self.farm, [spec], [new_id], self.decision, now=self.now)
        return job

    def started(self) -> list[str]:
        booked = Decision()
        dispatch(self.farm, booked, now=self.now)
        assert check(self.farm) == []
        return [f"{job.name.rpartition('_')[2]}:{index}" for job, index in booked.starts]

    def end(self, job: Job, index: int) -> None:
        report = RunExited(job.run_id(index), 0, 0, 1.0, 1.0, 1000, self.now)
        attempts.on_run_exited(self.farm, report, self.decision)

    def show(self, name: str = "film") -> Show:
        return shows.find_show(self.farm, name)

    def group(self, name: str, **limits: float) -> Group:
        root = groups.root_of(self.farm, self.show())
        made = groups.create(self.farm, f"id of {name}", root, name, self.decision)
        if limits:
            groups.set_limit(self.farm, made, self.decision, **limits)
        return groups.get_group(self.farm, made.id)

    def why(self, job: Job) -> list[tuple[str, str, str]]:
        waiting = next(index for index in range(job.size) if job.state_of[index] == 0)
        return [(r.code, r.text, r.remedy) for r in explain_frame(self.farm, job, waiting)]


@pytest.fixture
def yard() -> Yard:
    return Yard()


# -- shows ---------------------------------------------------------------------------------------


def test_a_launch_makes_its_show_once(yard: Yard) -> None:
    yard.launch("one", show="Feature-Film")
    made = [each for each in yard.decision.records.values() if isinstance(each, Show)]
    yard.launch("two", show="Feature-Film")

    assert [each.name for each in made] == ["Feature-Film"]
    assert [each.name for each in yard.farm.records.all(Show)] == ["Feature-Film"]
    assert yard.show("feature_film").made_by_launch


def test_somebody_may_take_over_the_show_that_a_launch_has_made(yard: Yard) -> None:
    job = yard.launch("one")

    taken = shows.create(yard.farm, "film", yard.decision)

    assert taken.id == job.show_id
    with pytest.raises(AlreadyThereError, match="show 'film' is there already"):
        shows.create(yard.farm, "Film", yard.decision)


def test_a_launch_in_another_spelling_is_of_the_show_that_is_there(yard: Yard) -> None:
    shows.create(yard.farm, "dash-show", yard.decision)

    job = yard.launch("one", show="Dash-Show")

    assert job.spec.show == "dash_show"
    assert len(yard.farm.records.all(Show)) == 1


def test_a_deactivated_show_refuses_launches_and_says_how_it_takes_them_again(yard: Yard) -> None:
    job = yard.launch("one")
    shows.change(yard.farm, yard.show(), yard.decision, active=False)

    with pytest.raises(InvalidSpecError, match="cueadmin -enable-show film"):
        yard.launch("two")
    assert yard.started() == ["one:0", "one:1", "one:2", "one:3"], "what is there goes on"
    assert job.count() == 0


@pytest.mark.parametrize("switch", ["booking", "dispatching"])
def test_frames_of_a_closed_show_do_not_start_and_why_says_so(yard: Yard, switch: str) -> None:
    job = yard.launch("one")
    other = yard.launch("two", show="other")
    shows.change(yard.farm, yard.show(), yard.decision, **{switch: False})

    assert yard.started() == ["two:0", "two:1", "two:2", "two:3"]
    assert yard.why(job) == [
        ("show", f"{switch} of show film is off", f"cueadmin -{switch} film on")
    ]
    assert waits_briefly(yard.farm, job) == "for its show to be opened"
    shows.change(yard.farm, yard.show(), yard.decision, **{switch: True})
    yard.end(other, 0)
    assert yard.started() == ["one:0"]


def test_defaults_of_a_show_count_where_a_launch_says_nothing(yard: Yard) -> None:
    shows.create(yard.farm, "film", yard.decision)
    shows.set_default(yard.farm, yard.show(), yard.decision, default_max_cores=2.0)
    shows.set_default(yard.farm, yard.show(), yard.decision, default_min_cores=1.5)
    shows.set_default(yard.farm, yard.show(), yard.decision, default_max_gpus=1)

    silent, outspoken = yard.launch("one"), yard.launch("two", max_cores=3.0)

    assert (silent.max_cores, outspoken.max_cores) == (2.0, 3.0)
    assert (silent.min_cores, silent.settings.max_gpus) == (1.5, 1)
    assert yard.started() == ["one:0", "one:1", "two:0", "two:1"]


def test_an_archived_show_sends_its_launches_to_another(yard: Yard) -> None:
    old = yard.launch("one", show="old")
    shows.create(yard.farm, "new", yard.decision)
    shows.archive(yard.farm, yard.show("old"), yard.show("new"), yard.decision)

    job = yard.launch("two", show="old")

    assert (job.name, job.spec.show) == ("old-s-u_two", "new")
    assert shows.show_of(yard.farm, old).name == "old_archive"
    with pytest.raises(NotFoundError, match="no show 'old'"):
        yard.show("old")


def test_what_is_archived_follows_when_its_target_is_archived_too(yard: Yard) -> None:
    for name in ("first", "second", "third"):
        shows.create(yard.farm, name, yard.decision)
    shows.archive(yard.farm, yard.show("first"), yard.show("second"), yard.decision)
    shows.archive(yard.farm, yard.show("second"), yard.show("third"), yard.decision)

    assert yard.launch("one", show="first").spec.show == "third"
    with pytest.raises(InvalidRequestError, match="another show that takes jobs"):
        shows.archive(yard.farm, yard.show("third"), yard.show("third"), yard.decision)


def test_a_show_with_jobs_stays(yard: Yard) -> None:
    yard.launch("one")

    with pytest.raises(InvalidRequestError, match="cuelet farm prune"):
        shows.delete(yard.farm, yard.show(), yard.decision)


# -- groups --------------------------------------------------------------------------------------


def test_the_jobs_of_a_group_use_its_cores_together_and_why_says_so(yard: Yard) -> None:
    one, two = yard.launch("one"), yard.launch("two")
    group = yard.group("hero", max_cores=1.0)
    groups.move_jobs(yard.farm, [one, two], group, yard.decision)

    assert yard.started() == ["one:0"]
    ((code, text, remedy),) = yard.why(two)
    assert code == "share"
    assert "jobs of group hero of show film may use 1 core together and uses 1 core" in text
    assert 'findGroup("film", "hero").setMaxCores(-1)' in remedy
    assert waits_briefly(yard.farm, two) == "for cores of its group or show"


def test_a_frame_that_never_fits_its_group_keeps_no_place_for_itself(yard: Yard) -> None:
    large = yard.launch("large", LayerSpec(name="main", command="x", cores=3.0), priority=9)
    small = yard.launch("small")
    group = yard.group("hero", max_cores=2.0)
    groups.move_jobs(yard.farm, [large, small], group, yard.decision)

    assert yard.started() == ["small:0", "small:1"]
    (_, text, _), *_ = yard.why(large)
    assert text.endswith("may use 2 cores together, a frame needs 3 cores")


def test_a_larger_frame_gets_its_turn_at_the_cores_of_a_group(yard: Yard) -> None:
    small = yard.launch("small")
    group = yard.group("hero", max_cores=2.0)
    groups.move_jobs(yard.farm, [small], group, yard.decision)
    assert yard.started() == ["small:0", "small:1"]
    large = yard.launch("large", LayerSpec(name="main", command="x", cores=2.0), priority=9)
    groups.move_jobs(yard.farm, [large], group, yard.decision)

    yard.end(small, 0)
    assert yard.started() == [], "what is free is kept for the one that comes first"
    assert "turn" in {code for code, _, _ in yard.why(small)}
    yard.end(small, 1)
    assert yard.started() == ["large:0"]


def test_gpus_of_a_group_are_counted_as_well(yard: Yard) -> None:
    machine.offer(yard.farm, Decision(), gpus=2)
    job = yard.launch("one", LayerSpec(name="main", command="x", range="1-9", gpus=1))
    groups.move_jobs(yard.farm, [job], yard.group("hero", max_gpus=1), yard.decision)

    assert yard.started() == ["one:0"]
    assert "may use 1 GPU together" in yard.why(job)[0][1]


def test_jobs_get_what_their_group_has_for_jobs(yard: Yard) -> None:
    yard.launch("zero")
    group = yard.group("hero")
    groups.set_default(yard.farm, group, yard.decision, job_priority=77)
    groups.set_default(
        yard.farm, groups.get_group(yard.farm, group.id), yard.decision, job_max_cores=2.0
    )
    job = yard.launch("one")

    groups.move_jobs(yard.farm, [job], groups.get_group(yard.farm, group.id), yard.decision)

    assert (job.priority, job.max_cores, job.min_cores) == (77, 2.0, 1.0)
    groups.set_default(
        yard.farm, groups.get_group(yard.farm, group.id), yard.decision, job_min_cores=2.0
    )
    assert job.min_cores == 2.0, "what is set later counts for those that are in it"


def test_the_group_of_a_forgotten_job_is_forgotten_with_it(yard: Yard) -> None:
    job = yard.launch("one")
    groups.move_jobs(yard.farm, [job], yard.group("hero"), yard.decision)
    assert yard.farm.records.find(Membership, job.id)
    requests.kill_job(yard.farm, job, yard.decision, now=2.0)

    history.forget(yard.farm, [job.id], yard.decision, before=3.0)

    assert yard.decision.records["membership", job.id] is None
    assert yard.farm.records.find(Membership, job.id) is None


def test_jobs_stay_within_their_show(yard: Yard) -> None:
    yard.launch("one")
    other = yard.launch("two", show="other")

    with pytest.raises(InvalidRequestError, match="a group of show film"):
        groups.move_jobs(yard.farm, [other], yard.group("hero"), yard.decision)


def test_a_group_that_only_ended_jobs_are_in_can_be_deleted(yard: Yard) -> None:
    job = yard.launch("one")
    group = yard.group("hero")
    groups.move_jobs(yard.farm, [job], group, yard.decision)
    with pytest.raises(InvalidRequestError, match="pending jobs are in it"):
        groups.delete(yard.farm, group, yard.decision)
    requests.kill_job(yard.farm, job, yard.decision, now=2.0)

    groups.delete(yard.farm, group, yard.decision)

    assert groups.group_of(yard.farm, job).name == "film"


# -- subscriptions and allocations ---------------------------------------------------------------


def test_a_burst_limits_the_cores_of_a_show(yard: Yard) -> None:
    job, other = yard.launch("one"), yard.launch("two", show="other")
    (sub,) = allocations.subscriptions_of(yard.farm, yard.show())
    allocations.set_burst(yard.farm, sub, 150, yard.decision)

    assert yard.started() == ["one:0", "two:0", "two:1", "two:2"]
    (code, text, remedy), *_ = yard.why(job)
    assert (code, remedy) == ("share", "cueadmin -burst film local.general 400")
    assert text.startswith("jobs of show film on allocation local.general may use 1.5 cores")
    assert other.count() == 0


def test_a_show_without_a_subscription_starts_nothing(yard: Yard) -> None:
    job = yard.launch("one")
    (sub,) = allocations.subscriptions_of(yard.farm, yard.show())
    allocations.unsubscribe(yard.farm, sub, yard.decision)

    assert yard.started() == []
    ((code, text, remedy),) = yard.why(job)
    assert "show film has no subscription to allocation local.general" in text
    assert (code, remedy) == ("share", "cueadmin -create-sub film local.general 4 4")
    general = allocations.find_allocation(yard.farm, "local.general")
    allocations.subscribe(yard.farm, yard.show(), general, 2, 2, yard.decision)
    assert yard.started() == ["one:0", "one:1"]


def test_in_another_allocation_only_subscribed_shows_start_frames(yard: Yard) -> None:
    yard.launch("one")
    yard.launch("two", show="other")
    spare = allocations.create(
        yard.farm, "id of spare", "spare", yard.decision, facility="local", tag="spare"
    )
    allocations.subscribe(yard.farm, yard.show(), spare, 4, 4, yard.decision)
    allocations.move_host(yard.farm, spare, yard.decision)

    assert yard.farm.host.has_one_of(("spare",))
    assert yard.started() == ["one:0", "one:1", "one:2", "one:3"]
    with pytest.raises(InvalidRequestError, match="this machine is in it"):
        allocations.delete(yard.farm, spare, yard.decision)


# -- filters -------------------------------------------------------------------------------------


def make_filter(yard: Yard, name: str, *matchers: tuple[Subject, MatchType, str]) -> Filter:
    if not yard.farm.records.all(Show):
        shows.create(yard.farm, "film", yard.decision)
    made = filters.create(yard.farm, f"id of {name}", yard.show(), name, yard.decision)
    for number, (subject, kind, text) in enumerate(matchers):
        matcher = Matcher(
            id=f"{name} {number}", filter=made.id, subject=subject, type=kind, input=text
        )
        filters.put_matcher(yard.farm, matcher, yard.decision)
    return made


def act(yard: Yard, of: Filter, kind: ActionType, **value: Any) -> None:
    number = len(filters.actions_of(yard.farm, of))
    action = Action(
        id=f"{of.name} action {number}",
        filter=of.id,
        type=kind,
        value_type=filters.VALUE_OF[kind],
        **value,
    )
    filters.put_action(yard.farm, action, yard.decision)


ANY_JOB = (Subject.JOB_NAME, MatchType.CONTAINS, "_")
MATCHES = [
    (Subject.JOB_NAME, MatchType.CONTAINS, "_hero", True),
    (Subject.JOB_NAME, MatchType.CONTAINS, "_Hero", False),
    (Subject.JOB_NAME, MatchType.DOES_NOT_CONTAIN, "calm", True),
    (Subject.JOB_NAME, MatchType.REGEX, "s-u_h.ro$", True),
    (Subject.JOB_NAME, MatchType.BEGINS_WITH, "film-", True),
    (Subject.JOB_NAME, MatchType.ENDS_WITH, "film-", False),
    (Subject.SHOW, MatchType.IS, "film", True),
    (Subject.SHOT, MatchType.IS, "sh010", True),
    (Subject.SHOT, MatchType.IS_NOT, "sh010", False),
    (Subject.USER, MatchType.IS_NOT, "bob", True),
    (Subject.PRIORITY, MatchType.IS, "1", True),
    (Subject.FACILITY, MatchType.IS, "local", True),
    (Subject.SERVICE_NAME, MatchType.IS, "maya", True),
    (Subject.SERVICE_NAME, MatchType.IS, "default", True),
    (Subject.SERVICE_NAME, MatchType.IS_NOT, "maya", False),
    (Subject.LAYER_NAME, MatchType.ENDS_WITH, "comp", True),
    (Subject.LAYER_NAME, MatchType.DOES_NOT_CONTAIN, "comp", False),
]


@pytest.mark.parametrize(("subject", "kind", "text", "expected"), MATCHES)
def test_a_matcher_looks_at_what_it_says(
    yard: Yard, subject: Subject, kind: MatchType, text: str, *, expected: bool
) -> None:
    layers = (
        LayerSpec(name="render", command="x", services=("maya",)),
        LayerSpec(name="main_comp", command="x"),
    )
    job = yard.launch("hero", *layers)
    matcher = Matcher(id="x", subject=subject, type=kind, input=text)

    assert filtering.is_match(matcher, job) is expected


def test_a_filter_without_matchers_is_about_no_job(yard: Yard) -> None:
    made = make_filter(yard, "empty")
    act(yard, made, ActionType.PAUSE_JOB, boolean_value=True)

    assert not yard.launch("one").paused


def test_all_matchers_have_to_match_or_one_is_enough(yard: Yard) -> None:
    made = make_filter(yard, "two", ANY_JOB, (Subject.USER, MatchType.IS, "bob"))
    act(yard, made, ActionType.SET_JOB_PRIORITY, integer_value=250)

    assert yard.launch("one").priority == 1
    filters.set_type(yard.farm, made, FilterType.ANY, yard.decision)
    assert yard.launch("two").priority == 250


def test_what_filters_do_to_a_job_at_its_launch(yard: Yard) -> None:
    made = make_filter(yard, "all", ANY_JOB)
    group = yard.group("hero")
    act(yard, made, ActionType.PAUSE_JOB, boolean_value=True)
    act(yard, made, ActionType.SET_JOB_PRIORITY, integer_value=33)
    act(yard, made, ActionType.SET_JOB_MIN_CORES, float_value=2.0)
    act(yard, made, ActionType.SET_JOB_MAX_CORES, float_value=3.0)
    act(yard, made, ActionType.MOVE_JOB_TO_GROUP, group_value=group.id)
    act(yard, made, ActionType.SET_ALL_RENDER_LAYER_TAGS, string_value="gpu | fast")
    act(yard, made, ActionType.SET_ALL_RENDER_LAYER_MEMORY, integer_value=1048576)
    act(yard, made, ActionType.SET_ALL_RENDER_LAYER_CORES, float_value=0.5)
    act(yard, made, ActionType.SET_ALL_RENDER_LAYER_MAX_CORES, float_value=1.0)
    act(yard, made, ActionType.SET_ALL_UTIL_LAYER_MEMORY, integer_value=1)
    act(yard, made, ActionType.SET_MEMORY_OPTIMIZER, boolean_value=False)

    job = yard.launch(
        "one",
        LayerSpec(name="render", command="x"),
        LayerSpec(name="helper", command="x", kind="Util"),
    )

    render, helper = job.layers
    assert (job.paused, job.priority, job.min_cores, job.max_cores) == (True, 33, 2.0, 3.0)
    assert groups.group_of(yard.farm, job) == group
    assert (render.tags, render.memory_mb) == (("gpu", "fast"), 1024)
    assert (render.cores, render.max_cores, helper.cores) == (0.5, 1.0, 1.0)
    assert helper.memory_mb == 256, "the least that a Cuebot reserves"
    assert render.settings is not None
    assert not render.settings.memory_optimizer
    assert yard.decision.jobs[job.id] is job, "its layers have to be kept as they are now"


def test_a_group_does_not_take_back_what_a_filter_has_set(yard: Yard) -> None:
    first = make_filter(yard, "first", ANY_JOB)
    group = yard.group("hero")
    groups.set_default(yard.farm, group, yard.decision, job_priority=5)
    groups.set_default(
        yard.farm, groups.get_group(yard.farm, group.id), yard.decision, job_max_cores=2.0
    )
    act(yard, first, ActionType.SET_JOB_PRIORITY, integer_value=250)
    act(yard, first, ActionType.MOVE_JOB_TO_GROUP, group_value=group.id)

    job = yard.launch("one")

    assert (job.priority, job.max_cores) == (250, 2.0)


def test_filters_act_in_their_order_until_one_stops(yard: Yard) -> None:
    for name, priority in (("first", 500), ("second", 900), ("third", 100)):
        made = make_filter(yard, name, ANY_JOB)
        act(yard, made, ActionType.SET_JOB_PRIORITY, integer_value=priority)
    second = filters.find_filter(yard.farm, yard.show(), "second")
    assert yard.launch("one").priority == 100

    act(yard, second, ActionType.STOP_PROCESSING)
    assert yard.launch("two").priority == 900
    filters.set_enabled(yard.farm, second, yard.decision, enabled=False)
    assert yard.launch("three").priority == 100


def test_filters_run_on_jobs_that_are_there_when_somebody_asks(yard: Yard) -> None:
    job, other = yard.launch("one"), yard.launch("two")
    made = make_filter(yard, "late", (Subject.JOB_NAME, MatchType.ENDS_WITH, "_one"))
    act(yard, made, ActionType.SET_JOB_PRIORITY, integer_value=7)

    filtering.run_filter(yard.farm, made, [job, other], yard.decision)
    assert (job.priority, other.priority) == (7, 1)
    requests.set_priority(yard.farm, job, 1, yard.decision)
    filtering.run_filters(yard.farm, job, yard.decision)
    assert job.priority == 7


def test_an_action_takes_only_the_value_that_it_reads(yard: Yard) -> None:
    made = make_filter(yard, "odd", ANY_JOB)
    odd = Action(
        id="x",
        filter=made.id,
        type=ActionType.SET_JOB_PRIORITY,
        value_type=ValueType.STRING,
        string_value="high",
    )

    with pytest.raises(InvalidRequestError, match="give it one of type INTEGER"):
        filters.put_action(yard.farm, odd, yard.decision)
    with pytest.raises(NotFoundError, match="no group"):
        act(yard, made, ActionType.MOVE_JOB_TO_GROUP, group_value="nosuch")
    with pytest.raises(InvalidRequestError, match="no such number"):
        filters.set_type(yard.farm, made, 7, yard.decision)
    assert filters.actions_of(yard.farm, made) == []
