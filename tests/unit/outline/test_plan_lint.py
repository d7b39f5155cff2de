from __future__ import annotations

import os
import pwd
from typing import Any

import pytest

import outline
from outline import Layer, Outline
from outline.depend import DependType
from outline.exception import SpecError, UnknownLayerError
from outline.io import FileSpec
from outline.modules.shell import Shell
from outline.planning.errors import finding_from_error
from outline.planning.lint.codes import CODES
from outline.planning.model import Finding, Host, Plan, Severity

MACHINE = (Host(name="box", cores=8, memory_mb=16384),)
FARM = (Host(name="blade1", cores=16, memory_mb=65536, gpus=1, tags=("general", "linux")),)


def job(**more: Any) -> Outline:
    return Outline("lint", shot="shot010", show="demo", user="kim", **more)


def shell(ol: Outline, name: str, **args: Any) -> Shell:
    args.setdefault("command", ["render", "#IFRAME#"])
    args.setdefault("range", "1-10")
    layer = Shell(name, **args)
    ol.add_layer(layer)
    return layer


def planned(ol: Outline, **more: Any) -> Plan:
    more.setdefault("use_pycuerun", False)
    if more.get("backend", "cuelet") != "cue":
        more.setdefault("hosts", MACHINE)
    return outline.plan(ol, **more)


def found(ol: Outline, code: str, **more: Any) -> list[Finding]:
    """Return the findings of a code; the code has to exist."""
    assert code in CODES
    return [each for each in planned(ol, **more).findings if each.code == code]


def one(ol: Outline, code: str, **more: Any) -> Finding:
    (finding,) = found(ol, code, **more)
    return finding


@pytest.fixture
def clean() -> Outline:
    """Return a job about which there is nothing to say."""
    ol = job()
    first = shell(ol, "first")
    shell(ol, "second").depend_on(first)
    return ol


def test_a_clean_job_has_no_findings(clean: Outline) -> None:
    assert planned(clean).findings == ()


