"""The unmodified cueadmin, pycue and PyOutline of PyPI against our farm, over their own wire.

Everything of theirs runs in their environment, so that the two ``opencue`` never meet.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from tests.compat.conftest import Stock
from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec, sh

pytestmark = pytest.mark.slow
NAME = "show-shot-user_test_job"


def launch(stock: Stock, layers: Any, depends: Any = (), **more: Any) -> None:
    """Launch through stock pycue."""
    spec = stock.farm.home / "spec.xml"
    spec.write_text(job_spec(layers, depends, **more))
    stock.python(
        """
        import opencue
        (job,) = opencue.api.launchSpecAndWait(open(sys.argv[2]).read())
        """,
        str(spec),
    )


def shown(farm: FarmBox, job: str = NAME) -> dict[str, Any]:
    return dict(farm.json("show", job))


# -- cueadmin ------------------------------------------------------------------------------------


def test_cueadmin_lists_jobs_shows_and_the_host(stock: Stock) -> None:
    launch(stock, {"main": {"argv": sh("sleep 300")}, "rest": {"argv": sh("true"), "range": "1-9"}})
    wait_until(lambda: shown(stock.farm)["succeeded"] == 9)

    names = stock.cueadmin("-lj")
    table = stock.cueadmin("-lji").splitlines()
    shows = stock.cueadmin("-ls").splitlines()
    hosts = stock.cueadmin("-lh").splitlines()

    assert names.split() == [NAME]
    assert stock.cueadmin("-lj", "no-such-substring") == ""
    assert table[0].split() == [
        "Job",
        "Group",
        "Booked",
        "Cores",
        "Wait",
        "Pri",
        "MinCores",
        "MaxCores",
    ]
    assert table[1].split() == [NAME, "show", "1", "1.00", "0", "1", "1.00", "-1.00"]
    assert shows[1].split() == ["show", "True", "1.00", "1", "0", "1"]
    assert len(hosts) == 2
    assert {"UP", "OPEN", "local.general", "AUTO"} <= set(hosts[1].split())


def test_cueadmin_pauses_and_resumes_a_job(stock: Stock) -> None:
    launch(stock, {"main": {"argv": sh("sleep 300")}})

    stock.cueadmin("-pause", NAME)
    paused = shown(stock.farm)["state"]
    listed = stock.cueadmin("-lji")
    stock.cueadmin("-unpause", NAME)

    assert paused == "paused"
    assert f"{NAME} [paused]" in listed
    assert shown(stock.farm)["state"] == "running"


def test_cueadmin_sets_cores_and_priority_of_a_job(stock: Stock) -> None:
    launch(stock, {"main": {"argv": sh("sleep 300")}}, paused=True)

    stock.cueadmin("-set-max-cores", NAME, "1.5", "-force")
    stock.cueadmin("-set-min-cores", NAME, "0.5", "-force")
    stock.cueadmin("-priority", NAME, "42", "-force")

    row = stock.cueadmin("-lji").splitlines()[1].split()
    assert row[-3:] == ["42", "0.50", "1.50"]


def test_cueadmin_kills_a_job_although_it_gives_no_reason(stock: Stock) -> None:
    launch(stock, {"main": {"argv": sh("sleep 300"), "range": "1-5"}})
    wait_until(lambda: shown(stock.farm)["running"] == 2)

    stock.cueadmin("-kill", NAME, "-force")

    wait_until(lambda: shown(stock.farm)["running"] == 0)
    assert shown(stock.farm)["state"] == "killed"
    assert stock.cueadmin("-lj") == ""


def test_cueadmin_retries_a_whole_job(stock: Stock) -> None:
    tries = stock.farm.home / "tries"
    launch(stock, {"main": {"argv": sh(f"echo x >> {tries}; exit 1"), "retries": 0}})
    wait_until(lambda: shown(stock.farm)["dead"] == 1)

    stock.cueadmin("-retry", NAME, "-force")

    wait_until(lambda: len(tries.read_text().split()) == 2)


def test_cueadmin_says_that_an_unknown_job_does_not_exist(stock: Stock) -> None:
    done = stock.run("cueadmin", "-pause", "no_such_job")

    assert "Object does not exist. no job 'no_such_job'" in done.stderr


# -- pycue ---------------------------------------------------------------------------------------


def test_pycue_finds_jobs_and_their_parts_with_all_that_it_shows(stock: Stock) -> None:
    layers = {
        "render": {"argv": sh("exit 0"), "range": "1-4", "cores": 1.5, "memory_mb": 100},
        "broken": {"argv": sh("exit 3"), "retries": 0},
        "after": {"argv": sh("exit 0"), "range": "1-5", "chunk": 2},
    }
    launch(stock, layers, [{"layer": "after", "on": "broken"}])
    wait_until(lambda: shown(stock.farm)["dead"] == 1 and shown(stock.farm)["succeeded"] == 4)

    seen = stock.python(
        """
        import opencue
        api = opencue.api
        job = api.findJob("show-shot-user_test_job")
        (listed,) = api.getJobs(show=["show"], substr=["test"])
        layers = job.getLayers()
        render = api.findLayer(job.name(), "render")
        frame = api.findFrame(job.name(), "broken", 1)
        tell({
            "same": len({job.id(), listed.id(), api.getJob(job.id()).id()}) == 1,
            "job": [job.name(), job.show(), job.shot(), job.user(), job.state(), job.totalFrames(),
                    job.totalLayers(), job.deadFrames(), job.dependFrames(), job.succeededFrames(),
                    job.percentCompleted(), job.priority(), job.isPaused(), job.facility(), job.group()],
            "times": [job.startTime() > 0, job.stopTime(), job.age() >= 0, job.runTime() >= 0],
            "layers": [[l.name(), l.range(), l.chunkSize(), l.totalFrames(), l.dispatchOrder(), l.type(),
                        l.parent().id() == job.id(), list(l.data.services)] for l in layers],
            "render": [render.minCores(), render.minMemory(), render.succeededFrames(),
                       render.percentCompleted(), render.coresReserved(), render.limits(),
                       render.avgFrameTimeSeconds() >= 0, render.maxRss() > 0],
            "states": sorted((f.name(), int(f.state()), f.exitStatus()) for f in job.getFrames()),
            "of layer": [f.number() for f in render.getFrames(range="2-3")],
            "by state": [f.name() for f in job.getFrames(state=[api.job_pb2.DEAD])],
            "frame": [frame.layer(), frame.frame(), frame.number(), frame.retries(), frame.id() ==
                      api.getFrame(frame.id()).id(), frame.resource().count("/"), frame.dispatchOrder(),
                      frame.startTime() > 0, frame.stopTime() >= frame.startTime(), frame.runTime() >= 0,
                      frame.memReserved(), frame.memUsed() == frame.maxRss()],
            "depends": [[api.depend_pb2.DependType.Name(d.type()), d.isActive(), d.dependErLayer(), d.dependOnLayer(), d.dependErJob()]
                        for d in job.getDepends()],
            "layer depends": [len(l.getWhatThisDependsOn()) for l in layers],
            "pending": [api.isJobPending(job.name()), api.isJobPending("show-shot-user_nothing")],
            "names": api.getJobNames(show=["show"]),
        })
        """
    )

    assert seen["same"]
    counts = [9 - 1, 3, 1, 3, 4, 50.0]
    assert seen["job"] == [NAME, "show", "shot", "user", 0, *counts, 1, False, "local", "show"]
    assert seen["times"] == [True, 0, True, True]
    assert seen["layers"] == [
        ["render", "1-4", 1, 4, 1, 2, True, ["default"]],
        ["broken", "1-1", 1, 1, 2, 2, True, ["default"]],
        ["after", "1-5", 2, 3, 3, 2, True, ["default"]],
    ]
    assert seen["render"] == [1.5, 100 * 1024, 4, 100.0, 0.0, [], True, True]
    assert seen["states"] == [
        ["0001-after", 4, -1],
        ["0001-broken", 5, 3],
        ["0001-render", 3, 0],
        ["0002-render", 3, 0],
        ["0003-after", 4, -1],
        ["0003-render", 3, 0],
        ["0004-render", 3, 0],
        ["0005-after", 4, -1],
    ]
    assert seen["of layer"] == [2, 3]
    assert seen["by state"] == ["0001-broken"]
    assert seen["frame"] == ["broken", "0001", 1, 0, True, 2, 0, True, True, True, 0, True]
    assert seen["depends"] == [["FRAME_BY_FRAME", True, "after", "broken", NAME]]
    assert seen["layer depends"] == [0, 0, 1]
    assert seen["pending"] == [True, False]
    assert seen["names"] == [NAME]


def test_pycue_acts_on_jobs_and_frames(stock: Stock) -> None:
    flag = stock.farm.home / "fixed"
    launch(
        stock,
        {
            "slow": {"argv": sh("sleep 300"), "range": "1-2", "cores": 0.5},
            "fails": {"argv": sh(f"test -e {flag}"), "range": "1-3", "retries": 0, "cores": 0.5},
            "more": {"argv": sh("sleep 300"), "cores": 0.5},
        },
        [{"layer": "more", "on": "slow"}],
    )

    seen = stock.python(
        """
        import opencue
        pb = opencue.api.job_pb2
        job = opencue.api.findJob("show-shot-user_test_job")
        def fresh():
            return opencue.api.getJob(job.id())
        def states():
            return sorted((f.name(), int(f.state())) for f in job.getFrames())
        seen = {}
        until(lambda: fresh().deadFrames() == 3 and fresh().runningFrames() == 2)

        job.pause()
        seen["paused"] = fresh().isPaused()
        open(sys.argv[2], "w").close()
        job.retryFrames(state=[pb.DEAD], range="1-2")
        seen["held"] = fresh().waitingFrames()
        job.resume()
        until(lambda: fresh().succeededFrames() == 2)
        seen["retried"] = states()

        job.eatFrames(layer=["fails"], state=[pb.DEAD])
        job.killFrames(layer=["slow"], reason="test")
        until(lambda: fresh().runningFrames() == 0)
        seen["killed"] = states()

        opencue.api.findFrame(job.name(), "slow", 1).eat()
        opencue.api.findLayer(job.name(), "slow").eat()
        until(lambda: fresh().runningFrames() == 1)
        seen["released"] = states()

        opencue.api.findFrame(job.name(), "more", 1).kill(reason="test")
        until(lambda: fresh().deadFrames() == 1)
        job.dropDepends(opencue.api.depend_pb2.ANY_TARGET)
        job.kill(reason="test")
        seen["state"] = int(fresh().state())
        tell(seen)
        """,
        str(flag),
    )

    assert seen["paused"]
    assert seen["held"] == 2
    slow, more = [["0001-slow", 2], ["0002-slow", 2]], [["0001-more", 4]]
    assert seen["retried"] == sorted(
        [*slow, *more, ["0001-fails", 3], ["0002-fails", 3], ["0003-fails", 5]]
    )
    done = [["0001-fails", 3], ["0002-fails", 3], ["0003-fails", 6]]
    assert seen["killed"] == sorted([*done, *more, ["0001-slow", 5], ["0002-slow", 5]])
    assert seen["released"] == sorted([*done, ["0001-more", 2], ["0001-slow", 6], ["0002-slow", 6]])
    assert seen["state"] == 1


def test_pycue_changes_layers_in_its_own_units(stock: Stock) -> None:
    launch(stock, {"main": {"argv": sh("true")}}, paused=True)

    seen = stock.python(
        """
        import opencue
        layer = opencue.api.findLayer("show-shot-user_test_job", "main")
        layer.setMinCores(150)
        layer.setMinMemory(300 * 1024)
        layer.setTags(["fast", "big"])
        again = opencue.api.getLayer(layer.id())
        job = opencue.api.findJob("show-shot-user_test_job")
        job.setMaxRetries(5)
        job.setAutoEat(True)
        job.setPriority(7)
        job = opencue.api.getJob(job.id())
        tell([again.minCores(), again.minMemory(), again.tags(), job.isAutoEating(), job.priority()])
        """
    )

    assert seen == [1.5, 300 * 1024, ["fast", "big"], True, 7]


def test_pycue_launches_a_spec_as_stock_cuebot_documents_it(stock: Stock) -> None:
    out = stock.farm.home / "out"
    spec = stock.farm.home / "stock.xml"
    spec.write_text(
        '<?xml version="1.0"?>'
        '<!DOCTYPE spec PUBLIC "SPI Cue  Specification Language" '
        '"http://localhost:8080/spcue/dtd/cjsl-1.15.dtd">'
        "<spec><facility>local</facility><show>testing</show><shot>sh010</shot><user>me</user>"
        "<email>me@example.com</email><uid>1000</uid>"
        '<job name="Hand-Written"><paused>False</paused><maxretries>1</maxretries><autoeat>False</autoeat>'
        "<env><key name='GREETING'>hello there</key></env><layers>"
        f'<layer name="one" type="Render"><cmd>echo "$GREETING" #ZFRAME# &gt;&gt; {out}</cmd>'
        "<range>1-2</range><chunk>1</chunk><cores>50</cores><threadable>0</threadable>"
        "<memory>256m</memory><tags>general | desktop</tags>"
        "<services><service>shell</service></services></layer>"
        f'<layer name="two" type="Util"><cmd>echo last &gt;&gt; {out}</cmd>'
        "<range>1</range><chunk>1</chunk></layer></layers></job>"
        '<depends><depend type="LAYER_ON_LAYER" anyframe="False"><depjob>Hand-Written</depjob>'
        "<deplayer>two</deplayer><onjob>Hand-Written</onjob><onlayer>one</onlayer></depend></depends>"
        "</spec>"
    )

    seen = stock.python(
        """
        import opencue
        (job,) = opencue.api.launchSpecAndWait(open(sys.argv[2]).read())
        layer = job.getLayers()[0]
        until(lambda: not opencue.api.isJobPending(job.name()))
        ended = opencue.api.getJob(job.id())
        tell([job.name(), layer.minCores(), layer.minMemory(), list(layer.tags()), int(ended.state())])
        """,
        str(spec),
    )

    assert seen == ["testing-sh010-me_hand_written", 0.5, 256 * 1024, ["general", "desktop"], 1]
    written = out.read_text().splitlines()
    assert sorted(written[:2]) == ["hello there 0001", "hello there 0002"]
    assert written[2:] == ["last"]


def test_pycue_gets_its_own_exceptions(stock: Stock) -> None:
    launch(stock, {"main": {"argv": sh("true")}}, paused=True)

    seen = stock.python(
        """
        import opencue
        def caught(call, *args):
            try:
                call(*args)
            except Exception as error:
                return [type(error).__name__, str(error)]
        spec = open(sys.argv[2]).read()
        tell([
            caught(opencue.api.findJob, "nothing_like_it"),
            caught(opencue.api.findLayer, "show-shot-user_test_job", "nothing"),
            caught(opencue.api.getFrame, "00000000-0000-4000-8000-020000000000"),
            caught(opencue.api.launchSpecAndWait, spec),
            caught(opencue.api.launchSpecAndWait, "<spec>"),
            caught(opencue.api.getJobs, ),
        ])
        """,
        str(stock.farm.home / "spec.xml"),
    )

    kinds = [each and each[0] for each in seen]
    missing = "EntityNotFoundException"
    assert kinds == [missing] * 3 + ["EntityAlreadyExistsException", "CueException", None]
    assert "nothing_like_it" in seen[0][1]
    assert NAME in seen[3][1]


def test_pycue_reaches_the_farm_by_its_unix_socket(stock: Stock) -> None:
    local = dataclasses.replace(stock, hosts=f"unix:{stock.farm.info['socket']}")

    launch(local, {"main": {"argv": sh("true")}})

    wait_until(lambda: shown(stock.farm)["state"] == "finished")
    assert local.python("import opencue; tell(opencue.api.getHosts()[0].state())") == 0


# -- PyOutline -----------------------------------------------------------------------------------

OUTLINE = """
    import outline, outline.cuerun, outline.backend.cue
    from outline.modules.shell import Shell

    outline.backend.cue.JOB_WAIT_PERIOD_SEC = 0.1
    out = sys.argv[2]
    ol = outline.Outline("stock-outline", frame_range="1-5", show="show", shot="shot", user="user")
    render = Shell("render", command=["echo", "render", "#IFRAME#", "$CUE_CHUNK", "$((1+1))", ">>", out],
                   range="1-5", chunk=2, memory="1g", threads=2.0)
    comp = Shell("comp", command=["/bin/sh", "-c", f"'echo comp #ZFRAME# >> {out}'"],
                 range="1-5", memory="512m", threads=0.5)
    comp.depend_on(render)
    ol.add_layer(render)
    ol.add_layer(comp)
