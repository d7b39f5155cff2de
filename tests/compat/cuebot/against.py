"""The recorded requests, sent to an embedded farm whose machine is locked, and what it answers otherwise than Cuebot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import json_format

from tests.compat.cuebot.recording import Call, flow, flow_names
from tests.compat.cuebot.transfer import Ids
from tests.wire import filled, message_class, methods

_OK, _TAKEN = grpc.StatusCode.OK, grpc.StatusCode.ALREADY_EXISTS
_AWAY = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
_RESTARTS = ("28-restart", "40-restart-under-load")
_FRAMES_RAN = re.compile(r"0[1-6]-|1[0-24-8]-|3[235]-|4[12]-|90-")
"""Flows with jobs whose frames ran on the real farm; on the locked machine they do not."""
_OF_RUNS = re.compile(r"(\A|\.)(state|exit_status|retry_count|\w+_stats\.\w*_frames)\Z")
_MEASURED = re.compile(
    r"_time\Z|timeDate\Z|(start|stop|eta)_|_kb\Z|date|timestamp|log_dir|log_path|pid\Z|rss|pss\b|"
    r"_sec\Z|rendered_|failed_frame|created_|(idle|free|total|reserved|used|running|available|locked|"
    r"down)_(?!frames|layers)|\.(load|lock_state|cores|memory|hosts|swap|mcp|id)\Z|\Aid\Z|last_resource|"
    r"stats\.(dispatch|manage|report|booking|picked|req|unbooked|booked)|"
    r"(show|group)_stats|whiteboard\.(stats|groups|jobs|inline_jobs\[\]\Z)|current_(running|usage)|settled_usage|host_count|spec_layer_count",
)
"""Fields that hold what was measured, when it was, or on what machine."""
_LISTS_OF_ALL = re.compile(
    r"\A(jobs\.jobs|shows\.shows|hosts\.hosts|limits|allocations\.allocations|services\.services|"
    r"subscriptions\.subscriptions|facilities|procs\.procs)(\[\])?\Z"
)
"""Lists of what is there for other reasons too: of their members only those that both have are compared."""


@dataclass(frozen=True)
class Finding:
    """One answer that differs from the recorded one.

    Args:
        call: The recorded call.
        what: ``NOT_FOUND -> OK`` for the status, else the path of the field.
        recorded: The value there, or the text of the refusal.
        ours: The same of the embedded farm.
    """

    call: Call
    what: str
    recorded: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.call} {self.what}: {str(self.recorded)[:90]!r} here {str(self.ours)[:90]!r}"


class Farm:
    """An embedded farm that recorded calls are sent to.

    Args:
        address: Its loopback port.
    """

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(
            address, options=[("grpc.max_receive_message_length", 100 * 1024 * 1024)]
        )
        self.ids = Ids()
        host = self.ask("/host.HostInterface/GetHosts", {})[2]["hosts"]["hosts"][0]
        self.ids.name("127.0.0.1", host["name"])
        self._host = {"host": {"id": host["id"], "name": host["name"]}}
        self.lock()

    def close(self) -> None:
        """Hang up."""
        self._channel.close()

    def lock(self) -> None:
        """Let no frame start."""
        self.ask("/host.HostInterface/Lock", self._host)

    def ask(self, path: str, fields: dict[str, Any]) -> tuple[grpc.StatusCode, str, Any]:
        """Call a method; return its status, the text of a refusal and the response."""
        method = methods()[path]
        kind = message_class(method.output_type)
        request = filled(method.input_type, fields).SerializeToString()
        try:
            raw = self._channel.unary_unary(path)(request, timeout=30)
        except grpc.RpcError as error:
            return error.code(), error.details() or "", None
        answer = json_format.MessageToDict(kind.FromString(raw), preserving_proto_field_name=True)
        return _OK, "", answer

    def findings(self, call: Call) -> Iterator[Finding]:
        """Send one recorded call and yield what is different about the answer."""
        fields = call.request or {}
        self._keep_up(call)
        status, details, answer = self.ask(call.method, self.ids.translated(fields))
        if status is _TAKEN and call.status is _OK:  # there, the one before it had finished
            pending = _jobs(self.ask("/job.JobInterface/GetJobs", {})[2])
            self._end(job for job in pending if f"'{job['name']}'" in details)
            status, details, answer = self.ask(call.method, self.ids.translated(fields))
        if status is not call.status:
            yield Finding(call, f"{call.status.name} -> {status.name}", call.details, details)
            if "Launch" in call.method:  # Cuebot has no such job
                self._end(_jobs(answer))
        elif answer is not None:
            yield from self._values(call, answer)

    def _keep_up(self, call: Call) -> None:
        """End the jobs that the recorded answer shows as finished."""
        if call.label in {"Job/GetJob", "Job/GetJobs"} and call.response is not None:
            shown = [call.response["job"]] if "job" in call.response else _jobs(call.response)
            self._end({"id": self.ids.translated(job["id"])} for job in shown if _ended(job))

    def _values(self, call: Call, answer: Any) -> Iterator[Finding]:
        self.ids.learn(call.response, answer)
        ran = _FRAMES_RAN.match(call.flow)
        for path, old, new in self.ids.paired(call.response, answer):
            if _MEASURED.search(path) or (ran and _OF_RUNS.search(path)):
                continue
            if _LISTS_OF_ALL.match(path) and (old is None or new is None):
                continue
            if self.ids.translated(old) != new:
                yield Finding(call, path, old, new)

    def _end(self, jobs: Iterable[dict[str, Any]]) -> None:
        for job in jobs:
            end = {"job": {"id": job["id"]}, "username": "ada", "reason": "so it was there"}
            self.ask("/job.JobInterface/Kill", end)


def _jobs(answer: Any) -> list[dict[str, Any]]:
    return list((answer or {}).get("jobs", {}).get("jobs", ()))


def _ended(job: dict[str, Any]) -> bool:
    return bool(job.get("state") == "FINISHED")


def replayed(address: str, flows: Iterable[str] = ()) -> list[Finding]:
    """Send the calls of all flows, those that make sense on one machine, and return the differences.

    A call about a thing that was not made here is left out: that it was not is a difference already.
    """
    farm = Farm(address)
    found: list[Finding] = []
    for name in flows or sorted(flow_names(), key=_when_recorded):
        for call in () if name in _RESTARTS else flow(name):
            if call.request is None or call.method not in methods() or call.status in _AWAY:
                continue
            if not farm.ids.unknown(call.request) and not _lets_frames_start(call):
                found += farm.findings(call)
    farm.close()
    return found


def _when_recorded(name: str) -> str:
    return name.replace("90-", "35-", 1)  # before those of the second day


def _lets_frames_start(call: Call) -> bool:
    return call.label == "Host/Unlock" and (call.request or {})["host"].get("name") == "127.0.0.1"
