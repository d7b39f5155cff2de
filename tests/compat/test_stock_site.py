"""Stock pycue sets properties of layers, the machine, owners and services, and the farm obeys."""

from __future__ import annotations

from tests.compat.conftest import Stock
from tests.compat.test_stock_limits import launch, state_of, told, why, write
from tests.conftest import wait_until
from tests.specs import job_spec, sh

MAIN = {"main": {"argv": sh("true")}}
PLAIN = """<spec><facility>local</facility><show>show</show><shot>shot</shot><user>user</user>
<job name='plain'><layers><layer name='main' type='Render'><cmd>true</cmd><range>1</range>
<chunk>1</chunk><services><service>nuke</service></services></layer></layers></job></spec>"""


def test_the_calls_of_the_layer_dialog_save_whole(stock: Stock) -> None:
    launch(stock, job_spec(MAIN, paused=True))

    seen = told(
        stock,
        """
        (layer,) = api.findJob("show-shot-user_test_job").getLayers()
        layer.setMinMemory(1048576)
        layer.enableMemoryOptimizer(False)
        layer.setMinCores(50)  # hundredths
        layer.setMaxCores(100)
        layer.setThreadable(True)
        layer.setMinGpus(0)
        layer.setMaxGpus(0)
        layer.setMinGpuMemory(0)
        layer.setTimeout(30)
        layer.setTimeoutLLU(5)
        layer.setTags(["general", "util"])
        layer.registerOutputPath("/tmp/x.exr")
        layer = api.getLayer(layer.id())
        tell([layer.minMemory(), layer.minCores(), layer.data.max_cores, layer.data.timeout,
              layer.data.timeout_llu, layer.tags(), layer.data.memory_optimizer_enabled,
              layer.getOutputPaths()])
        """,
    )

    assert seen == [1048576, 0.5, 1, 30, 5, ["general", "util"], False, ["/tmp/x.exr"]]


def test_updated_frames_are_told_whenever_one_asks(stock: Stock) -> None:
    launch(stock, job_spec(MAIN))

    seen = told(
        stock,
        """
        job = api.findJob("show-shot-user_test_job")
        until(lambda: api.getJob(job.id()).state() == 1)
        answer = job.getUpdatedFrames(0)
        later = job.getUpdatedFrames(answer.server_time + 100)
        tell([[frame.state for frame in answer.updated_frames.updated_frames], answer.state,
              len(later.updated_frames.updated_frames)])
        """,
    )

    assert seen == [[3], 1, 0]


def test_a_machine_is_repaired_commented_owned_and_threaded(stock: Stock) -> None:
    seen = told(
        stock,
        """
        from opencue_proto import host_pb2
        from opencue.wrappers.owner import Owner
        show = api.createShow("feature")
        (host,) = api.getHosts()
        host.addComment("disk", "full")
        (comment,) = host.getComments()
        comment.setMessage("half full")
        comment.save()
        owner = Owner(show.createOwner("ada"))
        owner.takeOwnership(host.name())
        host.setThreadMode(host_pb2.ALL)
        host.setOs("rhel9")
        host.setHardwareState(host_pb2.REPAIR)
        held = api.findHost(host.name())
        kept = [held.getComments()[0].message(), held.data.has_comment, held.data.thread_mode,
                held.data.os, held.state(), held.data.ping_time > 0, len(owner.getHosts())]
        host.setHardwareState(host_pb2.DOWN)
        kept.append(api.findHost(host.name()).state())
        comment.delete()
        owner.delete()
        tell(kept)
        """,
    )

    assert seen == ["half full", True, 1, "rhel9", 4, True, 1, 0]


def test_a_repaired_machine_starts_nothing(stock: Stock) -> None:
    told(stock, "from opencue_proto import host_pb2\napi.getHosts()[0].setHardwareState(4)")
    launch(stock, job_spec(MAIN))

    assert state_of(stock)["main"] == (1, 0)
    assert why(stock, "main") == {"host state"}

    told(stock, "api.getHosts()[0].setHardwareState(0)")
    wait_until(lambda: stock.farm.json("show", "test_job")["state"] == "finished")


def test_a_service_gives_layers_what_their_script_leaves_open(stock: Stock) -> None:
    told(
        stock,
        """
        from opencue_proto import service_pb2
        made = api.createService(service_pb2.Service(
            name="nuke", threadable=True, min_cores=50, min_memory=262144, tags=["util"],
            timeout=7, min_memory_increase=2097152))
        made.setMinCores(25)
        made.update()
        tell(made.name())
        """,
    )
    path = write(stock, PLAIN)

    seen = told(
        stock,
        """
        import pathlib
        (job,) = api.launchSpecAndWait(pathlib.Path(sys.argv[2]).read_text())
        (layer,) = job.getLayers()
        api.getService("nuke").delete()
        tell([layer.minCores(), layer.minMemory(), layer.tags(), layer.data.timeout])
        """,
        path,
    )

    assert seen == [0.25, 262144, ["util"], 7]


def test_what_makes_no_sense_here_is_refused_with_what_to_use(stock: Stock) -> None:
    said = told(
        stock,
        """
        from opencue_proto import host_pb2
        (host,) = api.getHosts()
        said = []
        for ask in (host.reboot, host.rebootWhenIdle, host.delete):
            try:
                ask()
            except Exception as error:
                said.append(str(error))
        tell(said)
        """,
    )

    assert len(said) == 3
    assert all("cueadmin -lock" in each for each in said)
