"""The loop that owns the farm: whatever came in is decided on together, committed once, then done.

One thread owns everything.
The commit happens inside the loop, so nobody can read a state that is not on disk; requests and
process ends that arrive meanwhile go into the next batch, which is the group commit.
When a commit fails nothing of the batch happened: the farm is loaded again from disk.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any, TypeVar, cast

from cuelet.core.operations import attempts, lanes, skip
from cuelet.core.operations.clock import move_times
from cuelet.core.operations.command import Place
from cuelet.core.operations.skip import CheckResult
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.disks import DiskUse, FullDisk, find_full
from cuelet.core.state.farm import Farm
from cuelet.core.state.host import Host
from cuelet.core.state.job import Job
from cuelet.core.state.memory import MemoryPolicy
from cuelet.core.values.errors import FarmError, NoRoomError, NotSyncedError
from cuelet.core.values.runs import (
    LiveRun,
    RunEvent,
    RunExited,
    RunnerState,
    RunReturned,
    RunStarted,
    RunUsage,
)
from cuelet.core.values.states import RUNNING, SETUP, WAITING, WITH_RUNNER
from cuelet.engine.acting import Actor
from cuelet.engine.clock_watch import ClockWatch
from cuelet.engine.disks import DiskWatch
from cuelet.engine.freshness import FreshnessChecker, check_nothing
from cuelet.engine.ports import CheckFiles, Clock, MakeRunner, StorePort
from cuelet.engine.watchdog import LookAtLog, Watchdog

T = TypeVar("T")
Request = Callable[[Farm, Decision, float], T]
"""Changes the farm, notes it in the decision, returns the reply; raises before it changes."""

TICK_S = 5.0
COMMIT_AGAIN_S = 0.5
"""Pause after a failed commit: a disk that stays full must not cost a core, and fill up with logs."""
LONGEST_PAUSE_S = 4.0
"""It grows up to this while commits keep failing."""
LOOK_AT_DISKS_S = 0.5
LOOKS_WHEN_IDLE = 20
"""Only every so many times when no frame runs or waits."""

_log = logging.getLogger(__name__)


class Engine:
    """Own the farm's state; take requests and reports; keep the machine busy.

    Args:
        store: Where decisions are kept.
        make_runner: Builds what runs the frames.
        clock: The time.
        look_at_log: Looks at a log file, for the time-outs.
        place: What the machine adds to every frame, asked anew for each batch.
        cores: Cores that frames may hold together.
        memory_mb: Memory that frames may reserve together.
        disks: Looks for full disks; None: nobody does.
        memory_policy: What is done about frames that use more than they reserved.
        check_files: Reads what the files of frames look like that might be skipped.
        rebooted: The machine was restarted since frames were last booked.
        drift_s: Wall minus boot clock as the last farm of this boot knew it.
    """

    def __init__(
        self,
        *,
        store: StorePort,
        make_runner: MakeRunner,
        clock: Clock,
        look_at_log: LookAtLog,
        place: Callable[[], Place],
        cores: float,
        memory_mb: int,
        disks: DiskWatch | None = None,
        memory_policy: MemoryPolicy | None = None,
        check_files: CheckFiles = check_nothing,
        rebooted: bool = False,
        drift_s: float | None = None,
    ) -> None:
        self._store, self._clock, self.place = store, clock, place
        self._runner = make_runner(self._on_events, self._on_lost)
        self._cores, self._memory_mb, self._memory_policy = cores, memory_mb, memory_policy
        self.farm = self._empty_farm()
        self.pids: dict[str, int] = {}
        """Process id of each live run, as far as reported."""
        self._requests: list[tuple[Request[Any], asyncio.Future[Any]]] = []
        self._events: list[RunEvent] = []
        self._wake = asyncio.Event()
        self._watchdog = Watchdog(clock, look_at_log)
        self._clock_watch = ClockWatch(clock, drift_s)
        self._runner_lost = False
        self._rebooted = rebooted
        self._disks = disks
        self._alarm: tuple[FullDisk, ...] = ()
        self._pause_s = COMMIT_AGAIN_S
        self._failed_for_good: NotSyncedError | None = None
        self._actor = Actor(self._runner, FreshnessChecker(check_files, self._on_checked), place)
        self._results: list[CheckResult] = []
        self._start_timer: asyncio.TimerHandle | None = None

    async def start(self, first: Request[None] | None = None) -> None:
        """Recover: load, ask the runner what lives, settle the difference, book what can start.

        Args:
            first: Decided on before anything is booked.

        Raises:
            FarmError: The first request was refused.
        """
        self._load()
        await self._look_at_disks(())
        decision = Decision()
        if first is not None:
            first(self.farm, decision, self._clock.now())
        await self._meet_runner(decision)

    def _empty_farm(self) -> Farm:
        return Farm(cores=self._cores, memory_mb=self._memory_mb, memory_policy=self._memory_policy)

    def _load(self) -> None:
        full, ordered = self.farm.full_disks, self.farm.checks_ordered
        told: set[object] = {*self.farm.set_aside, *self.farm.damage_notes}
        self.farm = self._empty_farm()
        self.farm.full_disks = full
        self.farm.host = Host(name=self.place().host)
        self.farm.moment.at = int(self._clock.now())
        self._store.load_machine(self.farm)
        self.farm.checks_ordered = ordered  # results of the old farm's checks may still come
        for job in self._store.load():
            self.farm.add(job)
            self.farm.is_awaiting_runner |= job.count(SETUP) > 0
            for index in _handed_over(job):
                if job.state_of[index] == RUNNING:
                    self.farm.reserve(job, index)
        self.farm.set_aside = self._store.set_aside
        self._tell_damage(told)

    def _tell_damage(self, told: set[object]) -> None:
        """Log what of the stored farm cannot be believed, once."""
        for job in self.farm.set_aside:
            if job not in told:
                _log.error("job %s is set aside: %s; see cuelet farm check", job.name, job.reason)
        for note in self.farm.damage_notes:
            if note not in told:
                _log.error("%s", note)

    async def run(self) -> None:
        """Serve batches until cancelled.

        Raises:
            NotSyncedError: The disk does not keep what is written; nothing more can be promised.
        """
        looking = self._disks and asyncio.create_task(self._watch_disks(), name="disks")
        try:
            await self._serve()
        finally:
            if looking:
                looking.cancel()

    async def _serve(self) -> None:
        self._tick()
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._runner_lost:
                self._runner_lost = False
                await self._meet_runner()
            self._batch()
            self._refuse_to_go_on()
            self._set_start_timer()

    def _refuse_to_go_on(self) -> None:
        """End the farm once a sync has failed: what is in memory is not what is on disk."""
        if self._failed_for_good:
            raise self._failed_for_good

    def _set_start_timer(self) -> None:
        """Wake when a layer's time to start has come; a clock that is set is noticed within a tick."""
        if self._start_timer is not None:
            self._start_timer.cancel()
        left_s = max(self.farm.turns.next_start - self._clock.now(), 0.0)
        waits = left_s < math.inf
        loop = asyncio.get_running_loop()
        self._start_timer = loop.call_later(min(left_s, TICK_S), self._wake.set) if waits else None

    def _tick(self) -> None:
        """Look for frames that take too long and for a clock that was set, every few seconds."""
        asyncio.get_running_loop().call_later(TICK_S, self._tick)
        if self._clock_watch.look():
            self._wake.set()
        late = list(self._watchdog.overdue(self.farm, self.place()))
        if late:
            nobody = asyncio.get_running_loop().create_future()
            nobody.add_done_callback(
                _retrieve
            )  # a failed commit is logged; the next tick asks again
            self._requests.append((_time_out(late), nobody))
            self._wake.set()

    # -- disks -------------------------------------------------------------------------------

    async def _watch_disks(self) -> None:
        """Look at the disks, seldom while nothing goes on; a slow disk holds nobody up."""
        for turn in count():
            busy = [job for job in self.farm.order if job.count(WAITING, *WITH_RUNNER)]
            if busy or self.farm.full_disks or turn % LOOKS_WHEN_IDLE == 0:
                await self._look_at_disks([job.spec.session for job in busy])
            await asyncio.sleep(LOOK_AT_DISKS_S)

    async def _look_at_disks(self, sessions: Sequence[str]) -> None:
        if self._disks is None:
            return
        before = self.farm.full_disks
        found = await asyncio.to_thread(self._disks.look, sessions, before)
        # What was found full meanwhile, by trying, is newer than what was seen.
        if self.farm.full_disks is before:
            self._note_disks(found)

    def _note_disks(self, found: tuple[FullDisk, ...]) -> None:
        self.farm.full_disks = found
        if find_full(self.farm, DiskUse.DATABASE) is None:
            self._store.keep_ballast()
        self._raise_alarm()

    def _raise_alarm(self) -> None:
        """Say what is full when that has changed, and go on when nothing is any more."""
        now, before = self.farm.full_disks, self._alarm
        if _places(now) == _places(before):
            return
        self._alarm = now
        for disk in now:
            if disk not in before:
                _log.error("%s; nothing starts there; %s helps", disk.text, disk.remedy)
        if len(now) < len(before):
            _log.warning("there is room again; frames start")
        self._wake.set()

    async def close(self) -> None:
        """Leave the runner; what runs goes on, and when nothing does the runner leaves too."""
        self._runner.stop()
        await self._runner.close()

    async def submit(self, request: Request[T]) -> T:
        """Have a request decided on and committed, and return its reply.

        Raises:
            FarmError: The request was refused; nothing changed.
            Exception: What the store raised; nothing changed.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._requests.append((request, future))
        self._wake.set()
        return await future

    # -- what the runner tells ---------------------------------------------------------------

    def _on_events(self, events: list[RunEvent]) -> None:
        self._events.extend(events)
        self._wake.set()

    def _on_checked(self, seen: list[CheckResult]) -> None:
        self._results.extend(seen)
        self._wake.set()

    def _on_lost(self) -> None:
        self._runner_lost = True
        self._wake.set()

    async def _meet_runner(self, decision: Decision | None = None) -> None:
        await self._runner.close()
        state = await self._runner.connect()
        self._actor.forget_envs()
        self.farm.has_lanes = state.has_lanes
        decision = decision or Decision()
        self._follow_clock(decision)
        for report in state.exited:
            self._take(report, decision, self._clock.now())
        for live in state.running:
            self._watchdog.take_over(live)
            attempts.on_run_started(self.farm, self._started_of(live), decision)
        self._settle_with(state, decision)
        self.farm.is_awaiting_runner = False
        if self._complete(decision) is None:
            self._rebooted = False
        self._refuse_to_go_on()
        self._wake.set()

    def _started_of(self, live: LiveRun) -> RunStarted:
        """Return when a run began by the wall clock of today, which may have been set since."""
        return RunStarted(live.run_id, live.pid, self._clock.now() - live.wall_s)

    def _settle_with(self, state: RunnerState, decision: Decision) -> None:
        """Put back frames the runner never got; have runs killed that nobody waits for."""
        reported = {
            *(live.run_id for live in state.running),
            *(report.run_id for report in state.exited),
        }
        now = self._clock.now()
        for job in self.farm.jobs.values():
            for index in _handed_over(job):
                run = job.run_id(index)
                if run not in reported and self._rebooted:
                    # The runner's journal is not synced: a frame that took the machine down must
                    # count as lost even when nothing is left of its record.
                    attempts.lost_with_machine(self.farm, job, index, decision, now=now)
                elif run not in reported:
                    attempts.requeue_unstarted(self.farm, job, index, decision, now=now)
                elif index in job.intents:
                    decision.kills.append(run)
            lanes.forget(job)
        decision.kills += [
            live.run_id
            for live in state.running
            if attempts.current_run(self.farm, live.run_id) is None
        ]

    # -- one batch ---------------------------------------------------------------------------

    def _batch(self) -> None:
        requests, self._requests = self._requests, []
        events, self._events = self._events, []
        decision, now = Decision(), self._clock.now()
        self._follow_clock(decision)
        replies = [self._decide(request, decision, now) for request, _ in requests]
        for event in events:
            self._take(event, decision, now)
        self._judge(decision, now)
        bug = next((r for r in replies if _is_bug(r)), None)
        error = self._go_back(cast("Exception", bug)) if bug else self._complete(decision)
        for reply, (_, future) in zip(replies, requests, strict=True):
            _deliver(future, reply, error)

    def _follow_clock(self, decision: Decision) -> None:
        self.farm.moment.at = int(self._clock.now())
        jump_s = self._clock_watch.look()
        if jump_s:
            _log.warning("the clock was set by %+.0f s; times of pending jobs move with it", jump_s)
            move_times(self.farm, decision, jump_s)

    @property
    def now(self) -> float:
        """The time, in epoch seconds."""
        return self._clock.now()

    @property
    def drift_s(self) -> float:
        """Wall minus boot clock, as the times of pending jobs are meant."""
        return self._clock_watch.drift_s

    def _decide(self, request: Request[Any], decision: Decision, now: float) -> Any:
        """Return a request's reply, or the exception it raised."""
        try:
            return request(self.farm, decision, now)
        except FarmError as refused:
            return refused
        except Exception as bug:  # noqa: BLE001 supervisor: one request must not end the farm
            _log.exception("a request failed half-way; the batch is dropped")
            return bug

    def _take(self, event: RunEvent, decision: Decision, now: float) -> None:
        if isinstance(event, RunExited):
            attempts.on_run_exited(self.farm, event, decision)
            self.pids.pop(event.run_id, None)
            self._watchdog.ended(event.run_id)
        elif isinstance(event, RunUsage):
            self._take_usage(event, decision)
        elif isinstance(event, RunStarted):
            if not self.farm.is_awaiting_runner:  # else told again by the runner that is met next
                attempts.on_run_started(self.farm, event, decision)
            self.pids[event.run_id] = event.pid
            self._watchdog.began(event.run_id)
        elif isinstance(event, RunReturned):
            attempts.on_run_returned(self.farm, event.run_id, decision, now=now)

    def _take_usage(self, usage: RunUsage, decision: Decision) -> None:
        attempts.on_run_usage(self.farm, usage)
        found = attempts.current_run(self.farm, usage.run_id)
        excess = attempts.mind_memory(self.farm, *found, decision) if found else None
        if found and excess and (excess.is_fatal or self._watchdog.is_first_excess(usage.run_id)):
            name = f"{found[0].name} {found[0].frame_name(found[1])}"
            done = "is killed: it" if excess.is_fatal else "goes on although it"
            _log.warning("frame %s %s %s", name, done, excess.text)

    def _judge(self, decision: Decision, now: float) -> None:
        """Skip the frames whose outputs need not be made, as was seen; let the others start."""
        found, self._results = self._results, []
        for seen in found:
            job = self.farm.jobs.get(seen.request.job_id)
            if job is not None:
                made = self._find_record(seen.request.fingerprint.key)
                skip.decide_freshness(self.farm, job, seen, made, decision, now=now)

    def _find_record(self, key: str) -> skip.BuildRecord | None:
        try:
            return self._store.find_record(key)
        except Exception:  # noqa: BLE001 whatever the store raises, the frame can run
            _log.exception("what is known of outputs cannot be read")
            return None

    def _complete(self, decision: Decision) -> Exception | None:
        """Book what can start, commit all of it, then act; return why if it could not be kept."""
        dispatch(self.farm, decision, now=self._clock.now())
        try:
            if decision:
                self._keep(decision)
        except NotSyncedError as error:
            _log.critical("%s", error)
            self._failed_for_good = error
            return error
        except Exception as error:  # noqa: BLE001 whatever the store raises, nothing was kept
            _log.error("commit failed: %s", error, exc_info=not isinstance(error, NoRoomError))
            return self._go_back(error)
        self._pause_s = COMMIT_AGAIN_S
        self._clock_watch.settle()
        self._raise_alarm()
        self._actor.act(self.farm, decision)
        return None

    def _keep(self, decision: Decision) -> None:
        """Commit; on a full disk once more with the room that was set aside for that."""
        try:
            self._store.commit(decision)
        except NoRoomError as error:
            self._out_of_disk(error)
            if not self._store.make_room():
                raise
            self._store.commit(decision)

    def _out_of_disk(self, error: NoRoomError) -> None:
        full = FullDisk(DiskUse.DATABASE, error.folder, "nothing is left")
        if find_full(self.farm, DiskUse.DATABASE) is None:
            self.farm.full_disks = (*self.farm.full_disks, full)
        self._raise_alarm()

    def _go_back(self, error: Exception) -> Exception:
        """Return to what is on disk; what ended meanwhile is soon asked of the runner again."""
        self._load()
        asyncio.get_running_loop().call_later(self._pause_s, self._on_lost)
        self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2)
        return error


def _time_out(late: list[tuple[str, str]]) -> Request[None]:
    def act(farm: Farm, decision: Decision, now: float) -> None:
        for run_id, reason in late:
            if found := attempts.current_run(farm, run_id):
                attempts.time_out(*found, reason, decision)

    return act


def _places(disks: tuple[FullDisk, ...]) -> set[tuple[DiskUse, str]]:
    return {(disk.use, disk.folder) for disk in disks}


def _retrieve(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()


def _is_bug(reply: object) -> bool:
    return isinstance(reply, Exception) and not isinstance(reply, FarmError)


def _deliver(future: asyncio.Future[Any], reply: object, error: Exception | None) -> None:
    if future.cancelled():
        return
    if isinstance(reply, Exception):
        future.set_exception(reply)
    elif error:
        future.set_exception(error)
    else:
        future.set_result(reply)


def _handed_over(job: Job) -> Iterable[int]:
    if not job.count(*WITH_RUNNER):
        return ()
    return [index for index in range(job.size) if job.state_of[index] in WITH_RUNNER]
