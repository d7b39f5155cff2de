"""Limits, GPUs, tags, a lock, start times, groups and shows under random jobs and operators.

Nothing starts that may not, nothing waits without a reason that can be told, and everything ends
once all is given.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cuelet.core.check import check
from cuelet.core.explain.frames import explain_frame
from cuelet.core.operations import attempts, delays, launching, limits, machine, ordering, requests
from cuelet.core.operations.obstacles import Code, obstacles
from cuelet.core.operations.setup import allocations, groups, shows
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.limits import Limit
from cuelet.core.state.order import Placing
from cuelet.core.state.setup.group import Group
from cuelet.core.state.setup.show import Show
from cuelet.core.values import ids
from cuelet.core.values.errors import FarmError
from cuelet.core.values.runs import RunExited
from cuelet.core.values.states import WAITING, JobState
from cuelet.store import layer_start
from outline.jobspec.model import JobSpec, LayerSpec
from tests.budget import examples

NAMES = ("one", "two")
SHOWS = ("a", "other")
CORES, MEMORY_MB = 4.0, 4000
OF_ITS_JOB = {Code.PAUSED, Code.SHOW, Code.DISK}
TOLD = {
    Code.GPUS_ABSENT: "gpus",
    Code.LIMIT_ZERO: "limit",
    Code.NO_SHARE: "share",
    Code.CAP: "max cores",
}
"""Words of a reason that are not those of its obstacle."""
EPOCH_S = 1_700_000_000.0
"""When histories begin, as they do: years after the zero that stands for "never"."""


@st.composite
def layer_specs(draw: st.DrawFn, number: int) -> LayerSpec:
    return LayerSpec(
        name=f"layer{number}",
        range=draw(st.sampled_from(["1-1", "1-4", "5-1"])),
        cores=draw(st.sampled_from([1.0, 2.0, 0.5, 0.0, -1.0])),
        max_cores=draw(st.sampled_from([0.0, 0.0, 2.0])),
        threadable=draw(st.booleans()),
        memory_mb=draw(st.sampled_from([100, 3000])),
        gpus=draw(st.sampled_from([0, 0, 1, 2])),
        tags=draw(st.sampled_from([(), ("general",), ("cloud",), ("cloud", "UTIL")])),
        limits=draw(st.sampled_from([(), ("one",), ("two",), NAMES])),
        start_after=draw(st.sampled_from([0.0, 0.0, EPOCH_S + 30.0])),
    )


@st.composite
def job_specs(draw: st.DrawFn, number: int) -> JobSpec:
    layers = tuple(draw(layer_specs(n)) for n in range(draw(st.integers(1, 3))))
    return JobSpec(
        name=f"a-b-c_job{number}",
        show=draw(st.sampled_from(SHOWS)),
        shot="b",
        user="c",
        layers=layers,
        priority=draw(st.integers(0, 2)),
        max_cores=draw(st.sampled_from([-1.0, 2.0])),
    )


WORLDS = st.integers(1, 3).flatmap(lambda n: st.tuples(*(job_specs(i) for i in range(n))))
VERBS = [
    "end",
    "end",
    "end",
    "fail",
    "wait",
    "max",
    "carry",
    "remake",
    "rename",
    "lock",
    "tag",
    "gpus",
    "delay",
    "reorder",
    "stagger",
    "turn",
    "retry",
    "eat",
    "pause",
    "group_cores",
    "group_gpus",
    "regroup",
    "show",
    "burst",
    "subscribe",
    "restart",
]
OPS = st.tuples(st.sampled_from(VERBS), st.integers(0, 999))


class StrictFarm(Farm):
    """A farm on which nothing starts that an obstacle is known for."""

    def reserve(self, job: Job, index: int) -> None:
        if index not in job.reserved:  # else it was running before a restart
            assert list(obstacles(self, job, job.layer_at(index))) == []
        super().reserve(job, index)


class World:
    """Some jobs on a small machine, and what was running before each look."""

    def __init__(self, specs: tuple[JobSpec, ...], began_at: float) -> None:
        self.now = began_at
        self.farm = StrictFarm(cores=CORES, memory_mb=MEMORY_MB)
        machine.offer(self.farm, Decision(), gpus=2)
        for name in NAMES:
            limits.create(self.farm, f"id of {name}", name, 2, Decision())
        numbers = [ids.job_id(n + 1) for n in range(len(specs))]
        self.jobs = launching.launch(self.farm, specs, numbers, Decision(), now=self.now)
        for show in self.farm.records.all(Show):
            root = groups.root_of(self.farm, show)
            groups.create(self.farm, f"group of {show.name}", root, "hero", Decision())
        self.look(Decision())

    def look(self, decision: Decision) -> None:
        """Book what can start; judge what did, and what did not."""
        for run in decision.kills:
            attempts.on_run_exited(self.farm, self.report(run, 137), Decision())
        booked = Decision()
        dispatch(self.farm, booked, now=self.now)
        assert check(self.farm) == []
        for job, index in booked.starts:
            self.judge(job, job.layer_at(index))
        for job in self.farm.order:
            for index in range(job.size):
                if job.state_of[index] == WAITING:
                    self.judge_wait(job, index)

    def judge_wait(self, job: Job, index: int) -> None:
        """A frame that was not started meets an obstacle, and that is what is told."""
        met = list(obstacles(self.farm, job, job.layer_at(index)))
        told = {reason.code for reason in explain_frame(self.farm, job, index)}
        assert met, "it was not started, and nothing holds it"
        of_its_job = {found.code.value for found in met if found.code in OF_ITS_JOB}
        if of_its_job:
            assert of_its_job <= told
            return
        plain = {found.code for found in met if found.kept_for is None}
        assert told == ({TOLD.get(code, code.value) for code in plain} or {"turn"})

    def judge(self, job: Job, layer: Layer) -> None:
        """Compare a start with the rules, written out once more."""
        farm = self.farm
        tags = {tag.casefold() for tag in layer.tags}
        assert not farm.host.locked
        assert not job.paused
        assert layer.start_after <= self.now
        assert not tags or tags & {tag.casefold() for tag in farm.host.tags}
        assert not layer.gpus or farm.held_gpus <= farm.host.gpus
        for limit in farm.limits.of(layer):
            assert limit.max_value == -1 or limit.running <= limit.max_value
        if job.max_cores > 0:
            asked, _ = farm.reservation(layer)
            assert job.cores_in_use <= max(job.max_cores, asked) + 1e-6
        self.judge_shares(job)

    def judge_shares(self, job: Job) -> None:
        """Compare what the group and the show of a job use with what they may."""
        group, show = groups.group_of(self.farm, job), shows.show_of(self.farm, job)
        assert show.booking
        assert show.dispatching
        cores, gpus = used_by(groups.jobs_in(self.farm, group))
        assert group.max_cores < 0 or cores <= group.max_cores + 1e-6
        assert group.max_gpus < 0 or gpus <= group.max_gpus
        (sub,) = allocations.subscriptions_of(self.farm, show)
        cores, _ = used_by(shows.jobs_of(self.farm, show))
        assert sub.burst < 0 or cores * 100 <= sub.burst + 1e-3

    def report(self, run: str, status: int) -> RunExited:
        return RunExited(run, status, 0, 0.1, 0.2, 1000, self.now)

    def end_one(self, pick: int, status: int) -> None:
        running = [(job, index) for job in self.jobs for index in sorted(job.reserved)]
        if running:
            job, index = running[pick % len(running)]
            attempts.on_run_exited(self.farm, self.report(job.run_id(index), status), Decision())

    def do(self, op: str, pick: int) -> None:
        self.now += 1
        decision = Decision()
        job = self.jobs[pick % len(self.jobs)]
        layer, name = job.layers[pick % len(job.layers)], NAMES[pick % 2]
        try:
            getattr(self, f"do_{op}")(job, layer, name, pick, decision)
        except FarmError:
            assert not decision, "a request that is refused has changed nothing"
        self.look(decision)

    def do_end(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        self.end_one(pick, 0)

    def do_fail(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        self.end_one(pick, 1)

    def do_wait(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        self.now += pick % 20 - 5  # clocks are set back, too

    def do_max(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        limits.set_max(self.farm, name, pick % 5 - 1, decision)

    def do_carry(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        limit = self.farm.limits.get(name)
        act = limits.drop_from_layer if name in layer.limits else limits.add_to_layer
        act(self.farm, job, layer, limit, decision)

    def do_remake(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        if name in self.farm.limits.by_name:
            limits.delete(self.farm, name, decision)
        else:
            limits.create(self.farm, f"id {pick}", name, pick % 4, decision)

    def do_rename(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        limits.rename(self.farm, name, NAMES[pick // 2 % 2], decision)

    def do_lock(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        machine.set_locked(self.farm, decision, locked=pick % 2 == 0)

    def do_tag(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        tags = [("cloud", "util", "Cloud")[pick % 3]]
        (machine.add_tags if pick % 2 else machine.remove_tags)(self.farm, tags, decision)

    def do_gpus(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        machine.set_gpus(self.farm, pick % 4, decision)

    def do_delay(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        at = EPOCH_S + pick % 60 if pick % 60 else 0.0
        delays.set_start_after(job, [layer], at, by="me", decision=decision)

    def do_reorder(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        ordering.reorder(job, [layer], f"{pick % 6}", Placing(pick % 3), decision)

    def do_stagger(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        ordering.stagger(job, job.layers, "1-5", pick % 4, decision)

    def do_turn(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        ordering.set_dispatch_order(job, layer, pick % 5, decision)

    def do_retry(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        requests.retry_frames(self.farm, job, [pick % job.size], decision)

    def do_eat(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        requests.eat_frames(self.farm, job, [pick % job.size], decision, now=self.now)

    def do_pause(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        requests.set_paused(job, decision, paused=pick % 2 == 0)

    def group_at(self, job: Job, pick: int) -> Group:
        show = shows.show_of(self.farm, job)
        return groups.groups_of(self.farm, show)[pick % 2]

    def do_group_cores(
        self, job: Job, layer: Layer, name: str, pick: int, decision: Decision
    ) -> None:
        group = self.group_at(job, pick)
        groups.set_limit(self.farm, group, decision, max_cores=pick % 5 - 1)

    def do_group_gpus(
        self, job: Job, layer: Layer, name: str, pick: int, decision: Decision
    ) -> None:
        group = self.group_at(job, pick)
        groups.set_limit(self.farm, group, decision, max_gpus=pick % 4 - 1)

    def do_regroup(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        groups.move_jobs(self.farm, [job], self.group_at(job, pick), decision)

    def do_show(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        show, switch = shows.show_of(self.farm, job), ("booking", "dispatching")[pick % 2]
        shows.change(self.farm, show, decision, **{switch: pick % 3 > 0})

    def do_burst(self, job: Job, layer: Layer, name: str, pick: int, decision: Decision) -> None:
        for sub in allocations.subscriptions_of(self.farm, shows.show_of(self.farm, job)):
            allocations.set_burst(self.farm, sub, pick % 5 * 100, decision)

    def do_subscribe(
        self, job: Job, layer: Layer, name: str, pick: int, decision: Decision
    ) -> None:
        show, here = shows.show_of(self.farm, job), allocations.current_allocation(self.farm)
        found = allocations.subscriptions_of(self.farm, show)
        if found:
            allocations.unsubscribe(self.farm, found[0], decision)
        else:
            allocations.subscribe(self.farm, show, here, 1.0, float(pick % 4), decision)

    def do_restart(self, *_: Any) -> None:
        """Rebuild the farm from what is kept of it, as after a crash."""
        old = self.farm
        self.farm = StrictFarm(cores=CORES, memory_mb=MEMORY_MB)
        self.farm.host = old.host
        for record in old.records:
            self.farm.records.adopt(type(record).from_data(record.id, record.to_data()))
        self.farm.shares.rebuild(())
        for limit in old.limits:
            fresh = Limit(limit.id, limit.name, limit.max_value)
            self.farm.limits.by_name[limit.name] = fresh
        self.jobs = [self.restarted(job) for job in self.jobs]
        assert [limit.running for limit in self.farm.limits] == [x.running for x in old.limits]
        assert self.farm.held_gpus == old.held_gpus

    def restarted(self, old: Job) -> Job:
        job = Job(old.spec, old.id, submitted_at=old.submitted_at)
        layer_start.restore(job, list(layer_start.rows_of(old)))
        job.restore([old.row(index) for index in range(old.size)], [])
        job.state, job.paused, job.stopped_at = old.state, old.paused, old.stopped_at
        assert [x.name for x in job.queue] == [x.name for x in old.queue]
        self.farm.add(job)
        for index in old.reserved:
            self.farm.reserve(job, index)
        return job

    def open_shows(self, decision: Decision) -> None:
        for show in self.farm.records.all(Show):
            changed = shows.change(self.farm, show, decision, booking=True, dispatching=True)
            for group in groups.groups_of(self.farm, show):
                groups.set_limit(self.farm, group, decision, max_cores=-1, max_gpus=-1)
            for sub in allocations.subscriptions_of(self.farm, changed):
                allocations.unsubscribe(self.farm, sub, decision)
            here = allocations.current_allocation(self.farm)
            allocations.subscribe(self.farm, changed, here, CORES, CORES, decision)

    def give_everything(self) -> None:
        decision = Decision()
        machine.offer(self.farm, decision, tags=["cloud"], gpus=2)
        machine.set_locked(self.farm, decision, locked=False)
        for limit in self.farm.limits:
            limits.set_max(self.farm, limit.name, 1, decision)
        self.open_shows(decision)
        for job in self.jobs:
            delays.set_start_after(job, job.layers, 0, by="me", decision=decision)
            requests.set_paused(job, decision, paused=False)
            requests.eat_frames(
                self.farm,
                job,
                [i for i in range(job.size) if job.state_of[i] == 5],
                decision,
                now=self.now,
            )
        self.look(decision)


def used_by(jobs: list[Job]) -> tuple[float, int]:
    """Return the cores and GPUs that some jobs hold, counted frame by frame."""
    cores = sum(held for job in jobs for held, _ in job.reserved.values())
    return cores, sum(held for job in jobs for held in job.gpus_held.values())


ONE_AFTER_ANOTHER = JobSpec(
    name="a-b-c_job",
    show="a",
    shot="b",
    user="c",
    layers=(LayerSpec(name="layer", range="1-4", cores=0.0, memory_mb=100),),
)
"""With a clock that is set back to -3, one of its frames starts at 0, which is not "never"."""


@settings(max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(WORLDS, st.lists(OPS, max_size=40), st.just(EPOCH_S))
@example((ONE_AFTER_ANOTHER,), [("wait", 0)], 1.0)
def test_what_may_not_start_waits_for_a_reason_and_ends_when_all_is_given(
    specs: tuple[JobSpec, ...], ops: list[tuple[str, int]], began_at: float
) -> None:
    world = World(specs, began_at)
    for op, pick in ops:
        world.do(op, pick)

    world.give_everything()
    for _ in range(200):
        world.do("end", 0)

    assert [job.state for job in world.jobs] == [JobState.FINISHED] * len(world.jobs)
