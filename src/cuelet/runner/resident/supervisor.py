"""The resident's work without its socket: start runs, watch them, end them, report.

Order of things: a run is in the journal before it has a process, its end is in the journal
before anybody is told, and its end is noted only when none of its processes is left.
"""

from __future__ import annotations

import math
import os
import resource
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from errno import EDQUOT, ENOSPC
from functools import cached_property, partial

from cuelet.core.values.runs import (
    FAILED_LAUNCH,
    NOT_BEGUN,
    LiveRun,
    RunEvent,
    RunExited,
    RunRequest,
    RunReturned,
    RunStarted,
    RunUsage,
)
from cuelet.runner import procfs
from cuelet.runner.errors import JournalError
from cuelet.runner.resident import logfile, outputs
from cuelet.runner.resident.cgroup import Groups
from cuelet.runner.resident.journal import Journal
from cuelet.runner.resident.lanes import Lanes
from cuelet.runner.resident.launch import Launcher, LaunchError, Started
from cuelet.runner.resident.oom import OomCounter
from cuelet.runner.resident.process_trees import ProcessTrees
from cuelet.runner.resident.run import Phase, Run
from cuelet.runner.resident.runlock import RunHeldError, RunLocks
from cuelet.runner.resident.timers import Timers
from outline.jobspec.logfile import open_log

LINGER_S = 0.25
"""What a step leaves behind may end by itself for so long: the tee of `render > >(tee out)`."""
LEFTOVER_GRACE_S = 2.0
"""Then it gets SIGTERM, and after so long SIGKILL."""
CLEAR_EVERY_S = 0.02
SIGKILL_EVERY_S = 0.05
FIRST_SAMPLES_S = (0.05, 0.2, 0.5, 1.0)
"""Looks at a young run, for its peak memory: most runs are short."""
SAMPLE_EVERY_S = 2.0
SWEEP_EVERY_S = 0.5
"""Between two tries to take away a group in which something was still dying."""


