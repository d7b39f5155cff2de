"""What keeps a job from a Cuebot's farm: every reason by itself, and none where nobody was asked."""

from __future__ import annotations

from typing import Any

import pytest

from outline._targets.at_cuebot.obstacles import REFUSED, TOLD, WAITS, Obstacle, obstacles
from outline.jobspec.model import JobSpec, LayerSpec
from outline.jobspec.renderfarm import FarmService, FarmShow, RenderFarm, RenderHost, Share

GENERAL = FarmService(tags=("general", "desktop"), cores=1.0, memory_mb=3276)
SERVICES = {
    "default": GENERAL,
    "shell": FarmService(tags=("general", "util"), cores=1.0, memory_mb=3276),
    "preprocess": FarmService(tags=("util",), cores=0.1, memory_mb=384),
}
BLADE = RenderHost(
    name="blade1", cores=8, memory_mb=32768, tags=("general", "blade1"), allocation="local.general"
)


def layer(**more: Any) -> LayerSpec:
    unset = tuple(key for key in ("cores", "memory_mb", "gpus") if key not in more)
    said = {"name": "render", "title": "render", "services": ("shell",), "unset": unset}
    return LayerSpec(**(said | more))


def job(*layers: LayerSpec, **more: Any) -> JobSpec:
    said: dict[str, Any] = {
        "name": "demo-sh010-ada_film",
        "title": "film",
        "show": "demo",
        "shot": "sh010",
    }
    said |= {"user": "ada", "facility": "local", "layers": layers or (layer(),)}
    return JobSpec(**(said | more))


def farm(**more: Any) -> RenderFarm:
    """Return a farm on which everything runs."""
    said: dict[str, Any] = {
        "hosts": (BLADE,),
        "shows": (FarmShow(name="demo"),),
        "shares": (Share(allocation="local.general", size=100, burst=100),),
        "services": SERVICES,
        "limits": frozenset({"licence"}),
    }
    return RenderFarm(**(said | more))


def only(given: JobSpec, on: RenderFarm) -> Obstacle:
    (found,) = obstacles(given, on)
    return found


def test_nothing_is_in_the_way_on_a_farm_that_has_everything() -> None:
    assert list(obstacles(job(layer(limits=("licence",))), farm())) == []


def test_what_nobody_was_asked_about_is_in_nobodys_way() -> None:
    assert list(obstacles(job(layer(limits=("x",), tags=("nosuch",))), RenderFarm())) == []


# -- shows -----------------------------------------------------------------------------------


def test_a_show_that_is_not_there_is_made_and_subscribed() -> None:
    found = only(job(show="film-a"), farm(shows=(FarmShow(name="demo"),), shares=()))

    assert (found.code, found.weight) == ("P801", REFUSED)
    assert found.text.startswith("the farm has no show film_a")
    assert found.remedy == (
        "cueadmin -create-show film_a && cueadmin -create-sub film_a local.general 100 100"
    )


def test_a_show_that_is_misspelled_is_named() -> None:
    assert "show='demo'" in only(job(show="demoo"), farm(shares=())).remedy


def test_two_shows_of_one_name_take_no_jobs() -> None:
    found = only(job(), farm(shows=(FarmShow(name="demo"), FarmShow(name="demo"))))

    assert (found.code, found.weight) == ("P801", REFUSED)


def test_a_show_with_a_dash_is_found_as_the_farm_spells_it() -> None:
    assert list(obstacles(job(show="Demo-A"), farm(shows=(FarmShow(name="demo_a"),)))) == []


def test_an_inactive_show_is_enabled() -> None:
    found = only(job(), farm(shows=(FarmShow(name="demo", is_active=False),)))

    assert (found.code, found.weight) == ("P802", REFUSED)
    assert found.remedy == "cueadmin -enable-show demo"


@pytest.mark.parametrize(
    ("switch", "weight", "remedy"),
    [
        ({"is_dispatched": False}, TOLD, "cueadmin -dispatching demo on"),
        ({"is_booked": False}, TOLD, "cueadmin -booking demo on"),
        ({"has_own_scheduler": True}, WAITS, "cueadmin -scheduler-managed demo off"),
    ],
)
def test_a_show_that_is_held_is_let_go(switch: dict[str, bool], weight: str, remedy: str) -> None:
    found = only(job(), farm(shows=(FarmShow(name="demo", **switch),)))

    assert (found.code, found.weight) == ("P804", weight)
    assert found.remedy.startswith(remedy)


# -- hosts of a show -------------------------------------------------------------------------

DESK = BLADE.replace(name="desk1", allocation="local.desktop")


