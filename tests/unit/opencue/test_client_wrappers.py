"""Wrapper objects: what they send, and what they make of messages."""

from __future__ import annotations

import inspect
import time
from typing import Any

import grpc
import pytest
from farm_double import METHODS, FarmDouble, RefusalError
from hypothesis import given
from hypothesis import strategies as st
from opencue_proto import depend_pb2, filter_pb2, host_pb2, job_pb2, service_pb2, show_pb2

import opencue
from opencue import api
from opencue.exception import OwnerFixedException
from opencue.usage import reserved_cores
from opencue.wrappers import util
from opencue.wrappers.entity import Entity
from opencue.wrappers.filter import NotStoredError
from opencue.wrappers.service import MemoryIncreaseError

CLASSES = [
    value
    for name in api.__all__
    if isinstance(value := getattr(api, name), type) and issubclass(value, Entity)
]
FUNCTIONS = [
    name for name in api.__all__ if inspect.isfunction(getattr(api, name)) and name[0].islower()
]

GROWING = service_pb2.Service(min_memory_increase=1)
LEAST = {
    api.Action: filter_pb2.Action(id="1"),
    api.Matcher: filter_pb2.Matcher(id="1"),
    api.Service: GROWING,
}
"""Messages with the least that makes sense of a kind of thing, where an empty one makes none."""
GIVEN: dict[str, Any] = {
    "str": "text",
    "int": 1,
    "float": 1.0,
    "bool": True,
    "Job": api.Job,
    "Layer": api.Layer,
    "Frame": api.Frame,
    "Group": api.Group,
    "Host": api.Host,
    "Allocation": api.Allocation,
}


def value_for(parameter: inspect.Parameter) -> Any:
    """Return something that fits a parameter."""
    kind = str(parameter.annotation)
    if kind in GIVEN:
        found = GIVEN[kind]
        return found() if isinstance(found, type) else found
    by_name = {
        "facility": {"name": "f"},
        "data": api.Service(GROWING),
        "alloc": api.Allocation(),
        "procs": ["h/1/0"],
        "override_rgb": (1, 2, 3),
        "sources": [1],
        "reports": [],
        "host_tokens": {"h": 2, "i": (3, "me")},
        "taskMap": {"shot": 2},
        "value": 1,
    }
    return by_name.get(parameter.name, [])


def arguments_of(function: Any) -> list[Any]:
    parameters = inspect.signature(function).parameters.values()
    return [
        value_for(parameter)
        for parameter in parameters
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]


def calls_of(kind: type[Entity]) -> list[str]:
    return [
        name
        for name, function in inspect.getmembers(kind, callable)
        if not name.startswith("_") and not isinstance(function, type)
    ]


NO_ANSWER = {"why", "setOwner"}
"""Methods that a stock Cuebot has no answer to."""
ON_A_TERMINAL = {"rebootFarmSafely", "monitorRebootFarm"}
CASES = [
    (kind, name)
    for kind in CLASSES
    for name in calls_of(kind)
    if name not in NO_ANSWER | ON_A_TERMINAL
]


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{k.__name__}.{n}" for k, n in CASES])
def test_every_method_works_on_an_empty_message(
    stock: FarmDouble, kind: type[Entity], name: str
) -> None:
    method = getattr(kind(LEAST.get(kind)), name)
    method(*arguments_of(method))
    assert inspect.getdoc(method)


def test_a_job_stays_with_who_launched_it(stock: FarmDouble) -> None:
    job = api.Job(job_pb2.Job(name="dev-shot-ann_comp", user="ann"))

    with pytest.raises(
        OwnerFixedException, match="stays with ann, .* for 'bob' to have it"
    ) as told:
        job.setOwner("bob")

    assert (told.value.owner, stock.names()) == ("bob", [])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_works_with_an_empty_answer(stock: FarmDouble, name: str) -> None:
    function = getattr(api, name)
    function(*arguments_of(function))
    assert stock.calls or name == "buildLimitReport"
    assert inspect.getdoc(function)


