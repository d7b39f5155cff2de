"""Commands that run without pycuerun on the hosts of a Cuebot: what pycuerun would do for them there is done at launch."""

from __future__ import annotations

import os
import shlex

from outline._targets import limits
from outline._targets.interpreter import is_this, python_executable
from outline._targets.limitation import PATHS, Limitation
from outline.jobspec import tokens
from outline.pathmap import map_argv, map_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from outline.jobspec.model import JobSpec, LayerSpec

_NO_SHELL = ("win",)
"""How systems begin whose hosts have no shell of ours."""


def map_paths(layer: LayerSpec, path_map: Mapping[str, str]) -> LayerSpec:
    """Return a raw layer whose command has the paths of this machine's path map, as the farm here maps them."""
    if not layer.is_raw or not path_map:
        return layer
    if layer.argv is None:
        return layer.replace(command=map_text(layer.command, path_map))
    argv = tuple(map_argv(layer.argv, path_map))
    return layer.replace(argv=argv, command=shlex.join(argv))


def path_limitations(job: JobSpec, path_map: Mapping[str, str]) -> Iterator[Limitation]:
    """Yield what is said of layers whose commands `map_paths` changes."""
    for layer in job.layers:
        used = [(old, new) for old, new in path_map.items() if _changes(layer, {old: new})]
        if used:
            pairs = ", ".join(f"{old} -> {new}" for old, new in used)
            text = f"layer {layer.title}: without pycuerun its paths are mapped at launch, as here: {pairs}"
            remedy = (
                "take what is otherwise on the hosts out of [path_map], or launch with pycuerun"
            )
            yield Limitation(PATHS, text, layer=layer.title, remedy=remedy)


def _changes(layer: LayerSpec, path_map: Mapping[str, str]) -> bool:
    return map_paths(layer, path_map).command != layer.command


# -- output ----------------------------------------------------------------------------------


def relay_output(job: JobSpec) -> JobSpec:
    """Return a job whose raw commands lose no output under RQD, on hosts that have Cuelet where this one has it.

    Others run the commands as they are.
    """
    if job.os.lower().startswith(_NO_SHELL):
        return job
    words = _relay()
    return job.replace(layers=tuple(_relayed(layer, words) for layer in job.layers))


def _relay() -> tuple[str, Sequence[str]]:
    """Return the test whether a host has the relay, and the arguments that go before a command."""
    from outline._layer import relay

    python = python_executable()
    if is_this(python):
        file = os.path.abspath(relay.__file__)
        return f"test -x {shlex.quote(python)} -a -r {shlex.quote(file)}", (python, "-IS", file)
    words = (python, "-P", "-m", relay.__name__)
    return f"{shlex.join((python, '-P', '-c', f'import {relay.__name__}'))} 2>/dev/null", words


def _relayed(layer: LayerSpec, relay: tuple[str, Sequence[str]]) -> LayerSpec:
    if not layer.is_raw:
        return layer
    test, words = relay
    program = f"/bin/sh -c {shlex.quote(layer.command)}" if layer.argv is None else layer.command
    before = f"set --; {test} && set -- {shlex.join(words)}; "
    command = f'{before}exec "$@" {program}'
    if tokens.has_any(before, tokens.ALL) or len(command) > limits.MAX_TEXT:
        return layer
    return layer.replace(command=command)