@pytest.mark.parametrize(
    ("changed", "text", "remedy"),
    [
        ({"shares": ()}, "demo has no subscription", "-create-sub demo local.general 100 100"),
        (
            {"shares": (Share(allocation="local.desktop", size=9, burst=9),)},
            "demo is subscribed to local.desktop only, without hosts",
            "-create-sub demo local.general 100 100",
        ),
        (
            {"shares": (Share(allocation="local.general", size=0, burst=0.5),)},
            "may use 0.5 cores of local.general",
            "-burst demo local.general 10000",
        ),
        ({"hosts": ()}, "the farm has no hosts", "start RQD"),
        (
            {"hosts": (BLADE.replace(allocation="cloud.general"),)},
            "facility local has no hosts, they are in cloud",
            "facility='cloud'",
        ),
        (
            {"shares": (), "hosts": (DESK, BLADE, DESK.replace(name="desk2"))},
            "demo has no subscription",
            "-create-sub demo local.desktop 100 100",
        ),
    ],
)
def test_a_show_without_hosts_says_what_it_lacks(
    changed: dict[str, Any], text: str, remedy: str
) -> None:
    found = only(job(), farm(**changed))

    assert (found.code, found.weight) == ("P803", WAITS)
    assert text in found.text
    assert found.text.endswith("no frame will start")
    assert remedy in found.remedy


# -- layers ----------------------------------------------------------------------------------


def test_tags_of_a_service_count_where_the_layer_has_none() -> None:
    found = only(job(layer(services=("preprocess",))), farm())

    assert (found.code, found.weight, found.layer) == ("P401", WAITS, "render")
    assert "no host has one of the tags util of its service preprocess" in found.text
    assert "findHost('blade1').addTags(['util'])" in found.remedy.replace("'\"'\"'", "'")


def test_an_unknown_service_gets_what_default_has() -> None:
    given = job(layer(services=("nosuch",)))

    assert list(obstacles(given, farm())) == []
    desktop = BLADE.replace(tags=("linux",))
    assert "desktop" in only(given, farm(hosts=(desktop,))).text


def test_tags_of_the_layer_go_before_those_of_its_service() -> None:
    assert list(obstacles(job(layer(services=("preprocess",), tags=("general",))), farm())) == []
    assert "tags gpu," in only(job(layer(tags=("gpu",))), farm()).text


def test_tags_are_found_as_a_cuebot_finds_them() -> None:
    tags = ("GEN", "nosuch")

    assert list(obstacles(job(layer(tags=tags)), farm())) == []


@pytest.mark.parametrize(
    "asked", [{"cores": 9.0}, {"memory_mb": 40000}, {"gpus": 1}, {"cores": 30.0}]
)
def test_a_reservation_that_no_host_has_names_the_largest(asked: dict[str, Any]) -> None:
    found = only(job(layer(**asked)), farm())

    assert found.code == "P401"
    assert "(the largest, blade1, has 8 cores and 32,768 MB)" in found.text


def test_a_reservation_of_the_service_counts_too() -> None:
    small = BLADE.replace(memory_mb=2048)

    assert "3,276 MB" in only(job(), farm(hosts=(small,))).text


def test_hosts_that_the_show_may_not_use_do_not_count() -> None:
    gpu = DESK.replace(gpus=4)

    assert only(job(layer(gpus=1)), farm(hosts=(BLADE, gpu))).code == "P401"


@pytest.mark.parametrize(
    ("state", "text", "remedy"),
    [
        ({"is_up": False}, "is down (blade1)", "start RQD there"),
        ({"is_open": False}, "locked or down (blade1 locked)", "cueadmin -unlock -host blade1"),
    ],
)
def test_hosts_that_are_away_say_so(state: dict[str, bool], text: str, remedy: str) -> None:
    found = only(job(), farm(hosts=(BLADE.replace(**state),)))

    assert text in found.text
    assert found.remedy == remedy


def test_one_host_that_is_free_is_enough() -> None:
    assert list(obstacles(job(), farm(hosts=(BLADE.replace(is_up=False), BLADE)))) == []


# -- the job ---------------------------------------------------------------------------------


def test_a_limit_that_is_not_set_is_set() -> None:
    found = only(job(layer(limits=("licence", "my nuke"))), farm())

    assert (found.code, found.weight, found.layer) == ("P805", REFUSED, "render")
    assert found.remedy == "cuelet limits set 'my nuke' 10"


def test_a_name_that_is_taken_names_the_job() -> None:
    found = only(job(), farm(is_pending=True))

    assert (found.code, found.weight) == ("P806", REFUSED)
    assert "demo-sh010-ada_film" in found.text