def test_the_farm_double_knows_all_client_methods() -> None:
    assert len(METHODS) > 280


@pytest.mark.parametrize(
    ("enum", "members"),
    [
        (api.Job.JobState, job_pb2.JobState),
        (api.Layer.LayerType, job_pb2.LayerType),
        (api.Layer.Order, job_pb2.Order),
        (api.Frame.FrameState, job_pb2.FrameState),
        (api.Frame.CheckpointState, job_pb2.CheckpointState),
        (api.Frame.FrameExitStatus, job_pb2.FrameExitStatus),
        (api.Depend.DependType, depend_pb2.DependType),
        (api.Depend.DependTarget, depend_pb2.DependTarget),
        (api.Host.HardwareState, host_pb2.HardwareState),
        (api.Host.HostTagType, host_pb2.HostTagType),
        (api.Host.LockState, host_pb2.LockState),
        (api.Host.ThreadMode, host_pb2.ThreadMode),
        (api.Proc.RedirectType, host_pb2.RedirectType),
        (api.Proc.RunState, host_pb2.RunState),
        (api.Filter.FilterType, filter_pb2.FilterType),
        (api.Action.ActionType, filter_pb2.ActionType),
        (api.Matcher.MatchSubject, filter_pb2.MatchSubject),
    ],
)
def test_nested_enums_have_the_members_of_the_wire(enum: Any, members: Any) -> None:
    assert {member.name: member.value for member in enum} == dict(members.items())


def test_colours_of_states_are_named_as_pycue_names_them(stock: FarmDouble) -> None:
    names = {"RED", "GREEN", "BLUE", "YELLOW", "ORANGE", "PURPLE", "PINK"}
    assert set(api.Frame.STATUS_COLOR) == names

    api.Frame().setFrameStateDisplayOverride(job_pb2.DEAD, "late", api.Frame.STATUS_COLOR["BLUE"])

    [request] = stock.requests("Frame/SetFrameStateDisplayOverride")
    color = request.override.color
    assert (request.override.text, color.red, color.green, color.blue) == ("late", 0, 128, 255)


KEYWORDS = {
    "NestedGroup": "group",
    "NestedHost": "host",
    "NestedJob": "nestedJob",
    "NestedProc": "nestedProc",
    "RenderPartition": "render_partition",
    "ServiceOverride": "serviceOverride",
}
"""How pycue names the message of a wrapper, where it is not the name of the class in lower case."""


@pytest.mark.parametrize("kind", CLASSES)
def test_a_wrapper_takes_its_message_by_pycue_s_keyword_and_as_data(kind: type[Entity]) -> None:
    keyword = KEYWORDS.get(kind.__name__, kind.__name__.lower())
    message = kind().data

    if kind is api.ServiceOverride:
        message = service_pb2.ServiceOverride()
        assert kind(**{keyword: message}).data == kind(data=message).data
    else:
        assert kind(message).data is kind(**{keyword: message}).data is kind(data=message).data


class TestEntity:
    def test_equal_ids_of_one_kind_are_equal(self) -> None:
        one, same = api.Job(job_pb2.Job(id="1")), api.Job(job_pb2.Job(id="1", name="later"))
        assert one == same
        assert len({one, same}) == 1
        assert one != api.Layer(job_pb2.Layer(id="1"))
        assert api.Job() != api.Job()

    def test_shows_its_name(self) -> None:
        assert repr(api.Job(job_pb2.Job(name="a"))) == "<Job a>"
        assert repr(api.Comment()) == "<Comment >"