class Supervisor:
    """All live runs of one resident; `events` collects what the farm has to be told."""

    def __init__(
        self,
        runner_dir: str,
        journal: Journal,
        timers: Timers,
        locks: RunLocks,
        open_groups: Callable[[], Groups | None] = lambda: None,
    ) -> None:
        self.events: list[RunEvent] = []
        self.is_urgent = False
        """Whether an event is among them that the farm has to act on."""
        self.runs: dict[str, Run] = {}
        self._dir = runner_dir
        self._journal = journal
        self._timers = timers
        self._launcher = Launcher()
        self._locks = locks
        self._trees = ProcessTrees(runner_dir, locks)
        self._envs: dict[str, dict[str, str]] = {}
        self._oom = OomCounter()
        self._open_groups = open_groups
        self._lanes = Lanes()
        self._due: list[RunRequest] = []
        self._own_peak_kb = 0

    def define_env(self, key: str, env: dict[str, str]) -> None:
        """Keep a base environment for later runs."""
        self._envs[key] = env

    def forget_env(self, key: str) -> None:
        """Drop a base environment; live runs that still have steps keep using it until then."""
        self._envs.pop(key, None)

    def describe_runs(self) -> list[LiveRun]:
        """Return every live run."""
        return [run.describe(self._timers.now()) for run in self.runs.values()]

    @cached_property
    def _groups(self) -> Groups | None:
        """Where memory limits are made; looked for when the first run wants one."""
        return self._open_groups()

    def close(self) -> None:
        """Take away the groups of runs."""
        if "_groups" in self.__dict__ and self._groups:
            self._groups.close()

    def _sweep_groups(self) -> None:
        if self._groups and self._groups.sweep():
            self._timers.call_in(SWEEP_EVERY_S, self._sweep_groups)

    def tell(self, event: RunEvent) -> None:
        """Have the farm told of an event soon."""
        self.events.append(event)
        self.is_urgent = True

    def take_events(self) -> list[RunEvent]:
        """Hand out the events; of a run that has ended its beginning is no news any more."""
        events, self.events, self.is_urgent = self.events, [], False
        ended = {event.run_id for event in events if type(event) is RunExited}
        return [e for e in events if type(e) is not RunStarted or e.run_id not in ended]

    # Start

    def spawn(self, requests: list[RunRequest]) -> None:
        """Start runs, each when it is its turn; one whose id is known is left as it is."""
        now = self._timers.now()
        for request in requests:
            known = request.run_id in self._journal.entries or self._lanes.has(request.run_id)
            if not known and not self._lanes.enter(request, now):
                self._due.append(request)
        self.start_due()

    def start_due(self) -> None:
        """Start the runs whose turn has come."""
        while self._due:
            due, self._due = self._due, []
            self._begin(due)

    def _begin(self, requests: list[RunRequest]) -> None:
        runs = [Run(request, time.time(), self._timers.now()) for request in requests]
        for run in runs:
            run.oom_mark = self._oom.mark()
            self.runs[run.run_id] = run
            self._journal.begin(run.run_id, run.at, run.began_s)
        try:
            self._journal.flush()
        except JournalError as error:
            for run in runs:
                self._refuse(run, str(error), _status_of(error.cause))
        else:
            for run in runs:
                self._start_surely(run)

    def _start_surely(self, run: Run) -> None:
        """Start a run, or end it: whatever happens it is not left between the two."""
        try:
            self._start(run)
        except Exception as error:
            if run.pid or run.phase is Phase.OVER:
                raise
            self._refuse(run, f"our bug, please report it: {error!r}")

    def _start(self, run: Run) -> None:
        try:
            run.log = open_log(run.request.log_path)
        except (OSError, ValueError) as error:
            why = logfile.explain_failure(run.request.log_path, error)
            return self._refuse(run, why, _status_of(error))
        try:
            run.lock = self._locks.take(run.run_id)
        except (RunHeldError, OSError) as error:
            return self._refuse(run, str(error), _status_of(error))
        if run.request.memory_max_mb and self._groups:
            run.memory_limit = self._groups.make(run.request.memory_max_mb)
        if not logfile.append(run.log, run.request.header):
            return self._refuse_unlogged(run)
        return self._start_step(run)

    def _refuse_unlogged(self, run: Run) -> None:
        """End a run before it begins: nobody could read what it says."""
        with suppress(OSError):
            os.unlink(run.request.log_path)
        why = f"the disk of its log {run.request.log_path!r} is full; make room on it"
        self._refuse(run, why, NOT_BEGUN)

    def _start_step(self, run: Run) -> None:
        base = self._envs.get(run.request.env_key)
        if not run.request.steps:
            return self._refuse(run, "the run has no command")
        if base is None:
            return self._refuse(run, f"environment {run.request.env_key!r} was never defined")
        env = run.build_env(base, self._dir)
        launch = partial(
            self._launcher.launch,
            run.step.argv,
            env,
            run.request.cwd,
            run.log,
            run.lock,
            umask=run.request.umask,
        )
        try:
            started = run.memory_limit.launch_inside(launch) if run.memory_limit else launch()
        except LaunchError as error:
            return self._refuse(run, str(error))
        return self._note_process(run, started)

    def _note_process(self, run: Run, started: Started) -> None:
        run.phase = Phase.STEPPING
        run.pid, run.start_ticks = started
        self._trees.add_leader(run.pid, run.run_id)
        self._journal.note_process(run.run_id, run.pid, run.start_ticks)
        if run.steps_done == 0:
            self.events.append(RunStarted(run.run_id, run.pid, run.at))
            self._timers.call_in(FIRST_SAMPLES_S[0], partial(self._sample, run))

    def _refuse(self, run: Run, reason: str, status: int = FAILED_LAUNCH) -> None:
        run.fail_to_launch(reason, status)
        self._finish(run)

    # Watch

    def _sample(self, run: Run) -> None:
        if run.phase is Phase.OVER:
            return
        tree = self._trees.list_tree(run.run_id, run.pid)
        memory_kb = procfs.measure_memory_kb(tree)
        run.sampled_kb = max(run.sampled_kb, memory_kb)
        run.samples += 1
        if run.samples > len(FIRST_SAMPLES_S):
            cpu_s = run.cpu_s + sum(process.cpu_ticks for process in tree) / procfs.TICKS_PER_S
            peak_kb = max(run.sampled_kb, run.reaped_kb)
            self.tell(RunUsage(run.run_id, memory_kb, peak_kb, round(cpu_s, 3)))
        self._give_back_late(run.run_id)
        self._timers.call_at(self._next_sample_s(run), partial(self._sample, run))

    def _next_sample_s(self, run: Run) -> float:
        if run.samples < len(FIRST_SAMPLES_S):
            return run.began_s + FIRST_SAMPLES_S[run.samples]
        # All runs are looked at together, so that a quiet machine wakes up once per round.
        return (self._timers.now() // SAMPLE_EVERY_S + 1) * SAMPLE_EVERY_S

    # End

    def reap(self) -> None:
        """Take in every child that has ended."""
        with suppress(ChildProcessError):
            while info := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                # Its owner is looked up while the pid is still taken.
                run_id, is_leader = self._trees.pop(info.si_pid)
                _, status, usage = os.wait4(info.si_pid, 0)
                if run := self.runs.get(run_id):
                    run.take_usage(usage, self._floor_kb(usage.ru_maxrss))
                    self._child_ended(run, status if is_leader else None)

    def _floor_kb(self, peak_kb: int) -> int:
        """Return our own peak memory, asking again only when it matters."""
        if peak_kb > self._own_peak_kb:
            self._own_peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return self._own_peak_kb

    def withdraw(self, run_ids: list[str]) -> None:
        """Give runs back that wait in a lane; those that began are left alone."""
        self._give_back([run_id for run_id in run_ids if self._lanes.remove(run_id)])

    def _give_back_late(self, run_id: str) -> None:
        self._give_back(self._lanes.take_late(run_id, self._timers.now()))

    def _give_back(self, run_ids: list[str]) -> None:
        for run_id in run_ids:
            self.tell(RunReturned(run_id))

    def forget_waiting(self) -> None:
        """Drop the runs that wait in lanes."""
        self._lanes.restart()

    def kill(self, run_id: str, grace_s: float) -> None:
        """End a run: SIGTERM to its process group now, SIGKILL to all of it after the grace."""
        run = self.runs.get(run_id)
        if run is None:
            self._kill_waiting(run_id)
            return
        run.is_killed = True
        run.sigkill_at_s = min(run.sigkill_at_s, self._timers.now() + grace_s)
        if run.phase is Phase.CLEARING:
            run.ask_at_s = min(run.ask_at_s, self._timers.now())
        else:
            for number in (signal.SIGTERM, signal.SIGCONT):
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(run.pid, number)
            self._timers.call_at(run.sigkill_at_s, partial(self._sigkill, run))

    def _kill_waiting(self, run_id: str) -> None:
        """End a run that has no process yet."""
        request = self._lanes.remove(run_id)
        if request:
            run = Run(request, time.time(), self._timers.now())
            self._journal.begin(run_id, run.at, run.began_s)
            self.is_urgent = True
            run.end_before_start()
            self._report(run)

    def _sigkill(self, run: Run) -> None:
        if run.phase not in {Phase.STEPPING, Phase.LOOKING}:
            return
        self._trees.sigkill_tree(run.run_id, run.pid)
        self._timers.call_in(SIGKILL_EVERY_S, partial(self._sigkill, run))

    def _child_ended(self, run: Run, status: int | None) -> None:
        if status is not None and run.phase is Phase.LOOKING:
            self._looked(run, status)
        elif status is not None:
            run.take_status(status)
            if run.was_sigkilled:
                self._explain_sigkill(run)
            self._clear(run)
        elif run.phase is Phase.CLEARING:
            self._continue_clearing(run)

    def _explain_sigkill(self, run: Run) -> None:
        kills = run.memory_limit.count_kills() if run.memory_limit else 0
        if run.memory_limit and kills:
            self._oom.account_for(kills)
            run.hit_memory_limit(run.memory_limit.limit_mb)
        else:
            run.explain_sigkill(by_kernel=self._oom.claim(run.oom_mark))

    def _clear(self, run: Run) -> None:
        """See whether the step left anything behind, and if so start ending it."""
        if not self._trees.list_tree(run.run_id):
            return self._step_ended(run)
        run.phase = Phase.CLEARING
        run.ask_at_s = self._timers.now() + (0 if run.is_killed else LINGER_S)
        run.sigkill_at_s = min(run.sigkill_at_s, run.ask_at_s + LEFTOVER_GRACE_S)
        return self._clear_later(run, run.steps_done)

    def _clear_later(self, run: Run, step: int) -> None:
        if run.phase is Phase.CLEARING and run.steps_done == step and self._continue_clearing(run):
            self._timers.call_in(CLEAR_EVERY_S, partial(self._clear_later, run, step))

    def _continue_clearing(self, run: Run) -> bool:
        """Wait, then ask, then kill; False once nothing is left."""
        left = len(self._trees.list_tree(run.run_id))
        if not left:
            self._step_ended(run)
            return False
        now = self._timers.now()
        if now >= run.sigkill_at_s:
            self._trees.sigkill_tree(run.run_id)
        elif now >= run.ask_at_s:
            run.ask_at_s = math.inf
            run.left_behind += left
            self._trees.signal_tree(run.run_id, signal.SIGTERM, signal.SIGCONT)
        return True

    def _step_ended(self, run: Run) -> None:
        if not run.has_next_step:
            return self._look(run) if run.has_outputs_to_see else self._finish(run)
        run.steps_done += 1
        run.sigkill_at_s = math.inf
        return self._start_step(run)

    def _look(self, run: Run) -> None:
        """Have the outputs looked at by a process of this run, which a slow file system may hold up."""
        try:
            run.pid, run.verdict = outputs.start_looking(
                run.request.outputs, wants_fingerprint=bool(run.request.freshness_note)
            )
        except OSError:
            run.take_verdict(None)
            return self._finish(run)
        run.phase = Phase.LOOKING
        process = procfs.read_process(run.pid)
        run.start_ticks = process.start_ticks if process else 0
        self._trees.add_leader(run.pid, run.run_id)
        return self._journal.note_process(run.run_id, run.pid, run.start_ticks)

    def _looked(self, run: Run, status: int) -> None:
        run.pid = 0
        if run.is_killed:
            run.take_status(status)
        run.take_verdict(outputs.read_verdict(run.verdict))
        self._finish(run)

    def _finish(self, run: Run) -> None:
        run.phase = Phase.OVER
        exited = self._report(run)
        if run.log >= 0:
            logfile.append(run.log, logfile.describe_end(exited))
            os.close(run.log)
        self._locks.release(run.run_id)
        if run.memory_limit:
            run.memory_limit.end()
            self._sweep_groups()
        del self.runs[run.run_id]
        self._trees.forget_run(run.run_id, self.runs)
        self.make_way(run.run_id)

    def _report(self, run: Run) -> RunExited:
        exited = run.conclude(self._timers.now(), time.time())
        self._journal.end(exited)
        self.events.append(exited)
        return exited

    def occupy(self, run_id: str) -> None:
        """Have runs wait behind one that a dead resident has left."""
        self._lanes.occupy(run_id)

    def make_way(self, run_id: str) -> None:
        """See to what waits behind a run that is over; a slot without work is urgent."""
        self._give_back_late(run_id)
        following = self._lanes.leave(run_id)
        if following:
            self._due.append(following)
        else:
            self.is_urgent = True


def _status_of(error: Exception) -> int:
    """Return how a run ends that could not be begun: a full disk is nobody's fault."""
    is_full = isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT)
    return NOT_BEGUN if is_full else FAILED_LAUNCH
