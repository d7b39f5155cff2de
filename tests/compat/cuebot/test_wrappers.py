"""Recorded calls made through `opencue`: the recorded values come back as wrappers, the recorded errors as exceptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from google.protobuf import json_format

import opencue
from tests.compat.cuebot.double import ReplayingCuebot
from tests.compat.cuebot.recording import Call, flow, flow_names, request_of, response_of
from tests.compat.cuebot.wrapped import content, exception_of, plain, wrapped
from tests.wire import methods

Start = Callable[[str], ReplayingCuebot]
NO_JOBS = Call("", 0, "/job.JobInterface/GetJobs", grpc.StatusCode.OK, "", {}, {})
"""What a look for a name finds that the server did not find."""
OURS = {
    "Job/Kill": {"username", "pid", "host_kill", "reason"},
    "Job/KillFrames": {"username", "pid", "host_kill", "reason", "req"},
    "Layer/KillFrames": {"username", "pid", "host_kill", "reason"},
    "Frame/Kill": {"username", "pid", "host_kill", "reason"},
    "Job/AddComment": {"new_comment"},
    "Host/AddComment": {"new_comment"},
    "Layer/SetStartAfter": {"username"},
    "Job/AddRenderPartition": {"username"},
    "Layer/AddRenderPartition": {"username"},
    "Frame/AddRenderPartition": {"username"},
}
"""Fields in which our client says who it is."""
NONE_FOR_UNKNOWN = {"Service/GetService"}
"""Functions that pycue has return None for an unknown name."""


def calls_of(name: str) -> Iterator[tuple[Call, Callable[[Any], Any]]]:
    for call in flow(name):
        through = wrapped(call.label) if call.request is not None else None
        if through is not None and call.method in methods() and not is_refused_here(call):
            yield call, through


def is_refused_here(call: Call) -> bool:
    """Tell whether the client itself refuses a service that gives no frame more memory."""
    makes = call.label in {"Service/CreateService", "Service/Update"}
    return makes and not int(_service(call).get("min_memory_increase", 0))


def _service(call: Call) -> dict[str, Any]:
    request = call.request or {}
    return dict(request.get("data") or request.get("service") or {})


@pytest.mark.parametrize("name", flow_names())
def test_calls_through_wrappers_give_what_was_recorded(name: str, replaying_cuebot: Start) -> None:
    double = replaying_cuebot(name)
    for call, through in calls_of(name):
        double.remember([call, *([NO_JOBS] if call.label != "Job/GetJobs" else [])])
        if call.status is grpc.StatusCode.OK:
            assert_answered(call, through)
        else:
            assert_refused(call, through)
        assert_sent_alike(call, double)


def assert_answered(call: Call, through: Callable[[Any], Any]) -> None:
    found = plain(through(request_of(call)))
    expected = content(response_of(call))

    if isinstance(found, type(response_of(call))):  # searches give the response as it is
        expected = response_of(call)
    assert found == expected, call


def assert_refused(call: Call, through: Callable[[Any], Any]) -> None:
    if call.label in NONE_FOR_UNKNOWN:
        assert through(request_of(call)) is None
        return
    with pytest.raises(exception_of(call.status)) as caught:
        through(request_of(call))
    assert isinstance(caught.value, opencue.CueException), call
    assert caught.value.status is call.status, call


def assert_sent_alike(call: Call, double: ReplayingCuebot) -> None:
    """Raise unless the server got what was recorded, beside who asks."""
    sent, wanted = (
        {key: value for key, value in fields(each).items() if key not in OURS.get(call.label, ())}
        for each in (double.requests(call.method)[0], request_of(call))
    )
    assert is_within(wanted, sent), f"{call}: {wanted} became {sent}"


def fields(message: Any) -> dict[str, Any]:
    found: dict[str, Any] = json_format.MessageToDict(message, preserving_proto_field_name=True)
    found.get("req", {}).pop("max_results", None)  # a Cuebot looks at the limit only
    return found


def is_within(wanted: Any, sent: Any) -> bool:
    """Tell whether all that is wanted is sent; further fields may be."""
    if isinstance(wanted, dict):
        return all(is_within(value, sent.get(key, type(value)())) for key, value in wanted.items())
    return bool(wanted == sent)


def test_most_calls_have_a_wrapper() -> None:
    counts = Counter(
        wrapped(call.label) is not None
        for name in flow_names()
        for call in flow(name)
        if call.method in methods()
    )

    assert counts[True] > 1750


def test_a_poll_that_is_lost_is_asked_again(replaying_cuebot: Start) -> None:
    double = replaying_cuebot("28-restart")
    away, back = flow("28-restart")[1], flow("28-restart")[2]
    double.remember([away, replace(back, request=away.request)])

    assert opencue.api.findJob(request_of(away).name).name() == response_of(back).job.name