class TestFrame:
    @pytest.mark.parametrize(
        ("state", "start", "stop", "seconds"),
        [
            ("WAITING", 0, 0, 0),
            ("SUCCEEDED", 100, 160, 60),
            ("DEAD", 100, 100, 0),
            ("WAITING", 100, 160, 60),
            ("WAITING", 100, 0, 0),
            ("DEPEND", 200, 160, 0),
        ],
    )
    def test_run_time(self, state: str, start: int, stop: int, seconds: int) -> None:
        number = job_pb2.FrameState.Value(state)
        frame = api.Frame(job_pb2.Frame(state=number, start_time=start, stop_time=stop))
        assert frame.runTime() == seconds

    @pytest.mark.parametrize("stop", [0, 50])
    def test_run_time_of_a_running_frame_goes_on(self, stop: int) -> None:
        start = int(time.time()) - 100
        message = job_pb2.Frame(state=job_pb2.RUNNING, start_time=start, stop_time=stop)
        assert 100 <= api.Frame(message).runTime() <= 102

    def test_name_and_memory(self) -> None:
        frame = api.Frame(job_pb2.Frame(number=7, layer_name="render", max_rss=3072))
        assert (frame.name(), frame.frame(), frame.usedMemory()) == ("0007-render", "0007", 3.0)

    def test_used_cores_are_fetched_once_for_frames_that_came_together(
        self, cuelet: FarmDouble
    ) -> None:
        cuelet.answers["Layer/GetFrames"] = lambda _request: frames_answer(3)
        cuelet.answers["Farm/GetUsage"] = {
            "frames": {"f0": {"cpu_s": 30, "wall_s": 10}, "f1": {"cpu_s": 1, "wall_s": 0}}
        }
        frames = api.Layer().getFrames()
        assert [frame.usedCores() for frame in frames] == [3.0, 0.0, 0.0]
        assert cuelet.requests("Farm/GetUsage") == [{"frame_ids": ["f0", "f1", "f2"]}]

    def test_used_cores_are_the_reserved_ones_on_a_stock_server(self, stock: FarmDouble) -> None:
        stock.answers["Job/GetFrames"] = {
            "frames": {"frames": [{"id": "a", "last_resource": "host/2.50/0"}, {"id": "b"}]}
        }
        assert [frame.usedCores() for frame in api.Job().getFrames()] == [2.5, 0.0]

    def test_kill_sends_who_and_why(self, stock: FarmDouble) -> None:
        api.Frame().kill()
        [request] = stock.requests("Frame/Kill")
        assert request.username
        assert request.pid.isdecimal()
        assert request.host_kill
        assert "killed by" in request.reason
        api.Frame().kill("me", 5, "here", "too slow")
        request = stock.requests("Frame/Kill")[1]
        assert (request.username, request.pid, request.host_kill, request.reason) == (
            "me", "5", "here", "too slow",
        )  # fmt: skip

    def test_display_override(self) -> None:
        plain = api.Frame()
        assert plain.frameStateDisplayOverride() is None
        other = api.Frame(job_pb2.Frame(frame_state_display_override={"text": "late"}))
        assert other.frameStateDisplayOverride().text == "late"


def frames_answer(count: int, first: int = 0) -> dict[str, Any]:
    return {"frames": {"frames": [{"id": f"f{n}"} for n in range(first, first + count)]}}


def paged(total: int) -> Any:
    """Answer a frame search page by page."""

    def answer(request: Any) -> dict[str, Any]:
        criteria = (
            request.s if hasattr(request, "s") else getattr(request, "req", None) or request.r
        )
        first = (criteria.page - 1) * criteria.limit
        return frames_answer(max(0, min(criteria.limit, total - first)), first)

    return answer


