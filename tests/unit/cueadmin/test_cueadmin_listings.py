"""Every listing: what it asks for and how it looks."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import grpc
import pytest
from farm_double import FarmDouble, RefusalError
from hypothesis import given
from hypothesis import strategies as st
from opencue_proto import depend_pb2, host_pb2

from cueadmin import depends
from cueadmin import format as text_format
from cueadmin.depends import Edge, cycles_of

NOT_FOUND = RefusalError(grpc.StatusCode.NOT_FOUND)
GB = 1024 * 1024


def jobs(*names: str, **fields: Any) -> dict[str, Any]:
    return {"jobs": {"jobs": [{"id": name, "name": name, **fields} for name in names]}}


class TestJobs:
    def test_names_one_per_line(self, stock: FarmDouble, run: Any) -> None:
        stock.answers["Job/GetJobs"] = jobs("b", "a")
        ran = run("-lj")
        assert (ran.code, ran.out) == (0, "b\na\n")
        assert run("-laj", "--json").out == '[\n  "b",\n  "a"\n]\n'

    @pytest.mark.parametrize("flags", [["-lj", "x"], ["-lj", "-q", "x"], ["-lji", "x"]])
    def test_texts_search_names(self, stock: FarmDouble, run: Any, flags: list[str]) -> None:
        stock.answers["Job/GetJobs"] = jobs("axb")
        assert "axb" in run(*flags).out
        assert list(stock.requests("Job/GetJobs")[0].r.substr) == ["x"]

    def test_a_text_no_name_contains_may_be_the_name_the_script_gave(
        self, stock: FarmDouble, run: Any
    ) -> None:
        stock.answers["Job/FindJob"] = {"job": {"id": "1", "name": "show-shot-me_my_job"}}
        assert run("-lj", "my-job").out == "show-shot-me_my_job\n"
        assert stock.requests("Job/FindJob")[0].name == "my-job"

    @pytest.mark.parametrize("flag", ["-lj", "-lji"])
    def test_nothing_found_is_told_and_has_its_code(
        self, stock: FarmDouble, run: Any, flag: str
    ) -> None:
        stock.answers["Job/FindJob"] = NOT_FOUND
        ran = run(flag, "nope")
        assert (ran.code, ran.out, ran.err) == (5, "", "cueadmin: no job 'nope'\n")
        assert run(flag).code == 0

    def test_table(self, stock: FarmDouble, run: Any) -> None:
        stats = {"running_frames": 3, "reserved_cores": 4.5, "waiting_frames": 96}
        stock.answers["Job/GetJobs"] = jobs(
            "show-shot-me_job", group="me", is_paused=True, priority=5, min_cores=1,
            max_cores=200, job_stats=stats,
        )  # fmt: skip
        header, row, *_ = run("-lji").out.splitlines()
        columns = (0, 57, 73, 79, 87, 96, 102, 111)
        assert [header[:56].rstrip(), *header[57:].split()] == [
            "Job", "Group", "Booked", "Cores", "Wait", "Pri", "MinCores", "MaxCores",
        ]  # fmt: skip
        assert row[:56].rstrip() == "show-shot-me_job [paused]"
        assert row[57:].split() == ["me", "3", "4.50", "96", "5", "1.00", "200.00"]
        assert row[columns[1] :].startswith("me ")

    def test_long_names_are_cut(self, stock: FarmDouble, run: Any) -> None:
        stock.answers["Job/GetJobs"] = jobs("x" * 80)
        row = run("-lji").out.splitlines()[1]
        assert row.split()[0] == "x" * 50 + ".."


def record(layer: str, on: str, **fields: Any) -> dict[str, Any]:
    found = {"id": "1", "layer": layer, "on": on, "type": "FRAME_BY_FRAME"}
    return found | {"outcome": "succeeded", "active": True, "left": 2, "text": ""} | fields


class TestDependencies:
    def test_follow_the_table_within_five_lines(self, cuelet: FarmDouble, run: Any) -> None:
        cuelet.answers["Job/GetJobs"] = jobs("the_job")
        cuelet.answers["Farm/GetDepends"] = {
            "depends": [
                record("beauty", "prep", left=60),
                record("cleanup", "beauty", type="LAYER_ON_LAYER", outcome="finished", left=1),
                record("comp", "beauty", active=False, left=0),
            ]
        }
        lines = run("-lji", "the_job").out.splitlines()
        at = next(number for number, line in enumerate(lines) if "Dependencies" in line)
        assert lines[at : at + 6] == [
            "Dependencies of the_job: 3, 2 active, no cycles",
            "  beauty waits for prep (frame by frame): active, 60 frames left waiting",
            "  cleanup waits for beauty (whole layer, success or failure): active, 1 frame left waiting",
            "  comp waits for beauty (frame by frame): satisfied",
        ]
        assert cuelet.requests("Farm/GetDepends") == [{"job_id": "the_job"}]

    def test_cycles_are_spelled_out(self, cuelet: FarmDouble, run: Any) -> None:
        cuelet.answers["Job/GetJobs"] = jobs("j")
        cuelet.answers["Farm/GetDepends"] = {"depends": [record("a", "b"), record("b", "a")]}
        out = run("-lji", "j").out
        assert "Dependencies of j: 2, 2 active, 1 cycle\n" in out
        assert "  CYCLE, can never start: a waits for b waits for a\n" in out

    def test_a_stock_server_is_asked_in_its_own_words(self, stock: FarmDouble, run: Any) -> None:
        stock.answers["Job/GetJobs"] = jobs("j")
        same = {"depend_er_job": "j", "depend_on_job": "j", "active": True}
        other = {"depend_er_job": "j", "depend_on_job": "k"}
        stock.answers["Job/GetDepends"] = {
            "depends": {
                "depends": [
                    same | {"type": depend_pb2.LAYER_ON_LAYER, "depend_er_layer": "b",
                            "depend_on_layer": "a"},
                    other | {"type": depend_pb2.LAYER_ON_LAYER, "depend_er_layer": "b",
                             "depend_on_layer": "x"},
                    other | {"type": depend_pb2.JOB_ON_JOB, "active": True},
                ]
            }
        }  # fmt: skip
        stock.answers["Job/GetJob"] = {"job": {"name": "j", "job_stats": {"depend_frames": 3}}}
        layer = {"name": "b", "layer_stats": {"depend_frames": 2}}
        stock.answers["Job/GetLayers"] = {"layers": {"layers": [layer]}}
        assert run("-lji").out.splitlines()[-4:] == [
            "Dependencies of j: 3, 2 active, no cycles",
            "  b waits for a (whole layer): active, 2 frames left waiting",
            "  b waits for k/x (whole layer): satisfied",
            "  j waits for k (whole job on whole job): active, 3 frames left waiting",
        ]

    def test_a_job_without_says_so(self, stock: FarmDouble, run: Any) -> None:
        stock.answers["Job/GetJobs"] = jobs("j")
        assert run("-lji").out.endswith("\nDependencies of j: none\n")

    def test_as_data(self, cuelet: FarmDouble, run: Any) -> None:
        cuelet.answers["Job/GetJobs"] = jobs("j", job_stats={"rendered_core_sec": 2**40})
        cuelet.answers["Farm/GetDepends"] = {"depends": [record("a", "b"), record("b", "a")]}
        [found] = json.loads(run("-lji", "--json").out)
        assert (found["name"], found["state"]) == ("j", "PENDING")
        assert found["job_stats"]["rendered_core_sec"] == 2**40
        assert found["cycles"] == [["a", "b", "a"]]
        assert found["dependencies"][0] == {
            "layer": "a", "on": "b", "type": "FRAME_BY_FRAME", "outcome": "succeeded",
            "active": True, "left": 2,
        }  # fmt: skip


def edge(layer: str, on: str, **fields: Any) -> Edge:
    defaults: dict[str, Any] = {"type": "LAYER_ON_LAYER", "outcome": "succeeded"}
    return Edge(layer=layer, on=on, **(defaults | {"active": True, "left": None} | fields))


class TestCycles:
    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))))
    def test_there_is_one_exactly_when_something_waits_for_itself(
        self, pairs: list[tuple[int, int]]
    ) -> None:
        found = cycles_of(edge(str(er), str(on)) for er, on in pairs)
        reach = {(er, on) for er, on in pairs}
        for _ in range(10):
            reach |= {(a, d) for a, b in reach for c, d in reach if b == c}
        assert bool(found) == any(a == b for a, b in reach)
        for names in found:
            steps = itertools.pairwise(names)
            assert names[0] == names[-1]
            assert all((int(er), int(on)) in pairs for er, on in steps)

    def test_long_chains_need_no_recursion(self) -> None:
        assert cycles_of(edge(str(n), str(n + 1)) for n in range(5000)) == []

    def test_previous_frames_and_satisfied_edges_make_none(self) -> None:
        assert cycles_of([edge("a", "a", type="PREVIOUS_FRAME")]) == []
        assert cycles_of([edge("a", "b"), edge("b", "a", active=False)]) == []

    def test_unknown_kinds_are_still_readable(self) -> None:
        assert "(some new kind)" in edge("a", "b", type="SOME_NEW_KIND").sentence()

    def test_every_kind_has_words(self) -> None:
        assert set(depend_pb2.DependType.keys()) <= set(depends._WORDS)


PROC = {
    "name": "render01/2.00/0", "reserved_cores": 2, "used_memory": GB, "reserved_memory": 4 * GB,
    "job_name": "j", "frame_name": "0001-a", "log_path": "/logs/a",
}  # fmt: skip


class TestProcs:
    @pytest.mark.parametrize("flag", ["-lp", "-lap"])
    def test_table(self, stock: FarmDouble, run: Any, flag: str) -> None:
        started = int(time.time()) - 3661
        stock.answers["Proc/GetProcs"] = {"procs": {"procs": [PROC | {"dispatch_time": started}]}}
        header, row = run(flag).out.splitlines()
        assert header.split() == [
            "Host", "Cores", "Memory", "Job", "/", "Frame", "Start", "Runtime",
        ]  # fmt: skip
        assert row.startswith("render01   2.00    1.0G of 4.0G (25.00%)    j ")
        assert row.rstrip().endswith(("01:01:01", "01:01:02", "01:01:03"))

    def test_no_reservation_is_no_division_by_zero(self, stock: FarmDouble, run: Any) -> None:
        stock.answers["Proc/GetProcs"] = {"procs": {"procs": [{"name": "h/1/0"}]}}
        assert run("-lp").code == 0

    @pytest.mark.parametrize("flag", ["-ll", "-lal"])
    def test_logs(self, stock: FarmDouble, run: Any, flag: str) -> None:
        stock.answers["Proc/GetProcs"] = {"procs": {"procs": [PROC]}}
        assert run(flag).out == "/logs/a\n"
        assert json.loads(run(flag, "--json").out) == ["/logs/a"]

    def test_filters(self, stock: FarmDouble, run: Any) -> None:
        stock.answers["Job/FindJob"] = {"job": {"name": "show-shot-me_j"}}
        run(
            "-lp", "show", "-host", "h", "-alloc", "a", "-job", "j", "-memory", "gt2",
            "-duration", "1-2", "-limit", "9",
        )  # fmt: skip
        criteria = stock.requests("Proc/GetProcs")[0].r
        assert (list(criteria.shows), list(criteria.hosts)) == (["show"], ["h"])
        assert (list(criteria.jobs), list(criteria.allocs)) == (["show-shot-me_j"], ["a"])
        assert criteria.memory_range[0].min == 2 * GB
        assert (criteria.duration_range[0].min, criteria.max_results[0]) == (3600, 9)

    @pytest.mark.parametrize(
        "flags", [["-limit", "0"], ["-limit", "x"], ["-memory", "lots"], ["-duration", "x-y"]]
    )
    def test_filters_that_make_no_sense(
        self, stock: FarmDouble, run: Any, flags: list[str]
    ) -> None:
        ran = run("-lp", *flags)
        assert (ran.code, ran.err.count("\n")) == (2, 1)


HOST = {
    "name": "render01", "load": 150, "cores": 8, "idle_cores": 6, "memory": 16 * GB,
    "idle_memory": 14 * GB, "os": "linux", "alloc_name": "lax.a", "free_memory": 2048,
}  # fmt: skip


class TestHosts:
    def test_table(self, stock: FarmDouble, run: Any) -> None:
        booted = int(time.time()) - 90_000
        stock.answers["Host/GetHosts"] = {"hosts": {"hosts": [HOST | {"boot_time": booted}]}}
        header, row = run("-lh").out.splitlines()
        assert header.startswith("Host            Load NIMBY freeMem")
        assert row.split() == [
            "render01", "150", "False", "2M", "0K", "0K", "8.0", "16.0G", "[", "6.00", "/",
            "14.0G", "]", "linux", "01:01", "UP", "OPEN", "lax.a", "AUTO",
        ]  # fmt: skip

    def test_states_unknown_to_this_client_are_numbers(self, stock: FarmDouble, run: Any) -> None:
        stock.answers["Host/GetHosts"] = {"hosts": {"hosts": [HOST | {"state": 77}]}}
        assert " 77 " in run("-lh").out

    def test_filters_and_order(self, stock: FarmDouble, run: Any) -> None:
        stock.answers["Host/GetHosts"] = {
            "hosts": {
                "hosts": [
                    {"name": "b", "idle_cores": 1},
                    {"name": "a", "idle_cores": 2},
                    {"name": "c", "lock_state": host_pb2.LOCKED},
                ]
            }
        }
        ran = run("-lh", "x", "-state", "up", "REPAIR", "-alloc", "lax.a")
        assert [row.split()[0] for row in ran.out.splitlines()[1:]] == ["a", "b", "c"]
        criteria = stock.requests("Host/GetHosts")[0].r
        assert (list(criteria.substr), list(criteria.allocs)) == (["x"], ["lax.a"])
        assert list(criteria.states.state) == [host_pb2.UP, host_pb2.REPAIR]
        idle = run("-lh", "-sort-idle", "-lock-state", "open").out.splitlines()[1:]
        assert [row.split()[0] for row in idle] == ["a", "b"]
        locked = json.loads(run("-lh", "-lock-state", "LOCKED", "--json").out)
        assert [host["name"] for host in locked] == ["c"]

    @pytest.mark.parametrize("flags", [["-state", "ASLEEP"], ["-lock-state", "AJAR"]])
    def test_unknown_states(self, stock: FarmDouble, run: Any, flags: list[str]) -> None:
        assert run("-lh", *flags).code == 2

    def test_nothing_found(self, stock: FarmDouble, run: Any) -> None:
        assert run("-lh", "nope").code == 5
        assert run("-lh").code == 0


class TestOthers:
    def test_shows(self, stock: FarmDouble, run: Any) -> None:
        stats = {"reserved_cores": 1.5, "running_frames": 2, "pending_frames": 3, "pending_jobs": 4}
        stock.answers["Show/GetShows"] = {
            "shows": {"shows": [{"name": "demo", "active": True, "show_stats": stats}]}
        }
        header, row = run("-ls").out.splitlines()
        assert header.split() == [
            "Show", "Active", "ReservedCores", "RunningFrames", "PendingFrames", "PendingJobs",
        ]  # fmt: skip
        assert row.split() == ["demo", "True", "1.50", "2", "3", "4"]
        assert json.loads(run("-ls", "--json").out)[0]["show_stats"]["pending_jobs"] == 4

    def test_allocations_by_facility(self, stock: FarmDouble, run: Any) -> None:
        stats = {"running_cores": 1, "available_cores": 2, "cores": 3, "hosts": 4}
        stock.answers["Allocation/GetAll"] = {
            "allocations": {
                "allocations": [
                    {"name": "z.a", "facility": "z"},
                    {"name": "a.b", "facility": "a", "tag": "t", "stats": stats},
                ]
            }
        }
        _, first, second = run("-la").out.splitlines()
        assert first.split() == ["a.b", "t", "1.00", "2.00", "3.0", "4", "0", "0", "False"]
        assert second.startswith("z.a ")

    @pytest.mark.parametrize("flags", [["-lb", "demo"], ["-lba", "lax.a"]])
    def test_subscriptions(self, stock: FarmDouble, run: Any, flags: list[str]) -> None:
        stock.answers["Show/FindShow"] = {"show": {"name": "demo"}}
        found = {
            "subscriptions": {
                "subscriptions": [
                    {"allocation_name": "lax.a", "show_name": "demo", "size": 1000, "burst": 2000,
                     "reserved_cores": 200}
                ]
            }
        }  # fmt: skip
        stock.answers["Show/GetSubscriptions"] = stock.answers["Allocation/GetSubscriptions"] = (
            found
        )
        title, header, row = run(*flags).out.splitlines()
        wanted = "demo" if flags[0] == "-lb" else "All Shows"
        assert title == f"Subscriptions for {wanted}"
        assert header.split() == ["Allocation", "Show", "Size", "Burst", "Run", "Used"]
        assert row.split() == ["lax.a", "demo", "10.0", "20.0", "2.00", "20.00%"]
        assert json.loads(run(*flags, "--json").out)[0]["burst"] == 2000

    def test_services(self, stock: FarmDouble, run: Any) -> None:
        maya = {"name": "maya", "threadable": True, "min_cores": 100, "min_memory": 2048 * 1024,
                "tags": ["general", "desktop"]}  # fmt: skip
        stock.answers["Service/GetDefaultServices"] = {"services": {"services": [maya]}}
        stock.answers["Show/GetServiceOverrides"] = {
            "service_overrides": {"service_overrides": [{"id": "1", "data": maya}]}
        }
        header, row = run("-lv").out.splitlines()
        assert header.startswith("Name                 Can Thread   Min Cores Units")
        assert row.rstrip().split(None, 5) == [
            "maya",
            "True",
            "100",
            "2048",
            "MB",
            "general | desktop",
        ]
        assert run("-lv", "demo").out.splitlines()[1] == row
        assert stock.requests("Show/FindShow")[0].name == "demo"


class TestFormat:
    @given(st.integers(0, 10**7))
    def test_days_and_hours_read_back(self, seconds: int) -> None:
        days, hours = map(int, text_format.formatLongDuration(seconds).split(":"))
        assert 0 <= seconds - days * 86_400 - hours * 3_600 < 3_600

    @given(st.text(max_size=40), st.integers(3, 30))
    def test_cut_never_exceeds_its_length(self, text: str, length: int) -> None:
        cut = text_format.cutoff(text, length)
        assert len(cut) <= length
        assert cut == text or cut.endswith("..")

    def test_times(self) -> None:
        assert text_format.formatTime(0) == "--/-- --:--"
        assert text_format.formatTime(None, default="never") == "never"
        assert text_format.findDuration(40, 50) == 10
        assert text_format.formatDuration(3661.5) == "01:01:01"

    @pytest.mark.parametrize(
        ("kb", "unit", "text"),
        [
            (1023, None, "1023K"),
            (2048, None, "2M"),
            (GB * 3 // 2, None, "1.5G"),
            (GB, "M", "1024M"),
        ],
    )
    def test_memory(self, kb: int, unit: str | None, text: str) -> None:
        assert text_format.formatMem(kb, unit) == text
