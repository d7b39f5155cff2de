"""The specification for a Cuelet farm: the XML, and one ``<cuelet>`` element with what XML of OpenCue cannot say."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

from outline._targets.cuebot_xml import core_limitations, refuse_many_layers
from outline._targets.limitation import Limitation
from outline._targets.xml import refuse_control_characters, spec_element, text_of, write_depends
from outline._targets.xml_env import fitting, odd_variables
from outline.jobspec.model import DeclaredFile, EdgeSpec, JobSpec, LayerSpec, Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def write(job: JobSpec) -> tuple[str, tuple[Limitation, ...]]:
    """Return the specification of a job for a Cuelet farm, and what comes out differently.

    Raises:
        SpecError: It cannot be written.
    """
    refuse_many_layers(job)
    root = spec_element(_in_xml(job))
    write_depends(root, job, ())
    ET.SubElement(root, "cuelet").text = json.dumps(extension(job))
    return text_of(root), tuple(core_limitations(job))


def survey(job: JobSpec) -> tuple[Limitation, ...]:
    """Return what comes out differently, without writing it; raises as `write`."""
    refuse_many_layers(job)
    refuse_control_characters(spec_element(_in_xml(job)))
    return tuple(core_limitations(job))


def _in_xml(job: JobSpec) -> JobSpec:
    """Return the job without the variables that XML cannot hold; the extension has them."""
    layers = tuple(
        layer.replace(env=fitting(layer.env)) if odd_variables(layer.env) else layer
        for layer in job.layers
    )
    return job.replace(env=fitting(job.env), layers=layers)


def extension(job: JobSpec) -> dict[str, Any]:
    """Return what the ``<cuelet>`` element holds."""
    return {
        "version": 1,
        "job": {
            "title": job.title,
            "cwd": job.cwd,
            "env": dict(job.base_env or {}),
            "session": job.session or None,
            **({} if job.umask is None else {"umask": job.umask}),
            **({"python_fits": dict(job.python_fits)} if job.python_fits else {}),
            **({"force": True} if job.force else {}),
            **_exact(job.env),
        },
        "layers": {layer.name: _layer(layer) for layer in job.layers},
        "depends": [_depend(edge) for edge in job.edges],
    }


def _layer(layer: LayerSpec) -> dict[str, Any]:
    facts: dict[str, Any] = {
        **_exact(layer.env),
        "title": layer.title,
        "argv": None if layer.argv is None else list(layer.argv),
        "each": "frame" if layer.each_frame else "chunk",
        "retries": layer.retries,
        "cores": _said(layer, "cores"),
        "max_cores": _said(layer, "max_cores"),
        "memory_mb": _said(layer, "memory_mb"),
        "outputs": [_file(each) for each in layer.output_files] or None,
        "start_after": _said(layer, "start_after"),
        "pycuerun": layer.pycuerun or None,
    }
    if layer.skip_existing:
        facts |= {"skip_existing": True, "work": layer.work, "doubt": layer.unknown_work or None}
        facts["inputs"] = [_file(each) for each in layer.input_files]
    return {key: value for key, value in facts.items() if value is not None}


def _exact(env: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what the element says of variables that XML would change."""
    odd = odd_variables(env) if env else {}
    return {"exact_env": odd} if odd else {}


def _said(layer: LayerSpec, field: str) -> Any:
    """Return what a script says of something, or None."""
    return None if field in layer.unset else getattr(layer, field)


def _file(file: DeclaredFile) -> dict[str, Any]:
    return {
        "name": file.name,
        "paths": list(file.paths),
        "digits": file.digits,
        "checked": file.checked,
        "min_bytes": file.min_bytes,
        **({"frames": file.frames} if file.frames else {}),
    }


def _depend(edge: EdgeSpec) -> dict[str, Any]:
    return {
        "layer": edge.layer,
        "on": edge.on,
        "type": edge.kind.value,
        **({"outcome": edge.outcome.value} if edge.outcome is Outcome.FINISHED else {}),
        **({"frame": edge.on_frame} if edge.on_frame is not None else {}),
    }