@pytest.fixture
def kim(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be kim, whose number is 2001."""
    entry = pwd.struct_passwd(("kim", "x", 2001, 2001, "", "/home/kim", "/bin/sh"))
    monkeypatch.setattr(os, "getuid", lambda: 2001)
    monkeypatch.setattr(pwd, "getpwuid", {2001: entry}.__getitem__)
    monkeypatch.setattr(pwd, "getpwnam", {"kim": entry}.__getitem__)


@pytest.mark.usefixtures("kim")
def test_of_a_clean_job_a_cuebot_only_lacks_this_shell(clean: Outline) -> None:
    (finding,) = planned(clean, backend="cue").findings

    assert (finding.code, finding.severity) == ("P810", Severity.INFO)
    assert "there render has to be found" in finding.message


@pytest.mark.usefixtures("kim")
def test_a_clean_job_through_pycuerun_has_no_findings_on_a_cuebot(clean: Outline) -> None:
    assert planned(clean, backend="cue", use_pycuerun=True).findings == ()


# The definition.


def test_p002_a_layer_without_its_argument() -> None:
    ol = job()
    ol.add_layer(Shell("bare", range="1-2"))

    finding = one(ol, "P002")

    assert finding.severity is Severity.ERROR
    assert finding.layer == "bare"
    assert finding.remedy.startswith("give it command=")


def test_p002_more_cores_at_least_than_at_most() -> None:
    ol = job()
    layer = shell(ol, "odd")
    layer.set_min_cores(4)
    layer.set_max_cores(2)

    assert "max_cores" in one(ol, "P002").message


def test_p003_no_layers() -> None:
    assert one(job(), "P003").severity is Severity.ERROR


class Preparing(Layer):
    def _setup(self) -> None:
        raise AssertionError("a plan runs no setup")


def test_p005_a_setup_of_the_script() -> None:
    ol = job()
    ol.add_layer(Preparing("prepares", range="1"))
    shell(ol, "plain")

    finding = one(ol, "P005", use_pycuerun=True)

    assert (finding.layer, finding.severity) == ("prepares", Severity.INFO)


# Edges.


def test_p101_a_circle_names_every_layer_of_it() -> None:
    ol = job()
    for name, on in (("aaa", "bbb"), ("bbb", "ccc"), ("ccc", "aaa")):
        shell(ol, name, require=on)

    finding = one(ol, "P101")

    assert finding.severity is Severity.ERROR
    assert all(name in finding.message for name in ("aaa", "bbb", "ccc"))
    assert planned(ol).critical_path is None


def test_p101_leaning_on_previous_frames_of_each_other_is_no_circle() -> None:
    ol = job()
    one_layer, other = shell(ol, "one-sim"), shell(ol, "other-sim")
    one_layer.depend_previous(other)
    other.depend_previous(one_layer)

    assert found(ol, "P101") == []
    assert planned(ol).critical_path is not None


def test_p102_the_previous_frame_of_a_lone_frame() -> None:
    ol = job()
    first = shell(ol, "first", range="1")
    second = shell(ol, "second", range="1")
    second.depend_previous(first)

    finding = one(ol, "P102")

    assert finding.severity is Severity.WARNING
    assert "guards nothing" in finding.message


def test_p102_a_depend_that_a_stricter_one_makes_needless() -> None:
    ol = job()
    first = shell(ol, "first")
    second = shell(ol, "second")
    second.depend_on(first)
    second.depend_all(first)

    assert "FRAME_BY_FRAME" in one(ol, "P102").message


def test_p102_success_is_stricter_than_the_end() -> None:
    ol = job()
    first = shell(ol, "first")
    second = shell(ol, "second")
    second.depend_finished(first)
    second.depend_on(first)

    assert found(ol, "P102") == []


def test_p102_a_post_layer() -> None:
    ol = job()
    first = shell(ol, "first")
    shell(ol, "after-all", range="1", type="Post").depend_on(first)

    assert "Post" in one(ol, "P102").message


def test_p103_no_frame_has_a_counterpart() -> None:
    ol = job()
    first = shell(ol, "first", range="1-10")
    shell(ol, "second", range="11-20").depend_on(first)

    finding = one(ol, "P103")

    assert finding.severity is Severity.WARNING
    assert "11-20" in finding.message
    assert "1-10" in finding.message


def test_p104_some_frames_have_no_counterpart() -> None:
    ol = job()
    first = shell(ol, "first", range="1-10")
    shell(ol, "second", range="1-12").depend_on(first)

    finding = one(ol, "P104")

    assert finding.severity is Severity.INFO
    assert "11-12" in finding.message
    assert "2 of its 12" in finding.message
    assert found(ol, "P103") == []


def test_p103_p104_lone_frames_have_no_counterparts_by_nature() -> None:
    ol = job()
    prep = shell(ol, "prep", range="1")
    render = shell(ol, "render", range="1001-1010")
    review = shell(ol, "review", range="1")
    render.depend_on(prep)
    review.depend_on(render)

    assert found(ol, "P103") == found(ol, "P104") == []


def test_p105_a_depend_on_a_layer_that_is_not_there() -> None:
    ol = job()
    shell(ol, "render", require="prepp")

    finding = one(ol, "P105")

    assert (finding.severity, finding.layer) == (Severity.ERROR, "render")


# Frames.


def test_p201_ranges_without_a_frame_in_common() -> None:
    ol = job(frame_range="101-110")
    shell(ol, "render", range="1-10")
    shell(ol, "other", range="101-110")

    plan = planned(ol)

    assert [(each.code, each.layer) for each in plan.findings] == [("P201", "render")]
    assert [each.name for each in plan.layers] == ["other"]


def test_p202_frames_of_a_layer_that_the_outline_leaves_out() -> None:
    ol = job(frame_range="1-10")
    shell(ol, "render", range="1-20")

    finding = one(ol, "P202")

    assert finding.severity is Severity.WARNING
    assert "11-20" in finding.message


def test_p202_is_no_more_than_a_note_when_the_launch_narrows_the_range() -> None:
    ol = job()
    shell(ol, "render", range="1-20")

    assert one(ol, "P202", range="1-10").severity is Severity.INFO


def test_p202_frames_of_the_outline_in_no_layer() -> None:
    ol = job(frame_range="1-10")
    shell(ol, "render", range="1-8")
    shell(ol, "other", range="2-6x2")

    finding = one(ol, "P202")

    assert "9-10" in finding.message
    assert finding.layer is None


def test_p202_layers_that_share_the_outline_cover_it() -> None:
    ol = job(frame_range="1-10")
    shell(ol, "odds", range="1-10x2")
    shell(ol, "evens", range="2-10x2")

    assert found(ol, "P202") == []


def test_p203_a_frame_named_twice() -> None:
    ol = job()
    shell(ol, "render", range="1-5,4-8")
    shell(ol, "other", range="1-5,6-8")

    finding = one(ol, "P203")

    assert finding.layer == "render"
    assert "2 frames more than once" in finding.message


def test_p204_a_command_with_tokens_of_both_kinds() -> None:
    ol = job()
    mixed = ["render", "#FRAME_START#", "#FRAME_END#", "-o", "out.#ZFRAME#.exr"]
    shell(ol, "mixed", command=mixed, chunk=5)
    shell(ol, "mixed-single", command=mixed, chunk=1)
    shell(ol, "by-chunk", command=["render", "#FRAMESPEC#"], chunk=5)
    shell(ol, "by-frame", chunk=5)

    assert one(ol, "P204").layer == "mixed"


def test_p205_a_command_without_a_frame() -> None:
    ol = job()
    shell(ol, "blind", command=["render", "all"])
    shell(ol, "lone", command=["render", "all"], range="7")
    shell(ol, "told", command=["render", "all"], env={"FRAME": "#IFRAME#"})

    finding = one(ol, "P205")

    assert (finding.layer, finding.severity) == ("blind", Severity.INFO)


# Limits.


def test_p301_too_many_frames_for_a_cuebot() -> None:
    ol = job()
    shell(ol, "many", range="1-100001")

    assert one(ol, "P301").severity is Severity.INFO
    assert one(ol, "P301", backend="cue").severity is Severity.ERROR
    assert found(ol, "P304", backend="cue") == [], "the same thing is said once"


def test_p301_chunks_count_once() -> None:
    ol = job()
    shell(ol, "many", range="1-100001", chunk=2, command=["render", "#FRAMESPEC#"])

    assert found(ol, "P301", backend="cue") == []


def test_p302_too_many_layers() -> None:
    ol = job()
    for number in range(2001):
        shell(ol, f"layer{number}", range="1")

    assert one(ol, "P302").severity is Severity.ERROR


def test_p302_as_many_layers_as_may_be() -> None:
    ol = job()
    for number in range(2000):
        shell(ol, f"layer{number}", range="1")

    assert found(ol, "P302") == []


def test_p303_retries_on_a_cuebot() -> None:
    ol = job()
    shell(ol, "patient").set_retry_count(3)

    finding = one(ol, "P303", backend="cue")

    assert "every layer gets 3" in finding.message
    assert finding.remedy == "give all layers the same number"
    assert found(ol, "P303") == [], "the embedded farm keeps them"


def test_p303_more_retries_than_opencue_lets_anybody_set() -> None:
    ol = job()
    shell(ol, "patient").set_retry_count(16)

    assert "every layer gets 15" in one(ol, "P303", backend="cue").message


def test_p303_one_retry_is_kept_everywhere() -> None:
    ol = job()
    shell(ol, "patient").set_retry_count(1)

    assert found(ol, "P303", backend="cue") == []


def test_p303_retries_differ_between_layers() -> None:
    ol = job()
    shell(ol, "patient").set_retry_count(1)
    shell(ol, "hasty").set_retry_count(0)

    assert "are per job" in one(ol, "P303", backend="cue").message


def test_p304_a_negative_frame_on_a_cuebot() -> None:
    ol = job()
    shell(ol, "pre-roll", range="-5-5")

    assert "negative" in one(ol, "P304", backend="cue").message
    assert found(ol, "P304") == []


def test_p304_a_command_that_is_too_long_for_a_cuebot() -> None:
    ol = job()
    shell(ol, "long", command=["echo", "x" * 4001, "#IFRAME#"])

    assert one(ol, "P304", backend="cue").layer == "long"


def test_p305_waiting_for_the_end_whatever_the_outcome() -> None:
    ol = job()
    render = shell(ol, "render")
    shell(ol, "cleanup", range="1").depend_on(render, DependType.LAYER_ON_LAYER)

    finding = one(ol, "P305", backend="cue")

    assert (finding.layer, finding.severity) == ("cleanup", Severity.WARNING)
    assert found(ol, "P305") == []


def test_p305_chunks_of_a_command_for_one_frame() -> None:
    ol = job()
    shell(ol, "render", chunk=5)

    assert "chunk 5 became 1" in one(ol, "P305", backend="cue").message
    assert planned(ol, backend="cue").layers[0].chunk == 1
    assert planned(ol).layers[0].chunk == 5


# Resources.


@pytest.mark.parametrize(
    "args", [{"cores": 20}, {"memory": "128g"}, {"gpus": 2}, {"tags": ["windows"]}]
)
def test_p401_what_no_host_of_a_farm_has(args: dict[str, Any]) -> None:
    ol = job()
    shell(ol, "greedy", **args)

    finding = one(ol, "P401", backend="cue", hosts=FARM)

    assert (finding.layer, finding.severity) == ("greedy", Severity.WARNING)
    assert found(ol, "P401", backend="cue") == [], "nobody knows the hosts"
    assert found(ol, "P401") == [], "the embedded farm lowers it"


def test_p401_what_a_host_has_exactly() -> None:
    ol = job()
    shell(ol, "fits", cores=16, memory="64g", gpus=1, tags=["linux", "windows"])

    assert found(ol, "P401", backend="cue", hosts=FARM) == []


@pytest.mark.parametrize("backend", ["cuelet", "local"])
def test_p402_what_the_machine_lowers(backend: str) -> None:
    ol = job()
    shell(ol, "greedy", cores=16, memory="32g")
    shell(ol, "fits", cores=8, memory="16g")
    shell(ol, "silent")

    finding = one(ol, "P402", backend=backend)

    assert (finding.layer, finding.severity) == ("greedy", Severity.INFO)
    assert "16 cores and 32,768 MB" in finding.message
    assert "8 cores and 16,384 MB" in finding.message


def test_p402_counts_what_a_frame_would_reserve() -> None:
    ol = job()
    shell(ol, "single", cores=16, threadable=False)
    shell(ol, "all-but-one", cores=-1)

    assert found(ol, "P402") == [], "the first gets one core, the second seven of eight"


# Environment, outputs, names.


def test_p501_equal_signs_in_values() -> None:
    ol = job()
    ol.set_env("OPTIONS", "a=1")
    shell(ol, "render").set_env("FLAGS", "--x=2")
    shell(ol, "other").set_env("PLAIN", "value")

    messages = [each.message for each in found(ol, "P501")]

    assert len(messages) == 2
    assert "OPTIONS" in messages[0]
    assert "FLAGS" in messages[1]


@pytest.mark.parametrize(
    ("path", "its_path"),
    [
        ("/out/log.txt", "/out/../out/log.txt"),
        (FileSpec("/out/b.####.exr"), FileSpec("/out/./b.####.exr")),
        (FileSpec("/out/b.1-5#.exr"), FileSpec("/out/b.5-9#.exr")),
    ],
)
def test_p601_two_layers_write_the_same_files(path: Any, its_path: Any) -> None:
    ol = job()
    shell(ol, "first").add_output("out", path)
    shell(ol, "second").add_output("out", its_path)

    finding = one(ol, "P601")

    assert finding.severity is Severity.WARNING
    assert "first and second" in finding.message


def test_p601_frames_of_their_own() -> None:
    ol = job()
    shell(ol, "odds", range="1-10x2").add_output("out", FileSpec("/out/b.#.exr"))
    shell(ol, "evens", range="2-10x2").add_output("out", FileSpec("/out/b.#.exr"))
    shell(ol, "other").add_output("out", FileSpec("/out/c.#.exr"))

    assert found(ol, "P601") == []


def test_p701_names_that_opencue_spells_otherwise() -> None:
    ol = job()
    shell(ol, "Beauty-Pass")
    shell(ol, "plain")

    finding = one(ol, "P701")

    assert finding.severity is Severity.INFO
    assert "Beauty-Pass -> beauty_pass" in finding.message
    assert "plain" not in finding.message


def test_several_mistakes_are_all_found() -> None:
    ol = job(frame_range="1-10")
    shell(ol, "lost", range="20-30")
    shell(ol, "waits", require="nobody")
    ol.add_layer(Shell("bare"))

    assert {each.code for each in planned(ol).findings} >= {"P201", "P105", "P002"}


def test_findings_come_worst_first_and_end_in_a_way_out() -> None:
    ol = job(frame_range="1-10")
    shell(ol, "a-cut", range="1-20", command=["no", "frame"])
    shell(ol, "waits", require="nobody")

    findings = planned(ol).findings

    assert [each.severity for each in findings] == sorted(
        (each.severity for each in findings), reverse=True
    )
    assert all(each.remedy for each in findings)
    assert [each.to_dict()["way_out"] for each in findings] == [each.remedy for each in findings]
    assert "remedy" not in findings[0].to_dict(), "readers of the JSON know the old key"


def test_a_finding_tells_problem_and_remedy_of_an_error_by_its_fields() -> None:
    unknown = UnknownLayerError(
        thing="layer 'a' depends on 'b'", name="b", outline="c", known="its layers: a; it"
    )
    found = finding_from_error(unknown)
    assert found.message == "layer 'a' depends on 'b': no layer 'b' in outline 'c'"
    assert found.remedy == "name one of its layers: a; it"
    assert str(unknown) == f"{found.message}; its layers: a; it"
    reason = SpecError(thing="layer 'a'", reason="one; two")
    assert finding_from_error(reason).message == "layer 'a': one; two", "no half of it is a remedy"


class NoWork(Layer):
    """A class whose author forgot to say what its frames do."""


class Works(Layer):
    def _execute(self, frames: object) -> None:
        pass


def test_work_that_a_constructor_sets_is_work() -> None:
    class Sets(Layer):
        def __init__(self, name: str, **args: Any) -> None:
            super().__init__(name, **args)
            self._execute = print  # type: ignore[method-assign] # what this test is about

    ol = Outline("sets", frame_range="1-2")
    ol.add_layer(Sets("works"))

    assert not found(ol, "P208")


def test_layers_whose_frames_do_nothing_are_found() -> None:
    ol = Outline("idle", frame_range="1-2")
    ol.add_layer(NoWork("idle"))
    checks = NoWork("checks")
    checks.add_output("image", "/tmp/a.#.exr")
    holder = NoWork("holder")
    holder.add_child(Works("inside"))
    for layer in (checks, holder, Works("works")):
        ol.add_layer(layer)

    finding = one(ol, "P208")

    assert "layer idle: class NoWork has no _execute" in finding.message
    assert finding.severity is Severity.WARNING
