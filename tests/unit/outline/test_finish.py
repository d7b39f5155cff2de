"""What a hook only began runs to its end; what can never end is left alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

POOL = """
import itertools
from multiprocessing.pool import Pool, ThreadPool
from outline.event import finish

def drawn(results):
    yield from results

def execute():
    with {pool}(1) as pool:
        return {returned}

if __name__ == "__main__":
    finish(execute())
    print("over")
"""


def run(pool: str, returned: str) -> subprocess.CompletedProcess[str]:
    """Finish what a hook returns out of the ``with`` of a pool."""
    return subprocess.run(
        [sys.executable, "-c", POOL.format(pool=pool, returned=returned)],
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("pool", ["Pool", "ThreadPool"])
@pytest.mark.parametrize(
    "returned",
    [
        "pool.imap(abs, range(3000))",
        "pool.imap(abs, range(3000), chunksize=7)",
        "pool.imap_unordered(abs, range(3000))",
        "map(abs, pool.imap(abs, range(3000)))",
        "zip(range(9), pool.imap(abs, range(3000)))",
        "(x for x in itertools.chain([], pool.imap(abs, range(3000))))",
        "drawn(pool.imap(abs, range(3000)))",
        "[pool.imap(abs, range(3000)), pool.imap(abs, range(3000))]",
        "pool.map_async(abs, range(3000))",
        "pool.apply_async(abs, [1])",
    ],
)
def test_results_of_a_pool_that_has_ended_are_left_alone(pool: str, returned: str) -> None:
    done = run(pool, returned)

    assert (done.returncode, done.stdout) == (0, "over\n"), done.stderr


def test_an_iterator_over_results_that_are_all_there_runs_to_its_end() -> None:
    chunks = "(all := pool.imap(abs, [-1]), pool.apply(abs, [1]), map(print, all))[2]"

    done = run("Pool", chunks)

    assert (done.returncode, done.stdout) == (0, "1\nover\n"), done.stderr


def test_a_result_that_has_come_says_that_its_call_failed() -> None:
    done = run("Pool", "(each := pool.apply_async(int, ['x']), each.wait())[0]")

    assert done.returncode == 1
    assert "invalid literal for int() with base 10: 'x'" in done.stderr


def test_an_iterator_over_a_pool_at_work_runs_to_its_end() -> None:
    done = run("Pool", "finish(print(x) for x in pool.imap(abs, [-1, -2]))")

    assert (done.returncode, done.stdout) == (0, "1\n2\nover\n"), done.stderr
