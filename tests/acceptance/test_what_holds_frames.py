"""Limits, the machine's offer and start times from the shell, over restarts, with the reason in words."""

from __future__ import annotations

import json
import time

from tests.conftest import FarmBox, wait_until

SCRIPT = """
import sys
from outline import Outline
from outline.modules.shell import Shell

ol = Outline("held-job")
ol.add_layer(Shell("main", command=["sh", "-c", "echo gpus=$CUE_GPUS"], range="1", {}))
"""


def script(farm: FarmBox, arguments: str) -> str:
    path = farm.home / "held.py"
    path.write_text(SCRIPT.format(arguments))
    return str(path)


def codes(farm: FarmBox) -> list[str]:
    groups = farm.json("why", "held-job")["frames"]
    return [reason["code"] for group in groups for reason in group["reasons"]]


def test_limits_are_made_changed_listed_and_deleted(farm: FarmBox) -> None:
    assert "no limits" in farm.cuelet("limits", "list").stdout
    assert farm.cuelet("limits", "set", "nuke", "2").stdout == (
        "limit nuke lets 2 frames run at a time\n"
    )
    assert farm.cuelet("limits", "set", "nuke", "-1").returncode == 0
    assert farm.cuelet("limits", "set", "arnold", "0").returncode == 0

    farm.kill()
    farm.start()

    found = {
        limit["name"]: (limit["max"], limit["running"]) for limit in farm.json("limits", "list")
    }
    assert found == {"nuke": (-1, 0), "arnold": (0, 0)}
    assert farm.cuelet("limits", "delete", "nuke").returncode == 0
    gone = farm.cuelet("limits", "delete", "nuke")
    assert (gone.returncode, "no limit 'nuke'; there are arnold" in gone.stderr) == (5, True)
    assert farm.cuelet("limits", "set", "bad", "-2").returncode == 1


def test_a_job_under_a_limit_nobody_set_is_refused_with_the_command_that_sets_it(
    farm: FarmBox,
) -> None:
    job = script(farm, 'limits=["nuke"]')

    refused = farm.cuelet("run", "--quiet", job)
    assert refused.returncode == 1
    assert "cuelet limits set nuke MAX" in refused.stderr

    farm.cuelet("limits", "set", "nuke", "1")
    assert farm.cuelet("run", "--quiet", job).returncode == 0


def test_a_job_that_asks_for_what_the_machine_lacks_ends_the_watch_and_says_why(
    farm: FarmBox,
) -> None:
    done = farm.cuelet("run", "--quiet", script(farm, 'tags="cloud", gpus=1, service="maya"'))

    assert done.returncode == 7, done.stderr
    assert "asks for a machine tagged cloud" in done.stdout + done.stderr
    assert "cuelet farm start --tags cloud" in done.stdout + done.stderr
    assert codes(farm) == ["tags", "gpus"]

    assert farm.cuelet("farm", "start", "--tags", "cloud", "--services", "nuke").returncode == 0
    assert codes(farm) == ["services", "gpus"]
    said = farm.cuelet("farm", "status").stdout
    assert ", cloud; services nuke; 0 GPUs\n" in said
    assert farm.cuelet("farm", "start", "--services", "any").returncode == 0
    assert farm.json("farm", "status")["services"] is None
    assert farm.cuelet("farm", "start", "--gpus", "-1").returncode == 1
    assert codes(farm) == ["gpus"]

    farm.cuelet("farm", "stop")
    started = farm.cuelet("farm", "start", "--port", "0", "--cores", "2", "--gpus", "2")
    assert started.returncode == 0, started.stderr
    assert farm.cuelet("watch", "held-job", "--quiet").returncode == 0
    assert "gpus=1" in farm.cuelet("logs", "held-job", "1-main").stdout


def test_a_farm_that_is_told_nonsense_does_not_start(box: FarmBox) -> None:
    done = box.cuelet("farm", "start", "--port", "0", "--tags", "a|b")

    assert done.returncode == 4
    assert "tag 'a|b': use letters" in done.stderr


def test_a_job_that_starts_later_starts_by_itself(farm: FarmBox) -> None:
    launched = time.time()
    done = farm.cuelet("run", "--quiet", script(farm, 'start_after="3s"'))

    assert done.returncode == 0, done.stderr
    assert time.time() - launched > 3.0


def test_a_job_is_delayed_and_let_go_from_the_shell_also_over_a_restart(farm: FarmBox) -> None:
    farm.cuelet("run", "--detach", script(farm, 'start_after="1h"'))
    assert farm.cuelet("delay", "held-job", "2w", "--layer", "main").returncode == 0

    farm.kill()
    farm.start()

    (group,) = farm.json("why", "held-job")["frames"]
    (reason,) = group["reasons"]
    assert reason["code"] == "start after"
    assert "set by tester" in reason["text"]
    remedy = reason["remedy"].split()
    assert remedy[0] == "cuelet"
    assert farm.cuelet("delay", "held-job", "soon").returncode == 2
    assert farm.cuelet(*remedy[1:]).returncode == 0
    wait_until(lambda: farm.json("show", "held-job")["state"] == "finished")
    assert farm.cuelet("delay", "held-job", "1h").returncode == 1
    assert json.loads(farm.cuelet("why", "held-job", "--json").stdout)["frames"] == []
