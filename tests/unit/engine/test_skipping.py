"""The engine has files looked at without waiting for them, and keeps what was made."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from cuelet.core.operations.skip import BuildRecord, CheckRequest, CheckResult
from cuelet.core.state.decision import Decision
from cuelet.core.values.states import RUNNING, SUCCEEDED, WAITING, JobState
from cuelet.runner.testing import FakeRunner
from tests.unit.core.bench import spec_of
from tests.unit.core.test_skip import RENDER
from tests.unit.engine.test_engine import SPEC, Bay, DiskFullError, MemoryStore

SKIPPING = spec_of(RENDER.replace(range="1-2"), name="show-shot-me_skipping", max_retries=0)


class RememberingStore(MemoryStore):
    """A store that also keeps what was made."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[str, BuildRecord] = {}
        self.is_unreadable = False

    def commit(self, decision: Decision) -> None:
        super().commit(decision)
        self.made |= {fields[0]: BuildRecord(*fields) for fields in decision.made}

    def find_record(self, key: str) -> BuildRecord | None:
        if self.is_unreadable:
            raise DiskFullError
        return self.made.get(key)


class Eyes:
    """A look that sees what it is told to, once it is let."""

    def __init__(self) -> None:
        self.may_see = threading.Event()
        self.outputs = ""
        self.asked: list[CheckRequest] = []

    def __call__(self, requests: Sequence[CheckRequest]) -> list[CheckResult]:
        self.asked += requests
        self.may_see.wait(20)
        return [
            CheckResult(each, inputs="in", outputs=self.outputs, is_newer=True) for each in requests
        ]


def bay(eyes: Eyes, store: RememberingStore, runner: FakeRunner | None = None) -> Bay:
    return Bay(store, runner, check_files=eyes)


def test_a_second_launch_of_the_same_needs_no_process() -> None:
    async def story() -> None:
        eyes, store = Eyes(), RememberingStore()
        eyes.may_see.set()
        async with bay(eyes, store) as b:
            first = await b.launch(SKIPPING, 1)
            await b.settle(lambda: len(b.runner.live) == 2)
            for run in b.runner.spawned:
                assert run.freshness_note.endswith(" in")
                b.runner.finish(run.run_id, made=f"{run.freshness_note} out")
            await b.settle(lambda: first.state is JobState.FINISHED)
            assert len(store.made) == 2

            eyes.outputs = "out"
            second = await b.launch(SKIPPING, 2)
            await b.settle(lambda: second.state is JobState.FINISHED)

            assert len(b.runner.spawned) == 2
            assert second.count(SUCCEEDED) == 2

    asyncio.run(story())


def test_a_file_system_that_does_not_answer_holds_up_nobody_else() -> None:
    async def story() -> None:
        eyes = Eyes()
        async with bay(eyes, RememberingStore()) as b:
            stuck = await b.launch(SKIPPING, 1)
            await b.settle(lambda: eyes.asked)
            other = await b.launch(SPEC, 2)
            await b.settle(lambda: len(b.runner.live) == 2)

            assert stuck.count(WAITING) == 2
            assert other.count(RUNNING) == 2
            eyes.may_see.set()

    asyncio.run(story())


def test_a_look_that_a_crash_cuts_short_is_taken_again() -> None:
    async def story() -> None:
        eyes, store = Eyes(), RememberingStore()
        async with bay(eyes, store) as b:
            await b.launch(SKIPPING, 1)
            await b.settle(lambda: eyes.asked)
            runner = b.runner

        later = Eyes()
        later.may_see.set()
        async with bay(later, store, runner) as b:
            await b.settle(lambda: len(b.runner.live) == 2)
            eyes.may_see.set()  # the answer of the dead farm goes nowhere

            assert b.job.attempt[0] == 1

    asyncio.run(story())


def test_a_record_that_cannot_be_read_lets_the_frame_run() -> None:
    async def story() -> None:
        eyes, store = Eyes(), RememberingStore()
        eyes.may_see.set()
        store.is_unreadable = True
        async with bay(eyes, store) as b:
            await b.launch(SKIPPING, 1)
            await b.settle(lambda: len(b.runner.live) == 2)

    asyncio.run(story())


def test_a_commit_that_fails_forgets_the_looks_and_takes_them_again() -> None:
    async def story() -> None:
        eyes, store = Eyes(), RememberingStore()
        async with bay(eyes, store) as b:
            await b.launch(SKIPPING, 1)
            await b.settle(lambda: eyes.asked)
            b.engine._load()  # what a failed commit does
            eyes.may_see.set()
            await b.settle(lambda: not b.engine._results)
            assert not b.job.checks
            b.engine._on_lost()
            await b.settle(lambda: len(b.runner.live) == 2)

            assert len(eyes.asked) == 4
            assert len({asked.serial for asked in eyes.asked}) == 4

    asyncio.run(story())
