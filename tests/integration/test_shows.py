"""Shows and groups on a farm with real frames: what is closed, limited or archived, and that it outlives the farm."""

from __future__ import annotations

from tests.conftest import FarmBox, wait_until

LAUNCH = """
import sys
import outline, outline.cuerun
from outline.modules.shell import Shell

name, show, frames = sys.argv[1:4]
job = outline.Outline(name, show=show, shot="sh010", user="ada")
job.add_layer(Shell("main", command=["sh", "-c", "sleep 600"], range=f"1-{frames}"))
outline.cuerun.launch(job, use_pycuerun=False)
"""
GROUPS = """
from opencue import api
show = api.findShow("film")
hero = show.getRootGroup().createSubGroup("hero")
hero.setMaxCores(1)
matches = show.createFilter("heroes")
matches.createMatcher(0, 0, "_two")
matches.createAction(0, hero)
matches.createAction(1, True)
"""


def launch(farm: FarmBox, name: str, show: str = "film", frames: int = 2) -> str:
    script = farm.home / "launch.py"
    script.write_text(LAUNCH)
    done = farm.python(str(script), name, show, str(frames))
    return done.stderr


def ask(farm: FarmBox, program: str) -> str:
    done = farm.python("-c", "from opencue import api\n" + program)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def running(farm: FarmBox) -> int:
    return int(ask(farm, "print(sum(j.runningFrames() for j in api.getJobs()))"))


def test_groups_and_their_limits_outlive_the_farm(farm: FarmBox) -> None:
    assert launch(farm, "zero", frames=1) == ""
    ask(farm, GROUPS)
    assert launch(farm, "two") == ""
    job = 'api.findJob("two")'
    assert ask(farm, f"j = {job}; print(j.group(), j.isPaused())") == "hero True"
    ask(farm, f"{job}.resume()")
    wait_until(lambda: running(farm) == 2)

    farm.kill()
    farm.start()

    assert ask(farm, f"j = {job}; print(j.group(), j.isPaused())") == "hero False"
    assert ask(farm, "print(api.findGroup('film', 'hero').maxCores())") == "1.0"
    wait_until(lambda: "group hero of show film may use 1 core" in farm.cuelet("why", "two").stdout)
    assert running(farm) == 2, "one of each: the machine has two cores, the group one"
    ask(farm, "[j.kill(reason='over') for j in api.getJobs()]")


def test_a_closed_show_refuses_launches_with_the_way_out(farm: FarmBox) -> None:
    assert farm.cueadmin("-create-show", "film", "-force").returncode == 0
    assert farm.cueadmin("-disable-show", "film", "-force").returncode == 0

    refused = launch(farm, "one")

    assert "it has been deactivated and takes no jobs" in refused
    assert "cueadmin -enable-show film" in refused
    assert farm.cueadmin("-enable-show", "film", "-force").returncode == 0
    assert launch(farm, "one") == ""
    ask(farm, "[j.kill(reason='over') for j in api.getJobs()]")


def test_an_archived_show_passes_its_jobs_on_also_after_a_restart(farm: FarmBox) -> None:
    for name in ("old", "film"):
        assert farm.cueadmin("-create-show", name, "-force").returncode == 0
    assert farm.cueadmin("-archive-show", "old", "film", "-force").returncode == 0
    farm.kill()
    farm.start()

    assert launch(farm, "one", show="old") == ""

    (told,) = ask(farm, "print(*[(j.name(), j.show()) for j in api.getJobs()])").splitlines()
    assert told == "('old-sh010-ada_one', 'film')"
    ask(farm, "[j.kill(reason='over') for j in api.getJobs()]")
