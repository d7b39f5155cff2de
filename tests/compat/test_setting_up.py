"""Scripts that set up shows, subscriptions and services first get what one machine has anyway, also with the stock client."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FarmBox

SETS_UP = """
import grpc
from opencue import api
from opencue.exception import CueException
from opencue_proto import service_pb2

if "feature" not in [show.name() for show in api.getShows()]:
    show = api.createShow("feature")
    show.createSubscription(api.findAllocation("local.general"), 1000, 1000)
show = api.findShow("feature")
show.setDefaultMinCores(1)
show.setDefaultMaxCores(100)
show.setActive(True)
show.enableBooking(True)
show.enableDispatching(True)
(sub,) = show.getSubscriptions()
sub.setSize(2000)
sub.setBurst(3000)
assert sub.allocation() == "local.general"
assert api.findSubscription("local.general.feature").show() == "feature"
api.createService(service_pb2.Service(name="houdini", min_cores=100, min_memory_increase=2097152))
assert api.getService("houdini").name() == "houdini"
assert "houdini" in [each.name() for each in api.getDefaultServices()]
assert api.createFacility("local").name == "local"

refused = [
    lambda: show.setActive(False),
    lambda: sub.delete(),
    lambda: api.createShow("a b"),
    lambda: api.createFacility("a b"),
    lambda: show.createFilter("x"),
    lambda: api.findAllocation("cloud.general"),
]
for ask in refused:
    try:
        ask()
    except (CueException, grpc.RpcError) as error:
        assert len(str(error)) > 30, error
    else:
        raise SystemExit(f"not refused: {ask.__code__.co_firstlineno}")
show.delete()
assert [each.name() for each in api.getShows()] == []
print("done")
"""


def run(python: str, farm: FarmBox, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the script with a Python."""
    script = farm.home / "set_up.py"
    script.write_text(SETS_UP)
    return subprocess.run(
        [python, str(script)],
        env={**farm.env, **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_our_client_shows_each_note_once(farm: FarmBox) -> None:
    done = run(sys.executable, farm)

    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    notes = [line for line in done.stderr.splitlines() if line.startswith("note: ")]
    assert len(notes) == len(set(notes))
    assert (
        "note: show feature: a show needs no setting up here: every show may use the whole machine"
        in notes
    )
    assert any("the defaults of a show limit nothing here" in each for each in notes)


@pytest.mark.slow
def test_the_stock_client_succeeds_as_well(farm: FarmBox, stock_bin: Path) -> None:
    env = {"CUEBOT_HOSTS": str(farm.info["address"]), "PYTHONPATH": ""}

    done = run(str(stock_bin / "python"), farm, **env)

    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
