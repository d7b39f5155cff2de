"""Launching outlines, and executing single frames of launched ones."""

from __future__ import annotations

import importlib
import os

from outline import event
from outline._layer import current as contexts
from outline._layer.settings import check_bool, check_number, check_whole
from outline.constants import OUTLINE_MODE_READY
from outline.exception import OutlineException, UnknownBackendError, UnknownFlagError
from outline.spec import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType
    from typing import Any, Literal, overload

    from opencue.wrappers.job import Job
    from outline._targets.proof import Proof
    from outline.backend.local import LocalJob
    from outline.loader import Outline

    @overload
    def launch(
        ol: Outline,
        use_pycuerun: bool = True,
        *,
        backend: Literal["local"],
        wait: bool = ...,
        test: bool = ...,
        threads: float | None = ...,
        log_dir: str | None = ...,
        **flags: Any,
    ) -> list[LocalJob]: ...
    @overload
    def launch(
        ol: Outline,
        use_pycuerun: bool = True,
        *,
        pause: bool = ...,
        priority: int | None = ...,
        wait: bool = ...,
        test: bool = ...,
        timeout_s: float | None = ...,
        server: str | None = ...,
        show: str | None = ...,
        shot: str | None = ...,
        user: str | None = ...,
        range: str | int | Iterable[int] | None = ...,
        basename: str | None = ...,
        nomail: bool = ...,
        os: str | None = ...,
        env: Mapping[str, object] | Iterable[str] = ...,
        maxretries: int | None = ...,
        autoeat: bool = ...,
        skip_existing: bool | None = ...,
        force: bool = ...,
        facility: str | None = ...,
        backend: str | None = ...,
        **flags: Any,
    ) -> list[Job]: ...
    def launch(ol: Outline, use_pycuerun: bool = True, **flags: Any) -> Any:
        """Launch; the function itself stands below."""


LaunchContext = contexts.LaunchContext
"""What a tool that runs a script wants of the launches of that script."""
JOB_WAIT_PERIOD_SEC = 5
"""The longest pause between two looks at a job that is waited for, in seconds."""

_DEFAULTS: dict[str, Any] = {
    "pause": False,
    "priority": None,
    "wait": False,
    "test": False,
    "timeout_s": None,
    "server": None,
    "shot": None,
    "show": None,
    "user": None,
    "dev": False,
    "devuser": None,
    "autoeat": False,
    "skip_existing": None,
    "force": False,
    "range": None,
    "range_default": False,
    "basename": None,
    "nomail": False,
    "os": None,
    "env": (),
    "maxretries": None,
    "backend": None,
    "facility": None,
    "verbose": False,
    "threads": None,
    "log_dir": None,
    "debug": False,
    "version": None,
    "repos": None,
}
"""Every flag of a launch and what it is when nothing is said."""
_SPELLED = {"server": False, "os": False, "priority": 1}
"""What flags that nobody set look like to scripts that ask."""


if not TYPE_CHECKING:  # type checkers know every flag, and which job comes back

    def launch(ol: Outline, use_pycuerun: bool = True, **flags: Any) -> list[Any]:
        """Launch an outline and return its jobs; the caller may exit at once, the jobs run on.

        Args:
            ol: The outline; it is set up first when it is not yet.
            use_pycuerun: Frames run through ``pycuerun -e``, as layers written in Python need; else commands run directly.
            **flags: ``pause``, ``priority``, ``wait`` (return when all of the job is done), ``test`` (wait, and kill the job
                when a frame dies), ``timeout_s`` (wait no longer), ``server``, ``show``, ``shot``, ``user``, ``range``, ``basename`` (another job name), ``nomail``,
                ``os``, ``env`` (a dict, or texts ``KEY=VALUE``), ``maxretries``, ``autoeat``, ``facility``, ``backend``, ...
                ``skip_existing`` says for all layers with outputs whether frames may be skipped, ``force`` runs all frames.
                With ``backend="local"`` the job runs here and has ended when this returns; ``threads`` says how many cores
                it may use, ``log_dir`` where its logs go.

        Raises:
            UnknownFlagError: There is no such flag.
            OutlineException: The outline cannot run; nothing is left behind.
            JobFailedError: With ``wait`` or ``test``: it ended with frames undone, or cannot go on.
            JobStillRunsError: ``timeout_s`` is over.
            CueException: The farm refused the job, or was not reached.
        """
        try:
            return OutlineLauncher(ol, **flags).launch(use_pycuerun)
        except Exception as error:
            if not type(error).__module__.startswith("opencue."):
                raise
            raise error.with_traceback(
                None
            ) from None  # how we came to ask says nothing of a refusal


