"""``pycuerun --qc`` on a real farm: the job pauses itself when all is done, and ends when somebody unpauses it."""

from __future__ import annotations

from tests.conftest import FarmBox, wait_until


def test_a_job_waits_for_its_review_and_then_ends(client: FarmBox) -> None:
    from opencue_proto import job_pb2

    from opencue import api

    script = client.home / "shot.outline"
    script.write_text(
        "from outline.modules.shell import Shell\n"
        "Shell('render', command=['echo', '#IFRAME#'], range='1-2')\n"
    )

    done = client.python("-m", "outline.pycuerun", "--qc", "--no-mail", str(script))

    assert done.returncode == 0, done.stderr
    name = done.stdout.splitlines()[1].strip()
    wait_until(lambda: api.findJob(name).isPaused())
    states = {each.layer(): each.data.state for each in api.findJob(name).getFrames()}
    assert states["render"] == job_pb2.SUCCEEDED
    assert states["wait_on_artist_to_qc"] == job_pb2.RUNNING

    api.findJob(name).resume()

    wait_until(lambda: not api.isJobPending(name))
    assert api.findJob(name).totalFrames() == 3


def test_local_cores_are_no_trouble_for_a_farm_that_is_local(client: FarmBox) -> None:
    from opencue import api

    script = client.home / "shot.outline"
    script.write_text(
        "from outline.modules.shell import Shell\nShell('render', command=['true'], range='1')\n"
    )

    done = client.python("-m", "outline.pycuerun", "-L", "1", "-w", str(script))

    assert done.returncode == 0, done.stderr
    assert "could not be lent" in done.stderr
    assert api.findJob(done.stdout.splitlines()[1].strip()).totalFrames() == 1
