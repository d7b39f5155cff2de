"""Proof that layers which travel by value arrive: another process loads each of them once, before the job is sent.

It is started as soon as the session is written, and waited for just before the job goes out.
"""

from __future__ import annotations

import json
import os
import sys

from outline.exception import LayerException

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from typing import Any

    from outline.loader import Outline

_LONGEST_S = 120
"""A frame that takes longer to begin is of no use."""


class Proof:
    """One proof, under way or done.

    Args:
        process: Loads the layers; None when there is nothing to prove.
    """

    def __init__(self, process: subprocess.Popen[bytes] | None) -> None:
        self._process = process

    def require(self) -> None:
        """Wait for the outcome.

        Raises:
            LayerException: A layer cannot be loaded.
        """
        if self._process is None:
            return
        process, self._process = self._process, None
        found = _outcome(process)
        if found:
            raise LayerException(
                f"layer {found['layer']!r} cannot be loaded in a frame: {found['kind']}: {found['why']}; "
                "what its class and its attributes need has to be in the script, beside it, or installed"
            )

    def abandon(self) -> None:
        """End it, whatever it was about to find."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def start(outline: Outline) -> Proof:
    """Have another process load the layers of an outline that travel by value, if there are any."""
    session = outline.find_session()
    if session is None or not outline.is_serialized() or not session.layers().pickled():
        return Proof(None)
    import subprocess

    from outline._targets.interpreter import python_executable

    environment = os.environ | {key: value for key, (value, _) in outline.get_env().items()}
    try:
        process = subprocess.Popen(
            [python_executable(), "-P", "-m", __name__, session.get_path()],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError:  # the Python of the farm's hosts is not here
        return Proof(None)
    return Proof(process)


def _outcome(process: subprocess.Popen[bytes]) -> dict[str, str] | None:
    """Return which layer could not be loaded and why; None when all were, or nobody can tell."""
    import subprocess

    try:
        said, _ = process.communicate(timeout=_LONGEST_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return {"layer": "", "kind": "time-out", "why": f"it took over {_LONGEST_S} seconds"}
    try:
        found: dict[str, str] = json.loads(said)
    except ValueError:
        return None  # that Python has no outline: it is one for other hosts
    return found


def _prove(path: str) -> dict[str, Any]:
    """Load the layers of a session that travel by value; return what is wrong with the first that cannot be."""
    from outline._layer.current import become_frame
    from outline.loader import load_outline

    become_frame()
    outline = load_outline(path)
    for name in outline.get_session().layers().pickled():
        try:
            outline.get_layer(name)
        except BaseException as error:  # noqa: BLE001 - the user's own code, which may also end the process
            why = error.__cause__ if isinstance(error, LayerException) else error
            why = why or error
            return {"layer": name, "kind": type(why).__name__, "why": str(why)}
    return {}


def _main() -> None:
    """Write the outcome to stdout, and nothing else: what user code prints goes to stderr."""
    out = os.dup(1)
    os.dup2(2, 1)
    os.write(out, json.dumps(_prove(sys.argv[1])).encode())


if __name__ == "__main__":
    _main()
