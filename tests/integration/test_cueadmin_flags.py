"""Every flag of cueadmin with a plausible value, against the embedded farm: answered, or refused in a sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

import opencue
from cueadmin import flags
from cueadmin.main import main
from tests.conftest import FarmBox
from tests.specs import job_spec, sh

Run = Callable[..., tuple[int, str, str]]

LISTINGS = (
    "-lj", "-laj test", "-lj -q test", "-q test -lj", "-lji test", "-ls", "-la", "-lb show",
    "-lba local.general", "-lp", "-lap show", "-lp -host HOST -job JOB -alloc local.general",
    "-lp -memory gt0.1 -duration lt5 -limit 3", "-lp -memory 0.1-64 -duration 0-10", "-ll -job JOB",
    "-lal", "-lh", "-lh HOST -state up -lock-state open -sort-idle", "-lh -alloc local.general",
    "-lv", "-lv show", "-ls -facility local", "-ls -v",
)  # fmt: skip
"""Lines that read; every one is answered."""
JOBS = (
    "-pause JOB", "-unpause JOB", "-priority JOB 77", "-set-min-cores JOB 1.5",
    "-set-max-cores JOB 3", "-retry JOB", "-retry-all", "-satisfy-dependency JOB comp",
    "-drop-depends JOB", "-kill JOB", "-kill-all",
)  # fmt: skip
"""Lines that change jobs; every one is carried out."""
HOSTS = (
    "-lock -host HOST", "-unlock -hostmatch HOST", "-lock -hm HOST", "-unlock -host HOST",
    "-move local.general -host HOST",
)  # fmt: skip
"""Lines that change the machine, as far as every farm of one machine can."""
ANY = (
    "-create-show pictures", "-enable-show pictures", "-dispatching show on",
    "-booking show ON", "-default-min-cores show 1", "-default-max-cores show 20",
    "-scheduler-managed show off", "-dispatching show OFF", "-booking show off",
    "-disable-show pictures", "-archive-show pictures show", "-delete-show pictures",
    "-create-alloc local night nightly", "-tag-alloc local.night dark",
    "-rename-alloc local.night local.evening", "-transfer local.evening local.general",
    "-create-sub show local.evening 4 8", "-size show local.general 300",
    "-burst show local.general 450", "-burst show local.general 25%",
    "-delete-sub show local.evening", "-delete-alloc local.evening", "-thread auto -host HOST",
    "-repair -host HOST", "-fixed -host HOST", "-safe-reboot -host HOST", "-delete-host -host HOST",
)  # fmt: skip
"""Lines that a farm may refuse, when it says what to do instead."""


@pytest.fixture
def run(client: FarmBox, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a line and gives back its status, output and messages."""
    machine = opencue.api.getHosts()[0].name()
    layers = {
        "plate": {"argv": sh("sleep 60"), "range": "1-2"},
        "comp": {"argv": sh("true"), "range": "1-2"},
    }
    wait = [{"layer": "comp", "on": "plate", "type": "FRAME_BY_FRAME"}]
    (job,) = opencue.api.launchSpecAndWait(job_spec(layers, wait))

    def command(line: str) -> tuple[int, str, str]:
        words = [{"HOST": machine, "JOB": job.name()}.get(word, word) for word in line.split()]
        try:
            status = main([*words, "-force"])
        except SystemExit as left:
            status = int(left.code or 0)
        sys.stdout.flush()
        told = capsys.readouterr()
        return status, told.out, told.err

    return command


def test_there_is_a_line_for_every_flag() -> None:
    words = {word for line in (*LISTINGS, *JOBS, *HOSTS, *ANY) for word in line.split()}
    parser = flags.make_parser()
    for action in parser._actions:
        if action.option_strings and action.dest not in {"help", "force", "json", "server"}:
            assert words & set(action.option_strings), action.option_strings


def test_every_line_is_answered(run: Run) -> None:
    for line in (*LISTINGS, *HOSTS, *JOBS):
        status, out, err = run(line)
        assert (status, "Traceback" in err) == (0, False), f"{line}: {err}"
        assert line in JOBS or line in HOSTS or out or line.startswith(("-ll", "-lal")), line


def test_what_is_refused_is_refused_in_a_sentence(run: Run) -> None:
    for line in ANY:
        status, _, err = run(line)
        if status:
            assert status in {1, 5}, f"{line}: {err}"
            assert (err.count("\n"), err.startswith("cueadmin: ")) == (1, True), f"{line}: {err}"
            assert not {"INTERNAL", "UNKNOWN"} & set(err.replace(")", " ").split()), (
                f"{line}: {err}"
            )
