"""Which SIGKILL was the kernel's."""

from __future__ import annotations

from pathlib import Path

from cuelet.runner.resident.oom import MARK_AGE_S, OomCounter, count_oom_kills


class Kernel:
    def __init__(self) -> None:
        self.kills, self.looks, self.at = 7, 0, 100.0

    def count(self) -> int:
        self.looks += 1
        return self.kills

    def counter(self) -> OomCounter:
        return OomCounter(self.count, lambda: self.at)


def test_a_kill_since_the_beginning_of_a_run_explains_it() -> None:
    kernel = Kernel()
    counter = kernel.counter()
    mark = counter.mark()

    kernel.kills += 1

    assert counter.claim(mark)


def test_without_a_kill_or_with_one_before_the_run_nothing_is_explained() -> None:
    kernel = Kernel()
    counter = kernel.counter()
    before = counter.mark()
    kernel.kills += 1
    kernel.at += MARK_AGE_S * 2
    mark = counter.mark()

    assert not counter.claim(mark)
    assert counter.claim(before)


def test_one_kill_explains_one_run() -> None:
    kernel = Kernel()
    counter = kernel.counter()
    marks = [counter.mark() for _ in range(3)]

    kernel.kills += 2

    assert [counter.claim(mark) for mark in marks] == [True, True, False]


def test_a_claimed_kill_explains_no_later_run() -> None:
    kernel = Kernel()
    counter = kernel.counter()
    first = counter.mark()
    kernel.kills += 1
    assert counter.claim(first)

    assert not counter.claim(counter.mark())


def test_many_short_runs_share_one_look() -> None:
    kernel = Kernel()
    counter = kernel.counter()

    for _ in range(1000):
        counter.mark()

    assert kernel.looks == 1


def test_the_count_is_read_from_the_kernels_counters(tmp_path: Path) -> None:
    counters = tmp_path / "vmstat"
    counters.write_text("nr_free_pages 5\noom_kill_other 3\noom_kill 42\n")

    assert count_oom_kills(str(counters)) == 42
    assert count_oom_kills(str(tmp_path / "nothing")) == 0
    assert count_oom_kills() >= 0
