"""Specs made to hurt, over the real wire: refused soon, at little cost, and nothing else happens."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

import opencue
from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec

GUARD_S = 20.0
"""For a machine under load; alone each is refused well within a second."""
MEMORY_MB = 50
META = "$(touch CANARY)`touch CANARY`;touch CANARY|touch CANARY&\ntouch CANARY\n'\"><&%00 *?~"


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """Return a file that appears when something of a spec is executed."""
    return tmp_path / "canary"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Return a socket that whoever fetches what a spec names would connect to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def spec(layers: str = "", *, name: str = "job", depends: str = "", head: str = "") -> str:
    layers = layers or layer("main")
    return (
        f"<?xml version='1.0'?>{head}<spec><facility>local</facility><show>show</show>"
        f"<shot>shot</shot><user>user</user><job name='{name}'><layers>{layers}</layers></job>"
        f"<depends>{depends}</depends></spec>"
    )


def layer(name: str, inner: str = "", frames: str = "1") -> str:
    return (
        f"<layer name='{name}' type='Render'><cmd>true</cmd><range>{frames}</range>{inner}</layer>"
    )


def depend(layer_: str, on: str) -> str:
    return (
        "<depend type='LAYER_ON_LAYER' anyframe='False'><depjob>job</depjob>"
        f"<deplayer>{layer_}</deplayer><onjob>job</onjob><onlayer>{on}</onlayer></depend>"
    )


def with_extension(values: object) -> str:
    text = values if isinstance(values, str) else json.dumps(values)
    return spec().replace("</spec>", f"<cuelet>{escape(text)}</cuelet></spec>")


LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10 if n else 'ha' * 100}'>" for n in range(10))
DEEP = 200_000
HOSTILE: dict[str, Callable[[int, Path], str]] = {
    "billion laughs": lambda port, file: spec(name="&l9;", head=f"<!DOCTYPE spec [{LAUGHS}]>"),
    "quadratic entity": lambda port, file: spec(
        name="&a;" * 10_000, head=f"<!DOCTYPE spec [<!ENTITY a '{'a' * 100_000}'>]>"
    ),
    "external file": lambda port, file: spec(
        name="&x;", head=f"<!DOCTYPE spec [<!ENTITY x SYSTEM 'file://{file}'>]>"
    ),
    "external address": lambda port, file: spec(
        name="&x;", head=f"<!DOCTYPE spec [<!ENTITY x SYSTEM 'http://127.0.0.1:{port}/x'>]>"
    ),
    "parameter entity": lambda port, file: spec(
        head=f"<!DOCTYPE spec [<!ENTITY % x SYSTEM 'http://127.0.0.1:{port}/x'> %x;]>"
    ),
    "DTD of somebody, and no range": lambda port, file: spec(
        layer("main", frames=""), head=f"<!DOCTYPE spec SYSTEM 'http://127.0.0.1:{port}/d.dtd'>"
    ),
    "deep elements": lambda port, file: "<spec>" + "<a>" * DEEP + "</a>" * DEEP + "</spec>",
    "deep elements never closed": lambda port, file: "<spec>" + "<a>" * DEEP,
    "deep JSON list": lambda port, file: with_extension("[" * DEEP + "]" * DEEP),
    "deep JSON object": lambda port, file: with_extension('{"a":' * DEEP + "1" + "}" * DEEP),
    "name of 10 MB": lambda port, file: spec(name="x" * 10_000_000),
    "layer name of 10 MB": lambda port, file: spec(layer("x" * 10_000_000)),
    "number of a million digits": lambda port, file: spec(
        layer("main", f"<chunk>{'9' * 1_000_000}</chunk>")
    ),
    "a thousand million frames": lambda port, file: spec(layer("main", frames="1-1000000000")),
    "frames by the thousand million, in parts": lambda port, file: spec(
        "".join(layer(f"layer{n}", frames="1-9999999") for n in range(100))
    ),
    "cores NaN": lambda port, file: spec(layer("main", "<cores>NaN</cores>")),
    "cores infinite": lambda port, file: spec(layer("main", "<cores>1e999</cores>")),
    "cores NaN in JSON": lambda port, file: with_extension(
        '{"version": 1, "layers": {"main": {"cores": NaN}}}'
    ),
    "memory infinite in JSON": lambda port, file: with_extension(
        '{"version": 1, "layers": {"main": {"memory_mb": Infinity}}}'
    ),
    "negative memory": lambda port, file: spec(layer("main", "<memory>-4g</memory>")),
    "missing layer": lambda port, file: spec(depends=depend("main", "nobody")),
    "layer that waits for itself": lambda port, file: spec(depends=depend("main", "main")),
    "cycle of two": lambda port, file: spec(
        layer("one") + layer("two"), depends=depend("one", "two") + depend("two", "one")
    ),
    "cycle of three hundred": lambda port, file: spec(
        "".join(layer(f"layer{n}") for n in range(300)),
        depends="".join(depend(f"layer{n}", f"layer{(n + 1) % 300}") for n in range(300)),
    ),
    "same layer twice": lambda port, file: spec(layer("main") + layer("main")),
    "job that leads out of the logs": lambda port, file: spec(name="../../../etc/x"),
    "layer that leads out of the logs": lambda port, file: spec(layer("../../x")),
    "session that is no folder": lambda port, file: with_extension(
        {"version": 1, "job": {"session": "/tmp/\0x"}}
    ),
    "control characters": lambda port, file: spec(name="job&#27;[2J"),
    "not XML at all": lambda port, file: "\x00\x01\x02" * 100,
    "nothing": lambda port, file: "",
}


def peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def test_hostile_specs_are_refused_at_little_cost_and_change_nothing(
    client: FarmBox,
    canary: Path,
    listener: socket.socket,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    opencue.api.launchSpecAndWait(job_spec({"kept": {"argv": ["true"]}}, name="kept", paused=True))
    before = client.json("jobs", "--all")
    pid, port = int(client.info["pid"]), listener.getsockname()[1]
    secret = tmp_path / "secret"
    secret.write_text("SECRET-OF-A-FILE")
    costs = {}

    for name, make in HOSTILE.items():
        text = make(port, secret)
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # its peak memory begins anew
        held_mb, began = peak_mb(pid), time.monotonic()
        with pytest.raises(opencue.CueException) as refused:
            opencue.api.launchSpecAndWait(text)
        costs[name] = time.monotonic() - began, peak_mb(pid) - held_mb
        said = str(refused.value)
        assert "INVALID_ARGUMENT" in said, f"{name}: {said[:300]}"
        assert "SECRET" not in said, name
        assert len(said) < 2000, name

    slowest = max(costs, key=lambda name: costs[name][0])
    largest = max(costs, key=lambda name: costs[name][1])
    with capsys.disabled():
        print(
            f"\n{len(costs)} hostile specs: at most {costs[slowest][0]:.2f} s ({slowest}),"
            f" {costs[largest][1]:.0f} MB ({largest})"
        )
    assert costs[slowest][0] < GUARD_S, slowest
    assert costs[largest][1] < MEMORY_MB, largest
    assert client.json("jobs", "--all") == before
    with pytest.raises(BlockingIOError):
        listener.accept()
    assert not canary.exists()


FIELDS = ["show", "shot", "user", "facility", "email", "os", "range", "cores", "memory", "tags"]


@pytest.mark.parametrize("field", FIELDS)
def test_shell_characters_in_a_field_are_refused_or_only_text(
    client: FarmBox, canary: Path, field: str
) -> None:
    meta = escape(META.replace("CANARY", str(canary)))
    text = spec(layer("main", "<cores>1</cores><memory>64m</memory><tags>local</tags>"))
    text = text.replace("<job ", "<email>a</email><job ").replace("<layers>", "<os>x</os><layers>")
    start, _, rest = text.partition(f"<{field}>")
    _, _, end = rest.partition(f"</{field}>")
    assert end, field

    job_id, said = launched_or_refused(f"{start}<{field}>{meta}</{field}>{end}")

    if job_id and field == "tags":
        assert opencue.api.getJob(job_id).waitingFrames() == 1  # for a host that has such a tag
    elif job_id:
        wait_until(lambda: is_over(job_id), GUARD_S * 3)
    else:
        assert "INVALID_ARGUMENT" in said
        assert client.json("jobs", "--all") == []
    assert not canary.exists()


def test_shell_characters_in_what_cuelet_adds_are_only_text(
    client: FarmBox, canary: Path, tmp_path: Path
) -> None:
    meta = META.replace("CANARY", str(canary)).replace("\n", " ")
    text = job_spec({"main": {"argv": ["printf", "%s", meta], "title": meta}}, name="texts")
    values = json.loads(json.dumps(meta))
    text = text.replace('"title": "texts"', escape(f'"title": {json.dumps(values)}'))

    (job,) = opencue.api.launchSpecAndWait(text)
    wait_until(lambda: is_over(job.id()), GUARD_S * 3)

    assert job.getFrames()[0].state() == opencue.api.job_pb2.SUCCEEDED
    assert meta in client.cuelet("logs", job.id(), "main").stdout
    assert not canary.exists()


def launched_or_refused(text: str) -> tuple[str, str]:
    """Return the job's id and nothing, or nothing and the refusal."""
    try:
        (job,) = opencue.api.launchSpecAndWait(text)
    except opencue.CueException as refused:
        return "", str(refused)
    return job.id(), ""


def is_over(job_id: str) -> bool:
    job = opencue.api.getJob(job_id)
    return bool(job.state() == opencue.api.job_pb2.FINISHED or job.deadFrames())
