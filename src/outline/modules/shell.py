"""Layers that run commands, scripts and bits of Python."""

from __future__ import annotations

import os
import shlex

from outline import io
from outline._layer import environment
from outline.exception import InvalidSettingError, LayerException
from outline.jobspec import tokens
from outline.layer import Frame, Layer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from outline.util import FrameSet

__all__ = ["PyEval", "Shell", "ShellCommand", "ShellScript", "ShellSequence", "shell"]


class _Commands(Layer):
    """What layers that run commands share."""

    def set_arg(self, key: str, value: Any) -> None:
        """Set an argument; commands are checked and kept as text or lists of text."""
        if key == "command" and value is not None:
            value = _command(self._thing(), key, value)
        elif key == "commands" and value is not None:
            value = [_command(self._thing(), key, each) for each in value]
        super().set_arg(key, value)

    def _run(self, command: str | Sequence[str], frames: FrameSet) -> None:
        """Run a command once per frame, or once for the chunk when it has a token for the chunk."""
        once = tokens.is_for_chunk(command)
        for frame in frames[:1] if once else frames:
            self._run_for(command, frame, frames)

    def _run_for(self, command: str | Sequence[str], frame: int, frames: FrameSet) -> None:
        """Run a command for a frame, with its variables, the way the class of the layer runs commands."""
        environment.apply_frame(self, frame, frames)
        known = self.token_values(frame, frames)
        io.run_with(known, lambda: self.system(command, frame=frame))

    def _run_told(self, command: str | Sequence[str], frame: int, frames: FrameSet) -> None:
        """Run a command whose tokens are replaced before the class of the layer is asked to run it."""
        environment.apply_frame(self, frame, frames)
        known = self.token_values(frame, frames)
        if isinstance(command, str):
            self.system(tokens.replace(command, known))
        else:
            self.system([tokens.replace(each, known) for each in command])

    def token_values(self, frame: int, frames: FrameSet) -> dict[str, str]:
        """Return what every token of a command stands for."""
        return self._layer_parts.paths.tokens(frame, frames)


def _command(thing: str, key: str, value: Any) -> str | list[str]:
    if isinstance(value, (str, os.PathLike)):
        text = os.fspath(value)
        parts: str | list[str] = str(text)
    else:
        try:
            parts = io.as_arguments(value)
        except TypeError:
            parts = ""
    if len(parts) == 1 and not isinstance(parts, str) and _is_line(parts[0]):
        parts = parts[0]
    if not parts or not parts[0].strip() or "\0" in "".join(parts):
        raise InvalidSettingError(
            thing=thing,
            setting=key,
            value=value,
            remedy='give a list such as ["blender", "-f", "#IFRAME#"]',
        )
    return parts


def _is_line(text: str) -> bool:
    """Tell whether a lone argument is a whole command line, as PyOutline's own example writes it."""
    return len(text.split()) > 1 and not os.path.exists(text)


class Shell(_Commands):
    """Runs a command for every frame.

    Args:
        name: Name of the layer.
        command: The command: a list run without a shell, or text. Its tokens (``#IFRAME#``, ...) are replaced.
            With a token for the chunk (``#FRAMESPEC#``, ...) it runs once per chunk.
    """

    if not TYPE_CHECKING:  # type checkers know every argument

        def __init__(self, name: str, **args: Any) -> None:
            super().__init__(name, **args)
            self.require_arg("command")

    def _execute(self, frames: FrameSet) -> None:
        self._run(self.get_arg("command"), frames)


class ShellSequence(_Commands):
    """Runs a different command in every frame: the first one in frame 1.

    Args:
        name: Name of the layer.
        commands: One command per frame.
    """

    if not TYPE_CHECKING:  # type checkers know every argument

        def __init__(self, name: str, **args: Any) -> None:
            super().__init__(name, **args)
            self.require_arg("commands")
            if self.get_arg("commands"):
                self.set_frame_range(f"1-{len(self.get_arg('commands'))}")

    def _execute(self, frames: FrameSet) -> None:
        for frame in frames:
            self._run_told(self.get_arg("commands")[frame - 1], frame, frames)


class ShellCommand(_Commands, Frame):
    """Runs one command once.

    Args:
        name: Name of the layer.
        command: The command; see `Shell`.
    """

    if not TYPE_CHECKING:  # type checkers know every argument

        def __init__(self, name: str, **args: Any) -> None:
            super().__init__(name, **args)
            self.require_arg("command")

    def _execute(self, frames: FrameSet) -> None:
        self._run(self.get_arg("command"), frames)


class ShellScript(Frame):
    """Runs one script once; it is copied into the session, so later edits do not matter.

    Args:
        name: Name of the layer.
        script: Path of the script.
    """

    if not TYPE_CHECKING:  # type checkers know every argument

        def __init__(self, name: str, **args: Any) -> None:
            super().__init__(name, **args)
            self.require_arg("script")

    def _setup(self) -> None:
        script = self.put_file(self.get_arg("script"), rename="script")
        if script is not None and os.path.isfile(script):
            os.chmod(script, 0o700)  # its first line says what runs it

    def _execute(self, frames: FrameSet) -> None:
        script = self.get_file("script")
        command = shlex.quote(script)
        self.system(
            command if os.access(script, os.X_OK) else f"/bin/sh {command}", frame=frames[0]
        )


class PyEval(Layer):
    """Executes Python code for every frame, with ``layer``, ``frame`` and ``frames`` defined.

    Args:
        name: Name of the layer.
        code: The code.
    """

    def __init__(self, name: str, code: str = "", **args: Any) -> None:
        super().__init__(name, **args)
        try:
            compile(code, f"<{name}>", "exec")
        except (SyntaxError, TypeError, ValueError) as error:
            raise LayerException(f"layer {name!r}: its code is not Python: {error}") from error
        self.set_arg("code", code)

    def _execute(self, frames: FrameSet) -> None:
        code = compile(self.get_arg("code", ""), f"<{self.get_name()}>", "exec")
        for frame in frames:
            environment.apply_frame(self, frame, frames)
            names = {"__name__": "__main__", "layer": self, "frame": frame, "frames": frames}
            exec(code, names)  # noqa: S102 - running the user's code is what this layer is for
            io.flush()


def shell(name: str, command: str | Sequence[str], **args: Any) -> Shell:
    """Return a `Shell` layer."""
    return Shell(name, command=command, **args)
