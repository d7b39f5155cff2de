"""How text reaches the shell as a command, on the farm and here, with and without pycuerun."""

from __future__ import annotations


def shell_argv(text: str) -> list[str]:
    """Return what executes a command line.

    Args:
        text: The line, its tokens replaced; the shell would take one with - or + in front for options of its own.
    """
    return ["/bin/sh", "-c", f" {text}" if text.startswith(("-", "+")) else text]
