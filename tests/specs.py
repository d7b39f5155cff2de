"""Job specs for tests, built without the outline library."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

Layers = Mapping[str, Mapping[str, Any]]


def job_spec(
    layers: Layers,
    depends: Sequence[Mapping[str, Any]] = (),
    *,
    name: str = "test-job",
    shot: str = "shot",
    cwd: str = "/tmp",
    paused: bool = False,
) -> str:
    """Return a spec with Cuelet's extension: layers of {argv, range, chunk, ...}."""
    own = {
        layer: {"memory_mb": 64, **{k: v for k, v in values.items() if k not in ("range", "chunk")}}
        for layer, values in layers.items()
    }
    extension = {
        "version": 1,
        "job": {"title": name, "cwd": cwd, "env": dict(os.environ)},
        "layers": own,
        "depends": list(depends),
    }
    xml_layers = "".join(
        f"<layer name={quoteattr(layer)} type='Render'><cmd>true</cmd>"
        f"<range>{values.get('range', '1-1')}</range><chunk>{values.get('chunk', 1)}</chunk></layer>"
        for layer, values in layers.items()
    )
    return (
        "<?xml version='1.0'?><!DOCTYPE spec SYSTEM 'http://localhost:8080/spcue/dtd/cjsl-1.15.dtd'>"
        f"<spec><facility>local</facility><show>show</show><shot>{shot}</shot><user>user</user>"
        f"<job name={quoteattr(name)}><paused>{paused}</paused><layers>{xml_layers}</layers></job>"
        f"<cuelet>{escape(json.dumps(extension))}</cuelet></spec>"
    )


def sh(script: str) -> list[str]:
    """Return an argument list that runs a shell script."""
    return ["/bin/sh", "-c", script]
