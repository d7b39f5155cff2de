"""Build the plan of an outline: layers, edges, critical path, backends, findings."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outline._layer.parts import parts_of
from outline._targets.compile import compile_layer, full_name
from outline._targets.cuebot_xml import near_layer
from outline.cuerun import OutlineLauncher
from outline.depend import Depend
from outline.exception import OutlineException, UnknownBackendError
from outline.jobspec.model import JobSpec
from outline.jobspec.names import wire_name
from outline.jobspec.renderfarm import RenderFarm
from outline.layer import Layer
from outline.loader import Outline
from outline.planning import BACKENDS, backends
from outline.planning.critical import critical_path
from outline.planning.edges import planned_edge
from outline.planning.errors import finding_from_error
from outline.planning.layers import planned_layer
from outline.planning.lint import rules as lint
from outline.planning.model import (
    CriticalPath,
    Finding,
    Host,
    Place,
    Plan,
    PlannedEdge,
    PlannedLayer,
    Severity,
)
from outline.planning.places import Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a plan is made for; see `outline.planning.plan`."""

    backend: str = "cuelet"
    use_pycuerun: bool = True
    hosts: tuple[Host, ...] = ()
    survey: Callable[[JobSpec], RenderFarm] | None = None
    """Asks a Cuebot about its farm; None: nobody is asked."""
    seconds: Mapping[str, float]
    places: Places | None = None
    flags: Mapping[str, object]


def build(ol: Outline, given: Circumstances) -> Plan:
    """Return the plan of an outline; see `outline.planning.plan`."""
    return plan_launch(OutlineLauncher(ol, **given.flags), given)


def plan_launch(launcher: OutlineLauncher, given: Circumstances) -> Plan:
    """Return the plan of a launch that has been prepared.

    Args:
        launcher: The launch; its outline is planned with its flags.
        given: The rest; its flags are not looked at, the launcher has them.

    Raises:
        UnknownBackendError: There is no such backend.
    """
    if given.backend not in BACKENDS:
        raise UnknownBackendError(name=given.backend, available=", ".join(BACKENDS))
    return _Builder(launcher, given).build()


