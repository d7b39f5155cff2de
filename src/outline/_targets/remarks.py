"""What looks unlike what was meant, though every farm takes it: said in a plan, and in one line at launch."""

from __future__ import annotations

import re

from outline._layer.current import take_loose
from outline._layer.parts import parts_of
from outline._stderr.say import say
from outline._targets.idle import IDLE, REMEDY, idle_layers
from outline._targets.shell_syntax import find_shell_syntax
from outline.jobspec import tokens
from outline.jobspec.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType

    from outline.layer import Layer
    from outline.loader import Outline

LOOSE_LAYER = "P006"
MISSPELLED = "P007"
UNREPLACED = "P206"
SHELL_SYNTAX = "P207"
LITTLE_MEMORY = "P403"
CHANGED_LOGIN = "P704"
"""The codes that a plan gives them."""

_LEAST_MB = 32
"""No renderer starts with less: somebody meant GB."""
_KNOWN = frozenset(
    {
        *("range", "chunk", "cores", "threads", "max_cores", "memory", "gpus", "gpu_memory"),
        *("timeout", "timeout_llu", "retries", "skip_existing", "start_after", "tags", "limits"),
        *("service", "type", "env", "require", "register", "nocheck", "threadable", "wrapper"),
        *("setshot", "strace", "python_path", "command", "commands", "script", "code"),
    }
)
"""Arguments of layers that something reads."""
_OTHER_WORDS = {
    "frame_range": "range",
    "frames": "range",
    "chunk_size": "chunk",
    "min_cores": "cores",
    "min_memory": "memory",
    "retry": "retries",
    "depends": "require",
    "depend_on": "require",
    "environment": "env",
}
_LIKE_TOKENS = r"#[A-Za-z][A-Za-z_]+#|%\{[A-Za-z]+\}"
_SUBSTITUTION = r"(?m)^s#[^#\n]*#[^#\n]*#[a-zA-Z0-9]*$"
"""What sed and perl replace, where slashes stand in the texts."""
_told: set[str] = set()
"""What this process has said already."""


class Remark(Record):
    """One thing that looks unlike what was meant."""

    code: str
    text: str
    """A sentence."""
    remedy: str
    layer: str | None = None
    about: object = None
    """The layer, where it is none of the outline's."""


def remarks_on(outline: Outline, *, with_earlier: bool = False) -> Iterator[Remark]:
    """Yield what looks wrong with an outline.

    Args:
        outline: The outline.
        with_earlier: Also of layers that were made before it: its script has come to its end.
    """
    for layer in take_loose(outline._layers.serial, with_earlier=with_earlier):
        yield _loose(layer)
    of_outline = {key: value for key, (value, _) in outline.get_env().items()}
    yield from _in_variables(of_outline, "the outline")
    for layer in outline.get_layers():
        yield from _misspelled(layer)
        yield from _on_commands(layer, of_outline.keys() | {*layer.get_envs()})
        yield from _in_variables(layer.get_envs(), f"layer {layer.get_name()}", layer)
        yield from _little_memory(layer)


def tell(outline: Outline, *, use_pycuerun: bool = True) -> None:
    """Say on stderr, in one line each, what looks wrong with an outline and which names were changed.

    Args:
        outline: The outline.
        use_pycuerun: As the launch was called.
    """
    for remark in changed_logins(outline):
        if remark.text not in _told:
            _told.add(remark.text)
            say(f"note: {remark.text}; {remark.remedy}")
    found = [*idle(outline, use_pycuerun=use_pycuerun), *remarks_on(outline)]
    if found:
        more = f" ({len(found) - 1} more: cuelet plan says them all)" if found[1:] else ""
        say(f"note: {found[0].text}; {found[0].remedy}{more}")


def idle(outline: Outline, *, use_pycuerun: bool) -> Iterator[Remark]:
    """Yield the layers whose frames would do nothing."""
    for layer, text in idle_layers(outline.get_layers(), use_pycuerun=use_pycuerun):
        yield Remark(code=IDLE, text=text, remedy=REMEDY, layer=layer.get_name())


def changed_logins(outline: Outline) -> Iterator[Remark]:
    """Yield the names of the shell that no job can have, where the outline has the one used instead."""
    from outline.util import changed_names

    has = {"user": outline.get_user(), "show": outline.get_show(), "shot": outline.get_shot()}
    for kind, (given, used) in changed_names().items():
        if has[kind] == used:
            yield Remark(
                code=CHANGED_LOGIN,
                text=f"the {kind} {given!r} is called {used!r}, as names of jobs have letters, digits, _ . -",
                remedy=f"set {kind}= to call it otherwise",
            )


