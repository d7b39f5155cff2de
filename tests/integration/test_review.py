"""``pycuerun --qc`` on the embedded farm: the job waits for somebody to look before it finishes."""

from __future__ import annotations

import opencue
from outline.review import LAYER, SUBJECT
from tests.conftest import FarmBox, wait_until

SCRIPT = """
from outline.modules.shell import Shell
Shell("render", command=["true"])
"""


def test_the_job_pauses_with_a_comment_until_it_is_unpaused(client: FarmBox) -> None:
    script = client.home / "reviewed.py"
    script.write_text(SCRIPT)

    done = client.python("-m", "outline.pycuerun", "--qc", str(script), "1-2")
    assert done.returncode == 0, done.stderr
    (job,) = opencue.api.getJobs(substr=["reviewed"])
    wait_until(lambda: opencue.api.getJob(job.id()).isCommented())

    held = opencue.api.getJob(job.id())
    review = opencue.api.findLayer(job.name(), LAYER)
    assert held.isPaused()
    assert [each.subject() for each in held.getComments()] == [SUBJECT]
    assert (held.succeededFrames(), review.runningFrames()) == (2, 1)

    assert client.cueadmin("-unpause", job.name()).returncode == 0
    wait_until(lambda: not opencue.api.isJobPending(job.name()))
    assert opencue.api.getJob(job.id()).succeededFrames() == 3
