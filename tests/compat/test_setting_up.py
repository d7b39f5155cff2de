"""Shows, groups, filters, allocations and subscriptions as scripts set them up, with our client and the stock one.

Every step looks at what the farm says afterwards; what these do to frames that run is tested in
`tests/integration/test_shows.py`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FarmBox

BEGINS = """
import grpc
from opencue import api
from opencue.exception import CueException
from opencue_proto import filter_pb2, job_pb2, service_pb2, show_pb2

def refused(ask, words):
    try:
        ask()
    except (CueException, grpc.RpcError) as error:
        text = error.details() if isinstance(error, grpc.RpcError) else str(error)
        assert words in text, text
    else:
        raise SystemExit(f"not refused: {words}")

def names(found):
    return [each.name() for each in found]
"""

SHOWS = """
show = api.createShow("Feature-One")
assert show.name() == "feature_one", show.name()
assert api.findShow("Feature-One").id() == show.id()
refused(lambda: api.createShow("feature_one"), "show 'feature_one' is there already")
refused(lambda: api.createShow("a b"), "3 to 255 letters")
refused(lambda: api.createShow("ab"), "3 to 255 letters")
refused(lambda: api.findShow("nosuch"), "there are feature_one")
show.setActive(False)
assert names(api.getActiveShows()) == [] and names(api.getShows()) == ["feature_one"]
show.setActive(True)
show.setDefaultMinCores(2)
show.setDefaultMaxCores(10)
show.setDefaultMaxGpus(3)
show.setDefaultMinGpus(0)
show.setSchedulerManaged(True)
assert api.findShow("feature_one").schedulerManaged()
show.enableBooking(False)
show.enableDispatching(False)
show = api.findShow("feature_one")
assert (show.data.default_min_cores, show.data.default_max_cores) == (2, 10)
assert show.data.default_max_gpus == 3
assert not show.data.booking_enabled and not show.data.dispatch_enabled
refused(lambda: show.setDefaultMaxCores(-5), "use 0 to 1,000,000")
other = api.createShow("other")
show.archive("other")
assert names(api.getShows()) == ["feature_one_archive", "other"]
refused(lambda: api.findShow("feature_one"), "no show")
refused(lambda: api.createShow("feature_one"), "its jobs go to show other")
refused(lambda: other.delete(), "delete feature_one_archive first")
show.delete()
other.delete()
assert names(api.getShows()) == []
"""

GROUPS = """
show = api.createShow("film")
root = show.getRootGroup()
assert (root.name(), root.data.level, root.data.parent_id) == ("film", 0, "")
light = root.createSubGroup("lighting")
key = light.createSubGroup("key")
assert (key.data.level, key.data.parent_id) == (2, light.id())
refused(lambda: root.createSubGroup("lighting"), "already")
refused(lambda: root.createSubGroup(" "), "printable")
light.setMaxCores(4)
light.setMinCores(1)
light.setMaxGpus(0)
light.setDefaultJobPriority(77)
light.setDefaultJobMinCores(2)
light.setDefaultJobMaxCores(8)
light.setDefaultJobMinGpus(1)
light.setDefaultJobMaxGpus(1)
light.setDepartment("Unknown")
refused(lambda: light.setDepartment("nosuch"), "no department 'nosuch'; there are")
light = api.findGroup("film", "lighting")
told = light.data
assert (told.max_cores, told.min_cores, told.max_gpus) == (4, 1, 0), told
assert (told.default_job_priority, told.default_job_min_cores) == (77, 2)
assert (told.default_job_max_cores, told.default_job_max_gpus) == (8, 1)
refused(lambda: light.setMaxCores(0), "-1 for no limit")
light.setMaxCores(-1)
assert api.getGroup(light.id()).data.max_cores == -1
key.setName("rim")
refused(lambda: light.setGroup(key), "a group cannot lie in itself")
refused(lambda: root.setGroup(light), "it is the root")
key.setGroup(root)
light.reparentGroups([key])
assert names(light.getGroups()) == ["rim"]
assert names(show.getGroups()) == ["film", "lighting", "rim"]
board = show.getJobWhiteboard()
board = getattr(board, "whiteboard", getattr(board, "data", board))
(nested,) = board.groups.nested_groups
assert (board.name, nested.name, nested.parent.id) == ("film", "lighting", root.id())
assert nested.groups.nested_groups[0].name == "rim"
refused(lambda: light.delete(), "groups are in it")
refused(lambda: root.delete(), "it is the root")
api.findGroup("film", "rim").delete()
light.delete()
refused(lambda: api.findGroup("film", "lighting"), "show film has film")
deep = root
for level in range(10):
    deep = deep.createSubGroup(f"level{level}")
refused(lambda: deep.createSubGroup("more"), "at most 10 levels")
show.delete()
refused(lambda: api.getGroup(deep.id()), "no group")
"""

FILTERS = """
show = api.createShow("film")
group = show.getRootGroup().createSubGroup("hero")
first, second, third = (show.createFilter(each) for each in ("first", "second", "third"))
refused(lambda: show.createFilter("first"), "already")
def order():
    return [(each.name(), each.order()) for each in show.getFilters()]