class OutlineLauncher:
    """One launch of an outline.

    Args:
        outline: The outline.
        **flags: See `launch`.
    """

    def __init__(self, outline: Outline, **flags: Any) -> None:
        self._outline = outline
        self._flags = dict(_DEFAULTS)
        self._evh = event.EventHandler(self)
        self._proof: Proof | None = None
        for key, value in {**flags, **contexts.launch_context().overrides}.items():
            self.set_flag(key, value)
        self._apply_flags()

    def _apply_flags(self) -> None:
        outline = self._outline
        for flag, setter in (
            ("show", outline.set_show),
            ("shot", outline.set_shot),
            ("user", outline.set_user),
        ):
            if self._flags[flag]:
                setter(self._flags[flag])
        if self._flags["range"]:
            outline._cut_to(self._flags["range"])
        for key, value in _env_pairs(self._flags["env"]).items():
            outline.set_env(key, value, pre=True)

    def set_flag(self, key: str, value: Any) -> None:
        """Set a flag; one that we do not know is kept for plug-ins.

        Raises:
            UnknownFlagError: There is none of that name, but one that looks like it.
        """
        if key not in _DEFAULTS and key not in self._flags:
            _refuse_misspelled(key)
        self._flags[key] = value

    def get_flag(self, key: str, default: Any = None) -> Any:
        """Return a flag as PyOutline's scripts expect it, or ``default`` when nothing is known."""
        value = self._flags.get(key)
        if value is None:
            value = self._usual(key)
        return default if value is None else value

    def _usual(self, key: str) -> Any:
        """Return what a flag stands for that nobody set."""
        outline = self._outline
        asked: dict[str, Callable[[], Any]] = {
            "show": outline.get_show,
            "shot": outline.get_shot,
            "user": outline.get_user,
            "facility": lambda: get_launch_facility(outline),
            "maxretries": lambda: _option("maxretries"),
            "backend": lambda: _option("backend"),
        }
        return asked[key]() if key in asked else _SPELLED.get(key)

    def get(self, key: str) -> Any:
        """Return a flag; raises KeyError when there is none of that name."""
        if key not in self._flags:
            raise KeyError(key)
        return self.get_flag(key)

    def get_outline(self) -> Outline:
        """Return the outline."""
        return self._outline

    def add_event_listener(self, event_type: str, callback: Callable[[Any], object]) -> None:
        """Call ``callback(event)`` before or after the launch; see `outline.event`."""
        self._evh.add_event_listener(event_type, callback)

    def setup(self) -> None:
        """Set the outline up when it is not yet."""
        from outline._outline.checks import require_layers

        require_layers(self._outline)
        if self._outline.get_mode() < OUTLINE_MODE_READY:
            self._outline.setup()

    def launch(self, use_pycuerun: bool = True) -> list[Any]:
        """Launch and return the jobs; see `outline.cuerun.launch`."""
        context = contexts.launch_context()
        if context.take is not None:
            jobs = context.take(self, use_pycuerun)
            context.launched.append((self._outline, jobs))
            return jobs
        return self._launch(use_pycuerun, context.launched)

    def _launch(self, use_pycuerun: bool, launched: list[Any]) -> list[Any]:
        """Launch on the backend; note the jobs as soon as there are any."""
        backend, timeout_s = self._get_backend(), self._timeout_s()
        was_ready = self._outline.get_mode() >= OUTLINE_MODE_READY
        self.setup()
        self._proof = _start_proof(self._outline) if use_pycuerun else None
        self._say_what_looks_wrong(use_pycuerun=use_pycuerun)
        try:
            self._evh.emit(event.LaunchEvent(event.BEFORE_LAUNCH, self, outline=self._outline))
            jobs: list[Any] = backend.launch(self, use_pycuerun=use_pycuerun)
        except BaseException:
            if self._proof is not None:
                self._proof.abandon()
            if not was_ready:
                self._outline.undo_setup()
            raise
        self._record(jobs)
        launched.append((self._outline, jobs))
        after = event.LaunchEvent(
            event.AFTER_LAUNCH, self, outline=self._outline, job=jobs, jobs=jobs
        )
        self._evh.emit(after)
        self._follow(backend, jobs, timeout_s)
        return jobs

    def require_proof(self) -> None:
        """Wait until it is proven that frames can load the layers; a backend calls it just before it sends a job.

        Raises:
            LayerException: One of them cannot be loaded.
        """
        if self._proof is not None:
            self._proof.require()

    def _say_what_looks_wrong(self, *, use_pycuerun: bool) -> None:
        from outline._targets import remarks

        remarks.tell(self._outline, use_pycuerun=use_pycuerun)

    def _follow(self, backend: ModuleType, jobs: list[Any], timeout_s: float | None) -> None:
        if self.get_flag("test"):
            backend.test(jobs, JOB_WAIT_PERIOD_SEC, timeout_s)
        elif self.get_flag("wait"):
            backend.wait(jobs, JOB_WAIT_PERIOD_SEC, timeout_s)
        elif getattr(backend, "RUNS_HERE", False):
            backend.run(jobs, timeout_s)

    def _timeout_s(self) -> float | None:
        given = self.get_flag("timeout_s")
        thing = f"launch of outline {self._outline.get_name()!r}"
        return None if given is None else check_number(thing, "timeout_s", given, unit="s", least=0)

    def _record(self, jobs: list[Any]) -> None:
        """Note in the session which jobs it belongs to: what cleans sessions up asks for them."""
        session = self._outline.find_session()
        if session is not None:
            session.record_launch(self.get_flag("backend") or _option("backend"), jobs)

    def serialize(self, use_pycuerun: bool = True) -> str:
        """Return the XML for a stock Cuebot."""
        backend = self._get_backend()
        text: str = (backend.serialize if use_pycuerun else backend.serialize_simple)(self)
        return text

    def _get_backend(self) -> ModuleType:
        return import_backend_module(self.get_flag("backend"))

    def get_spec_options(self, *, use_pycuerun: bool) -> Options:
        """Return the flags as options of the job specification."""
        outline = self._outline
        thing = f"launch of outline {outline.get_name()!r}"
        priority = self._flags["priority"]
        retries = self.get_flag("maxretries")
        user = outline.get_user()
        skip = self._flags["skip_existing"]
        return Options(
            use_pycuerun=use_pycuerun,
            paused=bool(self.get_flag("pause")),
            priority=None
            if priority is None
            else check_whole(thing, "priority", priority, least=0),
            maxretries=check_whole(thing, "maxretries", retries, least=0, most=16),
            autoeat=bool(self.get_flag("autoeat")),
            skip_existing=None if skip is None else check_bool(thing, "skip_existing", skip),
            force=bool(self.get_flag("force")),
            name=self.get_flag("basename") or None,
            facility=self.get_flag("facility"),
            os=self._flags["os"] or os.environ.get("OL_OS"),
            email=None if self.get_flag("nomail") else f"{user}@{_option('domain')}",
        )