def _loose(layer: Layer) -> Remark:
    return Remark(
        code=LOOSE_LAYER,
        text=f"layer {layer.get_name()} is in no outline, so it does not run",
        remedy="call add_layer(layer)",
        about=layer,
    )


def _misspelled(layer: Layer) -> Iterator[Remark]:
    """Yield arguments that nothing reads and that look like one that something does."""
    args = layer.get_args()
    for key in args.keys() - _KNOWN - parts_of(layer).arguments.required.keys():
        meant = _OTHER_WORDS.get(key) or _nearest(key, _KNOWN)
        if meant and args.get(meant) in (None, 1) and not _is_read(type(layer), key):
            yield Remark(
                code=MISSPELLED,
                text=f"layer {layer.get_name()}: nothing reads its argument {key!r}",
                remedy=f"write {meant}= if that is meant",
                layer=layer.get_name(),
            )


def _nearest(word: str, words: Iterable[str]) -> str | None:
    import difflib

    return next(iter(difflib.get_close_matches(word.lower(), list(words), n=1, cutoff=0.8)), None)


def _is_read(cls: type, key: str) -> bool:
    """Tell whether the code of a class that is not ours names an argument."""
    return any(
        _names(function.__code__, key)
        for each in cls.__mro__
        if not each.__module__.startswith("outline.")
        for function in vars(each).values()
        if hasattr(function, "__code__")
    )


def _names(code: CodeType, key: str) -> bool:
    return key in code.co_varnames or any(
        each == key or (hasattr(each, "co_consts") and _names(each, key)) for each in code.co_consts
    )


def _on_commands(layer: Layer, variables: set[str]) -> Iterator[Remark]:
    """Yield the tokens that nobody replaces, and the first thing that a shell would have to read."""
    several = layer.get_arg("commands") or []
    for command in [layer.get_arg("command"), *several]:
        if not isinstance(command, (str, list, tuple)) or not command:
            continue
        argv = [command] if isinstance(command, str) else [str(each) for each in command]
        yield from _in_command(layer, "\n".join(argv))
        why = "" if isinstance(command, str) else find_shell_syntax(argv, variables)
        if why:
            yield Remark(
                code=SHELL_SYNTAX,
                text=f"layer {layer.get_name()}: in its command {why}",
                remedy="write the command as one text, which a shell reads, or give every argument its own place",
                layer=layer.get_name(),
            )
            return


def _in_variables(env: dict[str, str], of: str, layer: Layer | None = None) -> Iterator[Remark]:
    """Yield the tokens that nobody replaces in variables."""
    for key, value in env.items():
        for token, remedy in _unknown_tokens(value):
            yield Remark(
                code=UNREPLACED,
                text=f"{of}: nobody replaces {token} in its variable {key}",
                remedy=remedy,
                layer=None if layer is None else layer.get_name(),
            )


def _in_command(layer: Layer, command: str) -> Iterator[Remark]:
    for token, remedy in _unknown_tokens(command):
        yield Remark(
            code=UNREPLACED,
            text=f"layer {layer.get_name()}: nobody replaces {token} in its command",
            remedy=remedy,
            layer=layer.get_name(),
        )


def _unknown_tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield what looks like a token and is none, and what to write instead."""
    if "#" not in text and "%{" not in text:
        return
    words = re.sub(_SUBSTITUTION, "", text)
    for token in dict.fromkeys(re.findall(_LIKE_TOKENS, words)):
        if token not in tokens.ALL and (meant := _meant_token(token)):
            yield token, meant


def _meant_token(token: str) -> str:
    """Return what to write instead of a token; empty for what may well be the program's own."""
    import difflib

    near = difflib.get_close_matches(token.upper(), tokens.ALL, n=1, cutoff=0.7)
    if near:
        return f"write {near[0]} if that is meant"
    return f"there are {' '.join(tokens.ALL)}" if re.match(r"#[A-Z_]+#", token) else ""


def _little_memory(layer: Layer) -> Iterator[Remark]:
    memory_mb = layer.get_min_memory()
    if memory_mb and memory_mb < _LEAST_MB:
        yield Remark(
            code=LITTLE_MEMORY,
            text=f"layer {layer.get_name()} reserves {memory_mb} MB, with which no renderer starts",
            remedy=f"write memory='{memory_mb}g' if GB are meant",
            layer=layer.get_name(),
        )
