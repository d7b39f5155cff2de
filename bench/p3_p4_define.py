"""P3 and P4: how long it takes to define, set up and serialise a job, against stock PyOutline.

Each case is judged by the wall; growth by processor time.
Stock lives in an environment of its own: ``$CUELET_STOCK_VENV``, else one made below the cache folder.
Each sample is a fresh process that times only the work, not the imports; the two sides take turns.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from harness import Figure, at_most

SRC = Path(__file__).resolve().parent.parent / "src"
STOCK = ("opencue-pyoutline==1.37.0", "packaging", "future")
"""The last two are missing from what stock says it needs."""

EXPLAIN = {
    "P3-1": "Build, set up and serialise 1,000 layers x 100 frames, each frame by frame on the one before; a fresh process each time, imports not counted.",
    "P3-2": "The same with 4,000 layers.",
    "P3-3": "The same with 10,000 layers; stock is timed once.",
    "P3-4": "200 layers, each waiting for all that come before it.",
    "P3-5": "2,000 layers and one that waits for all of them; no target is set.",
    "P3-6": "100 layers declared backwards: the last one first; no target is set.",
    "P3-7": "The same with 1,000 layers, where stock dies of recursion.",
    "P4-8": "An outline range and a layer range that are both 1-40000.",
    "P3-growth": "Our processor time per layer at the largest size against the smallest: 1 is linear.",
}

CASES: dict[str, tuple[str, int, str]] = {
    "P3 1,000 chained layers": ("chain(1000)", 7, "P3"),
    "P3 4,000 chained layers": ("chain(4000)", 3, "P3"),
    "P3 10,000 chained layers": ("chain(10000)", 1, "P3"),
    "P3 200 layers, all on all": ("all_on_all(200)", 3, "P3"),
    "2,000 layers, one waits for all": ("fan_in(2000)", 1, ""),
    "100 layers, chained backwards": ("chain(100, backwards=True)", 7, ""),
    "1,000 layers, chained backwards": ("chain(1000, backwards=True)", 7, ""),
    "P4 outline and layer both 1-40000": ("wide()", 3, "P4"),
}
"""What is timed, how often stock is timed (ours always 7 times), and which budget it counts for, if any."""
BUDGET = {"P3": 1 / 5, "P4": 1 / 100}
SAMPLES = 7
STOCK_TIMEOUT_S = 600

WORKER = """
import json, sys, time
import outline, outline.cuerun
from outline.modules.shell import Shell

def write(ol):
    ol.setup()
    launcher = outline.cuerun.OutlineLauncher(ol)
    return launcher.serialize()

def make(count, frames="1-100"):
    ol = outline.Outline("bench-job", frame_range=frames)
    layers = [Shell("layer_%05d" % i, command=["/bin/true"], range=frames) for i in range(count)]
    for layer in layers:
        ol.add_layer(layer)
    return ol, layers

def chain(count, backwards=False):
    ol, layers = make(count)
    if backwards:
        layers = layers[::-1]
    for er, on in zip(layers[1:], layers):
        er.depend_on(on)
    return write(ol)

def all_on_all(count):
    ol, layers = make(count)
    for at, er in enumerate(layers):
        for on in layers[:at]:
            er.depend_on(on)
    return write(ol)

def fan_in(count):
    ol, layers = make(count)
    for on in layers[:-1]:
        layers[-1].depend_on(on)
    return write(ol)

def wide():
    ol, _ = make(1, "1-40000")
    return write(ol)

SETTINGS
started, used = time.perf_counter(), time.process_time()
try:
    eval(sys.argv[1])
    answer = {"s": time.perf_counter() - started, "cpu_s": time.process_time() - used}
except RecursionError as error:
    answer = {"error": "RecursionError"}
except Exception as error:
    answer = {"error": type(error).__name__ + ": " + str(error)[:200]}
