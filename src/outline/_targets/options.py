"""How an outline is launched, and what runs Python on the hosts it is launched for."""

from __future__ import annotations

import os

from outline._targets.interpreter import python_executable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


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
        skip_existing: Frames whose outputs are there and up to date do not run; None: as layers say.
        force: No frame is skipped.
        relay: On a stock Cuebot put what keeps their output whole before commands that run without pycuerun.
        held: On a stock Cuebot begin paused where something is to be set afterwards, see `outline.spec.Spec`.
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
        relay: bool = False,
        held: bool = False,
    ) -> None:
        self.use_pycuerun, self.paused, self.priority = use_pycuerun, paused, priority
        self.maxretries, self.autoeat, self.name = maxretries, autoeat, name
        self.facility, self.os, self.email = facility, os, email
        self.show, self.shot, self.user = show, shot, user
        self.env = dict(env or {})
        self.skip_existing, self.force = skip_existing, force
        self.relay, self.held = relay, held
        self._pycuerun: dict[bool, list[str]] = {}
        self._wrapper_dir: str | None = None

    def pycuerun(self, *, exact: bool) -> list[str]:
        """Return the command that runs pycuerun on a host; looked up once, as every layer needs it.

        Args:
            exact: With the interpreter; else as a site's outline.cfg says.
        """
        if exact not in self._pycuerun:
            self._pycuerun[exact] = _pycuerun(exact=exact)
        return self._pycuerun[exact]

    def wrapper_dir(self) -> str:
        """Return where a site's outline.cfg has the wrappers of commands; empty for nowhere."""
        if self._wrapper_dir is None:
            from outline import config

            self._wrapper_dir = config.get_option("wrapper_dir") or ""
        return self._wrapper_dir


def _pycuerun(*, exact: bool) -> list[str]:
    """Return what runs pycuerun; on a farm of hosts as PyOutline says it, where outline.cfg names its directory."""
    from outline import config

    folder = "" if exact else config.get_option("bin_dir")
    if folder:
        return [os.path.join(folder, "pycuerun")]
    # -u: also what C code prints leaves the process at once, see outline._layer.streams
    # -P: the directory a job was launched from must not shadow modules
    return [python_executable(), "-u", "-P", "-m", "outline.pycuerun"]
