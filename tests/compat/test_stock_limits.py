"""Stock pycue and cueadmin set limits, tags, locks, start times and orders, and the farm obeys."""

from __future__ import annotations

import textwrap
from typing import Any

from tests.compat.conftest import Stock
from tests.conftest import wait_until
from tests.specs import job_spec, sh


def told(stock: Stock, code: str, *args: str) -> Any:
    """Run code in stock Python, and return what it gave to ``tell``."""
    return stock.python("import opencue\napi = opencue.api\n" + textwrap.dedent(code), *args)


def launch(stock: Stock, xml: str) -> None:
    done = told(
        stock,
        "import pathlib\ntell([j.name() for j in api.launchSpecAndWait("
        "pathlib.Path(sys.argv[2]).read_text())])",
        write(stock, xml),
    )
    assert done == ["show-shot-user_test_job"]


def write(stock: Stock, xml: str) -> str:
    path = stock.farm.home / "spec.xml"
    path.write_text(xml)
    return str(path)


def state_of(stock: Stock) -> dict[str, tuple[int, int]]:
    """Return frames waiting and running, by layer."""
    (job,) = [stock.farm.json("show", "test_job")]
    return {layer["name"]: (layer["waiting"], layer["running"]) for layer in job["layers"]}


def why(stock: Stock, layer: str) -> set[str]:
    groups = stock.farm.json("why", "test_job", layer)["frames"]
    return {reason["code"] for group in groups for reason in group["reasons"]}


def test_pycue_makes_changes_renames_and_deletes_limits(stock: Stock) -> None:
    seen = told(
        stock,
        """
        made = api.createLimit("nuke", 3)
        first = [made.name(), made.maxValue(), made.currentRunning()]
        made.setMaxValue(5)
        made.rename("nukex")
        second = [api.findLimit("nukex").id() == made.id(), made.name(), made.maxValue()]
        api.createLimit("arnold", 0)
        third = sorted(limit.name() for limit in api.getLimits())
        api.findLimit("arnold").delete()
        refused = []
        for attempt in (lambda: api.findLimit("nuke"), lambda: api.createLimit("nukex", 1),
                        lambda: made.setMaxValue(-2)):
            try:
                attempt()
            except Exception as error:
                refused.append(type(error).__name__)
        tell([first, second, third, [limit.name() for limit in api.getLimits()], len(refused)])
        """,
    )

    assert seen == [
        ["nuke", 3, 0],
        [True, "nukex", 5],
        ["arnold", "nukex"],
        ["nukex"],
        3,
    ]


def test_a_layer_put_under_limits_by_pycue_needs_all_of_them(stock: Stock) -> None:
    launch(stock, job_spec({"main": {"argv": sh("sleep 60"), "range": "1-2"}}, paused=True))

    seen = told(
        stock,
        """
        free, full = api.createLimit("free", 9), api.createLimit("full", 0)
        layer = api.findLayer("show-shot-user_test_job", "main")
        layer.addLimit(free.id())
        layer.addLimit(full.id())
        again = api.getLayer(layer.id())
        tell([list(again.limits()), [limit.name() for limit in again.getLimitDetails()]])
        """,
    )
    assert seen == [["free", "full"], ["free", "full"]]
    stock.cueadmin("-unpause", "show-shot-user_test_job")

    assert why(stock, "main") == {"limit"}
    assert state_of(stock)["main"] == (2, 0)
    told(stock, 'api.findLimit("full").setMaxValue(1)')
    wait_until(lambda: state_of(stock)["main"] == (1, 1))
    told(
        stock,
        """
        layer = api.findLayer("show-shot-user_test_job", "main")
        layer.dropLimit(api.findLimit("full").id())
        """,
    )
    wait_until(lambda: state_of(stock)["main"] == (0, 2))


def test_cueadmin_locks_the_machine_also_over_a_restart(stock: Stock) -> None:
    host = told(stock, "tell(api.getHosts()[0].name())")
    stock.cueadmin("-host", host, "-lock", "-force")
    assert "LOCKED" in stock.cueadmin("-lh")
    launch(stock, job_spec({"main": {"argv": sh("sleep 60")}}))

    stock.farm.kill()
    stock.farm.start()

    assert why(stock, "main") == {"locked"}
    assert state_of(stock)["main"] == (1, 0)
    assert stock.farm.cueadmin("-unlock", "-host", host, "-force").returncode == 0
    wait_until(lambda: state_of(stock)["main"] == (0, 1))


def test_pycue_gives_the_machine_the_tag_a_layer_waits_for(stock: Stock) -> None:
    xml = job_spec({"main": {"argv": sh("sleep 60")}}).replace(
        "</chunk></layer>", "</chunk><tags>big | cloud</tags></layer>"
    )
    launch(stock, xml)
    assert why(stock, "main") == {"tags"}

    seen = told(
        stock,
        """
        host = api.getHosts()[0]
        host.addTags(["huge"])
        host.renameTag("huge", "Cloud")
        host.removeTags(["desktop"])
        host.setAllocation(api.findAllocation("local.general"))
        tell(list(api.findHost(host.name()).tags()))
        """,
    )

    assert "Cloud" in seen
    assert "huge" not in seen
    assert "desktop" not in seen
    assert {"general", "local", "util"} <= set(seen)
    wait_until(lambda: state_of(stock)["main"] == (0, 1))


def test_pycue_delays_reorders_and_staggers(stock: Stock) -> None:
    out = stock.farm.home / "out"
    layer = {"argv": sh(f"echo #IFRAME# >> {out}"), "range": "1-8", "cores": 2.0}
    launch(stock, job_spec({"main": layer, "other": {"argv": sh("true")}}, paused=True))

    seen = told(
        stock,
        """
        job = api.findJob("show-shot-user_test_job")
        layer = job.getLayer("main")
        layer.reorderFrames("7-8", api.job_pb2.FIRST)
        job.reorderFrames("1-2", api.job_pb2.LAST)
        layer.staggerFrames("3-6", 2)
        job.getLayer("other").setDispatchOrder(-1)
        orders = {frame.number(): frame.data.dispatch_order for frame in layer.getFrames()}
        layer.setStartAfter(int(time.time()) + 3600, username="me")
        again = api.getLayer(layer.id())
        tell([[number for number in sorted(orders, key=orders.get)],
              job.getLayer("other").dispatchOrder(), again.startAfterReason()])
        """,
    )
    assert seen == [[7, 8, 3, 5, 4, 6, 1, 2], -1, "set by me"]
    stock.cueadmin("-unpause", "show-shot-user_test_job")
    assert why(stock, "main") == {"start after"}

    assert stock.farm.cuelet("delay", "test_job", "off").returncode == 0
    done = stock.farm.cuelet("watch", "test_job", "--quiet")

    assert done.returncode == 0, done.stderr
    assert [int(number) for number in out.read_text().split()] == [7, 8, 3, 5, 4, 6, 1, 2]