class TestFrames:
    @pytest.mark.parametrize("total", [0, 1, 501, 9_999, 10_000, 10_001])
    def test_all_frames_come_whatever_their_number(self, stock: FarmDouble, total: int) -> None:
        for name in ("Job/GetFrames", "Layer/GetFrames", "Frame/GetFrames"):
            stock.answers[name] = paged(total)
        assert len(api.Job().getFrames()) == total
        assert len(api.Layer().getFrames()) == total
        assert len(api.getFrames("job")) == total

    def test_a_page_asked_for_is_one_page(self, stock: FarmDouble) -> None:
        stock.answers["Job/GetFrames"] = paged(1234)
        assert len(api.Job().getFrames(limit=10)) == 10
        assert [f.id() for f in api.Job().getFrames(page=3, limit=600)][:1] == ["f1200"]
        assert len(stock.names()) == 2

    def test_a_server_that_ignores_pages_does_not_hang(self, stock: FarmDouble) -> None:
        stock.answers["Job/GetFrames"] = lambda _request: frames_answer(10_000)
        assert len(api.Job().getFrames()) == 10_000

    def test_retry_sends_what_pycue_sends(self, stock: FarmDouble) -> None:
        job = api.Job(job_pb2.Job(id="1"))
        job.retryFrames()
        job.retryFrames(state=[job_pb2.DEAD], name=["0001-a"])
        plain, dead = (request.req for request in stock.requests("Job/RetryFrames"))
        assert plain == job_pb2.FrameSearchCriteria(page=1, limit=500)
        assert dead == job_pb2.FrameSearchCriteria(
            page=1, limit=500, frames=["0001-a"], states={"frame_states": [job_pb2.DEAD]}
        )


class TestLayer:
    def test_cores_travel_as_cores_and_are_given_in_hundredths(self, stock: FarmDouble) -> None:
        api.Layer().setMinCores(250)
        assert stock.requests("Layer/SetMinCores")[0].cores == 2.5

    def test_minimum_cores_and_memory_of_the_tutorial(self) -> None:
        layer = api.Layer(job_pb2.Layer(name="a", min_cores=4, min_memory=8192 * 1024))
        text = f"{layer.name()}: {layer.minimumCores()} cores, {layer.minimumMemory()} MB"
        assert text == "a: 4.0 cores, 8192 MB"

    def test_percent_limits_and_start_after(self) -> None:
        stats = {"succeeded_frames": 1, "total_frames": 4}
        layer = api.Layer(job_pb2.Layer(layer_stats=stats, limits=[""], start_after=0))
        assert (layer.percentCompleted(), layer.limits()) == (25.0, [])
        assert (layer.startAfter(), layer.startAfter("%H")) == (0, "")
        assert api.Layer().percentCompleted() == 0.0

    def test_services_the_server_does_not_know_are_none(self, stock: FarmDouble) -> None:
        stock.answers["Service/GetService"] = [
            {"service": {"name": "maya"}},
            RefusalError(grpc.StatusCode.NOT_FOUND),
        ]
        maya, arnold = api.Layer(job_pb2.Layer(services=["maya", "arnold"])).services()
        assert maya is not None
        assert (maya.name(), arnold) == ("maya", None)


class TestJob:
    def test_times_states_and_uid(self) -> None:
        now = int(time.time())
        job = api.Job(job_pb2.Job(start_time=now - 50, stop_time=now - 20, uid=7))
        assert (job.runTime(), job.uid(), api.Job().uid()) == (30, 7, None)
        assert job.startTime("%Y") == time.strftime("%Y")
        assert api.Job().stopTime("%Y") == "--/-- --:--"
        totals = api.Job(job_pb2.Job(job_stats={"dead_frames": 3})).frameStateTotals()
        assert (totals[job_pb2.DEAD], totals[job_pb2.SETUP]) == (3, 0)

    def test_kill_has_a_reason_because_servers_ignore_kills_without(
        self, stock: FarmDouble
    ) -> None:
        api.Job().kill()
        assert stock.requests("Job/Kill")[0].reason

    def test_a_nested_job_acts_as_the_plain_one(self, stock: FarmDouble) -> None:
        nested = api.NestedJob(
            job_pb2.NestedJob(id="1", name="a", stats={"dead_frames": 2}, min_cores=3)
        )
        nested.pause()
        [request] = stock.requests("Job/Pause")
        assert (request.job.id, request.job.min_cores) == ("1", 3)
        assert (nested.deadFrames(), nested.asJob().deadFrames()) == (2, 2)


