"""The client snippets of the tutorials, as printed, and the real command in a shell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "opencue"))

from farm_double import FarmDouble
from opencue_proto import job_pb2

ANALYSIS = '''
def analyze_pipeline_performance(job_name):
    """Analyze performance of multi-layer pipeline"""

    import opencue
    import time

    job = opencue.api.findJob(job_name)
    layers = job.getLayers()

    print(f"Pipeline Analysis for: {job_name}")
    print("=" * 50)

    for layer in layers:
        frames = layer.getFrames()
        if not frames:
            continue

        total_runtime = sum(f.runTime() for f in frames if f.runTime() > 0)
        avg_runtime = total_runtime / len(frames) if frames else 0
        failed_count = len([f for f in frames
                           if f.state() == opencue.compiled_proto.job_pb2.DEAD])

        print(f"\\nLayer: {layer.name()}")
        print(f"  Total Frames: {len(frames)}")
        print(f"  Average Runtime: {avg_runtime/60:.2f} minutes")
        print(f"  Failed Frames: {failed_count}")
        print(f"  Success Rate: {((len(frames)-failed_count)/len(frames)*100):.1f}%")

        # Resource utilization
        if frames:
            avg_cores = sum(f.usedCores() for f in frames) / len(frames)
            avg_memory = sum(f.usedMemory() for f in frames) / len(frames)
            print(f"  Avg Cores Used: {avg_cores:.1f}")
            print(f"  Avg Memory Used: {avg_memory:.0f} MB")
analyze_pipeline_performance("my-pipeline")
'''

STARVATION = """
import opencue
job = opencue.api.findJob("my-pipeline")
layers = job.getLayers()
for layer in layers:
    print(f"{layer.name()}: {layer.minimumCores()} cores, {layer.minimumMemory()} MB")
"""

LAYERS = ({"id": "l1", "name": "beauty_render", "min_cores": 4, "min_memory": 8192 * 1024},)


@pytest.fixture
def farm() -> Iterator[FarmDouble]:
    server = FarmDouble(is_cuelet=True)
    server.answers["Job/FindJob"] = lambda request: {"job": {"id": "j1", "name": request.name}}
    server.answers["Job/GetLayers"] = {"layers": {"layers": LAYERS}}
    yield server
    server.close()


def shell(farm: FarmDouble, command: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"CUEBOT_HOSTS": farm.host, "PYTHON": sys.executable}
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], env=environ, capture_output=True, text=True
    )


def python(farm: FarmDouble, script: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"CUEBOT_HOSTS": farm.host}
    return subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True
    )


def test_the_pipeline_analysis_runs_as_printed(farm: FarmDouble) -> None:
    def frame(number: int, **fields: object) -> dict[str, object]:
        return {"id": f"f{number}", "number": number, "max_rss": 2048 * 1024} | fields

    frames = [
        frame(1, state=job_pb2.SUCCEEDED, start_time=1000, stop_time=1060),
        frame(2, state=job_pb2.SUCCEEDED, start_time=1000, stop_time=1180),
        frame(3, state=job_pb2.DEAD, start_time=1000, stop_time=1120),
        frame(4, state=job_pb2.WAITING, max_rss=0),
    ]
    farm.answers["Layer/GetFrames"] = {"frames": {"frames": frames}}
    farm.answers["Farm/GetUsage"] = {
        "frames": {f"f{n}": {"cpu_s": 400.0, "wall_s": 100.0} for n in (1, 2, 3)}
    }

    done = python(farm, ANALYSIS)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "Pipeline Analysis for: my-pipeline\n"
        "==================================================\n"
        "\n"
        "Layer: beauty_render\n"
        "  Total Frames: 4\n"
        "  Average Runtime: 1.50 minutes\n"
        "  Failed Frames: 1\n"
        "  Success Rate: 75.0%\n"
        "  Avg Cores Used: 3.0\n"
        "  Avg Memory Used: 1536 MB\n"
    )
    assert farm.names().count("Farm/GetUsage") == 1


def test_the_resource_starvation_snippet_runs_as_printed(farm: FarmDouble) -> None:
    done = python(farm, STARVATION)
    assert (done.stdout, done.stderr) == ("beauty_render: 4.0 cores, 8192 MB\n", "")


def test_the_dependencies_can_be_grepped(farm: FarmDouble) -> None:
    edge = {"layer": "beauty_render", "on": "prep", "type": "FRAME_BY_FRAME", "active": True}
    farm.answers["Farm/GetDepends"] = {"depends": [edge | {"left": 9}]}
    done = shell(farm, '$PYTHON -m cueadmin -lji job-name | grep -A5 "Dependencies"')
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "Dependencies of job-name: 1, 1 active, no cycles\n"
        "  beauty_render waits for prep (frame by frame): active, 9 frames left waiting\n"
    )


def test_a_dependency_is_satisfied_from_the_shell(farm: FarmDouble) -> None:
    depends = [{"id": "d1", "active": True, "depend_on_layer": "prep"}]
    farm.answers["Layer/GetWhatThisDependsOn"] = {"depends": {"depends": depends}}
    done = shell(farm, "$PYTHON -m cueadmin -satisfy-dependency job-name beauty-render")
    assert (done.returncode, done.stderr) == (0, "")
    assert [request.depend.id for request in farm.requests("Depend/Satisfy")] == ["d1"]


def test_a_reader_that_has_seen_enough_is_no_error(farm: FarmDouble) -> None:
    many = [{"id": str(n), "name": "x" * 200} for n in range(5000)]
    farm.answers["Job/GetJobs"] = {"jobs": {"jobs": many}}
    done = shell(farm, "$PYTHON -m cueadmin -lj | head -1")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_shell_sees_the_exit_code(farm: FarmDouble) -> None:
    farm.answers["Job/FindJob"] = None
    done = shell(farm, "$PYTHON -m cueadmin -server 127.0.0.1:1 -ls; echo $?")
    assert done.stdout == "3\n"
    assert done.stderr.startswith("cueadmin: no server reached: tried 127.0.0.1:1 (")
