"""An outline as a job specification: the XML that a Cuebot accepts, and the richer one for a Cuelet farm.

The formats are described in ARCHITECTURE.md. What a Cuebot cannot express is lowered to the nearest thing that never
starts a frame too early, and said so in `Spec.lowered`.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import xml.etree.ElementTree as ET

from outline._targets.cuebot_edges import LoweredEdge, lower
from outline.constants import LayerType
from outline.depend import FINISHED
from outline.exception import SpecError
from outline.frames import Tasks, format_frames, is_plain
from outline.jobspec import tokens
from outline.jobspec.names import wire_job_name, wire_name
from outline.jobspec.starttime import start_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from outline.layer import Layer
    from outline.loader import Outline

CUEBOT = "cuebot"
"""Dialect of a stock Cuebot."""
CUELET = "cuelet"
"""Dialect of a Cuelet farm: the same XML with one element more."""

MAX_LAYERS = 2_000
"""Layers that one job may have."""
MAX_FRAMES = 100_000
"""Frames that one spec may have on a Cuebot, chunks counted once."""
MAX_TEXT = 4_000
"""Characters a Cuebot keeps of a command or a range."""
MAX_CORES = 24
"""Cores a Cuebot takes from a spec for one frame."""

_DOCTYPE = (
    '<?xml version="1.0"?>\n<!DOCTYPE spec PUBLIC "SPI Cue  Specification Language" '
    '"http://localhost:8080/spcue/dtd/cjsl-1.15.dtd">\n'
)
_WITHOUT_SETSHOT = "opencue_wrap_frame_no_ss"
"""The wrapper of PyOutline for frames whose layer says ``setshot=False``."""
_STRACE = ("strace", "-ttt", "-T", "-e", "open,stat", "-f")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FRAME_VARIABLES = ("CUE_", "OL_LAYER_", "OL_BASE_", "CUELET_CHECKED_OUTPUTS")
_SHELL_VARIABLES = {"_", "SHLVL", "OLDPWD", "CUE3"}


class Options:
    """How an outline is launched, for the specification.

    Args:
        use_pycuerun: Frames run through ``pycuerun -e``; else the commands of the layers run directly.
        paused: The job waits for somebody to start it.
        priority: Priority of the job; that of the outline by default.
        maxretries: Retries of a frame where its layer says nothing.
        autoeat: Frames that fail are dropped.
        name: Name of the job; that of the outline by default.
        facility: Where it runs; that of the outline by default.
        os: Operating system a host must have.
        email: Address for the mail at the end; none by default.
        show: That of the outline by default.
        shot: That of the outline by default.
        user: That of the outline by default.
        env: Variables over those of the outline.
        skip_existing: Frames whose outputs are there, made of the same by the same, do not run; None: as layers say.
        force: No frame is skipped.
    """

    def __init__(
        self,
        *,
        use_pycuerun: bool = True,
        paused: bool = False,
        priority: int | None = None,
        maxretries: int = 1,
        autoeat: bool = False,
        name: str | None = None,
        facility: str | None = None,
        os: str | None = None,
        email: str | None = None,
        show: str | None = None,
        shot: str | None = None,
        user: str | None = None,
        env: Mapping[str, str] | None = None,
        skip_existing: bool | None = None,
        force: bool = False,
    ) -> None:
        self.use_pycuerun, self.paused, self.priority = use_pycuerun, paused, priority
        self.maxretries, self.autoeat, self.name = maxretries, autoeat, name
        self.facility, self.os, self.email = facility, os, email
        self.show, self.shot, self.user = show, shot, user
        self.env = dict(env or {})
        self.skip_existing, self.force = skip_existing, force
        self._pycuerun: dict[bool, list[str]] = {}

    def pycuerun(self, *, exact: bool) -> list[str]:
        """Return the command that runs pycuerun on a host; looked up once, as every layer needs it.

        Args:
            exact: With the interpreter; else as a site's outline.cfg says.
        """
        if exact not in self._pycuerun:
            self._pycuerun[exact] = _pycuerun(exact=exact)
        return self._pycuerun[exact]


class Spec:
    """A job specification.

    Args:
        xml: The text a server takes.
        lowered: One sentence for each thing the dialect could not express.
    """

    def __init__(self, xml: str, lowered: list[str]) -> None:
        self.xml = xml
        self.lowered = lowered


def job_spec(outline: Outline, dialect: str = CUEBOT, **options: Any) -> str:
    """Return the XML of an outline that is set up; see `build_spec`."""
    return build_spec(outline, dialect, Options(**options)).xml


def build_spec(outline: Outline, dialect: str, options: Options) -> Spec:
    """Return the specification of an outline.

    Args:
        outline: An outline; before its setup the session named in the commands is not there yet.
        dialect: `CUEBOT` or `CUELET`.
        options: How it is launched.

    Raises:
        SpecError: Something in it cannot be written at all.
        OutlineException: A layer has no frames or no command.
    """
    if dialect not in {CUEBOT, CUELET}:
        raise SpecError(thing=f"dialect {dialect!r}", reason=f"there are {CUEBOT} and {CUELET}")
    return _Writer(outline, dialect, options).write()


class LayerPlan:
    """One layer as it will be sent.

    Args:
        layer: The layer.
        options: How it is launched.
        lowered: Takes a sentence when its chunk has to change.
        exact: The server can run a command per frame of a chunk.
    """

    def __init__(self, layer: Layer, options: Options, lowered: list[str], *, exact: bool) -> None:
        self.layer = layer
        self.title = layer.get_name()
        self.wire = wire_name(self.title)
        self.tasks = layer.get_tasks()
        raw = None if options.use_pycuerun else layer.get_arg("command")
        self.is_raw = bool(raw)
        self.argv = _argv(raw, layer, options.pycuerun(exact=exact), exact=exact)
        self.each = "frame" if raw and not self._is_for_chunk(raw) else "chunk"
        self.command = _command_text(raw, self.argv)
        if self.each == "frame" and self.tasks.chunk > 1 and not exact:
            lowered.append(
                f"layer {self.title}: chunk {self.tasks.chunk} became 1, "
                "because its command is for one frame and OpenCue would run it once per chunk"
            )
            self.tasks = Tasks(self.tasks.frames, 1)

    def _is_for_chunk(self, raw: Any) -> bool:
        """Tell whether the command runs once per chunk: it says so, or names no frame in a layer that is one chunk."""
        if tokens.has_any(raw, tokens.PER_FRAME):
            return tokens.is_for_chunk(raw)
        return tokens.has_any(raw, tokens.PER_CHUNK) or len(self.tasks) == 1

    @property
    def range(self) -> str:
        """The frames, in a form every reader orders as we do."""
        text = self.layer.get_frame_range() or ""
        return text if is_plain(text) and "," not in text else format_frames(self.tasks.frames)


def _argv(raw: Any, layer: Layer, pycuerun: list[str], *, exact: bool) -> list[str] | None:
    """Return the exact arguments, tokens included; None for a command that is shell text."""
    if raw:
        return None if isinstance(raw, str) else [tokens.for_wire(str(each)) for each in raw]
    outline = layer.get_outline()
    if not outline.is_serialized():
        reason = "pycuerun could not load it from an outline made with serialize=False"
        raise SpecError(thing=f"layer {layer.get_name()!r}", reason=reason)
    session = outline.reserve_session_path()
    argv = [*pycuerun, session, "-e", f"#IFRAME#-{layer.get_name()}"]
    return argv if exact else _wrapped(layer, argv)


def _command_text(raw: Any, argv: list[str] | None) -> str:
    if argv is None:
        return tokens.for_wire(str(raw))
    import shlex

    return shlex.join(argv)


def _pycuerun(*, exact: bool) -> list[str]:
    """Return what runs pycuerun; on a farm of hosts as PyOutline says it, where outline.cfg names its directory."""
    from outline import config

    folder = "" if exact else config.get_option("bin_dir")
    if folder:
        return [os.path.join(folder, "pycuerun")]
    # -P: the directory a job was launched from must not shadow modules
    return [python_executable(), "-P", "-m", "outline.pycuerun"]


def _wrapped(layer: Layer, argv: list[str]) -> list[str]:
    """Return a command inside the wrapper of its layer or site, if there is one."""
    from outline import config

    wrapper = layer.get_arg("wrapper")
    if not wrapper and config.get_option("wrapper_dir"):
        name = "opencue_wrap_frame" if layer.get_arg("setshot", True) else _WITHOUT_SETSHOT
        wrapper = os.path.join(config.get_option("wrapper_dir"), name)
    if wrapper:
        argv = [wrapper, config.get_option("user_dir"), *argv]
    if layer.get_arg("strace"):
        argv = [*_STRACE, "-o", os.path.join(layer.get_path(), "strace.log"), *argv]
    return argv


def python_executable() -> str:
    """Return the Python that executes frames.

    ``$CUELET_PYTHON``, else ``python`` of outline.cfg, else this one; inside an application that merely embeds Python,
    the interpreter of its installation, else ``python3``.
    """
    from outline import config

    chosen = os.environ.get("CUELET_PYTHON") or config.get_option("python")
    if chosen:
        return chosen
    here = sys.executable or ""
    if re.search(r"py(thon)?[\d.]*(\.exe)?$|^hython", os.path.basename(here)):
        return here
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (
        os.path.join(sys.exec_prefix, "bin", each) for each in (name, "mayapy", "python3")
    ):
        if os.access(candidate, os.X_OK):
            return candidate
    return "python3"


class _Writer:
    """Builds one specification."""

    def __init__(self, outline: Outline, dialect: str, options: Options) -> None:
        self.outline, self.dialect, self.options = outline, dialect, options
        self.lowered: list[str] = []
        exact = dialect == CUELET
        active = outline.get_active_layers()
        self.plans = [LayerPlan(layer, options, self.lowered, exact=exact) for layer in active]
        self._note_skipped(active)
        if not exact:
            self._note_unseen(active)
        self.by_name = {plan.title: plan for plan in self.plans}
        self.title = options.name or outline.get_name()
        self.show = options.show or outline.get_show()
        self.shot = options.shot or outline.get_shot()
        self.user = options.user or outline.get_user()

    def _note_skipped(self, active: list[Layer]) -> None:
        names = {layer.get_name() for layer in active}
        self.lowered += [
            f"layer {layer.get_name()} is left out: its range {layer.get_arg('range')} has no frame "
            f"in common with {self.outline.get_frame_range()}"
            for layer in self.outline.get_layers()
            if layer.get_name() not in names
        ]

    def _note_unseen(self, active: list[Layer]) -> None:
        """Note what of a layer's outputs OpenCue does not look at."""
        self.lowered += skip_notes(active, self.options)
        self.lowered += [
            f"layer {plan.title}: its outputs are not checked, OpenCue does not look at what a command makes"
            for plan in self.plans
            if plan.is_raw and plan.layer.get_checked_outputs()
        ]

    def write(self) -> Spec:
        self._check_limits()
        root = ET.Element("spec")
        _text(root, "facility", self.options.facility or self.outline.get_facility())
        _text(root, "show", self.show)
        _text(root, "shot", self.shot)
        _text(root, "user", self.user)
        _text(root, "email", self.options.email)
        _text(root, "uid", self._uid())
        self._write_job(root)
        self._write_depends(root)
        if self.dialect == CUELET:
            ET.SubElement(root, "cuelet").text = json.dumps(self._extension())
        _refuse_control_characters(root)
        return Spec(_DOCTYPE + ET.tostring(root, encoding="unicode") + "\n", self.lowered)

    def _uid(self) -> str | None:
        uid = os.getuid()
        return None if uid == 0 and self.dialect == CUEBOT else str(uid)

    def _check_limits(self) -> None:
        if len(self.plans) > MAX_LAYERS:
            self._refuse(
                f"{len(self.plans):,} layers are over OpenCue's {MAX_LAYERS:,}; split the job"
            )
        if self.dialect == CUELET:
            return
        if self.user == "root":
            self._refuse("OpenCue runs no jobs of root; set user= on the outline or the launch")
        frames = sum(len(plan.tasks) for plan in self.plans)
        if frames > MAX_FRAMES:
            self._refuse(
                f"{frames:,} frames are over OpenCue's {MAX_FRAMES:,}; use chunks or split the job"
            )
        for plan in self.plans:
            self._check_layer(plan)

    def _check_layer(self, plan: LayerPlan) -> None:
        thing = f"layer {plan.title!r}"
        lowest = min(plan.tasks.frames)
        if lowest < 0:
            raise SpecError(thing=thing, reason=f"OpenCue cannot run the negative frame {lowest}")
        for what, text in (("command", plan.command), ("range", plan.range)):
            if len(text) > MAX_TEXT:
                reason = f"its {what} has {len(text):,} characters, OpenCue keeps {MAX_TEXT:,}"
                raise SpecError(thing=thing, reason=reason)

    def _refuse(self, reason: str) -> None:
        raise SpecError(thing=f"outline {self.title!r}", reason=reason)

    # The job.

    def _write_job(self, root: ET.Element) -> None:
        options, outline = self.options, self.outline
        job = ET.SubElement(root, "job", name=wire_job_name(self.title))
        _text(job, "paused", str(options.paused))
        priority = options.priority if options.priority is not None else outline.get_priority()
        _text(job, "priority", str(1 if priority is None else priority))
        _text(job, "maxretries", str(self._max_retries()))
        _text(job, "maxcores", self._max_cores())
        if outline.get_maxgpus() is not None:
            _text(job, "maxgpus", str(outline.get_maxgpus()))
        _text(job, "autoeat", str(options.autoeat))
        _localbook(job, outline.get_arg("localbook"))
        _text(job, "os", options.os)
        _env(job, self._job_env())
        layers = ET.SubElement(job, "layers")
        for plan in self.plans:
            self._write_layer(layers, plan)

    def _max_cores(self) -> str | None:
        """Return the cores the job may use; OpenCue takes whole ones only."""
        most = self.outline.get_maxcores()
        if most is None:
            return None
        whole = max(1, int(most))
        if whole != most:
            self.lowered.append(f"the job may use {whole} cores: OpenCue takes no {most:g}")
        return str(whole)

    def _max_retries(self) -> int:
        """Return the job's retries; a Cuebot has none per layer, so the largest counts for all."""
        wanted = {plan.title: plan.layer.get_retry_count() for plan in self.plans}
        most = max(
            [self.options.maxretries, *(each for each in wanted.values() if each is not None)]
        )
        if self.dialect == CUELET:
            return self.options.maxretries
        if any(
            each is not None and each != most
            for each in [*wanted.values(), self.options.maxretries]
        ):
            self.lowered.append(
                f"retries are per job in OpenCue: every layer gets {most}, of which a launch keeps 1"
            )
        return most

    def _job_env(self) -> dict[str, str]:
        """Return the variables of the job; without pycuerun nobody else would set the later ones."""
        raw = any(plan.is_raw for plan in self.plans)
        stored = {key: value for key, (value, pre) in self.outline.get_env().items() if pre or raw}
        return {**stored, **self.options.env}

    # Layers.

    def _write_layer(self, layers: ET.Element, plan: LayerPlan) -> None:
        layer = plan.layer
        element = ET.SubElement(layers, "layer", name=plan.wire, type=layer.get_type().value)
        _text(element, "cmd", plan.command)
        _text(element, "range", plan.range)
        _text(element, "chunk", str(plan.tasks.chunk))
        self._write_resources(element, plan)
        _text(
            element,
            "tags",
            os.environ.get("OL_TAG_OVERRIDE") or " | ".join(layer.get_tags()) or None,
        )
        if layer.get_limits():
            limits = ET.SubElement(element, "limits")
            for name in layer.get_limits() or ():
                _text(limits, "limit", name)
        _env(element, layer.get_envs())
        services = ET.SubElement(element, "services")
        for name in layer.get_services():
            _text(services, "service", name)
        if layer.get_outputs():
            outputs = ET.SubElement(element, "outputs")
            for name, path in layer.get_outputs().items():
                ET.SubElement(outputs, "output", name=name).text = str(path)

    def _write_resources(self, element: ET.Element, plan: LayerPlan) -> None:
        layer = plan.layer
        cores = layer.get_min_cores()
        self._note_start(plan)
        if cores is not None:
            self._note_cores(plan, cores)
            _text(element, "cores", _with_dot(cores))
        threadable = layer.get_arg("threadable", True if cores is not None and cores > 1 else None)
        _text(element, "threadable", None if threadable is None else str(bool(threadable)))
        for key in ("memory", "gpus", "gpu_memory", "timeout", "timeout_llu"):
            value = layer.get_arg(key)
            _text(element, key, None if value is None else str(value))

    def _note_start(self, plan: LayerPlan) -> None:
        if self.dialect == CUEBOT and plan.layer.get_start_after() is not None:
            self.lowered.append(
                f"layer {plan.title}: OpenCue takes no start time with a job; set it after the launch"
            )

    def _note_cores(self, plan: LayerPlan, cores: float) -> None:
        if self.dialect == CUELET:
            return
        if cores > MAX_CORES:
            self.lowered.append(
                f"layer {plan.title}: OpenCue lowers {cores:g} cores to {MAX_CORES}"
            )
        if plan.layer.get_max_cores() is not None:
            self.lowered.append(
                f"layer {plan.title}: OpenCue takes no maximum of cores with a job; set it after the launch"
            )

    # Depends.

    def _write_depends(self, root: ET.Element) -> None:
        lowered = [] if self.dialect == CUELET else self._lowered_edges()
        jobs = self.outline.get_job_depends()
        if not lowered and not jobs:
            return
        depends = ET.SubElement(root, "depends")
        name = wire_job_name(self.title)
        for job in jobs:
            element = ET.SubElement(depends, "depend", type="JOB_ON_JOB", anyframe="False")
            _text(element, "depjob", name)
            _text(element, "onjob", job)
        for edge in lowered:
            _write_edge(depends, name, edge)

    def _lowered_edges(self) -> list[LoweredEdge]:
        return [edge for plan in self.plans for edge in self.edges_of(plan)]

    def edges_of(self, plan: LayerPlan) -> list[LoweredEdge]:
        """Return the elements for what one layer waits for."""
        edges: list[LoweredEdge] = []
        for depend in plan.layer.get_depends():
            on = self.by_name[depend.get_depend_on_name()]
            if LayerType.POST in {plan.layer.get_type(), on.layer.get_type()}:
                self.lowered.append(
                    f"layer {plan.title}: the depend on {on.title} is left out, "
                    "a Post layer runs after the job in any case"
                )
            else:
                edges += lower(plan, on, depend.get_type(), self.lowered)
        return edges

    # The extension.

    def _extension(self) -> dict[str, Any]:
        return {
            "version": 1,
            "job": self._job_extension(),
            "layers": {plan.wire: _layer_extension(plan, self.options) for plan in self.plans},
            "depends": [each for plan in self.plans for each in self._depend_extension(plan)],
        }

    def _job_extension(self) -> dict[str, Any]:
        session = self.outline.find_session()
        return {
            "title": self.title,
            "cwd": os.getcwd(),
            "env": captured_environment(),
            "session": None if session is None else session.get_path(),
            **({"force": True} if self.options.force else {}),
        }

    def _depend_extension(self, plan: LayerPlan) -> list[dict[str, Any]]:
        found = []
        for depend in plan.layer.get_depends():
            on, kind = self.by_name[depend.get_depend_on_name()], depend.get_type()
            each: dict[str, Any] = {"layer": plan.wire, "on": on.wire, "type": str(kind)}
            if kind.outcome == FINISHED:
                each["outcome"] = FINISHED
            if kind == "LAYER_ON_SIM_FRAME":
                each["frame"] = on.tasks.frames[0]
            found.append(each)
        return found


