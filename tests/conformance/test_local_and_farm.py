"""A job on the farm and the same job here: what its frames get of a machine is decided once."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.rpc.spec.xml import parse_spec
from outline import Outline, spec
from outline._targets.compile import compile_job
from outline.backend._local.run import Machine
from outline.jobspec.model import JobSpec
from outline.modules.shell import Shell
from tests.conftest import SRC

JOB_ID = "00000000-0000-4000-8000-000000000000"
OPTIONS = spec.Options(use_pycuerun=False)
MEMORY_MB = 2000


def outline_of(*layers: dict[str, Any]) -> Outline:
    """Return an outline of layers that differ in what they ask for."""
    ol = Outline("conform", show="demo", shot="sh010", user="kim")
    for at, args in enumerate(layers):
        ol.add_layer(Shell(f"layer{at}", command=["/bin/true", "#IFRAME#"], **args))
    return ol


def sent(ol: Outline) -> JobSpec:
    """Return an outline as the farm gets it."""
    (job,) = parse_spec(spec.build_spec(ol, spec.CUELET, OPTIONS).xml)
    return job


@pytest.mark.parametrize("machine_cores", [0.5, 1.0, 8.0])
@pytest.mark.parametrize(
    "asks",
    [
        {},
        {"cores": 0},
        {"cores": 0.05},
        {"cores": 0.5},
        {"cores": 4},
        {"cores": 64},
        {"cores": -1},
        {"cores": -7.5},
        {"cores": -64},
        {"cores": 4, "threadable": False},
        {"cores": 0, "threadable": False},
        {"cores": 0.5, "threadable": False},
        {"cores": 4, "max_cores": 2},
        {"cores": 0, "max_cores": 2},
        {"cores": -1, "max_cores": 0.01},
        {"memory": "100m"},
        {"memory": "64g"},
    ],
)
def test_a_frame_reserves_the_same(asks: dict[str, Any], machine_cores: float) -> None:
    ol = outline_of({"range": "1-1", **asks})
    farm = Farm(cores=machine_cores, memory_mb=MEMORY_MB)
    job = Job(sent(ol), JOB_ID, submitted_at=1.0)
    local = Machine(machine_cores, MEMORY_MB)

    here = local.reservation(compile_job(ol, OPTIONS).layers[0])

    assert (here.cores, here.memory_mb) == farm.reservation(job.layers[0])


def test_a_plain_import_does_not_load_what_decides_it() -> None:
    probe = "import outline, sys; sys.exit(any('jobspec' in name for name in sys.modules))"

    done = subprocess.run([sys.executable, "-c", probe], env={"PYTHONPATH": str(SRC)})

    assert done.returncode == 0
