"""P1: what `import outline` costs, against stock PyOutline; both installed with pip, as whole processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from harness import Figure, Measure, alternate, at_most
from peers import ours_venv, plain_env, stock_venv

EXPLAIN = {
    "P1": "`python -c 'import outline'` minus `python -c pass`, whole processes in processor time (the least of 10 each), both packages installed with pip.",
    "P1-used": "The same for a script's usual imports: `Outline`, `cuerun` and `Shell` (ours loads names when first used).",
    "P1-modules": "Modules that `import outline` adds to `sys.modules`; ours is only counted as reached when all are standard library.",
}
_STARTS = 10
"""Of so many starts the cheapest counts: it is the least disturbed one."""
_USED = "from outline import Outline, cuerun; from outline.modules.shell import Shell"
_COUNT = (
    "import json, sys; before = set(sys.modules); import outline;"
    "print(json.dumps(sorted(set(sys.modules) - before)))"
)


def run(rounds: int) -> Iterator[Figure]:
    """Measure."""
    ours, stock = ours_venv() / "bin/python", stock_venv() / "bin/python"
    taken = alternate(_measures(ours, stock), rounds)
    fifth = at_most(1 / 5, "at most 1/5 of stock")
    for id_, code in (("P1", "import outline"), ("P1-used", _USED)):
        yield Figure(
            id=id_,
            what=f"`{code}`",
            unit="ms cpu",
            ours=_minus(taken[f"ours {id_}"], taken["ours bare"]),
            peer_name="stock PyOutline 1.37",
            peer=_minus(taken[f"stock {id_}"], taken["stock bare"]),
            target=fifth,
        )
    yield _modules(ours, stock)


def _measures(ours: Path, stock: Path) -> dict[str, Measure]:
    codes = {"bare": "pass", "P1": "import outline", "P1-used": _USED}
    return {
        f"{who} {name}": partial(cpu_ms, python, code)
        for name, code in codes.items()
        for who, python in (("ours", ours), ("stock", stock))
    }


def cpu_ms(python: Path, code: str, env: Mapping[str, str] | None = None) -> float:
    """Return the processor time of a Python that runs some code, the least of ten."""
    command = [str(python), "-c", code]
    return 1000 * min(_cpu_s(command, env or plain_env()) for _ in range(_STARTS))


def _cpu_s(command: list[str], env: Mapping[str, str]) -> float:
    """Return the processor time of a process: what it takes on a quiet machine, on any machine."""
    pid = os.posix_spawn(command[0], command, env)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{command}: wait status {status}")
    return usage.ru_utime + usage.ru_stime


def _minus(values: list[float], bare: list[float]) -> list[float]:
    return [value - base for value, base in zip(values, bare, strict=True)]


def _modules(ours: Path, stock: Path) -> Figure:
    loaded = {python: _loaded(python) for python in (ours, stock)}
    foreign = {name.partition(".")[0] for name in loaded[ours]} - {"outline"}
    foreign -= set(sys.stdlib_module_names)
    limit = at_most(0 if foreign else 80, "at most 80 modules, all standard library")
    return Figure(
        id="P1-modules",
        what="modules loaded by `import outline`",
        unit="modules",
        ours=[len(loaded[ours])],
        target=limit,
        more={"stock": len(loaded[stock]), "not_stdlib": sorted(foreign)},
    )


def _loaded(python: Path) -> list[str]:
    command = [str(python), "-I", "-c", _COUNT]
    done = subprocess.run(command, env=plain_env(), check=True, stdout=subprocess.PIPE)
    return list(json.loads(done.stdout))