def write_depends(outline: Outline, layer: Layer, depends: ET.Element) -> None:
    """Append what one layer waits for, as a stock Cuebot takes it, to a ``<depends>`` element."""
    writer = _Writer(outline, CUEBOT, Options())
    name = wire_job_name(outline.get_name())
    for edge in writer.edges_of(writer.by_name[layer.get_name()]):
        _write_edge(depends, name, edge)


def _layer_extension(plan: LayerPlan, options: Options) -> dict[str, Any]:
    layer = plan.layer
    facts = {
        "title": plan.title,
        "argv": plan.argv,
        "each": plan.each,
        "retries": layer.get_retry_count(),
        "cores": layer.get_min_cores(),
        "max_cores": layer.get_max_cores(),
        "memory_mb": layer.get_min_memory(),
        "outputs": _checked_outputs(layer),
        "start_after": start_at(layer.get_start_after(), now=time.time()),
    }
    if may_skip(layer, options):
        from outline._targets import work

        facts |= work.files_and_work(layer)
    return {key: value for key, value in facts.items() if value is not None}


def may_skip(layer: Layer, options: Options) -> bool:
    """Tell whether frames of a layer may be skipped, as launch and layer say."""
    wanted = options.skip_existing
    asked = layer.get_arg("skip_existing", False) if wanted is None else wanted
    return bool(asked) and bool(layer.get_outputs())


