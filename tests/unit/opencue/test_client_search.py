"""Search options and the criteria they become."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from farm_double import FarmDouble
from hypothesis import given
from hypothesis import strategies as st
from opencue_proto import host_pb2, job_pb2

from opencue import api, search
from opencue.search import (
    FrameSearch,
    HostSearch,
    JobSearch,
    ProcSearch,
    SearchOptionError,
    range_from_text,
)

GB = 1024 * 1024


class TestRange:
    @given(st.integers(0, 10_000), st.integers(0, 10_000))
    def test_of_two_numbers(self, low: int, high: int) -> None:
        assert range_from_text(f"{low}-{high}", GB, option="memory") == (low * GB, high * GB)

    @given(st.integers(0, 10_000))
    def test_a_bare_number_is_a_minimum(self, low: int) -> None:
        bare = range_from_text(str(low), 3600, option="duration")
        assert bare == range_from_text(f"gt{low}", 3600, option="duration")
        assert bare == (low * 3600, 2**31 - 1)
        assert range_from_text(f"lt{low}", 3600, option="duration") == (0, low * 3600)

    def test_may_be_fractional(self) -> None:
        assert range_from_text("0.5-1.5", GB, option="memory") == (GB // 2, GB * 3 // 2)

    @given(st.text(max_size=12))
    def test_anything_else_is_refused_by_name(self, text: str) -> None:
        with contextlib.suppress(SearchOptionError):
            low, high = range_from_text(text, GB, option="memory")
            assert (type(low), type(high)) == (int, int)

    @pytest.mark.parametrize("text", ["", "-", "a", "1-", "-1-2", "gt", "lt", "1e999", "nan"])
    def test_the_refusal_names_the_option(self, text: str) -> None:
        with pytest.raises(SearchOptionError, match="search option memory="):
            range_from_text(text, GB, option="memory")


class TestProcs:
    def test_all_options(self) -> None:
        criteria = ProcSearch.criteriaFromOptions(
            host=["h"], job="j", layer=["l"], show=("s",), alloc=["a"], memory="5-10",
            memory_less_than="5", memory_greater_than=2, duration=["1-2", "gt5"], limit=7, offset=3,
        )  # fmt: skip
        ranges = [(found.min, found.max) for found in criteria.memory_range]
        assert ranges == [(5 * GB, 10 * GB), (0, 5 * GB), (2 * GB, 2**31 - 1)]
        ranges = [(found.min, found.max) for found in criteria.duration_range]
        assert ranges == [(3600, 7200), (18000, 2**31 - 1)]
        assert (list(criteria.jobs), list(criteria.max_results)) == (["j"], [7])
        assert criteria.first_result == 3

    def test_are_found(self, stock: FarmDouble) -> None:
        stock.answers["Proc/GetProcs"] = {"procs": {"procs": [{"name": "h/1.00/0"}]}}
        assert [proc.name() for proc in api.getProcs(limit=5)] == ["h/1.00/0"]


class TestFrames:
    def test_all_options(self) -> None:
        criteria = FrameSearch.criteriaFromOptions(
            id=["1"], name=["0001-a"], frames=["0002-a"], layer=["a"], state=["DEAD", 0],
            range="1-5", memory="1-2", duration="1", page=2, limit=50, offset=5, change_date=9,
            include_finished=True,
        )  # fmt: skip
        assert list(criteria.frames) == ["0001-a", "0002-a"]
        assert list(criteria.states.frame_states) == [job_pb2.DEAD, job_pb2.WAITING]
        assert (criteria.frame_range, criteria.memory_range, criteria.duration_range) == (
            "1-5", "1-2", "1",
        )  # fmt: skip
        assert (criteria.page, criteria.limit, criteria.offset) == (2, 50, 5)

    def test_single_values_are_lists_of_one(self) -> None:
        criteria = FrameSearch.criteriaFromOptions(layer="render", state=job_pb2.DEAD)
        assert (list(criteria.layers), list(criteria.states.frame_states)) == (
            ["render"], [job_pb2.DEAD],
        )  # fmt: skip

    def test_of_a_job_by_range(self, stock: FarmDouble) -> None:
        FrameSearch.byRange(api.Job(job_pb2.Job(name="j")), "1-5")
        [request] = stock.requests("Frame/GetFrames")
        assert (request.job, request.r.frame_range) == ("j", "1-5")


class TestHosts:
    def test_all_options(self) -> None:
        criteria = HostSearch.criteriaFromOptions(
            host=["a"], name=["b"], match=["c"], substr="d", regex=["e"], id=["f"], alloc=["g"],
            state=["UP"], lock_state=[host_pb2.LOCKED], os_filter="rhel",
        )  # fmt: skip
        assert (list(criteria.hosts), list(criteria.substr)) == (["a", "b"], ["c", "d"])
        assert list(criteria.states.state) == [host_pb2.UP]
        assert list(criteria.lock_states.state) == [host_pb2.LOCKED]

    @pytest.mark.parametrize("name", ["byName", "byRegex", "byId", "byMatch", "byAllocation"])
    def test_by_one_thing(self, stock: FarmDouble, name: str) -> None:
        stock.answers["Host/GetHosts"] = {"hosts": {"hosts": [{"name": "h"}]}}
        assert [host.name() for host in getattr(HostSearch, name)(["x"])] == ["h"]


class TestJobs:
    @pytest.mark.parametrize(
        ("name", "field"),
        [
            ("byName", "jobs"),
            ("byId", "ids"),
            ("byRegex", "regex"),
            ("byMatch", "substr"),
            ("byShow", "shows"),
            ("byShot", "shots"),
            ("byUser", "users"),
        ],
    )
    def test_by_one_thing(self, stock: FarmDouble, name: str, field: str) -> None:
        getattr(JobSearch, name)(["x"])
        [request] = stock.requests("Job/GetJobs")
        assert list(getattr(request.r, field)) == ["x"]

    def test_names_only_and_finished_too(self, stock: FarmDouble) -> None:
        stock.answers["Job/GetJobNames"] = {"names": ["a"]}
        assert api.getJobNames(show="s", include_finished=True) == ["a"]
        assert stock.requests("Job/GetJobNames")[0].r.include_finished

    def test_a_search_object_searches(self, stock: FarmDouble) -> None:
        stock.answers["Job/GetJobs"] = {"jobs": {"jobs": [{"name": "a"}]}}
        one = JobSearch(show=["s"])
        assert [job.name for job in one.search().jobs.jobs] == ["a"]
        assert one == JobSearch(show=["s"])
        assert hash(one) == hash(JobSearch(show=["s"]))
        assert one != HostSearch(show=["s"])


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (JobSearch, {"colour": "red"}),
        (JobSearch, {"include_finished": "maybe"}),
        (FrameSearch, {"state": ["ASLEEP"]}),
        (FrameSearch, {"page": "x"}),
        (ProcSearch, {"memory": "a lot"}),
        (ProcSearch, {"limit": "x"}),
    ],
)
def test_what_does_not_fit_is_refused_by_name(kind: Any, options: dict[str, Any]) -> None:
    [name] = options
    with pytest.raises(ValueError, match=name):
        kind.criteriaFromOptions(**options)


def test_options_that_are_none_are_left_out() -> None:
    assert JobSearch.criteriaFromOptions(show=None) == job_pb2.JobSearchCriteria()


def test_lists_can_be_required() -> None:
    search.raiseIfNotList("job", [])
    with pytest.raises(TypeError, match="takes a list"):
        search.raiseIfNotList("job", "a")


def test_the_base_searches_nothing() -> None:
    with pytest.raises(NotImplementedError):
        search.BaseSearch().search()
