"""What other programs import of cueadmin: parser, dispatch, conversions, questions, depends."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from farm_double import FarmDouble, RefusalError
from opencue_proto import criterion_pb2, depend_pb2, filter_pb2, host_pb2, job_pb2

import cueadmin.common
import cueadmin.output
import cueadmin.util
import opencue
from opencue import api

GB = 1024 * 1024
common = cueadmin.common
NOT_FOUND = RefusalError(grpc.StatusCode.NOT_FOUND)


def do(*flags: str) -> None:
    common.handleArgs(common.getParser().parse_args(flags))


class TestDispatch:
    def test_flags_are_carried_out(self, farm: FarmDouble) -> None:
        do("-pause", "j")
        do("-lock", "-host", "h1", "-force")
        assert [name for name in farm.names() if name.startswith(("Job/P", "Host/L"))] == [
            "Job/Pause", "Host/Lock",
        ]  # fmt: skip

    def test_no_flags_ask_for_nothing(self, farm: FarmDouble) -> None:
        do("-force")
        assert farm.names() == []

    @pytest.mark.parametrize("flags", [["-lj", "nope"], ["-lji", "nope"], ["-lh", "nope"]])
    def test_names_that_find_nothing_are_no_error(
        self, stock: FarmDouble, capsys: pytest.CaptureFixture[str], flags: list[str]
    ) -> None:
        do(*flags)
        assert len(capsys.readouterr().out.splitlines()) <= 1

    @pytest.mark.parametrize(
        "flags",
        [["-lock"], ["-priority", "j", "x"], ["-lh", "-state", "asleep"], ["-lp", "-memory", "x"]],
    )
    def test_what_makes_no_sense_is_a_value_error(self, farm: FarmDouble, flags: list[str]) -> None:
        with pytest.raises(ValueError, match=r"-|host"):
            do(*flags, "-force")

    def test_what_the_server_refuses_is_its_error(self, stock: FarmDouble) -> None:
        stock.answers["Job/FindJob"] = NOT_FOUND
        with pytest.raises(opencue.EntityNotFoundException):
            do("-pause", "j")

    def test_a_question_that_is_not_answered_is_no_error(
        self, farm: FarmDouble, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cueadmin.util.input", lambda prompt: "n")
        do("-kill", "j")
        assert "Job/Kill" not in farm.names()

    @pytest.mark.parametrize("flags", [["-lj", "-q", "b", "c"], ["-q", "b", "c", "-lj"]])
    def test_texts_come_before_the_listing_or_after_it(
        self, stock: FarmDouble, flags: list[str]
    ) -> None:
        do(*flags)
        assert list(stock.requests("Job/GetJobs")[0].r.substr) == ["b", "c"]

    def test_errors_are_told_in_a_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        args = common.getParser().parse_args([])
        common.handleParserException(args, ValueError("bad"))
        common.handleParserException(args, KeyError("x"))
        told = capsys.readouterr().err.splitlines()
        assert told == [
            "Error: bad. Try the -verbose or -h flags for more info.", "Error: 'x'.",
        ]  # fmt: skip


class TestNames:
    def test_hosts(self, farm: FarmDouble, caplog: pytest.LogCaptureFixture) -> None:
        farm.answers["Host/GetHosts"] = {"hosts": {"hosts": [{"name": "h1"}]}}
        found = common.resolveHostNames(["h1", "h9"])
        assert [host.name() for host in found] == ["h1"]
        assert "no hosts: ['h9']; going on with ['h1']" in caplog.text
        assert common.resolveHostNames(substr=["h"])[0].name() == "h1"

    def test_shows(self, stock: FarmDouble) -> None:
        stock.answers["Show/FindShow"] = [{"show": {"name": "a"}}, NOT_FOUND]
        assert [show.name() for show in common.resolveShowNames(["a", "b"])] == ["a"]

    @pytest.mark.parametrize("resolve", [common.resolveHostNames, common.resolveShowNames])
    def test_none_at_all_is_an_error(
        self, stock: FarmDouble, resolve: Callable[..., object]
    ) -> None:
        stock.answers["Show/FindShow"] = NOT_FOUND
        with pytest.raises(ValueError, match="no valid"):
            resolve(["x"])


class TestQuestions:
    @pytest.mark.parametrize(
        ("answer", "agreed"), [("y", True), ("Y", True), ("n", False), ("yes", False), ("", False)]
    )
    def test_only_y_is_yes(
        self, monkeypatch: pytest.MonkeyPatch, answer: str, agreed: bool
    ) -> None:
        monkeypatch.setattr("cueadmin.util.input", lambda prompt: answer)
        assert cueadmin.util.promptYesNo("Sure?") is agreed
        assert common.confirm("Do it", False, lambda a, b: a + b, 1, b=2) == (3 if agreed else None)

    def test_nobody_there_is_no(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def closed(prompt: str) -> str:
            raise EOFError

        monkeypatch.setattr("cueadmin.util.input", closed)
        assert cueadmin.util.promptYesNo("Sure?") is False

    def test_force_asks_nothing(self) -> None:
        assert cueadmin.util.promptYesNo("Sure?", force=True)


class TestWaiting:
    @pytest.mark.parametrize(
        ("states", "most", "came", "pauses"),
        [
            ([False, True, True, False], None, True, [4, 10, 15, 15]),
            ([False] * 9, 25, False, [4, 10, 10]),
            ([opencue.CueException("gone"), True, False], None, True, [4, 10, 15]),
        ],
    )
    def test_for_a_job_to_come_and_go(
        self, monkeypatch: pytest.MonkeyPatch, states: list[Any], most: int, came: bool, pauses: Any
    ) -> None:
        slept: list[float] = []
        monkeypatch.setattr("time.sleep", slept.append)

        def is_pending(name: str) -> bool:
            state = states.pop(0)
            if isinstance(state, Exception):
                raise state
            return bool(state)

        monkeypatch.setattr("opencue.api.isJobPending", is_pending)
        assert cueadmin.util.waitOnJobName("A-Job", most) is came
        assert slept == pauses


class TestConversions:
    def test_amounts_and_switches(self) -> None:
        assert common.Convert.gigsToKB(1.5) == 1_572_864
        assert common.Convert.hoursToSeconds(0.5) == 1800
        assert [common.Convert.stringToBoolean(text) for text in ("ON", "true", "off", "x")] == [
            True, True, False, False,
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("convert", "text", "number"),
        [
            (common.Convert.strToMatchSubject, "shot", filter_pb2.SHOT),
            (common.Convert.strToMatchType, "is_not", filter_pb2.IS_NOT),
            (common.Convert.strToActionType, "pause_job", filter_pb2.PAUSE_JOB),
            (common.Convert.strToFrameState, "dead", job_pb2.DEAD),
            (common.Convert.strToHardwareState, "repair", host_pb2.REPAIR),
            (common.Convert.strToThreadMode, "all", host_pb2.ALL),
        ],
    )
    def test_names_of_enums(self, convert: Callable[[str], int], text: str, number: int) -> None:
        assert convert(text) == number
        with pytest.raises(ValueError, match="invalid .*: NO_SUCH; there are "):
            convert("no_such")

    @pytest.mark.parametrize(
        ("given", "found"),
        [
            ("gt2", criterion_pb2.GreaterThanIntegerSearchCriterion(value=2 * GB)),
            ("2", criterion_pb2.GreaterThanIntegerSearchCriterion(value=2 * GB)),
            (2, criterion_pb2.GreaterThanIntegerSearchCriterion(value=2 * GB)),
            ("lt0.5", criterion_pb2.LessThanIntegerSearchCriterion(value=GB // 2)),
            ("1-2", criterion_pb2.InRangeIntegerSearchCriterion(min=GB, max=2 * GB)),
        ],
    )
    def test_ranges_of_whole_numbers(self, given: Any, found: Any) -> None:
        assert common.handleIntCriterion(given, common.Convert.gigsToKB) == [found]
        assert common.handleIntCriterion(found) == [found]

    def test_ranges_of_fractions(self) -> None:
        [found] = common.handleFloatCriterion("0.5-1.5")
        assert (found.min, found.max) == (0.5, 1.5)

    def test_no_range_and_what_is_none(self) -> None:
        assert common.handleIntCriterion(None) == common.handleIntCriterion("") == []
        with pytest.raises(ValueError, match="invalid integer search input"):
            common.handleIntCriterion(["x"])

    def test_criteria_are_accepted_by_the_search_of_procs(self, stock: FarmDouble) -> None:
        for text in ("gt1", "lt1", "1-2"):
            memory = common.handleIntCriterion(text, common.Convert.gigsToKB)
            api.getProcs(memory=memory, limit=0)
        ranges = [request.r.memory_range[0] for request in stock.requests("Proc/GetProcs")]
        assert [(each.min, each.max) for each in ranges] == [
            (GB, 2**31 - 1), (0, GB), (GB, 2 * GB),
        ]  # fmt: skip


class TestActions:
    @pytest.mark.parametrize("kind", filter_pb2.ActionType.keys())
    def test_every_type_takes_a_value_of_its_kind(self, stock: FarmDouble, kind: str) -> None:
        stock.answers["Group/GetGroup"] = lambda request: {"group": {"id": request.id}}
        value: Any = "g1" if kind == "MOVE_JOB_TO_GROUP" else "x" if kind.endswith("TAGS") else 1
        action = common.ActionUtil.factory(kind.lower(), value)
        read = common.ActionUtil.getValue(api.Action(action))
        assert read == (None if kind == "STOP_PROCESSING" else value)

    def test_unknown_types_are_refused(self) -> None:
        with pytest.raises(ValueError, match="invalid action type"):
            common.ActionUtil.factory("explode", 1)
        with pytest.raises(TypeError, match="invalid action type"):
            common.ActionUtil.setValue(filter_pb2.Action(type=999), 1)


class TestDepends:
    def test_all_of_a_job_are_dropped_and_those_of_a_layer_satisfied(
        self, stock: FarmDouble
    ) -> None:
        depend = {"depends": {"depends": [{"id": "d1"}]}}
        for kind in ("Job", "Layer", "Frame"):
            stock.answers[f"{kind}/GetWhatThisDependsOn"] = depend
        common.DependUtil.dropAllDepends("j")
        common.DependUtil.dropAllDepends("j", "l")
        common.DependUtil.dropAllDepends("j", "l", 0)
        assert stock.names().count("Depend/Satisfy") == 3
        assert [request.target for request in stock.requests("Job/DropDepends")] == [
            depend_pb2.ANY_TARGET
        ]
        assert "Frame/FindFrame" in stock.names()

    def test_are_made(self, stock: FarmDouble) -> None:
        common.DependUtil.createJobOnJobDepend("a", "b")
        common.DependUtil.createLayerOnLayerDepend("a", "x", "b", "y")
        common.DependUtil.createFrameByFrameDepend("a", "x", "b", "y")
        made = [name for name in stock.names() if "Create" in name]
        assert made == [
            "Job/CreateDependencyOnJob", "Layer/CreateDependencyOnLayer",
            "Layer/CreateFrameByFrameDependency",
        ]  # fmt: skip

    def test_types_have_names(self) -> None:
        assert common.DependUtil.parseDependType("job_on_job") == depend_pb2.JOB_ON_JOB
        with pytest.raises(ValueError, match="Invalid dependency type: nope"):
            common.DependUtil.parseDependType("nope")
        depend = api.Depend(depend_pb2.Depend(type=depend_pb2.LAYER_ON_LAYER, active=True))
        assert common.DependUtil.formatDependStatus(depend) == "LAYER_ON_LAYER [ACTIVE]"

    @pytest.mark.parametrize("active", [True, False])
    def test_hold_or_not(self, stock: FarmDouble, active: bool) -> None:
        found = {"depends": {"depends": [{"id": "d", "active": active}]}}
        stock.answers["Job/GetWhatThisDependsOn"] = found
        assert common.DependUtil.checkDependSatisfaction("j") is not active

    def test_a_circle_of_two_is_seen(self, stock: FarmDouble) -> None:
        stock.answers["Job/FindJob"] = lambda request: {"job": {"name": request.name}}
        awaited = {"depends": {"depends": [{"id": "d", "depend_on_job": "a"}]}}
        stock.answers["Job/GetWhatThisDependsOn"] = awaited
        assert common.DependUtil.detectCircularDepend("a", "a")
        assert common.DependUtil.detectCircularDepend("a", "b")
        assert not common.DependUtil.detectCircularDepend("c", "b")


class TestTables:
    def test_a_job(self, stock: FarmDouble, capsys: pytest.CaptureFixture[str]) -> None:
        stats = {"total_frames": 5, "succeeded_frames": 3}
        layer = {"name": "beauty", "tags": ["a", "b"], "layer_stats": stats}
        stock.answers["Job/GetLayers"] = {"layers": {"layers": [layer]}}
        job = api.Job(job_pb2.Job(name="j", is_paused=True, min_cores=1, max_cores=2))
        cueadmin.output.displayJobInfo(job)
        out = capsys.readouterr().out
        assert "\n        state: PAUSED\n" in out
        assert "\nMin/Max cores: 1.00 / 2.00\n" in out
        assert "\nbeauty  (5 frames, 3 done)\n" in out
        assert "   tags: a | b\n" in out

    def test_frames(self, capsys: pytest.CaptureFixture[str]) -> None:
        ran = job_pb2.Frame(
            name="0001-beauty", state=job_pb2.DEAD, start_time=100, stop_time=3761,
            exit_status=2, retry_count=1, max_rss=2048, last_resource="h/1.0/0",
        )  # fmt: skip
        cueadmin.output.displayFrames([api.Frame(ran), api.Frame(job_pb2.Frame(name="f"))])
        _, rule, first, second = capsys.readouterr().out.splitlines()
        assert set(rule) == {"-"}
        assert first.split()[:3] == ["0001-beauty", "DEAD", "h/1.0/0"]
        assert first.split()[-4:] == ["01:01:01", "2M", "1", "2"]
        assert second.split() == [
            "f",
            "WAITING",
            "--/--",
            "--:--",
            "--/--",
            "--:--",
            "0K",
            "0",
            "0",
        ]

    def test_a_thousand_frames_may_not_be_all(self, capsys: pytest.CaptureFixture[str]) -> None:
        cueadmin.output.displayFrames([api.Frame()] * 1000)
        assert capsys.readouterr().out.splitlines()[-1].startswith("Warning: these are the first")


def test_input_can_be_replaced_by_tests_of_scripts() -> None:
    assert cueadmin.util.input is builtins.input