def skip_notes(layers: Sequence[Layer], options: Options) -> list[str]:
    """Return one sentence per layer whose frames only the embedded farm could skip."""
    return [
        f"layer {layer.get_name()}: skip_existing needs the embedded farm; all of its frames run"
        for layer in layers
        if may_skip(layer, options)
    ]


def _checked_outputs(layer: Layer) -> list[dict[str, Any]] | None:
    """Return the outputs that have to be there when a frame has ended; None when there are none."""
    checked = layer.get_checked_outputs()
    if not checked:
        return None
    from outline._layer import outputs

    return [outputs.declared(name, path) for name, path in checked.items()]


def captured_environment() -> dict[str, str]:
    """Return the environment a job takes along: ours, without what belongs to this shell or this frame."""
    return {
        key: value
        for key, value in os.environ.items()
        if key not in _SHELL_VARIABLES
        and not key.startswith(_FRAME_VARIABLES)
        and not _NOT_XML.search(key)
        and not re.search("[\ud800-\udfff]", value)
    }


def _with_dot(cores: float) -> str:
    """Return cores with a dot: without one OpenCue takes them for hundredths."""
    text = f"{cores:.2f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def _text(parent: ET.Element, tag: str, text: str | None) -> None:
    if text is not None:
        ET.SubElement(parent, tag).text = text


