"""Calls that are made again: of a script's own channels and functions, and while hosts reboot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from farm_double import FarmDouble, RefusalError
from opencue_proto import cue_pb2, cue_pb2_grpc, host_pb2

import opencue
from opencue import cuebot, exception
from opencue.util import grpcExceptionParser
from opencue.wrappers import rebooting

UNAVAILABLE, INTERNAL = (
    RefusalError(getattr(grpc.StatusCode, name)) for name in ("UNAVAILABLE", "INTERNAL")
)


class Waits(cuebot.SleepingPolicy):
    """A policy that notes what it is asked and waits for nothing."""

    def __init__(self) -> None:
        self.attempts: list[int] = []

    def sleep(self, attempt: int) -> None:
        self.attempts.append(attempt)


def ask(farm: FarmDouble, policy: cuebot.SleepingPolicy, statuses: Any) -> str:
    """Ask through a channel of our own with the interceptor; return how it ended."""
    interceptor = cuebot.RetryOnRpcErrorClientInterceptor(3, policy, statuses)
    with grpc.insecure_channel(farm.host) as channel:
        stub = cue_pb2_grpc.CueInterfaceStub(grpc.intercept_channel(channel, interceptor))
        try:
            stub.GetSystemStats(cue_pb2.CueGetSystemStatsRequest(), timeout=20)
        except grpc.RpcError as error:
            return str(error.code().name)  # type: ignore[attr-defined]
    return "OK"


@pytest.mark.parametrize(
    ("answers", "statuses", "ended", "waits"),
    [
        ([None], (grpc.StatusCode.UNAVAILABLE,), "OK", []),
        ([UNAVAILABLE, UNAVAILABLE, None], (grpc.StatusCode.UNAVAILABLE,), "OK", [0, 1]),
        ([UNAVAILABLE] * 4, (grpc.StatusCode.UNAVAILABLE,), "UNAVAILABLE", [0, 1]),
        ([INTERNAL, None], (grpc.StatusCode.UNAVAILABLE,), "INTERNAL", []),
        ([INTERNAL, None], None, "OK", [0]),
    ],
)
def test_the_interceptor_repeats_what_is_worth_it(
    stock: FarmDouble, answers: list[Any], statuses: Any, ended: str, waits: list[int]
) -> None:
    stock.answers["Cue/GetSystemStats"] = list(answers)
    policy = Waits()

    assert (ask(stock, policy, statuses), policy.attempts) == (ended, waits)


def test_waits_grow_up_to_their_most(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    policy = cuebot.ExponentialBackoff(init_backoff_ms=100, max_backoff_ms=300)

    for attempt in range(4):
        policy.sleep(attempt)

    assert slept == [0.1, 0.2, 0.3, 0.3]


class Failure(grpc.RpcError):
    def __init__(self, status: grpc.StatusCode) -> None:
        self.code, self.details = (lambda: status), (lambda: "because")


@pytest.mark.parametrize(
    ("failure", "calls", "kind"),
    [
        (Failure(grpc.StatusCode.UNAVAILABLE), 4, exception.ConnectionException),
        (Failure(grpc.StatusCode.NOT_FOUND), 1, exception.EntityNotFoundException),
        (exception.ConnectionException("ours"), 1, exception.ConnectionException),
    ],
)
def test_functions_with_grpc_of_their_own_are_called_again(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, calls: int, kind: type[Exception]
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr("opencue.exception.getRetryCount", lambda: 3)
    made = []

    @grpcExceptionParser
    def call() -> None:
        made.append(1)
        raise failure

    with pytest.raises(kind):
        call()
    assert len(made) == calls


class Fleet:
    """Hosts that are rebooted some looks after they were told to.

    Args:
        farm: The farm they are on.
        looks: How many looks each takes, by name.
    """

    def __init__(self, farm: FarmDouble, looks: dict[str, int]) -> None:
        self.looks, self.told = dict(looks), []
        farm.answers["Host/GetHosts"] = self.answer
        farm.answers["Host/RebootWhenIdle"] = lambda request: self.told.append(request.host.name)

    def answer(self, request: Any) -> dict[str, Any]:
        names = list(request.r.hosts) or list(self.looks)
        for name in set(names) & set(self.told):
            self.looks[name] -= 1
        return {"hosts": {"hosts": [self.host(name) for name in names]}}

    def host(self, name: str) -> dict[str, Any]:
        is_back = self.looks[name] <= 0
        return {"name": name, "state": host_pb2.UP, "boot_time": 200 if is_back else 50}


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    return lambda answer: monkeypatch.setattr("builtins.input", lambda prompt: answer)


class TestRebooting:
    def test_groups_go_one_after_the_other(
        self, stock: FarmDouble, says: Callable[[str], None], capsys: pytest.CaptureFixture[str]
    ) -> None:
        fleet = Fleet(stock, {"h1": 1, "h2": 3, "h3": 2})
        says("Y")

        opencue.api.Host.rebootFarmSafely(2, 100, match=["h"])

        assert fleet.told == ["h1", "h2", "h3"]
        out = capsys.readouterr().out
        assert "Waiting for 1 hosts: h2\n" in out
        assert out.endswith("All hosts have been rebooted\n")

    def test_nobody_is_told_without_a_yes(
        self, stock: FarmDouble, says: Callable[[str], None]
    ) -> None:
        fleet = Fleet(stock, {"h1": 1})
        says("n")

        opencue.api.Host.rebootFarmSafely(1, 100)

        assert fleet.told == []

    def test_a_lost_server_is_waited_for(
        self, stock: FarmDouble, says: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lost = [exception.ConnectionException("gone")]

        def call() -> str:
            if lost:
                raise lost.pop()
            return "there"

        assert rebooting._try_again(call) == "there"

    def test_hosts_are_watched(
        self, stock: FarmDouble, says: Callable[[str], None], capsys: pytest.CaptureFixture[str]
    ) -> None:
        fleet = Fleet(stock, {"h1": 2})
        fleet.told.append("h1")

        opencue.api.Host.monitorRebootFarm(100)

        assert capsys.readouterr().out.endswith("All hosts have been rebooted\n")

    def test_no_hosts_are_said_to_be_none(
        self, stock: FarmDouble, capsys: pytest.CaptureFixture[str]
    ) -> None:
        opencue.api.Host.monitorRebootFarm(None)
        assert capsys.readouterr().out == "No hosts found\n"