class TestOthers:
    def test_a_service_override_is_sent_under_its_own_id(self, stock: FarmDouble) -> None:
        message = service_pb2.ServiceOverride(id="o", data={"id": "s", "name": "maya"})
        override = api.ServiceOverride(message)
        override.update()
        [request] = stock.requests("ServiceOverride/Update")
        assert (request.service.id, request.service.name, override.name()) == ("o", "maya", "maya")

    def test_limit_setters_read_the_limit_again(self, stock: FarmDouble) -> None:
        stock.answers["Limit/Get"] = {"limit": {"id": "1", "name": "maya", "max_value": 9}}
        limit = api.Limit()
        limit.setMaxValue(9)
        assert (limit.maxValue(), stock.names()) == (9, ["Limit/SetMaxValue", "Limit/Get"])

    @pytest.mark.parametrize("name", filter_pb2.ActionType.keys())
    def test_every_action_carries_a_value_of_its_kind(self, stock: FarmDouble, name: str) -> None:
        value = api.Group() if name.endswith("_GROUP") else 5
        api.Filter().createAction(filter_pb2.ActionType.Value(name), value)
        [request] = stock.requests("Filter/CreateAction")
        action = api.Action(request.data)
        if name == "STOP_PROCESSING":
            assert (action.value(), action.name()) == (None, "STOP_PROCESSING")
        else:
            assert action.value() in {"", "5", 5, True}

    def test_a_deed_is_deleted_as_a_deed(self, stock: FarmDouble) -> None:
        api.Deed().delete()
        assert stock.names() == ["Deed/Delete"]

    def test_nested_hosts_groups_and_procs(self) -> None:
        host = api.NestedHost(host_pb2.NestedHost(procs={"nested_procs": [{"name": "h/1/0"}]}))
        assert host.children()[0].name() == "h/1/0"
        group = api.NestedGroup(
            job_pb2.NestedGroup(
                name="g",
                stats={"waiting_frames": 2, "depend_frames": 3},
                inline_jobs=[{"name": "j"}],
                groups={"nested_groups": [{"name": "sub"}]},
            )
        )
        assert (group.totalPending(), group.asGroup().totalPending()) == (5, 5)
        assert [job.name() for job in group.inlineJobs()] == ["j"]
        assert [sub.name() for sub in group.children()] == ["sub"]

    def test_host_sums(self) -> None:
        host = api.Host(host_pb2.Host(cores=8, idle_cores=6, boot_time=10))
        assert host.coresReserved() == 2
        assert api.Host.hasHostRebootedSince(host, 5)
        assert not api.Host.hasHostRebootedSince(host, 15)

    def test_show_defaults_are_cores(self) -> None:
        show = api.Show(show_pb2.Show(default_max_cores=20))
        assert (show.defaultMaxProcs(), show.defaultMaxCores()) == (20, 20)


