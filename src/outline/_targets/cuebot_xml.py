"""The XML for a stock Cuebot: what it refuses, and the nearest job it takes that starts no frame too early."""

from __future__ import annotations

import shlex

from outline import config
from outline._targets import limitation, limits, raw_command, spec_version
from outline._targets.compile import full_name
from outline._targets.cuebot_edges import Depends
from outline._targets.limitation import Limitation
from outline._targets.logins import uid_of
from outline._targets.xml import (
    refuse_control_characters,
    spec_element,
    text_of,
    whole_cores,
    write_depends,
)
from outline._targets.xml_env import fitting, odd_variables, why_odd
from outline.exception import SpecError
from outline.jobspec import environment, tokens
from outline.jobspec.model import JobSpec, LayerSpec
from outline.jobspec.names import wire_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from outline.frames import Tasks


_FITS = {name: "" for name in environment.ALL if name != "PYTHONPATH"}
"""What of the variables for Pythons a frame on a host starts with; its PYTHONPATH is the host's business."""
_IN_COMMAND = "set it in the command itself, or run the layer with pycuerun"


def write(
    job: JobSpec, *, relay: bool = False, held: bool = False
) -> tuple[str, tuple[Limitation, ...]]:
    """Return the specification of a job for a Cuebot, and what comes out differently.

    Args:
        job: The job.
        relay: Put what keeps their output whole before commands that run without pycuerun.
        held: Let it begin paused where retries are to be set before a frame can fail.

    Raises:
        SpecError: A Cuebot would not take it.
    """
    near = near_job(job)
    tasks = tasks_of(near)
    _check(near, tasks)
    sent = raw_command.relay_output(near) if relay else near
    if held and retries_to_set(job) is not None:
        sent = sent.replace(paused=True)
    depends, root, version = Depends(near, tasks), spec_element(sent), spec_version.wanted()
    left_out = spec_version.fit(root, version)
    write_depends(root, near, depends.written)
    return text_of(root, version), (*_limitations(job), *left_out, *depends.limitations)


def survey(job: JobSpec) -> tuple[Limitation, ...]:
    """Return what comes out differently, without writing every depend between frames; raises as `write`."""
    near = near_job(job)
    tasks = tasks_of(near)
    _check(near, tasks)
    root = spec_element(near)
    refuse_control_characters(root)
    left_out = spec_version.fit(root, spec_version.wanted())
    return (*_limitations(job), *left_out, *Depends(near, tasks).limitations)


def tasks_of(job: JobSpec) -> list[Tasks]:
    """Return the frames of each layer."""
    return [layer.tasks() for layer in job.layers]


# -- what it refuses -------------------------------------------------------------------------


def refuse_many_layers(job: JobSpec) -> None:
    """Raise SpecError for more layers than one job may have."""
    if len(job.layers) > limits.MAX_LAYERS:
        reason = f"{len(job.layers):,} layers are over OpenCue's {limits.MAX_LAYERS:,}"
        raise _refusal(job, reason, "split the job")


def _check(job: JobSpec, tasks: Sequence[Tasks]) -> None:
    refuse_many_layers(job)
    if job.user == "root":
        reason = "OpenCue runs no jobs of root"
        raise _refusal(job, reason, "set user= on the outline or the launch")
    count = sum(map(len, tasks))
    if count > limits.MAX_FRAMES:
        reason = f"{count:,} frames are over OpenCue's {limits.MAX_FRAMES:,}"
        raise _refusal(job, reason, "use chunks or split the job")
    for layer, each in zip(job.layers, tasks, strict=True):
        _check_layer(layer, min(each.frames))


def _refusal(job: JobSpec, reason: str, remedy: str) -> SpecError:
    return SpecError(thing=f"outline {job.title!r}", reason=reason, remedy=remedy)


def _check_layer(layer: LayerSpec, lowest: int) -> None:
    reason = _own_token(layer)
    if lowest < 0:
        reason = f"OpenCue cannot run the negative frame {lowest}"
    for what, text in (("command", layer.command), ("range", layer.range)):
        if reason is None and len(text) > limits.MAX_TEXT:
            reason = f"its {what} has {len(text):,} characters, OpenCue keeps {limits.MAX_TEXT:,}"
    if reason is not None:
        raise SpecError(thing=f"layer {layer.title!r}", reason=reason, layer=layer.title)


def _own_token(layer: LayerSpec) -> str | None:
    """Return what is wrong when OpenCue would find a token in our own words, where it is none."""
    ours = (layer.site_argv or layer.argv or ())[:-1] if layer.pycuerun else ()
    found = next((each for each in ours if tokens.has_any(each, tokens.ALL)), None)
    if found is None:
        return None
    return f"OpenCue would replace the token in {found!r}; rename the folder, or choose another session_dir"


# -- what it takes instead -------------------------------------------------------------------


def near_job(job: JobSpec) -> JobSpec:
    """Return the nearest job that a Cuebot takes."""
    only_python = all(layer.pycuerun for layer in job.layers if layer.kind != "Post")
    show = wire_name(job.show)
    return job.replace(
        name=full_name(job.title, show=show, shot=job.shot, user=job.user),
        show=show,
        layers=tuple(map(near_layer, job.layers)),
        env=fitting(environment.fit_script(job.env, _FITS) if only_python else job.env),
        uid=uid_of(job.user) or None,
        max_retries=max_retries(job),
    )


