"""P1: what `import outline` costs, against stock PyOutline; both installed with pip, as whole processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from harness import Figure, Measure, alternate, at_most, elapsed_s
from peers import ours_venv, plain_env, stock_venv

EXPLAIN = {
    "P1": "`python -c 'import outline'` minus `python -c pass`, whole processes, the fastest of 10 each, both packages installed with pip.",
    "P1-used": "The same for a script's usual imports: `Outline`, `cuerun` and `Shell` (ours loads names when first used).",
    "P1-modules": "Modules that `import outline` adds to `sys.modules`; ours is only counted as reached when all are standard library.",
}
_STARTS = 10
"""Of so many starts the fastest counts: it is the least disturbed one."""
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
            unit="ms",
            ours=_minus(taken[f"ours {id_}"], taken["ours bare"]),
            peer_name="stock PyOutline 1.37",
            peer=_minus(taken[f"stock {id_}"], taken["stock bare"]),
            target=fifth,
        )
    yield _modules(ours, stock)


def _measures(ours: Path, stock: Path) -> dict[str, Measure]:
    codes = {"bare": "pass", "P1": "import outline", "P1-used": _USED}
    return {
        f"{who} {name}": partial(_process_ms, python, code)
        for name, code in codes.items()
        for who, python in (("ours", ours), ("stock", stock))
    }


def _process_ms(python: Path, code: str) -> float:
    command = [str(python), "-c", code]
    start = partial(subprocess.run, command, env=plain_env(), check=True)
    return 1000 * min(elapsed_s(start) for _ in range(_STARTS))


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