print("RESULT " + json.dumps(answer))
"""

NO_LIMITS = "from outline._targets import limits\nlimits.MAX_LAYERS = limits.MAX_FRAMES = 10**9"
"""The farm's limits are not what is measured."""


def sample(python: str, call: str, *, ours: bool) -> dict[str, float | str]:
    """Return one measurement: seconds, or an error in words."""
    settings = NO_LIMITS if ours else ""
    with tempfile.TemporaryDirectory() as home:
        try:
            done = subprocess.run(
                [python, "-c", WORKER.replace("SETTINGS", settings), call],
                env=_environment(home, ours=ours),
                capture_output=True,
                text=True,
                timeout=STOCK_TIMEOUT_S,
                cwd=home,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"error": f"over {STOCK_TIMEOUT_S} s"}
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        return {"error": (done.stderr.strip().splitlines() or ["no answer"])[-1]}
    found: dict[str, float | str] = json.loads(lines[-1].removeprefix("RESULT "))
    return found


def _environment(home: str, *, ours: bool) -> dict[str, str]:
    env = {"PATH": os.environ["PATH"], "HOME": home, "USER": "bench", "SHOW": "demo", "SHOT": "s01"}
    return {**env, "PYTHONPATH": str(SRC)} if ours else env


def stock_python() -> str:
    """Return the Python that has stock PyOutline; install it when there is none yet."""
    named = os.environ.get("CUELET_STOCK_VENV")
    if named:
        return str(Path(named) / "bin" / "python")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "cuelet-bench" / "stock-1.37"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *STOCK], check=True)
        (folder / "ready").touch()
    return str(python)


Times = list[tuple[float, float]]
"""Wall and processor seconds of each sample."""


def measure(call: str, stock: str, stock_samples: int) -> tuple[Times, Times, str]:
    """Return the times of ours and of stock, taken in turns, and what stock died of."""
    ours: Times = []
    theirs: Times = []
    trouble = ""
    for turn in range(SAMPLES):
        mine = sample(sys.executable, call, ours=True)
        if "s" not in mine:
            raise SystemExit(f"ours failed in {call}: {mine['error']}")
        ours.append((float(mine["s"]), float(mine["cpu_s"])))
        if turn < stock_samples and not trouble:
            other = sample(stock, call, ours=False)
            if "s" in other:
                theirs.append((float(other["s"]), float(other["cpu_s"])))
            else:
                trouble = str(other["error"])
    return ours, theirs, trouble


def run(rounds: int) -> Iterator[Figure]:
    """Measure; the number of stock's samples is per case, whatever ``rounds`` says."""
    stock = stock_python()
    sizes: dict[int, float] = {}
    for number, (name, (call, stock_samples, budget)) in enumerate(CASES.items(), 1):
        ours, theirs, trouble = measure(call, stock, min(stock_samples, rounds))
        yield _figure(f"{budget or 'P3'}-{number}", name, budget, ours, theirs, trouble)
        if call.startswith("chain(") and "backwards" not in call:
            size = int(call[6:-1])
            sizes[size] = statistics.median(cpu for _, cpu in ours) / size
    growth = sizes[max(sizes)] / sizes[min(sizes)]
    yield Figure(
        "P3-growth",
        f"processor time per layer, {max(sizes):,} layers against {min(sizes):,}",
        "x",
        [growth],
        target=at_most(1.5, "linear (at most 1.5)"),
    )


def _figure(name: str, what: str, budget: str, ours: Times, theirs: Times, trouble: str) -> Figure:
    walls, stock = [wall for wall, _ in ours], [wall for wall, _ in theirs]
    limit = BUDGET.get(budget)
    return Figure(
        name,
        what,
        "s",
        walls[: len(stock)] if stock else walls,
        peer_name="stock PyOutline 1.37" if stock else "",
        peer=stock,
        target=at_most(limit, f"at most {limit:g} of stock") if limit and stock else None,
        more={"stock_error": trouble} if trouble else {},
    )
