"""Job specs of any content: refused with a reason, or good for everything that follows."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cuelet.core.operations.command import Place, build_run
from cuelet.core.operations.site.services import fill
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.core.values.errors import InvalidSpecError
from cuelet.rpc.opencue import convert
from cuelet.rpc.spec.job import parse_spec
from cuelet.runner import wire
from outline.frames import EdgeKind
from outline.jobspec.model import JobSpec, Outcome, spec_from_dict, spec_to_dict
from tests.budget import examples

PLACE = Place(host="here", log_root="/logs", scratch="/scratch")
XML_CHARS = st.characters(
    blacklist_categories=["Cs"],
    blacklist_characters=[chr(n) for n in range(32) if n not in (9, 10)],
).filter(lambda char: ord(char) not in (0xFFFE, 0xFFFF))
ANY_TEXT = st.text(XML_CHARS, max_size=20)


def accepted(text: str) -> list[JobSpec]:
    """Return the jobs of a spec, none when it is refused as it should be."""
    try:
        return parse_spec(text)
    except InvalidSpecError:
        return []


def use(spec: JobSpec) -> None:
    """Do with a job what the farm does with one that it took in."""
    spec = fill(Farm(cores=4.0, memory_mb=4096), spec, spec.show)
    text = json.dumps(spec_to_dict(spec))
    assert spec_from_dict(json.loads(text)) == spec
    try:
        job = Job(spec, ids.job_id(7), submitted_at=1.0)
    except InvalidSpecError:
        return
    farm = Farm(cores=4.0, memory_mb=4096)
    farm.add(job)
    assert len(convert.job_message(farm, job, PLACE).SerializeToString()) > 0
    for layer in job.layers:
        convert.layer_message(farm, job, layer)
    convert.depend_seq(job.edges)
    farm.reserve(job, 0)
    assert farm.free_memory_mb <= farm.memory_mb
    convert.frame_message(farm, job, 0, "here")
    request = build_run(job, 0, PLACE)
    wire.encode(wire.message_from_request(request))
    everything = [request.log_path, request.cwd, *request.steps[0].argv]
    environment = [*(spec.base_env or {}).items(), *request.env.items()]
    everything += [text for pair in environment for text in pair]
    assert not any("\0" in text for text in everything)
    assert not any("=" in name or not name for name, _ in environment)
    assert all(len(part.encode()) <= 255 for part in request.log_path.split("/"))


@settings(max_examples=examples(300), deadline=None)
@given(st.text())
@example("")
@example("<spec/>")
@example("<?xml version='1.0' encoding='utf-16'?><spec/>")
@example("<spec>\0</spec>")
@example("\ud800")
@example("<a>" * 100_000)
def test_any_text_is_refused_with_the_one_error_or_understood(text: str) -> None:
    accepted(text)


def xml(fields: dict[str, str], extension: str | None = None, depends: str = "") -> str:
    """Return a spec whose every field may hold anything."""

    def put(*names: str) -> str:
        return "".join(f"<{n}>{escape(fields[n])}</{n}>" for n in names if n in fields)

    own = "" if extension is None else f"<cuelet>{escape(extension)}</cuelet>"
    job_name = quoteattr(fields.get("job", "some-job"))
    layer_name = quoteattr(fields.get("layer", "main"))
    kind = quoteattr(fields.get("type", "Render"))
    key = quoteattr(fields.get("key", "KEY"))
    value = escape(fields.get("value", "value"))
    env = f"<env><key name={key}>{value}</key></env>"
    of_job = put("paused", "priority", "maxretries", "maxcores", "autoeat", "os")
    of_layer = put(
        "cmd",
        "range",
        "chunk",
        "cores",
        "threadable",
        "memory",
        "gpus",
        "timeout",
        "timeout_llu",
        "tags",
    )
    return (
        f"<spec>{put('facility', 'show', 'shot', 'user', 'email', 'uid')}<job name={job_name}>{of_job}{env}"
        f"<layers><layer name={layer_name} type={kind}>{of_layer}{env}</layer>"
        "<layer name='other'><cmd>true</cmd><range>1-3</range></layer></layers></job>"
        f"<depends>{depends}</depends>{own}</spec>"
    )


GOOD = {
    "show": "show",
    "shot": "shot",
    "user": "user",
    "cmd": "echo #IFRAME#",
    "range": "1-3",
    "chunk": "2",
}
NUMBERS = [
    "0",
    "-1",
    "1",
    "2.5",
    ".5",
    "1e9",
    "1e400",
    "nan",
    "inf",
    "-inf",
    "9" * 30,
    "9" * 5000,
    "0x10",
    "٣",
]
SIZES = ["512m", "8g", "1.5G", "-1g", "9" * 400 + "g", "k", "1 mb"]
RANGES = [
    "1",
    "1-5",
    "5-1",
    "-3--1",
    "1-9x2",
    "1-9y2",
    "1-9:3",
    "1,,2",
    "1-" + "9" * 19,
    "1-2000000",
    "x",
]
VALUES = ANY_TEXT | st.sampled_from(
    [*NUMBERS, *SIZES, *RANGES, "true", "x" * 300, "..", "a/../b", "é" * 130]
)
NAMES = [
    *GOOD, "facility", "email", "uid", "job", "layer", "type", "key", "value", "paused", "priority",
    "maxretries", "maxcores", "autoeat", "os", "cores", "threadable", "memory", "gpus", "timeout",
    "timeout_llu", "tags",
]  # fmt: skip


@settings(max_examples=examples(600), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3))
@example({"uid": "9" * 5000})
@example({"uid": "99999999999"})
@example({"memory": "9" * 400 + "g"})
@example({"job": "---"})
@example({"job": "x" * 250})
@example({"job": "x" * 200, "layer": "y" * 200})
@example({"show": "s" * 300})
@example({"facility": "f" * 300})
@example({"key": "A=B"})
@example({"maxretries": "70000"})
def test_any_field_is_refused_or_good_for_all_that_follows(odd: dict[str, str]) -> None:
    for spec in accepted(xml({**GOOD, **odd})):
        use(spec)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
OWN_JOB = st.dictionaries(st.sampled_from(["title", "cwd", "env", "session"]), JSON, max_size=2)
OWN_LAYER = st.dictionaries(
    st.sampled_from(["title", "argv", "each", "retries", "cores", "max_cores", "memory_mb"]),
    JSON
    | st.sampled_from([[], ["a\0b"], ["\ud800"], [""], {"A=B": "c"}, 10**400, -5, 1e308, True]),
    max_size=2,
)
OWN_DEPEND = st.fixed_dictionaries(
    {}, optional={
        "layer": st.just("main") | JSON,
        "on": st.just("other") | JSON,
        "type": st.sampled_from([kind.value for kind in EdgeKind]) | JSON,
        "outcome": st.sampled_from([outcome.value for outcome in Outcome]) | JSON,
        "frame": JSON | st.integers(0, 4),
    },
)  # fmt: skip


@settings(max_examples=examples(600), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.fixed_dictionaries(
        {"version": st.just(1)},
        optional={
            "job": JSON | OWN_JOB,
            "layers": JSON | st.dictionaries(st.just("main"), JSON | OWN_LAYER),
            "depends": JSON | st.lists(OWN_DEPEND | JSON, max_size=2),
        },
    )
)
@example({"version": 1, "job": {"env": {"A": "\0"}}})
@example({"version": 1, "job": {"env": {"": "a"}}})
@example({"version": 1, "job": {"cwd": "\0"}})
@example({"version": 1, "job": {"cwd": "\ud800"}})
@example({"version": 1, "layers": {"main": {"memory_mb": -5}}})
@example({"version": 1, "layers": {"main": {"memory_mb": 1e308}}})
@example({"version": 1, "layers": {"main": {"cores": 10**400}}})
@example({"version": 1, "layers": {"main": {"argv": "true"}}})
@example({"version": 1, "layers": {"main": {"retries": True}}})
@example({"version": 1, "depends": [{"layer": "main", "on": "other", "frame": "1"}]})
@example({"version": 1, "depends": None})
def test_any_extension_is_refused_or_good_for_all_that_follows(extension: Any) -> None:
    for spec in accepted(xml(GOOD, json.dumps(extension))):
        use(spec)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "null", "[]", '{"version": 2}', "NaN"])
def test_an_extension_that_is_no_object_of_version_1_is_refused(text: str) -> None:
    with pytest.raises(InvalidSpecError, match="cuelet element"):
        parse_spec(xml(GOOD, text))


DEPEND_TYPES = [
    "FRAME_BY_FRAME", "LAYER_ON_LAYER", "PREVIOUS_FRAME", "LAYER_ON_SIM_FRAME", "LAYER_ON_FRAME",
    "FRAME_ON_FRAME", "FRAME_ON_LAYER", "JOB_ON_JOB", "LAYER_ON_JOB", "",
]  # fmt: skip


@settings(max_examples=examples(300), deadline=None)
@given(
    st.sampled_from(DEPEND_TYPES) | ANY_TEXT,
    st.dictionaries(
        st.sampled_from(["depjob", "deplayer", "depframe", "onjob", "onlayer", "onframe"]),
        st.sampled_from(
            [
                "some-job",
                "main",
                "other",
                "0001-main",
                "0002-other",
                "0009-other",
                "9" * 5000 + "-main",
            ]
        )
        | ANY_TEXT,
    ),
)
def test_any_depend_is_refused_or_good_for_all_that_follows(
    kind: str, parts: dict[str, str]
) -> None:
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in parts.items())

    for spec in accepted(xml(GOOD, depends=f"<depend type={quoteattr(kind)}>{inner}</depend>")):
        use(spec)
