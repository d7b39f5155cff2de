"""What of a launch does not come along to the hosts of a stock Cuebot, or comes out otherwise there."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase

from outline._session.ownership import wants_sharing
from outline._targets.logins import is_login, known_uid
from outline._targets.obstacles import TOLD, WAITS, Obstacle
from outline.jobspec.names import wire_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from outline.jobspec.model import JobSpec, LayerSpec

_VARIABLE = r"\$\{?([A-Za-z_]\w*)"
_THERE = frozenset(
    {"HOME", "USER", "LOGNAME", "PATH", "PWD", "SHELL", "TERM", "TZ", "LANG", "HOSTNAME"}
)
"""Variables that a frame has on every host, be they with other values."""

SPELLED_SHOW = "P807"
UNKNOWN_USER = "P808"
OTHER_USER = "P809"
STAYS_HERE = "P810"
MAPPED_HERE = "P811"
POST_JOB = "P812"
"""The codes that a plan gives them."""


def all_of(job: JobSpec, sent: JobSpec, texts: Mapping[str, Sequence[str]]) -> Iterator[Obstacle]:
    """Yield all of it.

    Args:
        job: The job as the script says it.
        sent: The same as the Cuebot gets it.
        texts: What a shell reads of each layer, by its title.
    """
    from outline import config

    yield from spelled_show(job.show)
    yield from users(sent)
    yield from post_jobs(sent)
    yield from surroundings(sent, path_map=bool(config.path_map()))
    keep = config.get_config().get("outline", "keep_env", fallback="")
    yield from variables(sent, texts, keep=keep)


def spelled_show(show: str) -> Iterator[Obstacle]:
    """Yield what a Cuebot calls a show, where that is another name."""
    name = wire_name(show)
    if name != show:
        text = f"OpenCue spells show {show} {name}, and that is what is sent"
        remedy = "nothing has to change"
        yield Obstacle(code=SPELLED_SHOW, weight=TOLD, text=text, remedy=remedy)


def users(job: JobSpec) -> Iterator[Obstacle]:
    """Yield what to know when a job is not of whoever launches it."""
    if is_login(job.user):
        return
    uid = known_uid(job.user)
    if uid is None:
        text = (
            f"nobody here is called {job.user}, so your own number {os.getuid()} goes with the name: "
            "hosts that do not know it run none of the frames, or make a user of it"
        )
        remedy = "set user= to a login of the hosts, or leave it out for your own"
        yield Obstacle(code=UNKNOWN_USER, weight=WAITS, text=text, remedy=remedy)
        return
    text, remedy = f"the job runs as {job.user}, uid {uid}, not as you", "nothing has to change"
    weight = TOLD
    if any(layer.pycuerun for layer in job.layers) and not wants_sharing():
        text += ", and your session is readable for you alone"
        remedy = "set session_group = true in outline.cfg, or launch it as that user"
        weight = WAITS
    yield Obstacle(code=OTHER_USER, weight=weight, text=text, remedy=remedy)


def post_jobs(job: JobSpec) -> Iterator[Obstacle]:
    """Yield the layers that a Cuebot runs in a job of its own, as a user of its own."""
    for layer in job.layers:
        if layer.kind == "Post":
            yield Obstacle(
                code=POST_JOB,
                weight=TOLD,
                text=f"layer {layer.title}: a Post layer runs as user monitor, in a job of its own "
                "that is launched when this one has ended",
                remedy="the hosts need a user monitor; or make it a layer that depends on the others",
                layer=layer.title,
            )


def surroundings(job: JobSpec, *, path_map: bool) -> Iterator[Obstacle]:
    """Yield what of this shell the commands of a job do not find on the hosts."""
    raw = [layer for layer in job.layers if layer.is_raw]
    if raw:
        yield _raw(raw)
    if raw and path_map:
        text = (
            "the path map is applied at launch, to the commands; hosts map nothing without pycuerun"
        )
        remedy = "launch with pycuerun for the map of each host"
        yield Obstacle(code=MAPPED_HERE, weight=TOLD, text=text, remedy=remedy)


def variables(job: JobSpec, texts: Mapping[str, Sequence[str]], *, keep: str) -> Iterator[Obstacle]:
    """Yield the variables of this shell that commands name and hosts do not have.

    Args:
        job: The job as the Cuebot gets it.
        texts: What a shell reads of each layer, by its title.
        keep: Patterns of variables that travel through pycuerun, with commas between.
    """
    for layer in job.layers:
        known = {*job.env, *layer.env}
        named = {
            name for text in texts.get(layer.title, ()) for name in re.findall(_VARIABLE, text)
        }
        travels = [] if layer.is_raw else [each.strip() for each in keep.split(",")]
        stays = sorted(
            name
            for name in named & os.environ.keys() - known - _THERE
            if not name.startswith("CUE") and not any(fnmatchcase(name, each) for each in travels)
        )
        if stays:
            yield Obstacle(
                code=STAYS_HERE,
                weight=WAITS,
                text=f"layer {layer.title}: its command reads ${', $'.join(stays)} of this shell, "
                "which hosts do not have",
                remedy="set it with set_env"
                + ("" if layer.is_raw else ", or name it in keep_env of outline.cfg"),
                layer=layer.title,
            )


def _raw(layers: list[LayerSpec]) -> Obstacle:
    bare = sorted({_program(each) for each in layers} - {""})
    text = (
        "commands run in RQD's directory, with RQD's environment and PATH, not those of this shell"
    )
    if bare:
        text += f"; there {', '.join(bare[:3])} has to be found"
    remedy = "write absolute paths, set variables with set_env, or launch with pycuerun"
    return Obstacle(code=STAYS_HERE, weight=TOLD, text=text, remedy=remedy)


def _program(layer: LayerSpec) -> str:
    """Return the program of a command when it is sought on PATH; empty otherwise."""
    first = layer.argv[0] if layer.argv else layer.command.split(maxsplit=1)[0]
    return first if os.sep not in first else ""
