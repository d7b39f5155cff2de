"""Does what a decision asks for once it is kept: spawn, withdraw, kill, acknowledge, have files looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cuelet.core.operations import skip
from cuelet.core.operations.command import Place, base_environment, build_run, env_keys
from cuelet.core.operations.outputs import output_files
from cuelet.core.operations.skip import CheckRequest
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.frame_row import NOT_CHECKED
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.values.states import JobState
from cuelet.engine.freshness import FreshnessChecker
from cuelet.engine.ports import RunnerPort

KILL_GRACE_S = 5.0


class Actor:
    """Turns kept decisions into what runner and checker are asked.

    Args:
        runner: Runs the frames.
        checker: Looks at the files of frames that might be skipped.
        place: What the machine adds to every frame, asked anew for each batch.
    """

    def __init__(
        self, runner: RunnerPort, checker: FreshnessChecker, place: Callable[[], Place]
    ) -> None:
        self._runner, self._checker, self._place = runner, checker, place
        self._known_envs: set[str] = set()
        """Environments that the runner has, by their names."""

    def forget_envs(self) -> None:
        """Send every environment anew: another runner has been met."""
        self._known_envs.clear()

    def act(self, farm: Farm, decision: Decision) -> None:
        """Do what a decision asks for."""
        if decision.starts or decision.prefetches:
            self._spawn_all(farm, decision)
        if decision.withdraws:
            self._runner.withdraw(decision.withdraws)
        for run in decision.kills:
            self._runner.kill(run, KILL_GRACE_S)
        if decision.acks:
            self._runner.ack(decision.acks)
        if decision.checks:
            self._ask(decision)
        for job in decision.jobs.values():
            self._forget(job)

    def _ask(self, decision: Decision) -> None:
        """Have frames looked at, those of one layer together."""
        place, by_layer = self._place(), dict[Layer, list[CheckRequest]]()
        for job, index in decision.checks:
            asked = by_layer.setdefault(job.layer_at(index), [])
            asked.append(skip.request(job, index, place))
        for requests in by_layer.values():
            self._checker.ask(requests)

    def _spawn_all(self, farm: Farm, decision: Decision) -> None:
        place = self._place()
        for job, index in decision.starts:
            self._spawn(farm, job, index, place, job.reserved[index])
        for job, index, lane in decision.prefetches:
            self._spawn(farm, job, index, place, farm.reservation(job.layer_at(index)), lane)

    def _spawn(
        self,
        farm: Farm,
        job: Job,
        index: int,
        place: Place,
        reserved: tuple[float, int],
        lane: str = "",
    ) -> None:
        limit_mb = farm.memory_policy.limit_mb(reserved[1], farm.memory_mb)
        run = build_run(job, index, place, reserved=reserved, lane=lane)
        if run.env_key not in self._known_envs:
            self._known_envs.add(run.env_key)
            base = base_environment(job, job.layer_at(index), place)
            self._runner.define_env(run.env_key, base)
        if limit_mb:
            run = replace(run, memory_max_mb=limit_mb)
        if job.layer_at(index).spec.output_files:
            check = job.started_with.get(index, NOT_CHECKED)
            run = replace(run, outputs=output_files(job, index, place), freshness_note=check.note)
        self._runner.spawn(run)

    def _forget(self, job: Job) -> None:
        """Drop the environments of a job that is over."""
        if job.state is not JobState.FINISHED or job.reserved:
            return
        for key in self._known_envs.intersection(env_keys(job)):
            self._known_envs.discard(key)
            self._runner.forget_env(key)