"""


def test_pyoutline_runs_a_job_to_its_end_on_the_farm(stock: Stock) -> None:
    out = stock.farm.home / "out"

    seen = stock.python(
        OUTLINE
        + """
    import opencue
    (job,) = outline.cuerun.launch(ol, use_pycuerun=False, wait=True)
    job = opencue.api.getJob(job.id())
    tell([job.name(), int(job.state()), job.succeededFrames(),
          [[l.name(), l.minCores(), l.minMemory(), list(l.data.services)] for l in job.getLayers()]])
    """,
        str(out),
    )

    name, state, succeeded, layers = seen
    assert (name, state, succeeded) == ("show-shot-user_stock_outline", 1, 8)
    assert layers == [
        ["render", 2.0, 1024 * 1024, ["shell"]],
        ["comp", 0.5, 512 * 1024, ["shell"]],
    ]
    lines = out.read_text().splitlines()
    render = [line for line in lines if line.startswith("render")]
    assert sorted(render) == ["render 1 2 2", "render 3 2 2", "render 5 2 2"]
    comp = [line for line in lines if line.startswith("comp")]
    assert sorted(comp) == [f"comp {n:04d}" for n in range(1, 6)]
    first_comps = [comp.index("comp 0001"), comp.index("comp 0002")]
    assert lines.index("render 1 2 2") < min(lines.index(comp[at]) for at in first_comps)


def test_the_default_launch_of_pyoutline_runs_by_its_own_pycuerun(stock: Stock) -> None:
    """The farm is started with our environment first on PATH, and frames get no PATH of it at all."""
    out = stock.farm.home / "out"

    stock.python(
        """
        import outline, outline.cuerun
        from outline.modules.shell import Shell
        ol = outline.Outline("stock_default", shot="shot", show="show")
        ol.add_layer(Shell("main", command=["/bin/sh", "-c", f"echo done >> {sys.argv[2]}"], range="1-3"))
        outline.cuerun.launch(ol, wait=True)
        """,
        str(out),
    )

    assert shown(stock.farm, "stock_default")["state"] == "finished"
    assert out.read_text().split() == ["done"] * 3
    assert "note     left out" in stock.farm.cuelet("logs", "stock_default", "1-main").stdout


def test_pyoutline_test_mode_ends_when_the_job_has_finished(stock: Stock) -> None:
    out = stock.farm.home / "out"

    stock.python(
        OUTLINE + "    outline.cuerun.launch(ol, use_pycuerun=False, test=True)\n", str(out)
    )

    assert shown(stock.farm, "stock_outline")["state"] == "finished"


def test_a_stock_client_without_the_farm_says_that_it_cannot_connect(
    stock: Stock, tmp_path: Path
) -> None:
    lost = dataclasses.replace(stock, hosts="127.0.0.1:1")

    seen = lost.python(
        """
        import opencue
        try:
            opencue.api.getJobs()
        except Exception as error:
            tell(type(error).__name__)
        """
    )

    assert json.dumps(seen) == '"ConnectionException"'


# -- procs ---------------------------------------------------------------------------------------


def test_pycue_sees_running_frames_as_procs_and_kills_one(stock: Stock) -> None:
    layers = {
        "main": {"argv": sh("sleep 300"), "range": "1-9", "memory_mb": 100},
        "rest": {"argv": sh("true"), "retries": 0},
    }
    launch(stock, layers)
    wait_until(lambda: shown(stock.farm)["running"] == 2)

    seen = stock.python(
        """
        import opencue
        api = opencue.api
        first, second = api.getProcs(show=["show"])
        (host,) = api.getHosts()
        found = [
            api.getProcs(job=["show-shot-user_test_job"], layer=["main"]),
            api.getProcs(layer=["rest"]),
            api.getProcs(host=[host.name()], alloc=["local.general"]),
            api.getProcs(memory="50000-200000"),
            api.getProcs(memory_greater_than="1000000"),
            api.getProcs(duration="0-1"),
            host.getProcs(),
        ]
        proc = {
            "names": [first.name().split("/")[1:], first.showName(), first.jobName()],
            "of": [first.getJob().name(), first.getLayer().name(), first.getFrame().name(),
                   first.getHost().name() == host.name()],
            "held": [first.coresReserved(), first.memReserved(), first.data.dispatch_time > 0,
                     first.data.bookedTime > 0, list(first.data.services)],
            "frame": first.frameName(), "log": first.data.log_path,
        }
        first.kill()
        job = api.findJob(first.jobName())
        until(lambda: api.getJob(job.id()).deadFrames() == 1)
        again = ""
        try:
            first.kill()
        except Exception as error:
            again = str(error.code())
        tell([[len(each) for each in found], proc, second.id() != first.id(), again])
        """
    )

    counts, proc, differ, again = seen
    assert counts == [2, 0, 2, 2, 0, 2, 2]
    assert proc["names"] == [["1.00", "0"], "show", NAME]
    assert proc["of"] == [NAME, "main", proc["frame"], True]
    assert proc["held"] == [1.0, 100 * 1024, True, True, ["default"]]
    assert Path(proc["log"]).name == f"{NAME}.{proc['frame']}.rqlog"
    assert Path(proc["log"]).exists()
    assert differ
    assert again == "StatusCode.NOT_FOUND"


def test_our_cueadmin_lists_procs_and_their_logs(farm: FarmBox, tmp_path: Path) -> None:
    path = tmp_path / "spec.xml"
    path.write_text(job_spec({"main": {"argv": sh("sleep 300"), "range": "1-2"}}))
    code = f"import opencue; opencue.api.launchSpecAndWait(open({str(path)!r}).read())"
    assert farm.python("-c", code).returncode == 0
    wait_until(lambda: shown(farm)["running"] == 2)

    table = farm.cueadmin("-lp", "show").stdout.splitlines()
    logs = farm.cueadmin("-ll", "-job", NAME).stdout.splitlines()
    one = farm.cueadmin("-ll", "-limit", "1").stdout.splitlines()

    assert len(table) == 3
    assert NAME[:28] in table[1]
    assert "64.0M" in table[1] or "64M" in table[1]
    assert sorted(Path(line).name for line in logs) == [
        f"{NAME}.{n:04d}-main.rqlog" for n in (1, 2)
    ]
    assert one == logs[:1]
    assert farm.cueadmin("-lp", "other-show").stdout.splitlines() == table[:1]


# -- comments ------------------------------------------------------------------------------------


def test_pycue_comments_on_a_job_and_comments_survive_a_restart(stock: Stock) -> None:
    launch(stock, {"main": {"argv": sh("true")}}, paused=True)

    seen = stock.python(
        """
        import opencue
        job = opencue.api.findJob("show-shot-user_test_job")
        before = [job.data.has_comment, len(job.getComments())]
        job.addComment("look", "frame 3 flickers")
        job.addComment("second", "text")
        job.addComment("gone", "soon")
        first, second, gone = job.getComments()
        second.setMessage("better text")
        second.save()
        gone.delete()
        try:
            gone.delete()
        except Exception as error:
            status = str(error.code())
        tell([before, opencue.api.getJob(job.id()).data.has_comment, first.user() != "",
              abs(time.time() - first.timestamp()) < 60, status])
        """
    )
    stock.farm.kill()
    stock.farm.start()
    again = dataclasses.replace(stock, hosts=stock.farm.info["address"])
    kept = again.python(
        """
        import opencue
        job = opencue.api.findJob("show-shot-user_test_job")
        tell([job.data.has_comment, [[each.subject(), each.message()] for each in job.getComments()]])
        """
    )

    assert seen == [[False, 0], True, True, True, "StatusCode.NOT_FOUND"]
    assert kept == [True, [["look", "frame 3 flickers"], ["second", "better text"]]]


# -- what one machine has of the rest ------------------------------------------------------------


def test_cueadmin_lists_the_allocation_its_subscriptions_and_services(stock: Stock) -> None:
    launch(stock, {"main": {"argv": sh("sleep 300")}})
    wait_until(lambda: shown(stock.farm)["running"] == 1)

    allocations = stock.cueadmin("-la").splitlines()
    of_show = stock.cueadmin("-lb", "show").splitlines()
    of_allocation = stock.cueadmin("-lba", "local.general").splitlines()
    services = stock.cueadmin("-lv").splitlines()
    overrides = stock.cueadmin("-lv", "show").splitlines()

    row = ["local.general", "general", "1.00", "1.00", "2.0", "1", "0", "0", "False"]
    assert [line.split() for line in allocations[1:]] == [row]
    assert of_show[0] == "Subscriptions for show"
    subscription = ["local.general", "show", "2.0", "2.0", "1.00", "50.00%"]
    assert of_show[2].split() == subscription
    assert [line.split() for line in of_allocation[2:]] == [subscription]
    assert [line.split()[:3] for line in services[1:]] == [
        [name, "True", "100"] for name in ("default", "shell")
    ]
    assert overrides == services[:1]


def test_our_cueadmin_lists_the_same(farm: FarmBox) -> None:
    listed = {flag: farm.cueadmin(*flag.split()) for flag in ("-la", "-lba local.general", "-lv")}

    assert {flag: done.returncode for flag, done in listed.items()} == dict.fromkeys(listed, 0)
    assert listed["-la"].stdout.splitlines()[1].split()[:2] == ["local.general", "general"]
    assert len(listed["-lv"].stdout.splitlines()) == 3
    assert "general" in listed["-lv"].stdout
    missing = farm.cueadmin("-lba", "local.other")
    assert "there are local.general" in missing.stderr


def test_pycue_reads_the_services_of_a_layer(stock: Stock) -> None:
    launch(stock, {"main": {"argv": sh("true")}}, paused=True)

    seen = stock.python(
        """
        import opencue
        api = opencue.api
        layer = api.findLayer("show-shot-user_test_job", "main")
        services = layer.services()
        show = api.findShow("show")
        (sub,) = show.getSubscriptions()
        (alloc,) = api.getAllocations()
        tell([
            [each.name() for each in services], services[0].minMemory(), services[0].minCores(),
            api.getService("no-such"), [each.name() for each in api.getDefaultServices()],
            api.findSubscription(sub.name()).id() == sub.id(), sub.size(), sub.reservedCores(),
            api.findAllocation("local.general").id() == alloc.id(),
            [each.name() for each in alloc.getHosts()] == [each.name() for each in api.getHosts()],
            api.getFacility("local").name, show.getServiceOverrides(),
        ])
        """
    )

    assert seen == [
        ["default"],
        *(seen[1], 100),
        *(None, ["default", "shell"]),
        *(True, 200, 0),
        *(True, True, "local", []),
    ]
    assert seen[1] > 0


NOT_HERE = {
    ("-safe-reboot", "-hostmatch", ""): "restart it yourself",
    ("-delete-host", "-hostmatch", ""): "this machine is the only host",
}
"""What one machine has not, and what is said of it."""


def test_what_one_machine_has_not_is_refused_in_one_line(stock: Stock) -> None:
    launch(stock, {"main": {"argv": sh("true")}}, paused=True)

    for flags, words in NOT_HERE.items():
        ours = stock.farm.cueadmin(*flags, "-force")
        theirs = stock.run("cueadmin", *flags, "-force")

        assert ours.returncode == 1, (flags, ours.stdout, ours.stderr)
        assert len(ours.stderr.splitlines()) == 1, ours.stderr
        assert words in ours.stderr
        assert words in theirs.stderr, (flags, theirs.stderr)


def test_a_call_that_makes_no_sense_here_is_refused_with_what_to_use(stock: Stock) -> None:
    seen = stock.python(
        """
        import opencue
        from opencue_proto import department_pb2, department_pb2_grpc
        stub = opencue.Cuebot.getStub("department")
        try:
            stub.AddTask(department_pb2.DeptAddTaskRequest(shot="a"))
        except Exception as error:
            tell(str(error))
        """
    )

    assert "the embedded farm does not have DepartmentInterface.AddTask: cores are not" in seen


# -- depends -------------------------------------------------------------------------------------


def test_pycue_makes_depends_between_jobs_and_takes_them_back(stock: Stock) -> None:
    layers = {"render": {"argv": sh("exit 0"), "range": "1-4"}}
    launch(stock, layers, name="first", paused=True)
    launch(stock, layers, name="second", paused=True)

    seen = stock.python(
        """
        import opencue
        api = opencue.api
        first, second = api.findJob("first"), api.findJob("second")
        on, er = first.getLayers()[0], second.getLayers()[0]
        frames = er.getFrames()
        made = [
            second.createDependencyOnJob(first),
            second.createDependencyOnLayer(on),
            second.createDependencyOnFrame(on.getFrames()[0]),
            er.createDependencyOnJob(first),
            er.createDependencyOnLayer(on),
            er.createDependencyOnFrame(on.getFrames()[1]),
            er.createFrameByFrameDependency(on),
            frames[0].createDependencyOnJob(first),
            frames[0].createDependencyOnLayer(on),
            frames[0].createDependencyOnFrame(on.getFrames()[2]),
        ]
        try:
            first.createDependencyOnJob(second)
            refused = ""
        except Exception as error:
            refused = str(error)
        found = {
            "types": [each.type() for each in made],
            "external": [each.target() for each in made],
            "refused": refused,
            "of_job": len(second.getWhatThisDependsOn()),
            "of_layer": len(er.getWhatThisDependsOn()),
            "of_frame": len(frames[0].getWhatThisDependsOn()),
            "all": len(second.getDepends()),
            "on_first": sorted({each.dependErJob() for each in first.getWhatDependsOnThis()}),
            "held": api.getJob(second.id()).dependFrames(),
        }
        made[6].satisfy()
        found["satisfied"] = api.getDepend(made[6].id()).isActive()
        made[6].unsatisfy()
        found["put_back"] = api.getDepend(made[6].id()).isActive()
        second.dropDepends(0)
        found["after_internal"] = api.getJob(second.id()).dependFrames()
        second.dropDepends(1)
        found["after_external"] = api.getJob(second.id()).dependFrames()
        tell(found)
        """
    )

    assert seen["types"] == [0, 1, 2, 3, 4, 5, 9, 6, 7, 8]
    assert seen["external"] == [1] * 10
    assert "show-shot-user_first -> show-shot-user_second" in seen["refused"]
    assert (seen["of_job"], seen["of_layer"], seen["of_frame"], seen["all"]) == (3, 7, 10, 10)
    assert seen["on_first"] == ["show-shot-user_second"]
    assert (seen["held"], seen["satisfied"], seen["put_back"]) == (4, False, True)
    assert (seen["after_internal"], seen["after_external"]) == (4, 0)


def test_stock_cueadmin_drops_what_a_whole_job_waits_for(stock: Stock) -> None:
    layers = {"render": {"argv": sh("exit 0"), "range": "1-4"}}
    launch(stock, layers, name="first", paused=True)
    launch(stock, layers, name="second", paused=True)
    held = stock.python(
        """
        import opencue
        first, second = opencue.api.findJob("first"), opencue.api.findJob("second")
        second.createDependencyOnJob(first)
        tell(opencue.api.getJob(second.id()).dependFrames())
        """
    )

    stock.cueadmin("-drop-depends", "show-shot-user_second", "-force")

    assert held == 4
    assert shown(stock.farm, "show-shot-user_second")["depend"] == 0
