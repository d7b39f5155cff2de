"""What can be said about an outline: its names, limits, frames, variables and arguments, each checked as it is set."""

from __future__ import annotations

import os

from outline import util
from outline._layer.settings import check_env, check_number, check_range, check_whole
from outline.exception import InvalidSettingError
from outline.jobspec.names import check_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_ASKED = {
    "name": "get_name",
    "range": "get_frame_range",
    **{
        key: f"get_{key}"
        for key in ("show", "shot", "user", "facility", "maxcores", "maxgpus", "priority")
    },
    "env": "get_env",
    "args": "get_args",
}
"""Keys of an ``outline.yaml`` and the methods of an outline that answer them."""


class Settings:
    """The settings of an outline; None is what the launch or the configuration decides."""

    def __init__(self) -> None:
        self.name = ""
        self.show: str | None = None
        self.shot: str | None = None
        self.user: str | None = None
        self.facility: str | None = None
        self.maxcores: float | None = None
        self.maxgpus: int | None = None
        self.priority: int | None = None
        self.range: str | None = None
        self.is_cut = False
        self.env: dict[str, tuple[str, bool]] = {}
        self.args: dict[str, Any] = {}
        self.job_depends: list[str] = []

    def thing(self) -> str:
        """Return the outline, for messages."""
        return f"outline {self.name!r}"

    @staticmethod
    def to_data(outline: object) -> dict[str, Any]:
        """Return what an ``outline.yaml`` holds of them; asked of the outline, whose class may answer otherwise."""
        held = {key: getattr(outline, getter)() for key, getter in _ASKED.items()}
        return held | {"env": {key: list(pair) for key, pair in held["env"].items()}}

    def take_data(self, data: Mapping[str, Any]) -> None:
        """Take what an ``outline.yaml`` holds; what has passed the checks once is not checked again."""
        for key in ("show", "shot", "user", "facility", "maxcores", "maxgpus", "args"):
            setattr(self, key, data[key])
        self.priority = data.get("priority")
        self.env = {key: (value, pre) for key, (value, pre) in data["env"].items()}

    def get_name(self) -> str:
        """Return the name as the script spells it."""
        return self.name

    def set_name(self, name: str) -> None:
        """Set the name; raises InvalidNameError when OpenCue could not take it."""
        self.name = check_name("outline", name, example="shot010-lighting-v001")

    def get_show(self) -> str:
        """Return the show."""
        return self.show or util.get_show()

    def set_show(self, show: str) -> None:
        """Set the show."""
        self.show = check_name("show", show, example="demo-project", least=1)

    def get_shot(self) -> str:
        """Return the shot."""
        return self.shot or util.get_shot()

    def set_shot(self, shot: str) -> None:
        """Set the shot."""
        self.shot = check_name("shot", shot, example="shot010")

    def get_user(self) -> str:
        """Return the user."""
        return self.user or util.get_user()

    def set_user(self, user: str) -> None:
        """Set the user."""
        self.user = check_name("user", user, example="artist01", least=1)

    def get_facility(self) -> str | None:
        """Return the facility, or None when the launch decides."""
        return self.facility

    def set_facility(self, facility: str) -> None:
        """Set the facility."""
        self.facility = facility

    def get_maxcores(self) -> float | None:
        """Return how many cores the whole job may use at most, or None."""
        return self.maxcores

    def set_maxcores(self, maxcores: float | None) -> None:
        """Say how many cores the whole job may use at most."""
        self.maxcores = _optional(check_number, self.thing(), "maxcores", maxcores, unit="cores")

    def set_max_cores(self, cores: float | None) -> None:
        """Say how many cores the whole job may use at most, as `set_maxcores` does."""
        self.set_maxcores(cores)

    def set_min_cores(self, cores: float) -> None:
        """Check a least share of the whole job, which no specification can hold, and say so."""
        from outline._stderr.say import say

        check_number(self.thing(), "min_cores", cores, unit="cores")
        text = "a job has no least share of cores, its frames reserve what their layers ask for"
        say(
            f"note: {self.thing()}: {text}; call set_min_cores of a layer, or setMinCores of the launched job"
        )

    def get_maxgpus(self) -> int | None:
        """Return how many GPUs the whole job may use at most, or None."""
        return self.maxgpus

    def set_maxgpus(self, maxgpus: int | None) -> None:
        """Say how many GPUs the whole job may use at most."""
        self.maxgpus = _optional(check_whole, self.thing(), "maxgpus", maxgpus, least=0)

    def get_priority(self) -> int | None:
        """Return the priority, or None when the launch decides."""
        return self.priority

    def set_priority(self, priority: int) -> None:
        """Set the priority: a job of a higher one is served first."""
        self.priority = check_whole(self.thing(), "priority", priority, least=0)

    def get_frame_range(self) -> str | None:
        """Return the range, or None when every layer has its own."""
        return self.range

    def set_frame_range(self, frame_range: Any) -> None:
        """Set the frames of the shot: range text, a number, or numbers; None for no limit."""
        self.range = None if frame_range is None else check_range(self.thing(), frame_range)
        self.is_cut = False

    def cut_to(self, frame_range: Any) -> None:
        """Launch only these frames of what the script says: layers that have none of them are left out."""
        self.set_frame_range(frame_range)
        self.is_cut = True

    def get_env(self, key: str | None = None) -> Any:
        """Return one variable's value, or all of them as ``{key: (value, pre)}``."""
        if key is None:
            return dict(self.env)
        return self.env[key][0] if key in self.env else None

    def set_env(self, key: str, value: object, pre: bool = False) -> None:
        """Set an environment variable for every frame.

        Args:
            key: Name of the variable.
            value: Its value; numbers and paths become text.
            pre: Set it for the frame's whole process, not only for what pycuerun runs.
        """
        key, value = check_env(self.thing(), key, value)
        self.env[key] = (value, pre)

    def get_args(self) -> dict[str, Any]:
        """Return the arguments; a copy."""
        return dict(self.args)

    def get_arg(self, key: str, default: Any = None) -> Any:
        """Return an argument, or ``default``."""
        return self.args.get(key, default)

    def set_arg(self, key: str, value: Any) -> None:
        """Set an argument."""
        self.args[key] = value

    def depend_on_job(self, job: Any) -> None:
        """Wait until another job has finished.

        Args:
            job: Its name, its outline, or the job that a launch returned.
        """
        named = getattr(job, "get_name", None) or getattr(job, "name", None)
        name = named() if callable(named) else job
        if not isinstance(name, str) or not name:
            raise InvalidSettingError(
                thing=self.thing(),
                setting="depend_on_job",
                value=job,
                remedy="give the name of a job",
            )
        if name not in self.job_depends:
            self.job_depends.append(name)

    def get_job_depends(self) -> list[str]:
        """Return the names of the jobs this one waits for."""
        return list(self.job_depends)


def name_from_path(path: str | None) -> str:
    """Return the name of an outline that nobody named: that of its script."""
    if not path:
        return "outline"
    name = os.path.splitext(os.path.basename(path))[0]
    return name if len(name) > 2 else f"{name}_outline"  # OpenCue wants three characters


def _optional(check: Any, thing: str, setting: str, value: Any, **bounds: Any) -> Any:
    return None if value is None else check(thing, setting, value, **bounds)
