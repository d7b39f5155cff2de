"""P3 and P4: how long it takes to define, set up and serialise a job, against stock PyOutline.

One JSON object per line: a case, how long ours and stock take (by the wall, and of the processor), their ratios, and
where there is a budget whether the wall's ratio is within it; then how our time grows.
Stock lives in an environment of its own: ``$CUELET_STOCK_VENV``, else one made below the cache folder.
Each sample is a fresh process that times only the work, not the imports; the two sides take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

SRC = Path(__file__).resolve().parent.parent / "src"
STOCK = ("opencue-pyoutline==1.37.0", "packaging", "future")
"""The last two are missing from what stock says it needs."""

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

NO_LIMITS = "import outline.spec\noutline.spec.MAX_LAYERS = outline.spec.MAX_FRAMES = 10**9"
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


def medians(times: Times) -> tuple[float, float]:
    """Return the median wall and processor seconds."""
    return statistics.median(wall for wall, _ in times), statistics.median(cpu for _, cpu in times)


def report(name: str, budget: str, ours: Times, theirs: Times, trouble: str) -> bool:
    """Print one case; return whether it is within its budget."""
    wall, cpu = medians(ours)
    line: dict[str, object] = {"case": name, "ours_s": round(wall, 4), "ours_cpu_s": round(cpu, 4)}
    line["n"] = len(ours)
    within = True
    if theirs:
        stock_wall, stock_cpu = medians(theirs)
        line |= {"stock_s": round(stock_wall, 3), "stock_cpu_s": round(stock_cpu, 3)}
        line |= {"stock_n": len(theirs), "ratio": round(wall / stock_wall, 5)}
        line["cpu_ratio"] = round(cpu / stock_cpu, 5)
        if budget:
            within = wall / stock_wall <= BUDGET[budget]
            line |= {"budget": BUDGET[budget], "within": within}
    if trouble:
        line["stock_error"] = trouble
    print(json.dumps(line), flush=True)
    return within


def report_growth(cpu_s: dict[int, float]) -> bool:
    """Print processor seconds per layer over the sizes; return whether growth is linear (within a factor of 1.5)."""
    per_layer = {size: seconds / size for size, seconds in cpu_s.items()}
    factor = per_layer[max(cpu_s)] / per_layer[min(cpu_s)]
    us = {f"{size:,}": round(value * 1e6, 1) for size, value in per_layer.items()}
    line = {"case": "P3 growth", "cpu_us_per_layer": us, "factor": round(factor, 2)}
    print(json.dumps({**line, "within": factor <= 1.5}), flush=True)
    return factor <= 1.5


def main() -> int:
    """Run every case; exit 1 when one is over its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--ours-only", action="store_true", help="leave stock out")
    options = parser.parse_args()
    stock = "" if options.ours_only else stock_python()
    fine = True
    chains: dict[int, float] = {}
    for name, (call, stock_samples, budget) in CASES.items():
        if options.only not in name:
            continue
        found = measure(call, stock, stock_samples if stock else 0)
        fine &= report(name, budget, *found)
        if call.startswith("chain(") and "backwards" not in call:
            chains[int(call[6:-1])] = medians(found[0])[1]
    if len(chains) > 1:
        fine &= report_growth(chains)
    return 0 if fine else 1


if __name__ == "__main__":
    raise SystemExit(main())
