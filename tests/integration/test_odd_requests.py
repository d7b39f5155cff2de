"""Every method of OpenCue's services and of ours, asked for nonsense: a sentence each time, and the farm lives on."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor as Field

from tests.conftest import FarmBox, make_box
from tests.specs import job_spec
from tests.wire import message_class, methods

MEGABYTE = 2**20
LONG_VALUES = 1
"""Values of a megabyte in one request; with several a test takes long."""
LONGEST_TEXT = 700
DEEPEST = 4
ACCEPTABLE = {
    grpc.StatusCode.OK,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.UNIMPLEMENTED,
}
OURS = [
    f"/cuelet.Farm/{name}"
    for name in ("Info", "GetUsage", "GetDepends", "GetSkipped", "GetStanding", "GetStuck", "Why",
                 "GetRun", "SetHost", "FindJobs", "ListNames", "ListJobs", "Prune")
]  # fmt: skip
"""All but `Stop`, which does what it says, and `Backup`, which writes where it is told to."""
LOWEST = {Field.CPPTYPE_INT32: -(2**31), Field.CPPTYPE_INT64: -(2**63)}
HIGHEST = {Field.CPPTYPE_INT32: 2**31 - 1, Field.CPPTYPE_INT64: 2**63 - 1}
NUMBERS = {
    "low": {**LOWEST, Field.CPPTYPE_FLOAT: -3e38, Field.CPPTYPE_DOUBLE: -1e308},
    "high": {**HIGHEST, Field.CPPTYPE_FLOAT: 3e38, Field.CPPTYPE_DOUBLE: 1e308},
    "no number": {Field.CPPTYPE_FLOAT: float("nan"), Field.CPPTYPE_DOUBLE: float("inf")},
    "no choice": {Field.CPPTYPE_ENUM: 99},
}
TEXTS = {
    "empty": "",
    "unknown": "nosuch",
    "garbage": "'\"\n%s{}\x00\u2028\U0001f600" * 9,
    "range": "1-1000000000",
    "pattern": "(",
}
PAIRS = [
    ("empty", "no number"), ("unknown", "low"), ("unknown", "no choice"), ("garbage", "high"),
    ("range", "low"), ("pattern", "high"),
]  # fmt: skip
Text = Callable[[Field], str]


class Farm:
    """A farm with one paused job, whose ids go into requests."""

    def __init__(self, box: FarmBox) -> None:
        self.box = box
        self._shows = itertools.count()
        self._channel = grpc.insecure_channel(box.info["address"])
        self.ids = self.settle()

    def close(self) -> None:
        self._channel.close()

    def send(self, path: str, data: bytes) -> tuple[grpc.StatusCode, str, bytes]:
        try:
            answer = self._channel.unary_unary(path)(data, timeout=30)
        except grpc.RpcError as error:
            return error.code(), error.details() or "", b""
        return grpc.StatusCode.OK, "", answer

    def ask(self, path: str, **fields: Any) -> Any:
        method = methods()[path]
        request = message_class(method.input_type)(**fields)
        status, details, answer = self.send(path, request.SerializeToString())
        assert status is grpc.StatusCode.OK, details
        return message_class(method.output_type).FromString(answer)

    def settle(self) -> dict[str, str]:
        """Return the id of one thing of each kind, made anew where it is gone."""
        jobs = self.ask("/job.JobInterface/GetJobs").jobs.jobs
        if not jobs:
            spec = job_spec({"render": {"argv": ["true"], "range": "1-3"}}, paused=True)
            show = f"<show>odd{next(self._shows)}</show>"  # the one before may be closed by now
            spec = spec.replace("<show>show</show>", show)
            jobs = self.ask("/job.JobInterface/LaunchSpecAndWait", spec=spec).jobs.jobs
        job = jobs[0]
        layers = self.ask("/job.JobInterface/GetLayers", job=job).layers.layers
        frames = self.ask("/job.JobInterface/GetFrames", job=job).frames.frames
        return {
            "job": job.id,
            "layer": layers[0].id,
            "frame": frames[0].id,
            "host": self.ask("/host.HostInterface/GetHosts").hosts.hosts[0].id,
            **self._set_up(job.show),
        }

    def _set_up(self, name: str) -> dict[str, str]:
        """Return the ids of what people set up, in the show of the job."""
        show = self.ask("/show.ShowInterface/FindShow", name=name).show
        made = {
            "filter": self.made("/show.ShowInterface/CreateFilter", show=show, name="odd"),
            "owner": self.made("/show.ShowInterface/CreateOwner", show=show, name="odd"),
            "limit": self.made("/limit.LimitInterface/Create", name="odd", max_value=1),
            "service": self.made("/service.ServiceInterface/CreateService", data={"name": "odd"}),
        }
        root = self.ask("/show.ShowInterface/GetRootGroup", show=show).group
        made["group"] = self.made("/job.GroupInterface/CreateSubGroup", group=root, name="odd")
        made["allocation"] = (
            self.ask("/facility.AllocationInterface/GetAll").allocations.allocations[0].id
        )
        made["comment"] = self.made(
            "/job.JobInterface/AddComment", job={"id": ""}, new_comment={"subject": "odd"}
        )
        return {kind: id_ for kind, id_ in {"show": show.id, **made}.items() if id_}

    def made(self, path: str, **fields: Any) -> str:
        """Make a thing; return its id, or nothing where it is there or not to be had."""
        method = methods()[path]
        request = message_class(method.input_type)(**fields)
        _, _, answer = self.send(path, request.SerializeToString())
        found = message_class(method.output_type).FromString(answer)
        return next((inner.id for _, inner in found.ListFields() if hasattr(inner, "id")), "")


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    box = make_box(tmp_path_factory.mktemp("odd"))
    box.start()
    made = Farm(box)
    yield made
    made.close()
    assert box.close() == []


def fill(message: Any, text: Text, numbers: dict[int, Any], depth: int = 0) -> Any:
    """Set every field of a message, of repeated ones one value."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        target = getattr(message, field.name)
        if field.message_type is not None and depth < DEEPEST:
            inner = target.add() if hasattr(target, "add") else target
            fill(inner, text, numbers, depth + 1)
        elif field.message_type is None and (value := value_of(field, text, numbers)) is not None:
            if hasattr(target, "append"):
                target.append(value)
            else:
                setattr(message, field.name, value)
    return message


