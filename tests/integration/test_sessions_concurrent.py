"""Sessions under many processes at once, and under kill -9."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
import time

import pytest


@pytest.fixture
def session(bare_env: dict[str, str]) -> str:
    made = python(
        bare_env,
        """
        from outline import Layer, Outline
        ol = Outline("a-job"); ol.add_layer(Layer("render")); ol.setup()
        print(ol.get_path())
        """,
    )
    return made.communicate()[0].strip()


def python(env: dict[str, str], code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_of_many_processes_that_store_one_key_one_wins(
    bare_env: dict[str, str], session: str
) -> None:
    code = """
        import os, sys
        from outline import load_outline
        from outline.exception import DataExistsError
        pid = os.fork() and os.fork() and os.fork() and 0
        layer = load_outline({session!r}).get_layer("render")
        wins = 0
        for key in range(20):
            try:
                layer.put_data(f"key{{key}}", [os.getpid()] * 1000)
                wins += 1
            except DataExistsError:
                pass
        os.write(1, f"{{os.getpid()}} {{wins}}\\n".encode())
        while True:
            try:
                os.wait()
            except ChildProcessError:
                os._exit(0)
        """
    workers = [python(bare_env, code.format(session=session)) for _ in range(4)]
    lines = [line for worker in workers for line in worker.communicate(timeout=60)[0].splitlines()]

    assert len(lines) == 16
    wins = {int(pid): int(count) for pid, count in (line.split() for line in lines)}
    assert sum(wins.values()) == 20
    check = python(
        bare_env,
        f"""
        from outline import load_outline
        layer = load_outline({session!r}).get_layer("render")
        for key in range(20):
            print(*set(layer.get_data(f"key{{key}}")))
        """,
    )
    winners = [int(line) for line in check.communicate()[0].split()]
    assert {pid: winners.count(pid) for pid in wins} == wins


def test_readers_never_see_half_a_value(bare_env: dict[str, str], session: str) -> None:
    writer = python(
        bare_env,
        f"""
        from outline import load_outline
        layer = load_outline({session!r}).get_layer("render")
        for turn in range(600):
            layer.put_data("key", [turn] * 5000, force=True)
            if turn == 0:
                print("ready", flush=True)
        """,
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    reader = python(
        bare_env,
        f"""
        import time
        from outline import load_outline
        layer = load_outline({session!r}).get_layer("render")
        reads, end = 0, time.monotonic() + 2
        while time.monotonic() < end:
            value = layer.get_data("key")
            assert len(value) == 5000 and len(set(value)) == 1, value[:5]
            reads += 1
        print(reads)
        """,
    )
    out, err = reader.communicate(timeout=60)
    writer.communicate(timeout=60)

    assert err == ""
    assert int(out) > 100


def test_a_writer_killed_at_any_moment_leaves_the_old_value_or_the_new(
    bare_env: dict[str, str], session: str
) -> None:
    random.seed(7)
    for _ in range(12):
        writer = python(
            bare_env,
            f"""
            from outline import load_outline
            layer = load_outline({session!r}).get_layer("render")
            turn = 0
            while True:
                turn += 1
                layer.put_data("key", [turn] * 20000, force=True)
                print("wrote", flush=True)
            """,
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(random.uniform(0.01, 0.08))
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        reader = python(
            bare_env,
            f"""
            from outline import load_outline
            value = load_outline({session!r}).get_layer("render").get_data("key")
            assert len(value) == 20000 and len(set(value)) == 1
            """,
        )
        assert reader.communicate()[1] == ""
