"""The replaying Cuebot answers as the real one did."""

from __future__ import annotations

from collections.abc import Callable

import grpc
import pytest

from tests.compat.cuebot.double import ReplayingCuebot
from tests.compat.cuebot.recording import (
    EXTENSION,
    Call,
    flow,
    flow_names,
    response_of,
    sent,
)
from tests.wire import methods

Start = Callable[[str], ReplayingCuebot]


def ask(channel: grpc.Channel, call: Call) -> tuple[grpc.StatusCode, str, bytes]:
    """Send the request of a call as it was sent, and return what came back."""
    try:
        answer = channel.unary_unary(call.method)(sent(call), timeout=20)
    except grpc.RpcError as error:
        return error.code(), error.details() or "", b""
    return grpc.StatusCode.OK, "", answer


def test_the_recordings_are_whole() -> None:
    calls = [call for name in flow_names() for call in flow(name)]

    assert len(flow_names()) == 44
    assert len(calls) == 1916
    assert all((call.response is not None) == (call.status is grpc.StatusCode.OK) for call in calls)


@pytest.mark.parametrize("name", flow_names())
def test_every_call_of_a_flow_is_answered_as_it_was(name: str, replaying_cuebot: Start) -> None:
    with grpc.insecure_channel(replaying_cuebot(name).host) as channel:
        for call in flow(name):
            status, details, raw = ask(channel, call)

            assert status is call.status, call
            assert details == call.details, call
            if call.response is not None:
                kind = type(response_of(call))
                assert kind.FromString(raw) == response_of(call), call


def test_equal_calls_are_answered_one_after_the_other_and_then_as_the_last(
    replaying_cuebot: Start,
) -> None:
    polls = [call for call in flow("14-lifecycle") if call.label == "Job/GetJob"]
    alike = [call for call in polls if call.request == polls[0].request]
    with grpc.insecure_channel(replaying_cuebot("14-lifecycle").host) as channel:
        seen = [ask(channel, alike[0])[2] for _ in range(len(alike) + 2)]

    expected = [response_of(call) for call in alike]
    assert [type(expected[0]).FromString(raw) for raw in seen] == [*expected, *[expected[-1]] * 2]


def test_a_method_that_was_never_called_is_not_there(replaying_cuebot: Start) -> None:
    never = Call("", 0, "/job.JobInterface/Kill", grpc.StatusCode.OK, "", {}, {})
    with grpc.insecure_channel(replaying_cuebot("10-find-job").host) as channel:
        assert ask(channel, never)[:2] == (
            grpc.StatusCode.UNIMPLEMENTED,
            "Method not found: job.JobInterface/Kill",
        )


def test_all_methods_of_a_client_occur_in_the_recordings() -> None:
    recorded = {call.method for name in flow_names() for call in flow(name)}
    not_of_clients = ("/report.", "/rqd.")
    act_on_the_machine = {"Reboot", "RebootWhenIdle", "RestartRqdNow", "RestartRqdWhenIdle"}

    missing = {
        path
        for path in methods().keys() - recorded
        if not path.startswith(not_of_clients) and path.rpartition("/")[2] not in act_on_the_machine
    }
    assert missing == set()
    assert not [path for path in recorded if path.startswith(EXTENSION) and path in methods()]
