"""P7: real frames per second through the whole path of the farm, against what else runs commands."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from harness import Figure, Measure, Skipped, Target, alternate, at_least
from peers import PeerMissingError, PeerProcess, gnu_parallel, plain_env
from private_farm import Farm

EXPLAIN = {
    "P7-xargs": "`/bin/true` frames per second from launch() to the job's end, two slots: commit, spawn, own log, measure, commit. Peer: `xargs -P2 -n1`, which keeps nothing. Short frames are handed to the resident ahead of their turn, so commit and wake-up are shared by many. On a disk half of xargs and 2 x HyperQueue are missed: making a log file waits for the file system's journal, 0.1 to 0.3 ms in the resident's only thread. On a tmpfs (`TMPDIR=/dev/shm`) it is 1,880 to 2,140 frames/s, 0.52 to 0.73 of xargs (six runs by hand). Next: make the log of the next frame in a lane in a thread while the one before it runs.",
    "P7-parallel": "The same against GNU parallel (`-j2`, its output grouped).",
    "P7-hyperqueue": "The same against HyperQueue's server, worker and client from PyPI; one log file per task, no journal.",
    "P7-ray": "The same against two Ray workers that run the command with a log file each.",
    "P7-dask": "The same against two Dask workers that run the command with a log file each.",
    **dict.fromkeys(
        ("P7-500", "P7-2000", "P7-8000"), "Ours alone: the curve over the size of the job."
    ),
    "P7-growth": "The rate at the largest size against that at the smallest: 1 is linear cost.",
}
SIZES = (500, 2000, 8000)
PAIRED = 2000
_TARGETS: dict[str, Target] = {
    "xargs": at_least(0.5, "at least half of xargs -P2"),
    "ray": at_least(1, "ahead of Ray"),
    "hyperqueue": at_least(2, "at least 2 x HyperQueue"),
}
_NAMES = {
    "xargs": "xargs -P2",
    "parallel": "GNU parallel -j2",
    "hyperqueue": "HyperQueue",
    "ray": "Ray",
    "dask": "Dask distributed",
}
_SERVED = {"hyperqueue": "hyperqueue", "ray": "ray", "dask": "distributed"}


def run(rounds: int) -> Iterator[Figure | Skipped]:
    """Measure."""
    with ExitStack() as stack:
        farm = stack.enter_context(Farm())
        measures: dict[str, Measure] = {
            f"ours {size}": partial(_ours, farm, size) for size in SIZES
        }
        for name, title in _NAMES.items():
            try:
                measures[name] = _peer(name, stack)
                measures[name]()
            except (PeerMissingError, OSError, subprocess.SubprocessError) as error:
                measures.pop(name, None)
                yield Skipped(f"P7-{name}", f"frames per second against {title}", str(error))
        _ours(farm, 100)
        taken = alternate(measures, rounds)
    for name in _NAMES:
        if name in taken:
            yield _against(name, taken)
    for size in SIZES:
        yield Figure(
            f"P7-{size}",
            f"{size:,} frames of `/bin/true` per second",
            "frames/s",
            taken[f"ours {size}"],
        )
    yield _growth(taken)


def _against(name: str, taken: dict[str, list[float]]) -> Figure:
    return Figure(
        id=f"P7-{name}",
        what=f"{PAIRED:,} frames of `/bin/true` per second",
        unit="frames/s",
        ours=taken[f"ours {PAIRED}"],
        peer_name=_NAMES[name],
        peer=taken[name],
        target=_TARGETS.get(name),
    )


def _growth(taken: dict[str, list[float]]) -> Figure:
    return Figure(
        id="P7-growth",
        what=f"rate of {SIZES[-1]:,} frames against {SIZES[0]:,}",
        unit="frames/s",
        ours=taken[f"ours {SIZES[-1]}"],
        peer_name=f"ours, {SIZES[0]:,} frames",
        peer=taken[f"ours {SIZES[0]}"],
        target=at_least(0.9, "not below 0.9: nothing grows faster than linearly"),
    )


def _ours(farm: Farm, frames: int) -> float:
    outline = farm.outline(["/bin/true"], frames)
    return _rate(frames, lambda: farm.run(outline))


def _rate(frames: int, call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return frames / (time.perf_counter() - began)


def _peer(name: str, stack: ExitStack) -> Measure:
    if name == "xargs":
        return partial(_lines, ["xargs", "-P2", "-n1", "/bin/true"])
    if name == "parallel":
        return partial(_lines, [*gnu_parallel(), "-j2", "/bin/true"])
    home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cuelet-bench-")))
    peer = stack.enter_context(PeerProcess(_SERVED[name], f"{name}_peer.py", home / "peer"))
    return lambda: PAIRED / peer.ask(kind="rate", n=PAIRED)[0]


def _lines(command: list[str]) -> float:
    lines = "".join(f"{number}\n" for number in range(PAIRED))
    call = partial(
        subprocess.run,
        command,
        input=lines,
        text=True,
        check=True,
        capture_output=True,
        env=plain_env(),
    )
    return _rate(PAIRED, call)