def value_of(field: Field, text: Text, numbers: dict[int, Any]) -> Any:
    if field.cpp_type == Field.CPPTYPE_STRING:
        value = text(field)
        return value.encode() if field.type == Field.TYPE_BYTES else value
    return numbers.get(field.cpp_type)


def requests(text: Text, numbers: dict[int, Any]) -> Iterator[tuple[str, bytes]]:
    for path, method in methods().items():
        message = fill(message_class(method.input_type)(), text, numbers)
        yield path, message.SerializeToString()
    for path in OURS:
        names = ("job_id", "layer", "frame", "frame_id", "frame_ids", "job_ids", "name", "show",
                 "tags", "sort", "before", "since")  # fmt: skip
        yield path, json.dumps({name: text(ID) for name in names}).encode()


ID = next(iter(methods().values())).input_type.fields[0]


def complaints(farm: Farm, sent: Iterator[tuple[str, bytes]]) -> list[str]:
    """Send requests; return what is wrong with the answers, or with the farm afterwards."""
    found, pid = [], farm.box.info["pid"]
    for path, data in sent:
        status, details, _ = farm.send(path, data)
        refused = status is not grpc.StatusCode.OK
        if status not in ACCEPTABLE or (refused and not 0 < len(details) <= LONGEST_TEXT):
            found.append(f"{path}: {status.name} {details[:200]!r} ({len(details)})")
    farm.ids = farm.settle()
    assert farm.box.info["pid"] == pid
    log = (Path(farm.box.state_dir) / "farm.log").read_text(errors="replace")
    return found + [line for line in log.splitlines() if line.startswith("Traceback")]


@pytest.mark.parametrize(("text", "numbers"), PAIRS)
def test_unknown_things_and_odd_values_are_refused_in_a_sentence(
    farm: Farm, text: str, numbers: str
) -> None:
    sent = requests(lambda _: TEXTS[text], NUMBERS[numbers])

    assert complaints(farm, sent) == []


@pytest.mark.parametrize(("text", "numbers"), PAIRS)
def test_real_things_are_asked_for_odd_values(farm: Farm, text: str, numbers: str) -> None:
    ids = farm.ids

    def known(field: Field) -> str:
        kind = field.containing_type.name.lower() if field.name == "id" else field.name
        kinds = [name for name in ids if name in kind]
        return ids[kinds[0]] if kinds else TEXTS[text]

    assert complaints(farm, requests(known, NUMBERS[numbers])) == []


@pytest.mark.parametrize("real", [False, True], ids=["unknown", "real"])
def test_values_of_a_megabyte_are_refused_in_a_sentence(farm: Farm, real: bool) -> None:
    def sent() -> Iterator[tuple[str, bytes]]:
        for path, method in methods().items():
            left = iter(["\u00e9" * (MEGABYTE // 2), "x" * MEGABYTE][:LONG_VALUES])

            def long(field: Field, left: Iterator[str] = left) -> str:
                if real and field.name == "id":
                    return farm.ids["job"]
                return next(left, "x")

            message = fill(message_class(method.input_type)(), long, NUMBERS["high"])
            yield path, message.SerializeToString()

    assert complaints(farm, sent()) == []


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xff\xff\xff\xff\x0f\x01garbage", b"\x0a\x02\xff\xfe", b"\x0a\x7fshort", b"{"],
    ids=["nothing", "garbage", "no utf-8", "cut off", "half an object"],
)
def test_bytes_that_are_no_message_are_refused_in_a_sentence(farm: Farm, data: bytes) -> None:
    assert complaints(farm, ((path, data) for path in [*methods(), *OURS])) == []


def test_a_name_of_a_megabyte_is_not_found_and_cut(farm: Farm) -> None:
    request = message_class(methods()["/job.JobInterface/FindJob"].input_type)(name="x" * MEGABYTE)

    status, details, _ = farm.send("/job.JobInterface/FindJob", request.SerializeToString())

    assert status is grpc.StatusCode.NOT_FOUND
    assert details.startswith("no job 'xxxxxxxx")
    assert "xxx...; see cuelet jobs --all" in details


def test_a_choice_that_does_not_exist_is_refused_with_those_that_do(farm: Farm) -> None:
    path = "/job.JobInterface/ReorderFrames"
    request = message_class(methods()[path].input_type)(range="1-3", order=99)
    request.job.id = farm.ids["job"]

    status, details, _ = farm.send(path, request.SerializeToString())

    assert status is grpc.StatusCode.INVALID_ARGUMENT
    assert details == "ReorderFrames, order 99: use one of FIRST, LAST, REVERSE"