def _localbook(job: ET.Element, wanted: Mapping[str, Any] | None) -> None:
    """Write which cores of the submitter's own machine the job may use."""
    if wanted:
        ET.SubElement(job, "localbook", {key: str(value) for key, value in wanted.items()})


def _env(parent: ET.Element, env: Mapping[str, str]) -> None:
    if env:
        element = ET.SubElement(parent, "env")
        for key, value in env.items():
            ET.SubElement(element, "key", name=key).text = value


def _write_edge(depends: ET.Element, job: str, edge: LoweredEdge) -> None:
    element = ET.SubElement(depends, "depend", type=edge.type, anyframe=str(edge.any_frame))
    _text(element, "depjob", job)
    _text(element, "deplayer", edge.layer)
    _text(element, "depframe", edge.frame)
    _text(element, "onjob", job)
    _text(element, "onlayer", edge.on_layer)
    _text(element, "onframe", edge.on_frame)


def _refuse_control_characters(root: ET.Element) -> None:
    for element in root.iter():
        found = _NOT_XML.search(element.text or "")
        if found is not None:
            raise SpecError(
                thing=f"<{element.tag}> {element.text[:60]!r}" if element.text else element.tag,
                reason=f"XML cannot hold the character {found[0]!r}; put it into a script or a file",
            )
