"""What runs on a host: a layer whose frame notes what a frame finds there."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
import tempfile
import time
from typing import Any

import cuelet
from outline import Layer, config
from outline.util import FrameSet

REPORT = "report"
"""What the report is called among the data of the layer."""
PROBE = "probe"
"""The file that the frame writes."""


class HostCheck(Layer):
    """Reports what a frame finds on a host."""

    def _execute(self, frames: FrameSet) -> None:
        found = {**_process(), **_machine(), "disk_lag_s": disk_lag_s(self.get_path())}
        sys.stdout.write(
            f"{found}\n"
        )  # for whoever reads the log where the session stays unwritten
        self.put_data(REPORT, found, force=True)


def _process() -> dict[str, Any]:
    mask = os.umask(0)
    os.umask(mask)
    return {
        "python": platform.python_version(),
        "executable": sys.executable,
        "cuelet": cuelet.__version__,
        "user": _user(),
        "uid": os.geteuid(),
        "umask": mask,
        "directory": os.getcwd(),
        "path_map": dict(config.path_map()),
    }


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return ""


def _machine() -> dict[str, Any]:
    folder = tempfile.gettempdir()
    return {
        "host": socket.gethostname(),
        "temp": folder,
        "temp_free_gb": round(shutil.disk_usage(folder).free / 1e9, 1),
    }


def disk_lag_s(folder: str) -> float:
    """Return how far the clock of this machine is ahead of the disk's, in seconds; a file is written for it."""
    path = os.path.join(folder, PROBE)
    with open(path, "w", encoding="ascii") as probe:
        probe.write("written by cuelet doctor --farm\n")
        probe.flush()
        os.fsync(probe.fileno())
        now = time.time()
    return now - os.stat(path).st_mtime