assert order() == [("first", 1), ("second", 2), ("third", 3)], order()
first.orderLast()
assert order() == [("second", 1), ("third", 2), ("first", 3)], order()
api.findFilter("film", "first").raiseOrder()
assert order() == [("second", 1), ("first", 2), ("third", 3)], order()
api.findFilter("film", "second").lowerOrder()
third.orderFirst()
assert order() == [("third", 1), ("first", 2), ("second", 3)], order()
third.setOrder(3)
assert order() == [("first", 1), ("second", 2), ("third", 3)], order()
second.delete()
assert order() == [("first", 1), ("third", 2)], order()
first.setType(filter_pb2.MATCH_ANY)
first.setEnabled(False)
first.setName("renamed")
found = show.findFilter("renamed")
assert (found.type(), found.isEnabled()) == (filter_pb2.MATCH_ANY, False)
matcher = found.createMatcher(filter_pb2.JOB_NAME, filter_pb2.CONTAINS, "hero")
refused(lambda: found.createMatcher(filter_pb2.JOB_NAME, filter_pb2.REGEX, "("), "no regular expression")
refused(lambda: found.createMatcher(filter_pb2.JOB_NAME, filter_pb2.IS, ""), "1 to 6000 characters")
matcher.setInput("calm")
(again,) = found.getMatchers()
assert again.input() == "calm"
assert again.getParentFilter().name() == "renamed"
action = found.createAction(filter_pb2.SET_JOB_PRIORITY, 250)
moves = found.createAction(filter_pb2.MOVE_JOB_TO_GROUP, group)
refused(lambda: found.createAction(filter_pb2.SET_ALL_RENDER_LAYER_TAGS, " | "), "name a tag")
refused(lambda: group.delete(), "a filter moves jobs there")
assert [each.value() for each in found.getActions()][0] == 250
moves.delete()
matcher.delete()
assert found.getMatchers() == [] and len(found.getActions()) == 1
group.delete()
show.delete()
refused(lambda: api.findFilter("film", "renamed"), "no show")
"""

ALLOCATIONS = """
show = api.createShow("film")
(sub,) = show.getSubscriptions()
assert (sub.name(), sub.size(), sub.burst()) == ("local.general.film", 200, 200)
made = api.createAllocation("spare", "spare", api.getFacility("local"))
assert (made.name(), made.tag(), made.totalHosts()) == ("local.spare", "spare", 0)
refused(lambda: api.createAllocation("spare", "spare", api.getFacility("local")), "already")
made.setTag("spar")
made.setName("extra")
made = api.findAllocation("local.extra")
assert made.tag() == "spar"
api.allocSetBillable(made.data, False)
api.setDefaultAllocation(made.data)
assert api.getDefaultAllocation().name() == "local.extra"
api.setDefaultAllocation(api.findAllocation("local.general").data)
own = show.createSubscription(made, 10.0, 20.0)
assert (own.name(), own.size(), own.burst()) == ("local.extra.film", 1000, 2000)
refused(lambda: show.createSubscription(made, 1, 1), "already")
own.setSize(500)
own.setBurst(600)
own = api.findSubscription("local.extra.film")
assert (own.size(), own.burst()) == (500, 600)
refused(lambda: own.setBurst(-1), "use 0 or more")
host = api.getHosts()[0]
made.reparentHosts([host])
host = api.getHosts()[0]
assert host.data.alloc_name == "local.extra" and "spar" in host.tags()
assert names(made.getHosts()) == [host.name()]
refused(lambda: made.delete(), "this machine is in it")
host.setAllocation(api.findAllocation("local.general"))
host = api.getHosts()[0]
assert host.data.alloc_name == "local.general" and "spar" not in host.tags()
made.delete()
assert [each.name() for each in show.getSubscriptions()] == ["local.general.film"]
sub.delete()
assert show.getSubscriptions() == []
show.createSubscription(api.findAllocation("local.general"), 1, 1)
show.delete()
assert names(api.getAllocations()) == ["local.general"]
"""

PARTS = {"shows": SHOWS, "groups": GROUPS, "filters": FILTERS, "allocations": ALLOCATIONS}


def run(python: str, farm: FarmBox, part: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a part with a Python."""
    script = farm.home / "set_up.py"
    script.write_text(f"{BEGINS}{PARTS[part]}\nprint('done')\n")
    return subprocess.run(
        [python, str(script)],
        env={**farm.env, **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_our_client_sets_up_a_show(farm: FarmBox) -> None:
    for part in PARTS:
        done = run(sys.executable, farm, part)

        assert (done.returncode, done.stdout) == (0, "done\n"), (part, done.stderr)
    notes = run(sys.executable, farm, "groups").stderr
    assert "a minimum is kept and shown" in notes


@pytest.mark.slow
def test_so_does_the_stock_client(farm: FarmBox, stock_bin: Path) -> None:
    env = {"CUEBOT_HOSTS": str(farm.info["address"]), "PYTHONPATH": ""}

    for part in PARTS:
        done = run(str(stock_bin / "python"), farm, part, **env)

        assert (done.returncode, done.stdout) == (0, "done\n"), (part, done.stderr)
