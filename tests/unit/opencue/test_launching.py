"""A launch whose answer is lost is looked for by the name that a Cuebot gives it."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from farm_double import FarmDouble, RefusalError

import opencue
from opencue.exception import AnswerLostException, LaunchUnknownException, one_line

SPEC = (
    "<?xml version='1.0'?><spec><facility>local</facility><show>demo</show><shot>SH-010</shot>"
    "<user>ada</user><job name='Comp-v1'><layers/></job></spec>"
)
LOST = RefusalError(grpc.StatusCode.UNAVAILABLE, "Stream removed")
TAKEN = RefusalError(grpc.StatusCode.INTERNAL, "The job demo-sh_010-ada_comp_v1 is already pending")
PENDING, FINISHED = 1, 0


def job(id_: str, name: str = "demo-sh_010-ada_comp_v1", **more: Any) -> dict[str, Any]:
    return {"id": id_, "name": name, "state": 0, "start_time": 2_000_000_000, **more}


def found(*jobs: dict[str, Any]) -> dict[str, Any]:
    return {"jobs": {"jobs": list(jobs)}}


def test_what_is_found_under_the_name_that_cuebot_spells_is_the_launch(stock: FarmDouble) -> None:
    stock.answers["Job/LaunchSpecAndWait"] = LOST
    stock.answers["Job/GetJobs"] = found(job("other", "demo-sh_010-ada_comp_v11"), job("ours"))

    (launched,) = opencue.api.launchSpecAndWait(SPEC)

    assert launched.id() == "ours"
    assert stock.names().count("Job/LaunchSpecAndWait") == 1


def test_what_is_not_found_is_sent_once_more_and_no_third_time(stock: FarmDouble) -> None:
    stock.answers["Job/LaunchSpecAndWait"] = [LOST, LOST, found(job("third"))]
    stock.answers["Job/GetJobs"] = found()

    with pytest.raises(LaunchUnknownException) as caught:
        opencue.api.launchSpecAndWait(SPEC)

    assert caught.value.job == "Comp-v1"
    assert stock.names().count("Job/LaunchSpecAndWait") == 2


def test_a_refusal_of_the_second_try_is_the_refusal(stock: FarmDouble) -> None:
    refusal = RefusalError(grpc.StatusCode.INTERNAL, "The demo does not exist")
    stock.answers["Job/LaunchSpecAndWait"] = [LOST, refusal]
    stock.answers["Job/GetJobs"] = found()

    with pytest.raises(opencue.CueInternalErrorException, match="The demo does not exist"):
        opencue.api.launchSpecAndWait(SPEC)


def test_a_name_that_is_taken_is_a_refusal_at_the_first_try(stock: FarmDouble) -> None:
    stock.answers["Job/LaunchSpecAndWait"] = TAKEN

    with pytest.raises(opencue.CueInternalErrorException, match="already pending"):
        opencue.api.launchSpecAndWait(SPEC)

    assert "Job/GetJobs" not in stock.names()


def test_a_server_that_does_not_say_leaves_it_open(stock: FarmDouble) -> None:
    stock.answers["Job/LaunchSpecAndWait"] = LOST
    stock.answers["Job/GetJobs"] = RefusalError(grpc.StatusCode.INTERNAL, "no connection")

    with pytest.raises(LaunchUnknownException, match="no connection"):
        opencue.api.launchSpecAndWait(SPEC)

    assert stock.names().count("Job/LaunchSpecAndWait") == 1


def test_a_specification_without_names_is_not_sent_again(stock: FarmDouble) -> None:
    stock.answers["Job/LaunchSpecAndWait"] = LOST

    with pytest.raises(LaunchUnknownException):
        opencue.api.launchSpecAndWait("<spec/>")

    assert stock.names() == ["Job/LaunchSpecAndWait"]


def test_what_acts_and_is_not_answered_says_that_it_is_open(stock: FarmDouble) -> None:
    stock.answers["Job/Kill"] = LOST

    with pytest.raises(AnswerLostException) as caught:
        opencue.wrappers.job.Job(opencue.api.job_pb2.Job(id="x")).kill()

    assert caught.value.reason == "Stream removed"
    assert "unknown" in str(caught.value)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("a.b.C: no row\nno row", "a.b.C: no row"),
        ("one\n\n  two  words\none", "one; two words"),
        ("", ""),
    ],
)
def test_a_failure_is_one_line_without_repeats(said: str, line: str) -> None:
    assert one_line(said) == line


def test_a_long_failure_keeps_both_ends() -> None:
    line = one_line("begin " + "x" * 5000 + " end")

    assert len(line) < 410
    assert line.startswith("begin")
    assert line.endswith("end")
