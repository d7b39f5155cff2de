"""Reading job specs: the wire's units, every depend type, and what the extension overrides."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cuelet.core.values.errors import InvalidSpecError
from cuelet.rpc.spec.job import parse_spec
from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec, Outcome, WireDependType
from outline.jobspec.reservation import DEFAULT_MEMORY_MB


def spec(
    layer: str = "",
    *,
    job: str = "",
    top: str = "",
    depends: str = "",
    extension: dict[str, Any] | None = None,
) -> JobSpec:
    """Return the job of a spec with two layers, `main-layer` and `other`."""
    own = f"<cuelet>{json.dumps(extension)}</cuelet>" if extension else ""
    (read,) = parse_spec(
        f"<spec>{top}<show>show</show><shot>SH-10</shot><user>me</user><job name='My-Job'>{job}<layers>"
        f"<layer name='Main-Layer' type='Render'><cmd>do</cmd><range>1-10</range>{layer}</layer>"
        "<layer name='other' type='Util'><cmd>true</cmd><range>1-10</range></layer>"
        f"</layers></job><depends>{depends}</depends>{own}</spec>"
    )
    return read


def main(text: str = "", extension: dict[str, Any] | None = None) -> LayerSpec:
    own = {"version": 1, "layers": {"main_layer": extension}} if extension is not None else None
    return spec(text, extension=own).layers[0]


@pytest.mark.parametrize(
    ("text", "cores"),
    [
        ("", 1.0),
        ("<cores>2</cores>", 0.02),
        ("<cores>200</cores>", 2.0),
        ("<cores>2.0</cores>", 2.0),
        ("<cores>.5</cores>", 0.5),
        ("<cores>0</cores>", 0.0),
        ("<cores>-1.0</cores>", -1.0),
        ("<cores> 1.5 </cores>", 1.5),
    ],
)
def test_cores_with_a_dot_are_cores_and_without_one_core_points(text: str, cores: float) -> None:
    assert main(text).cores == cores


@pytest.mark.parametrize(
    ("text", "memory_mb"),
    [
        ("", DEFAULT_MEMORY_MB),
        ("<memory>512m</memory>", 512),
        ("<memory>512M</memory>", 512),
        ("<memory>512mb</memory>", 512),
        ("<memory>8g</memory>", 8192),
        ("<memory>1.5g</memory>", 1536),
        ("<memory>2</memory>", 2048),
        ("<memory>0.5</memory>", 512),
    ],
)
def test_memory_is_megabytes_gigabytes_or_a_bare_number_of_gigabytes(
    text: str, memory_mb: int
) -> None:
    assert main(text).memory_mb == memory_mb


@pytest.mark.parametrize(
    "text",
    [
        "<cores>two</cores>",
        "<cores>nan</cores>",
        "<cores>inf</cores>",
        "<memory>100k</memory>",
        "<memory>-1g</memory>",
        "<memory>much</memory>",
        "<chunk>0</chunk>",
        "<chunk>-1</chunk>",
        "<chunk>1.5</chunk>",
        "<timeout>soon</timeout>",
        "<timeout>-1</timeout>",
        "<gpus>-1</gpus>",
    ],
)
def test_a_senseless_value_is_refused_with_layer_or_element_named(text: str) -> None:
    with pytest.raises(InvalidSpecError, match=text[1:].partition(">")[0]):
        main(text)


def test_a_layer_brings_chunk_tags_environment_timeouts_and_lists() -> None:
    layer = main(
        "<chunk>5</chunk><threadable>False</threadable><timeout>2</timeout><timeout_llu>1</timeout_llu>"
        "<gpus>1</gpus><tags>general | desktop,fast</tags>"
        "<env><key name='A'> one </key><key name='B'/></env><env><key name='C'>three</key></env>"
        "<services><service>maya</service><service>shell</service></services>"
        "<limits><limit>nuke</limit></limits><outputs><output name='x'>/a/b.exr</output></outputs>"
    )

    assert layer == LayerSpec(
        name="main_layer",
        title="Main-Layer",
        kind="Render",
        command="do",
        range="1-10",
        chunk=5,
        threadable=False,
        timeout_s=120,
        timeout_llu_s=60,
        gpus=1,
        tags=("general", "desktop", "fast"),
        env={"A": "one", "B": "", "C": "three"},
        services=("maya", "shell"),
        limits=("nuke",),
        outputs=("/a/b.exr",),
        unset=("cores", "memory_mb", "max_cores"),
    )


def test_a_job_brings_what_the_spec_says_of_it() -> None:
    job = spec(
        top="<facility>Cloud</facility><email>me@here</email><uid>1000</uid>",
        job="<paused>True</paused><priority>7</priority><maxretries>3</maxretries><maxcores>16</maxcores>"
        "<autoeat>yes</autoeat><os>rocky9</os><env><key name='A'>job</key></env>",
    )

    assert (job.name, job.title) == ("show-sh_10-me_my_job", "My-Job")
    assert (job.show, job.shot, job.user) == ("show", "sh_10", "me")
    assert (job.facility, job.email, job.uid) == ("cloud", "me@here", 1000)
    assert (job.paused, job.autoeat, job.priority) == (True, True, 7)
    assert (job.max_retries, job.max_cores, job.os) == (3, 16.0, "rocky9")
    assert job.env == {"A": "job"}
    assert (job.base_env, job.cwd, job.session) == (None, "", "")


def test_what_the_spec_does_not_say_has_opencues_defaults() -> None:
    job = spec()

    assert (job.paused, job.autoeat, job.priority, job.max_retries) == (False, False, 1, 1)
    assert (job.max_cores, job.facility, job.uid) == (-1.0, "local", None)
    assert [layer.kind for layer in job.layers] == ["Render", "Util"]


@pytest.mark.parametrize("text", ["", "me", "-1", "99999999999", "9" * 5000])
def test_a_uid_that_says_nothing_is_no_reason_to_refuse_a_job(text: str) -> None:
    assert spec(top=f"<uid>{text}</uid>").uid is None


# -- depends -----------------------------------------------------------------------------------


def depend(kind: str, inner: str, *, anyframe: str = "False") -> EdgeSpec:
    job = spec(
        depends=f"<depend type='{kind}' anyframe='{anyframe}'><depjob>My-Job</depjob>"
        f"<onjob>My-Job</onjob>{inner}</depend>"
    )
    (edge,) = job.edges
    return edge


LAYERS = "<deplayer>Main-Layer</deplayer><onlayer>other</onlayer>"
SIM, GATE = EdgeKind.LAYER_ON_SIM_FRAME, EdgeKind.LAYER_ON_LAYER
BY_FRAME, PREVIOUS = EdgeKind.FRAME_BY_FRAME, EdgeKind.PREVIOUS_FRAME


@pytest.mark.parametrize(
    ("kind", "inner", "expected"),
    [
        ("FRAME_BY_FRAME", LAYERS, {"kind": EdgeKind.FRAME_BY_FRAME}),
        ("LAYER_ON_LAYER", LAYERS, {"kind": EdgeKind.LAYER_ON_LAYER}),
        ("PREVIOUS_FRAME", LAYERS, {"kind": EdgeKind.PREVIOUS_FRAME}),
        (
            "LAYER_ON_SIM_FRAME",
            "<deplayer>main_layer</deplayer><onframe>0012-other</onframe>",
            {"kind": SIM, "on_frame": 12},
        ),
        (
            "LAYER_ON_FRAME",
            "<deplayer>main_layer</deplayer><onframe>-3-other</onframe>",
            {"kind": GATE, "on_frame": -3},
        ),
        (
            "FRAME_ON_FRAME",
            "<depframe>0004-Main-Layer</depframe><onframe>0002-other</onframe>",
            {"kind": GATE, "on_frame": 2, "waiting_frame": 4},
        ),
        (
            "FRAME_ON_LAYER",
            "<depframe>0004-main_layer</depframe><onlayer>other</onlayer>",
            {"kind": EdgeKind.LAYER_ON_LAYER, "waiting_frame": 4},
        ),
    ],
)
def test_every_depend_type_within_a_job_is_read(
    kind: str, inner: str, expected: dict[str, Any]
) -> None:
    assert depend(kind, inner) == EdgeSpec(layer="main_layer", on="other", **expected)


@pytest.mark.parametrize("word", ["True", "true", "1", "yes", "ON"])
def test_a_layer_can_wait_for_any_frame(word: str) -> None:
    assert depend("LAYER_ON_LAYER", LAYERS, anyframe=word).kind is EdgeKind.LAYER_ON_ANY


@pytest.mark.parametrize(
    ("kind", "inner", "says"),
    [
        ("NO_SUCH", LAYERS, "known are JOB_ON_JOB"),
        ("FRAME_BY_FRAME", "<deplayer>main_layer</deplayer>", "onlayer"),
        ("LAYER_ON_FRAME", "<deplayer>main_layer</deplayer><onframe>other</onframe>", "0012-layer"),
        ("JOB_ON_JOB", "", "wait for itself"),
        ("LAYER_ON_JOB", "<deplayer>main_layer</deplayer>", "name another job"),
        ("JOB_ON_LAYER", "<onlayer>other</onlayer>", "name another job"),
    ],
)
def test_a_depend_that_is_not_understood_is_refused(kind: str, inner: str, says: str) -> None:
    with pytest.raises(InvalidSpecError, match=says):
        depend(kind, inner)


@pytest.mark.parametrize(
    ("name", "inner", "expected"),
    [
        ("JOB_ON_LAYER", "<onlayer>other</onlayer>", {"layer": "", "on": "other"}),
        (
            "JOB_ON_FRAME",
            "<onframe>0003-other</onframe>",
            {"layer": "", "on": "other", "on_frame": 3},
        ),
        ("LAYER_ON_JOB", "<deplayer>Main-Layer</deplayer>", {"layer": "main_layer", "on": ""}),
        ("LAYER_ON_LAYER", LAYERS, {"layer": "main_layer", "on": "other"}),
        (
            "LAYER_ON_FRAME",  # where OpenCue's server looks for the frame
            "<deplayer>main_layer</deplayer><onlayer>0003-other</onlayer>",
            {"layer": "main_layer", "on": "other", "on_frame": 3},
        ),
        (
            "FRAME_ON_JOB",
            "<depframe>0004-main_layer</depframe>",
            {"layer": "main_layer", "waiting_frame": 4, "on": ""},
        ),
        (
            "FRAME_ON_LAYER",
            "<depframe>0004-main_layer</depframe><onlayer>other</onlayer>",
            {"layer": "main_layer", "waiting_frame": 4, "on": "other"},
        ),
        (
            "FRAME_ON_FRAME",
            "<depframe>0004-main_layer</depframe><onframe>0003-other</onframe>",
            {"layer": "main_layer", "waiting_frame": 4, "on": "other", "on_frame": 3},
        ),
        (
            "LAYER_ON_SIM_FRAME",
            "<deplayer>main_layer</deplayer><onframe>0003-other</onframe>",
            {"layer": "main_layer", "on": "other", "on_frame": 3, "kind": SIM},
        ),
        ("FRAME_BY_FRAME", LAYERS, {"layer": "main_layer", "on": "other", "kind": BY_FRAME}),
        ("PREVIOUS_FRAME", LAYERS, {"layer": "main_layer", "on": "other", "kind": PREVIOUS}),
    ],
)
def test_every_depend_type_on_another_job_is_read(
    name: str, inner: str, expected: dict[str, Any]
) -> None:
    job = spec(depends=f"<depend type='{name}'><onjob>Else-Where</onjob>{inner}</depend>")

    assert job.edges == ()
    (edge,) = job.outside
    values = {"kind": GATE, "on_job": "show-sh_10-me_else_where", **expected}
    assert edge == EdgeSpec(**values)
    assert edge.type is WireDependType[name]


def test_a_depend_of_a_job_that_the_spec_does_not_launch_is_refused() -> None:
    with pytest.raises(InvalidSpecError, match="launches only show-sh_10-me_my_job"):
        spec(depends=f"<depend type='LAYER_ON_LAYER'><depjob>elsewhere</depjob>{LAYERS}</depend>")


# -- the extension -----------------------------------------------------------------------------


def test_the_extension_goes_before_what_the_xml_says_of_a_layer() -> None:
    layer = main(
        "<cores>3.0</cores><memory>3g</memory>",
        {
            "title": "main layer",
            "argv": ["echo", "a b", "#IFRAME#"],
            "each": "frame",
            "retries": 0,
            "cores": 0.5,
            "max_cores": 2,
            "memory_mb": 100,
        },
    )

    assert layer.argv == ("echo", "a b", "#IFRAME#")
    assert (layer.title, layer.each_frame, layer.retries) == ("main layer", True, 0)
    assert (layer.cores, layer.max_cores, layer.memory_mb) == (0.5, 2.0, 100)


def test_a_layer_the_extension_does_not_name_is_as_the_xml_says() -> None:
    layer = main("<cores>3.0</cores><memory>3g</memory>", {})

    assert (layer.argv, layer.command, layer.each_frame) == (None, "do", False)
    assert (layer.cores, layer.memory_mb, layer.retries) == (3.0, 3072, None)


def test_the_extension_brings_title_directory_environment_and_session_of_the_job() -> None:
    values = {"title": "My Job", "cwd": "/here", "env": {"A": "1"}, "session": "/s/1"}

    job = spec(extension={"version": 1, "job": values})

    assert (job.title, job.cwd, job.session) == ("My Job", "/here", "/s/1")
    assert job.base_env == {"A": "1"}


@pytest.mark.parametrize(
    ("said", "umask"),
    [(0o27, 0o27), (0, 0), (None, None), (-1, None), (0o1000, None), ("18", None), (True, None)],
)
def test_the_extension_brings_the_umask(said: object, umask: int | None) -> None:
    fits = {"PYTHONHOME": "", "PYTHONPATH": "/a"}

    job = spec(extension={"version": 1, "job": {"umask": said, "python_fits": fits}})

    assert (job.umask, job.python_fits) == (umask, fits)
    assert spec(extension={"version": 1}).python_fits == {}


def test_a_job_without_session_has_none() -> None:
    job = spec(extension={"version": 1, "job": {"session": None}})

    assert job.session == ""


def test_depends_of_the_extension_replace_those_of_the_xml() -> None:
    xml = f"<depend type='LAYER_ON_LAYER'>{LAYERS}</depend>"
    own = {"layer": "Main-Layer", "on": "other", "type": "LAYER_ON_LAYER", "outcome": "finished"}
    on_frame = {"layer": "main_layer", "on": "other", "type": "LAYER_ON_SIM_FRAME", "frame": 3}

    replaced = spec(depends=xml, extension={"version": 1, "depends": [own, on_frame]})
    removed = spec(depends=xml, extension={"version": 1, "depends": []})
    kept = spec(depends=xml, extension={"version": 1})

    finished = EdgeSpec(
        layer="main_layer", on="other", kind=EdgeKind.LAYER_ON_LAYER, outcome=Outcome.FINISHED
    )
    assert replaced.edges == (
        finished,
        EdgeSpec(layer="main_layer", on="other", kind=SIM, on_frame=3),
    )
    assert removed.edges == ()
    assert len(kept.edges) == 1


@pytest.mark.parametrize(
    ("extension", "says"),
    [
        ({"version": 2}, "version 1"),
        ({"version": 1, "layers": []}, "layers"),
        ({"version": 1, "layers": {"main_layer": []}}, "main_layer"),
        ({"version": 1, "depends": {}}, "depends"),
        ({"version": 1, "depends": [1]}, "depend"),
        ({"version": 1, "depends": [{"layer": "main_layer"}]}, "'on'"),
        ({"version": 1, "depends": [{"layer": "main_layer", "on": "other", "type": "X"}]}, "'X'"),
        ({"version": 1, "job": {"env": {"A": "\0"}}}, "'A'"),
        ({"version": 1, "job": {"env": {"A=B": ""}}}, "A=B"),
        ({"version": 1, "layers": {"main_layer": {"argv": "ls"}}}, "argv"),
        ({"version": 1, "layers": {"main_layer": {"retries": -1}}}, "retries"),
        ({"version": 1, "layers": {"main_layer": {"memory_mb": -1}}}, "memory"),
        ({"version": 1, "layers": {"main_layer": {"cores": "2"}}}, "cores"),
    ],
)
def test_an_extension_that_is_not_understood_is_refused(
    extension: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidSpecError, match=says):
        spec(extension=extension)


# -- XML ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no XML"),
        ("<spec>", "no XML"),
        ("<job/>", "should be spec"),
        (f"<spec><job name='{'x' * 70_000}'/></spec>", "longer than 64 KB"),
        ("<spec><show>s</show><shot>shot</shot><user>me</user></spec>", "no job"),
        ("<spec><shot>shot</shot><user>me</user></spec>", "show"),
        ("<spec><show>s</show><shot>shot</shot><user>a b</user></spec>", "user"),
        ("<spec><show>../x</show><shot>shot</shot><user>me</user></spec>", "show"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><spec>&b;</spec>", "no XML"),
        ("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><spec>&b;</spec>", "no XML"),
    ],
)
def test_what_is_no_spec_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidSpecError, match=says):
        parse_spec(text)


def test_a_deeply_nested_text_is_no_spec_and_costs_little() -> None:
    deep = 200_000

    with pytest.raises(InvalidSpecError):
        parse_spec("<spec>" + "<a>" * deep + "</a>" * deep + "</spec>")


def test_several_jobs_of_one_spec_are_all_read() -> None:
    layers = "<layers><layer name='main'><cmd>x</cmd><range>1</range></layer></layers>"

    jobs = parse_spec(
        "<spec><show>show</show><shot>shot</shot><user>me</user>"
        f"<job name='one'>{layers}</job><job name='two'>{layers}</job></spec>"
    )

    assert [job.name for job in jobs] == ["show-shot-me_one", "show-shot-me_two"]


def test_a_start_time_of_the_extension_is_read_and_bounded() -> None:
    assert main().start_after == 0.0
    assert main(extension={"start_after": 1_795_316_400}).start_after == 1_795_316_400.0
    for wrong in (-1, 253_402_300_800, "2h", True, None):
        with pytest.raises(InvalidSpecError, match="start_after"):
            main(extension={"start_after": wrong})