class _Builder:
    """Builds one plan."""

    def __init__(self, launcher: OutlineLauncher, given: Circumstances) -> None:
        self.launcher, self.given = launcher, given
        self.outline = launcher.get_outline()
        self.options = launcher.get_spec_options(use_pycuerun=given.use_pycuerun)
        self.findings: list[Finding] = []
        self.planned: dict[str, PlannedLayer] = {}
        self.edges: list[PlannedEdge] = []

    def build(self) -> Plan:
        self._check_definition()
        for layer in self.outline.get_layers():
            self._plan_layer(layer)
        for layer in self.outline.get_layers():
            self._plan_edges(layer)
        self._check_whole()
        return self._assemble()

    # Definition.

    def _check_definition(self) -> None:
        if not self.outline.get_layers():
            self.findings.append(_no_layers(self.outline.get_name()))
        for layer in self.outline.get_layers():
            self._try(layer, layer.setup_depends)
            for each in (layer, *layer.get_children()):
                self._try(each, each.check_required_args)
                self._try(each, parts_of(each).arguments.check_cores)

    def _try(self, layer: Layer, check: Callable[[], object]) -> None:
        """Run a check of a layer; note what it raises."""
        try:
            check()
        except OutlineException as error:
            self._note(error, layer)

    def _note(self, error: OutlineException, layer: Layer) -> None:
        place = self._place_of(layer)
        self.findings.append(finding_from_error(error, layer=layer.get_name(), place=place))

    def _place_of(self, thing: object) -> Place | None:
        return None if self.given.places is None else self.given.places.of(thing)

    def _is_sound(self) -> bool:
        return all(each.severity is not Severity.ERROR for each in self.findings)

    def _check_whole(self) -> None:
        """Look for cycles, which only shows when every layer and depend is sound."""
        if not self._is_sound():
            return
        try:
            self.outline.check()
        except OutlineException as error:
            self.findings.append(finding_from_error(error, place=self._place_in_cycle(error)))

    def _place_in_cycle(self, error: OutlineException) -> Place | None:
        names = str(getattr(error, "path", "")).split(" -> ")
        steps = list(itertools.pairwise(names))
        places = [each.place for each in self.edges if (each.layer, each.on) in steps]
        return next((place for place in reversed(places) if place is not None), None)

    # Layers and edges.

    def _plan_layer(self, layer: Layer) -> None:
        try:
            sent = compile_layer(layer, self.options, with_work=False)
        except OutlineException as error:
            self._note(error, layer)
        else:
            sent = near_layer(sent) if self.given.backend == "cue" else sent
            self.planned[layer.get_name()] = planned_layer(layer, sent, self._place_of(layer))

    def _plan_edges(self, layer: Layer) -> None:
        for depend in layer.get_depends():
            er = self.planned.get(layer.get_name())
            on = self.planned.get(depend.get_depend_on_name())
            if er is not None and on is not None:
                self.edges.append(planned_edge(depend, er, on, self._edge_place(depend, er)))

    def _edge_place(self, depend: Depend, er: PlannedLayer) -> Place | None:
        return self._place_of(depend) or er.place

    # The rest.

    def _assemble(self) -> Plan:
        layers, edges = tuple(self.planned.values()), tuple(self.edges)
        sound = self._is_sound()
        views = backends.look(
            self.outline, self.options, self._machine(), sound=sound, survey=self._survey()
        )
        self.findings += lint.run(self._subject(layers, edges, views[self.given.backend]))
        return Plan(
            **self._job_values(),
            layers=layers,
            edges=edges,
            critical_path=critical_path(layers, edges) if sound else None,
            critical_path_by_time=self._path_by_time(layers, edges) if sound else None,
            backends=tuple(backends.view(name, notes) for name, notes in views.items()),
            findings=tuple(sorted(self.findings, key=_rank)),
        )

    def _job_values(self) -> dict[str, Any]:
        outline, options = self.outline, self.options
        priority = options.priority if options.priority is not None else outline.get_priority()
        return {
            "name": options.name or outline.get_name(),
            "full_name": self._full_name(),
            "show": outline.get_show(),
            "shot": outline.get_shot(),
            "user": outline.get_user(),
            "range": outline.get_frame_range(),
            "priority": priority,
            "backend": self.given.backend,
            "use_pycuerun": self.given.use_pycuerun,
            "env": {key: value for key, (value, _) in outline.get_env().items()},
            "job_depends": tuple(outline.get_job_depends()),
        }

    def _full_name(self) -> str:
        """Return the name of the job; a Cuebot has its own spelling of the show in it."""
        ol, show = self.outline, self.outline.get_show()
        title = self.options.name or ol.get_name()
        show = wire_name(show) if self.given.backend == "cue" else show
        return full_name(title, show=show, shot=ol.get_shot(), user=ol.get_user())

    def _subject(
        self,
        layers: tuple[PlannedLayer, ...],
        edges: tuple[PlannedEdge, ...],
        notes: Sequence[backends.Note],
    ) -> lint.Subject:
        return lint.Subject(
            outline=self.outline,
            options=self.options,
            layers=layers,
            edges=edges,
            backend=self.given.backend,
            notes=notes,
            range_given=bool(self.launcher.get_flag("range")),
            place_of=self._place_of,
            known_errors=not self._is_sound(),
        )

    def _machine(self) -> tuple[Host, ...]:
        """Return where the embedded farm and a job without a farm run frames."""
        if self.given.hosts and self.given.backend != "cue":
            return self.given.hosts
        return (backends.this_machine(),)

    def _survey(self) -> backends.Asking | None:
        """Return what is asked about the farm of a Cuebot; None when the plan is for no Cuebot."""
        if self.given.backend != "cue":
            return None
        if self.given.survey is not None:
            return self.given.survey
        hosts = tuple(map(backends.render_host, self.given.hosts)) or None
        return lambda _: RenderFarm(hosts=hosts)

    def _path_by_time(
        self, layers: tuple[PlannedLayer, ...], edges: tuple[PlannedEdge, ...]
    ) -> CriticalPath | None:
        if not all(layer.name in self.given.seconds for layer in layers):
            return None
        return critical_path(layers, edges, self.given.seconds)


def _no_layers(name: str) -> Finding:
    return Finding(
        code="P003",
        severity=Severity.ERROR,
        message=f"outline {name!r} has no layers",
        remedy="call add_layer(layer)",
    )


def _rank(finding: Finding) -> tuple[int, str]:
    return -finding.severity, finding.code