def _start_proof(ol: Outline) -> Proof:
    from outline._targets import proof

    return proof.start(ol)


def _refuse_misspelled(key: str) -> None:
    import difflib

    near = difflib.get_close_matches(key, _DEFAULTS, n=1)
    if near:
        raise UnknownFlagError(flag=key, remedy=f"did you mean {near[0]!r}?")


def _env_pairs(env: Any) -> dict[str, Any]:
    """Return variables given as a dict, as pairs, or as texts ``KEY=VALUE``."""
    if isinstance(env, dict):
        return dict(env)
    pairs: dict[str, Any] = {}
    for each in [env] if isinstance(env, str) else env or ():
        key, mark, value = each.partition("=") if isinstance(each, str) else (each[0], "=", each[1])
        if not mark or not key:
            raise OutlineException(f"env {each!r} has no '='; write KEY=VALUE")
        pairs[key] = value
    return pairs


def import_backend_module(name: str) -> ModuleType:
    """Return a backend; raises UnknownBackendError when there is none of that name."""
    from outline.backend import BACKENDS

    if name not in BACKENDS:
        raise UnknownBackendError(name=name, available=", ".join(BACKENDS))
    return importlib.import_module(f"outline.backend.{name}")


def get_launch_facility(outline: Outline | None = None) -> str:
    """Return where a job runs: what the outline says, ``$RENDER_TO``, ``$FACILITY``, else the configured facility."""
    named = outline.get_facility() if outline is not None else None
    return named or os.environ.get("RENDER_TO") or os.environ.get("FACILITY") or _option("facility")


def execute_frame(script: str, layer: str, frame: int) -> None:
    """Execute the chunk of a layer that begins with a frame, here and now.

    Args:
        script: A session directory, its ``outline.yaml``, or an outline script.
        layer: Name of the layer.
        frame: First frame of the chunk.

    Raises:
        LayerException: No chunk begins with it.
    """
    from outline._layer.arguments import require_head
    from outline.event import finish
    from outline.loader import load_outline

    outline = load_outline(script)
    if outline.find_session() is None:
        outline.setup()
    found = outline.get_layer(layer)
    require_head(found, int(frame))
    finish(found.execute(int(frame)))


if TYPE_CHECKING:
    launched: list[tuple[Outline, list[Any]]]
    """Every launch of this process, or of the tool that runs this script: the outline and its jobs."""

_ELSEWHERE = {"CuerunOptionParser": "_commands.options", "Frame": "layer", "load_outline": "loader"}
"""What scripts import from here, and the module it is in."""


def __getattr__(name: str) -> Any:
    if name in _ELSEWHERE:
        return getattr(importlib.import_module(f"outline.{_ELSEWHERE[name]}"), name)
    if name == "launched":
        return contexts.launch_context().launched
    if name == "config":
        return importlib.import_module("outline.config")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ELSEWHERE, "config", "launched"})


def _option(name: str) -> str:
    from outline import config

    return config.get_option(name)