def near_layer(layer: LayerSpec) -> LayerSpec:
    """Return the nearest layer that a Cuebot takes."""
    if layer.site_argv is not None:
        command = shlex.join(layer.site_argv)
        layer = layer.replace(argv=layer.site_argv, command=command, site_argv=None)
    if layer.pycuerun:
        layer = layer.replace(env=environment.fit_script(layer.env, _FITS))
    if layer.env:
        layer = layer.replace(env=fitting(layer.env))
    layer = raw_command.map_paths(layer, config.path_map())
    return layer.replace(chunk=1) if _is_cut(layer) else layer


def _is_cut(layer: LayerSpec) -> bool:
    """Tell whether a Cuebot would run a command for one frame once per chunk."""
    return layer.each_frame and layer.chunk > 1


def max_retries(job: JobSpec) -> int:
    """Return the job's retries; a Cuebot has none per layer, so the largest counts for all."""
    wanted = max(job.max_retries, *(each.retries or 0 for each in job.layers), 0)
    return min(wanted, limits.MAX_RETRIES)


def retries_to_set(job: JobSpec) -> int | None:
    """Return the retries that are over those a Cuebot keeps of a specification; None for none."""
    wanted = max_retries(job)
    return wanted if wanted > limits.MAX_LAUNCHED_RETRIES else None


def _limitations(job: JobSpec) -> Iterator[Limitation]:
    for layer in filter(_is_cut, job.layers):
        yield _of(
            layer,
            limitation.CHUNK,
            f"chunk {layer.chunk} became 1, because its command is for one frame "
            "and OpenCue would run it once per chunk",
        )
    yield from skip_limitations(job)
    for layer in job.layers:
        if layer.is_raw and any(file.checked for file in layer.output_files):
            text = "its outputs are not checked, OpenCue does not look at what a command makes"
            yield _of(layer, limitation.OUTPUTS, text)
    yield from _of_tokens(job)
    yield from _of_environment(job)
    yield from _of_retries(job)
    yield from raw_command.path_limitations(job, config.path_map())
    yield from core_limitations(job)
    for layer in job.layers:
        yield from _of_resources(layer)


def _of(layer: LayerSpec, code: str, text: str) -> Limitation:
    return Limitation(code, f"layer {layer.title}: {text}", layer=layer.title)


def _of_tokens(job: JobSpec) -> Iterator[Limitation]:
    """Yield the tokens that OpenCue does not know where they stand."""
    told = "OpenCue replaces no tokens in variables"
    if names := _with_tokens(job.env):
        text = f"frames have {names} as written: {told}; set it on the layers and run them through pycuerun"
        yield Limitation(limitation.ENVIRONMENT, text)
    for layer in job.layers:
        if layer.is_raw and (names := _with_tokens(layer.env)):
            yield _of(layer, limitation.ENVIRONMENT, f"its frames have {names} as written: {told}")
        if layer.is_raw and tokens.has_literal(layer.command):
            text = "OpenCue knows no tokens that are to stay, such as #!IFRAME#, in its command"
            yield _of(layer, limitation.TOKENS, text)


def _with_tokens(env: Mapping[str, str]) -> str:
    """Return the names of the variables whose values a farm of ours would change."""
    changed = (k for k, v in env.items() if tokens.has_any(v, tokens.ALL) or tokens.has_literal(v))
    return ", ".join(changed)


def skip_limitations(job: JobSpec) -> Iterator[Limitation]:
    """Yield the layers whose frames only the embedded farm could skip."""
    for layer in job.layers:
        if layer.skip_existing:
            text = skip_note(layer.title)
            yield Limitation(limitation.SKIP_EXISTING, text, layer=layer.title)


def skip_note(title: str) -> str:
    """Return the sentence about a layer whose frames only the embedded farm could skip."""
    return f"layer {title}: skip_existing needs the embedded farm; all of its frames run"


def core_limitations(job: JobSpec) -> Iterator[Limitation]:
    """Yield what becomes of a part of a core in the maximum of the job."""
    if job.max_cores >= 0 and (whole := whole_cores(job.max_cores)) != job.max_cores:
        text = f"the job may use {whole} cores: OpenCue takes no {job.max_cores:g}"
        yield Limitation(limitation.JOB_CORES, text)


def _of_environment(job: JobSpec) -> Iterator[Limitation]:
    """Yield the variables that XML changes; what pycuerun runs gets them from the session as they are."""
    for key, value in odd_variables(job.env).items():
        yield Limitation(limitation.ENVIRONMENT, why_odd(key, value), remedy=_IN_COMMAND)
    for layer in job.layers:
        for key, value in odd_variables(layer.env).items() if layer.is_raw else ():
            text = f"layer {layer.title}: {why_odd(key, value)}"
            yield Limitation(limitation.ENVIRONMENT, text, layer=layer.title, remedy=_IN_COMMAND)


def _of_retries(job: JobSpec) -> Iterator[Limitation]:
    most = max_retries(job)
    wanted = [job.max_retries, *(each.retries for each in job.layers)]
    if any(each not in (None, most) for each in wanted):
        text = f"retries are per job in OpenCue: every layer gets {most}"
        yield Limitation(limitation.RETRIES, text, remedy="give all layers the same number")


def _of_resources(layer: LayerSpec) -> Iterator[Limitation]:
    afterwards = "with a job; set it after the launch"
    if "start_after" not in layer.unset:
        text = f"OpenCue takes no start time {afterwards}"
        yield _of(layer, limitation.START_AFTER, text)
    if "cores" in layer.unset:
        return
    if layer.cores > limits.MAX_CORES:
        text = f"OpenCue lowers {layer.cores:g} cores to {limits.MAX_CORES}"
        yield _of(layer, limitation.CORES, text)
    if "max_cores" not in layer.unset:
        text = f"OpenCue takes no maximum of cores {afterwards}"
        yield _of(layer, limitation.MAX_CORES, text)