class TestUtil:
    def test_ids_names_and_logs(self) -> None:
        job = api.Job(job_pb2.Job(id="1", name="a", log_dir="/logs"))
        frame = api.Frame(job_pb2.Frame(number=3, layer_name="x"))
        assert opencue.id(job) == "1"
        assert opencue.id([job, "2"]) == ["1", "2"]
        assert (opencue.rep(job), opencue.rep(api.Comment()), opencue.rep(5)) == ("a", "", "5")
        assert opencue.logPath(job) == "/logs"
        assert opencue.logPath(job, frame) == "/logs/a.0003-x.rqlog"

    def test_proxy_asks_the_server(self, stock: FarmDouble) -> None:
        stock.answers["Job/GetJob"] = {"job": {"name": "a"}}
        assert opencue.proxy(api.Job(), "Job").job.name == "a"
        assert len(opencue.proxy(["1", "2"], "Job")) == 2
        with pytest.raises(ValueError, match="no proxy for 'Chair'"):
            opencue.proxy("1", "Chair")

    @given(st.integers(0, 400_000))
    def test_durations_read_back(self, seconds: int) -> None:
        hours, minutes, rest = map(int, util.secondsToHHMMSS(seconds).split(":"))
        assert hours * 3600 + minutes * 60 + rest == seconds
        assert util.secondsToHMMSS(seconds).lstrip("0:") in util.secondsToHHMMSS(seconds)
        assert util.secondsToHHHMM(seconds) == f"{hours:03d}:{minutes:02d}"

    def test_memory_and_times_as_text(self) -> None:
        texts = [util.convert_mem(kb) for kb in (5, 2048, 1024 * 1024 * 3)]
        assert texts == ["5K", "2M", "3.0G"]
        assert util.convert_mem(1024 * 1024, "M") == "1024M"
        with pytest.raises(ValueError, match="expected K, M or G"):
            util.convert_mem(1, "T")
        assert util.dateToMMDDHHMM(0) == "--/-- --:--"
        assert util.secondsDiffToHMMSS(100, 3800) == "1:01:40"

    @given(st.text(max_size=30))
    def test_reserved_cores_never_fail(self, text: str) -> None:
        assert isinstance(reserved_cores(text), float)


class TestWhatServersWouldTakeAndNobodyWants:
    @pytest.mark.parametrize("increase", [0, -1])
    def test_a_reservation_that_cannot_grow(self, stock: FarmDouble, increase: int) -> None:
        message = service_pb2.Service(name="comp", min_memory_increase=increase)
        service, show = api.Service(message), api.Show(show_pb2.Show(name="dev"))

        for call in (service.create, service.update, lambda: show.createServiceOverride(message)):
            with pytest.raises(MemoryIncreaseError, match=f"'comp': .* of {increase} KB"):
                call()
        with pytest.raises(MemoryIncreaseError, match="above 0"):
            service.setMinMemoryIncrease(increase)

        assert stock.names() == []

    @pytest.mark.parametrize("part", [api.Action(), api.Matcher()])
    def test_a_part_of_no_filter(self, stock: FarmDouble, part: Any) -> None:
        with pytest.raises(NotStoredError, match=r"belongs to no filter yet; make it with create"):
            part.commit()

        assert stock.names() == []


class TestFilters:
    def test_blanks_are_taken_out_of_what_a_matcher_looks_for(self, stock: FarmDouble) -> None:
        api.Filter().createMatcher(filter_pb2.SHOT, filter_pb2.IS, "shot 010 ")
        api.Matcher(filter_pb2.Matcher(id="1")).setInput("a b")

        [made], [changed] = stock.requests("Filter/CreateMatcher"), stock.requests("Matcher/Commit")
        assert (made.data.input, changed.matcher.input) == ("shot010", "ab")

    @pytest.mark.parametrize(
        "group", [job_pb2.Group(id="g1"), api.Group(job_pb2.Group(id="g1")), "g1"]
    )
    def test_a_group_is_given_as_such_as_its_message_or_by_id(
        self, stock: FarmDouble, group: Any
    ) -> None:
        api.Action(filter_pb2.Action(id="1")).setTypeAndValue(filter_pb2.MOVE_JOB_TO_GROUP, group)

        [request] = stock.requests("Action/Commit")
        assert request.action.group_value == "g1"

    def test_messages_have_pycue_s_names(self) -> None:
        from opencue.wrappers import filter as module

        assert (module.ActionData, module.MatcherData) == (filter_pb2.Action, filter_pb2.Matcher)
        assert module.FilterData is filter_pb2.Filter


