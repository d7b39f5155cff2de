"""Every operation: what it asks, what it sends, and what it never does by halves."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from farm_double import FarmDouble, RefusalError
from opencue_proto import depend_pb2, host_pb2, job_pb2

NOT_FOUND = RefusalError(grpc.StatusCode.NOT_FOUND, "no such thing")

# flags, the question asked (None: none), and the last call with some of its fields
OPERATIONS: list[tuple[list[str], str | None, str, dict[str, Any]]] = [
    (["-create-alloc", "lax", "big", "tag"],
     "Create new allocation lax.big, with tag tag", "Allocation/Create",
     {"name": "big", "tag": "tag", "facility.name": "lax"}),
    (["-delete-alloc", "lax.a"], "Delete allocation lax.a", "Allocation/Delete",
     {"allocation.name": "lax.a"}),
    (["-rename-alloc", "lax.a", "lax.b"], "Rename allocation from lax.a to lax.b",
     "Allocation/SetName", {"allocation.name": "lax.a", "name": "b"}),
    (["-rename-alloc", "lax.a", "b"], "Rename allocation from lax.a to b",
     "Allocation/SetName", {"name": "b"}),
    (["-transfer", "lax.a", "lax.b"], "Transfer hosts from lax.a to lax.b",
     "Allocation/ReparentHosts", {"allocation.name": "lax.b"}),
    (["-tag-alloc", "lax.a", "t"], "Re-tag allocation lax.a with t", "Allocation/SetTag",
     {"tag": "t"}),
    (["-create-show", "s"], "Create new show s", "Show/CreateShow", {"name": "s"}),
    (["-delete-show", "s"], "Delete show s", "Show/Delete", {"show.name": "s"}),
    (["-disable-show", "s"], "Disable show s", "Show/SetActive", {"value": False}),
    (["-enable-show", "s"], "Enable show s", "Show/SetActive", {"value": True}),
    (["-dispatching", "s", "on"], None, "Show/EnableDispatching", {"enabled": True}),
    (["-dispatching", "s", "OFF"], "Disable dispatching on s", "Show/EnableDispatching",
     {"enabled": False}),
    (["-booking", "s", "on"], None, "Show/EnableBooking", {"enabled": True}),
    (["-booking", "s", "off"], "Disable booking on s", "Show/EnableBooking", {"enabled": False}),
    (["-default-min-cores", "s", "2"], "Set the default min cores to: 2",
     "Show/SetDefaultMinCores", {"min_cores": 2.0}),
    (["-default-max-cores", "s", "2.5"], "Set the default max cores to: 2.5",
     "Show/SetDefaultMaxCores", {"max_cores": 2.5}),
    (["-archive-show", "s", "t"], "Archive show s to t", "Show/Archive",
     {"show.name": "s", "target_show_name": "t"}),
    (["-scheduler-managed", "s", "on"], "Enable scheduler-managed accounting on s",
     "Show/SetSchedulerManaged", {"enabled": True}),
    (["-lock", "-host", "h1"], None, "Host/Lock", {"host.name": "h1"}),
    (["-unlock", "-host", "h1"], None, "Host/Unlock", {"host.name": "h1"}),
    (["-move", "lax.a", "-host", "h1"], "Move 1 hosts to lax.a", "Host/SetAllocation",
     {"host.name": "h1", "allocation_id": "lax.a"}),
    (["-delete-host", "-host", "h1"], "Delete 1 hosts", "Host/Delete", {"host.name": "h1"}),
    (["-safe-reboot", "-hm", "h"], "Lock and reboot 2 hosts when idle", "Host/RebootWhenIdle",
     {"host.name": "h2"}),
    (["-thread", "all", "-host", "h1"], "Set 1 hosts to thread mode all", "Host/SetThreadMode",
     {"mode": host_pb2.ALL}),
    (["-repair", "-host", "h1"], "Set 1 hosts into the Repair state", "Host/SetHardwareState",
     {"state": host_pb2.REPAIR}),
    (["-fixed", "-host", "h1"], "Set 1 hosts into the Up state", "Host/SetHardwareState",
     {"state": host_pb2.UP}),
    (["-create-sub", "s", "lax.a", "10", "20"], "Create subscription for s on lax.a",
     "Show/CreateSubscription", {"allocation_id": "lax.a", "size": 10.0, "burst": 20.0}),
    (["-delete-sub", "s", "lax.a"], "Delete s's subscription to lax.a", "Subscription/Delete",
     {"subscription.name": "lax.a.s"}),
    (["-size", "s", "lax.a", "200"], None, "Subscription/SetSize",
     {"subscription.name": "lax.a.s", "new_size": 200}),
    (["-burst", "s", "lax.a", "300"], None, "Subscription/SetBurst", {"burst": 300}),
    (["-pause", "j"], None, "Job/Pause", {"job.name": "j"}),
    (["-unpause", "j"], None, "Job/Resume", {"job.name": "j"}),
    (["-kill", "j"], "Kill 1 job(s)", "Job/Kill", {"job.name": "j"}),
    (["-retry", "j"], "Retry dead frames for 1 job(s)", "Job/RetryFrames", {"job.name": "j"}),
    (["-drop-depends", "j"], "Drop all dependencies for 1 job(s)", "Job/DropDepends",
     {"target": depend_pb2.ANY_TARGET}),
    (["-set-min-cores", "j", "3"], "Set min cores for j to 3.00", "Job/SetMinCores", {"val": 3.0}),
    (["-set-max-cores", "j", "3.5"], "Set max cores for j to 3.50", "Job/SetMaxCores",
     {"val": 3.5}),
    (["-priority", "j", "7"], "Set priority for j to 7", "Job/SetPriority", {"val": 7}),
]  # fmt: skip
IDS = [" ".join(flags) for flags, *_ in OPERATIONS]


def field_of(message: Any, path: str) -> Any:
    for name in path.split("."):
        message = getattr(message, name)
    return message


@pytest.mark.parametrize(("flags", "question", "method", "fields"), OPERATIONS, ids=IDS)
class TestEveryOperation:
    def test_is_carried_out_when_agreed(
        self,
        farm: FarmDouble,
        run: Any,
        flags: list[str],
        question: str | None,
        method: str,
        fields: dict[str, Any],
    ) -> None:
        ran = run(*flags, answer="y\n")
        assert ran.code == 0
        asked = f"Please confirm. {question}? [y/n] " if question else ""
        assert (ran.out.partition("[y/n] ")[1], ran.err) == ("[y/n] " if asked else "", "")
        assert ran.out.startswith(asked)
        name, request = farm.calls[-1]
        assert name == method
        assert {path: field_of(request, path) for path in fields} == fields

    @pytest.mark.parametrize("answer", ["n\n", ""])
    def test_is_not_carried_out_when_refused(
        self,
        farm: FarmDouble,
        run: Any,
        flags: list[str],
        question: str | None,
        method: str,
        fields: dict[str, Any],
        answer: str,
    ) -> None:
        ran = run(*flags, answer=answer)
        if question:
            assert (ran.code, ran.out.endswith("[y/n] Canceled\n")) == (1, True)
            assert method not in farm.names()

    def test_asks_nothing_when_forced(
        self,
        farm: FarmDouble,
        run: Any,
        flags: list[str],
        question: str | None,
        method: str,
        fields: dict[str, Any],
    ) -> None:
        ran = run(*flags, "-force")
        assert (ran.code, ran.err) == (0, "")
        assert method in farm.names()


class TestJobs:
    def test_a_kill_carries_a_reason(self, farm: FarmDouble, run: Any) -> None:
        run("-kill", "a", "b", "-force")
        assert all("cueadmin" in request.reason for request in farm.requests("Job/Kill"))
        assert len(farm.requests("Job/Kill")) == 2

    @pytest.mark.parametrize("flags", [["-retry", "a"], ["-retry-all"]])
    def test_a_retry_touches_dead_frames_only(
        self, farm: FarmDouble, run: Any, flags: list[str]
    ) -> None:
        farm.answers["Job/GetJobs"] = {"jobs": {"jobs": [{"name": "a"}]}}
        run(*flags, "-force")
        [request] = farm.requests("Job/RetryFrames")
        assert list(request.req.states.frame_states) == [job_pb2.DEAD]

    def test_all_jobs_can_be_killed(self, farm: FarmDouble, run: Any) -> None:
        farm.answers["Job/GetJobs"] = {"jobs": {"jobs": [{"id": "1"}, {"id": "2"}]}}
        ran = run("-kill-all", answer="y\n")
        assert ran.out == "Please confirm. Kill ALL jobs? [y/n] "
        assert [request.job.id for request in farm.requests("Job/Kill")] == ["1", "2"]

    def test_nothing_to_kill_asks_nothing(self, farm: FarmDouble, run: Any) -> None:
        assert run("-kill-all").code == 0

    @pytest.mark.parametrize("flag", ["-pause", "-unpause", "-kill", "-retry", "-drop-depends"])
    def test_one_unknown_name_leaves_all_untouched(
        self, farm: FarmDouble, run: Any, flag: str
    ) -> None:
        farm.answers["Job/FindJob"] = [{"job": {"name": "a"}}, NOT_FOUND]
        ran = run(flag, "a", "nope", "-force")
        assert ran.code == 5
        assert ran.err.startswith("cueadmin: no job 'nope', pending or ended")
        assert [name for name in farm.names() if name != "Job/GetJobs"] == [
            "Job/FindJob",
            "Job/FindJob",
        ]

    def test_a_failure_in_the_middle_says_how_far_it_came(self, farm: FarmDouble, run: Any) -> None:
        denied = RefusalError(grpc.StatusCode.PERMISSION_DENIED, "not yours")
        farm.answers["Job/Pause"] = [None, denied]
        ran = run("-pause", "a", "b", "c")
        assert ran.code == 6
        assert "not yours" in ran.err
        assert "(done before: 1 of 3)" in ran.err


def depend(number: int, on: str, *, is_active: bool = True) -> dict[str, Any]:
    return {"id": str(number), "depend_on_layer": on, "active": is_active}


class TestSatisfyDependency:
    @pytest.fixture
    def layered(self, farm: FarmDouble) -> FarmDouble:
        names = ("beauty_render", "final_composite")
        layers = [{"id": name, "name": name} for name in names]
        farm.answers["Job/GetLayers"] = {"layers": {"layers": layers}}
        depends = [depend(1, "beauty"), depend(2, "shadow"), depend(3, "old", is_active=False)]
        farm.answers["Layer/GetWhatThisDependsOn"] = {"depends": {"depends": depends}}
        return farm

    @pytest.mark.parametrize("name", ["final-composite", "final_composite", "Final-Composite"])
    def test_releases_the_layer_however_it_is_spelled(
        self, layered: FarmDouble, run: Any, name: str
    ) -> None:
        ran = run("-satisfy-dependency", "job-name", name)
        assert (ran.code, ran.out) == (0, "final_composite no longer waits for beauty, shadow\n")
        assert [request.depend.id for request in layered.requests("Depend/Satisfy")] == ["1", "2"]

    def test_a_layer_that_waits_for_nothing_stays_as_it_is(
        self, layered: FarmDouble, run: Any
    ) -> None:
        layered.answers["Layer/GetWhatThisDependsOn"] = None
        ran = run("-satisfy-dependency", "job-name", "beauty-render")
        assert (ran.code, ran.out) == (0, "beauty_render waits for nothing\n")
        assert layered.requests("Depend/Satisfy") == []

    def test_an_unknown_layer_names_those_there_are(self, layered: FarmDouble, run: Any) -> None:
        ran = run("-satisfy-dependency", "job-name", "nope")
        assert ran.code == 5
        wanted = "no layer of job-name named 'nope'; there are: beauty_render, final_composite"
        assert ran.err == f"cueadmin: {wanted}\n"


class TestOthers:
    def test_a_created_allocation_is_named(self, farm: FarmDouble, run: Any) -> None:
        farm.answers["Allocation/Create"] = {"allocation": {"name": "lax.big"}}
        ran = run("-create-alloc", "lax", "big", "tag", "-force")
        assert ran.out == "Created allocation: lax.big\n"

    def test_a_burst_can_be_a_share_of_the_size(self, farm: FarmDouble, run: Any) -> None:
        farm.answers["Subscription/Find"] = {"subscription": {"size": 1000}}
        run("-burst", "s", "lax.a", "20%")
        assert farm.requests("Subscription/SetBurst")[0].burst == 1200

    @pytest.mark.parametrize("flag", ["-lock", "-unlock", "-delete-host", "-repair", "-fixed"])
    def test_host_operations_want_hosts(self, farm: FarmDouble, run: Any, flag: str) -> None:
        ran = run(flag, "-force")
        assert (ran.code, "-hostmatch" in ran.err) == (2, True)
        assert farm.names() == []

    def test_an_unknown_host_stops_everything(self, farm: FarmDouble, run: Any) -> None:
        farm.answers["Host/GetHosts"] = {"hosts": {"hosts": [{"name": "h1"}]}}
        ran = run("-lock", "-host", "h1", "nope")
        assert (ran.code, ran.err) == (5, "cueadmin: no host 'nope'\n")
        assert "Host/Lock" not in farm.names()
        farm.answers["Host/GetHosts"] = None
        assert run("-lock", "-hostmatch", "x").code == 5

    @pytest.mark.parametrize(
        "flags",
        [
            ["-booking", "s", "perhaps"],
            ["-default-min-cores", "s", "many"],
            ["-set-max-cores", "j", "nan"],
            ["-priority", "j", "1.5"],
            ["-size", "s", "lax.a", "-5"],
            ["-size", "s", "lax.a", "x"],
            ["-burst", "s", "lax.a", "x%"],
            ["-thread", "sometimes", "-host", "h1"],
            ["-create-sub", "s", "lax.a", "x", "1"],
        ],
    )
    def test_values_that_make_no_sense_are_usage_errors(
        self, farm: FarmDouble, run: Any, flags: list[str]
    ) -> None:
        ran = run(*flags, "-force")
        assert ran.code == 2
        assert ran.err.startswith("cueadmin: ")
        assert ran.err.count("\n") == 1
        assert farm.names() == []

    def test_an_allocation_that_is_not_there_may_lack_its_facility(
        self, farm: FarmDouble, run: Any
    ) -> None:
        farm.answers["Subscription/Find"] = NOT_FOUND
        ran = run("-size", "s", "general", "5")
        assert ran.code == 2
        assert "'general' has no facility; write it like facility.allocation" in ran.err
        assert run("-size", "s", "lax.general", "5").code == 5

    @pytest.mark.parametrize(
        ("text", "burst"), [("50%", 300), ("33%", 266), ("-10%", 180), ("0%", 200), ("7", 7)]
    )
    def test_a_burst_may_be_a_share_of_the_size(
        self, farm: FarmDouble, run: Any, text: str, burst: int
    ) -> None:
        farm.answers["Subscription/Find"] = {"subscription": {"name": "s", "size": 200}}
        assert run("-burst", "s", "lax.a", text).code == 0
        assert farm.requests("Subscription/SetBurst")[-1].burst == burst

    def test_no_burst_is_below_nothing(self, farm: FarmDouble, run: Any) -> None:
        farm.answers["Subscription/Find"] = {"subscription": {"name": "s", "size": 200}}
        assert run("-burst", "s", "lax.a", "-101%").code == 2