def test_jobs_of_a_tree_move_to_a_group(stock: FarmDouble) -> None:
    nested = api.NestedJob(job_pb2.NestedJob(id="1", name="a"))

    api.Group(job_pb2.Group(id="g")).reparentJobs([nested, api.Job(job_pb2.Job(id="2"))])

    [request] = stock.requests("Group/ReparentJobs")
    assert [job.id for job in request.jobs.jobs] == ["1", "2"]


@pytest.mark.parametrize(
    "given", [["g1", "g2"], [job_pb2.Group(id="g1"), api.Group(job_pb2.Group(id="g2"))]]
)
def test_messages_are_found_by_ids_messages_and_wrappers(stock: FarmDouble, given: Any) -> None:
    stock.answers["Group/GetGroup"] = lambda request: {"group": {"id": request.id}}

    found = opencue.proxy(given, "Group")

    assert [each.group.id for each in found] == ["g1", "g2"]


def test_names_of_the_tutorials(stock: FarmDouble) -> None:
    job = api.Job(job_pb2.Job(start_time=7))
    frame = api.Frame(job_pb2.Frame(retry_count=2, reserved_memory=3072))

    assert (job.date_submitted(), job.dateSubmitted()) == (7, 7)
    assert (frame.retryCount(), frame.reservedMemory()) == (2, 3.0)


def test_a_changed_override_goes_to_the_server_under_its_own_id(stock: FarmDouble) -> None:
    message = {"id": "o1", "data": {"id": "s1", "name": "comp"}}
    stock.answers["Show/GetServiceOverrides"] = {
        "service_overrides": {"service_overrides": [message]}
    }
    [override] = api.Show().getServiceOverrides()

    override.data.min_cores = 200
    override.update()

    [request] = stock.requests("ServiceOverride/Update")
    assert (override.data.name, override.name()) == ("comp", "comp")
    assert (request.service.id, request.service.min_cores) == ("o1", 200)


class TestHistory:
    def test_what_is_not_asked_for_is_not_sent(self, stock: FarmDouble) -> None:
        from opencue.wrappers import monitoring

        job = {"name": "a", "final_state": job_pb2.FINISHED, "total_frames": 3}
        stock.answers["Monitoring/GetJobHistory"] = {"jobs": [job]}
        span = monitoring.TimeRange(1, 2)

        [found] = monitoring.getJobHistory(shows=["dev"], time_range=span, page_size=5)

        [request] = stock.requests("Monitoring/GetJobHistory")
        assert (list(request.shows), request.time_range.end_time, request.page_size) == (
            ["dev"],
            2,
            5,
        )
        assert (repr(found), found.totalFrames, found.finalState) == ("HistoricalJob(a)", 3, 1)

    @pytest.mark.parametrize(
        ("ask", "answer", "shown"),
        [
            ("getFrameHistory", {"frames": [{"name": "f"}]}, "HistoricalFrame(f)"),
            ("getLayerHistory", {"layers": [{"name": "l", "tags": ["x"]}]}, "HistoricalLayer(l)"),
            (
                "getLayerMemoryHistory",
                {"records": [{"layer_name": "l", "timestamp": 4}]},
                "LayerMemoryRecord(l@4)",
            ),
            (
                "getFarmStatistics",
                {"statistics": [{"snapshot_time": 5, "show_stats": [{"show": "dev"}]}]},
                "FarmStatistics(5)",
            ),
        ],
    )
    def test_every_field_of_a_record_can_be_read(
        self, stock: FarmDouble, ask: str, answer: Any, shown: str
    ) -> None:
        from opencue.wrappers import monitoring

        stock.answers[f"Monitoring/{ask[0].upper()}{ask[1:]}"] = answer
        [record] = getattr(monitoring, ask)(*(["l"] if "Memory" in ask else []))

        fields = [name for name in dir(record) if not name.startswith("_")]
        assert [getattr(record, name) for name in fields]
        assert repr(record) == shown
