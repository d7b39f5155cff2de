"""What an artist does with CueNIMBY in the tray: take the machine, give it back. Runs in CueNIMBY's Python."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import time
from pathlib import Path

from cuenimby import __main__ as program
from cuenimby import tray
from qtpy import QtCore, QtWidgets

import opencue

ROWS = []


def row(action: str, problem: str) -> None:
    """Keep what came of an action."""
    found = {
        "view": "tray",
        "action": action,
        "result": "fault" if problem else "works",
        "words": problem,
    }
    ROWS.append(found)
    print(found, flush=True)


def until(what, seconds: float = 30) -> bool:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QtWidgets.QApplication.processEvents(QtCore.QEventLoop.AllEvents, 50)
        if what():
            return True
    return False


def lock_state() -> str:
    """Return the host's state of lock as the farm has it."""
    states = opencue.api.host_pb2.LockState
    return states.Name(opencue.api.getHosts()[0].lockState())


def work(icon) -> None:
    """Click what the menu of the tray has."""
    state = tray.HostState

    def shows(*wanted) -> str:
        seen = until(lambda: icon.monitor.current_state in wanted)
        return "" if seen else f"it shows {icon.monitor.current_state.value}"

    def click(item: str) -> None:
        icon._update_menu()
        next(a for a in icon.menu.actions() if a.text() == item).trigger()

    row("the machine is shown as available", shows(state.AVAILABLE, state.WORKING))
    click("Available")
    row(
        "Available, off: the host is locked",
        "" if until(lambda: lock_state() == "LOCKED") else lock_state(),
    )
    row("the tray shows the lock", shows(state.HOST_LOCKED))
    click("Available")
    row(
        "Available, on: the host is open",
        "" if until(lambda: lock_state() == "OPEN") else lock_state(),
    )
    row("the tray shows that it is open", shows(state.AVAILABLE, state.WORKING))
    click("Notifications")
    click("Notifications")
    row("Notifications, off and on", "" if icon._notifications_enabled() else "they stay off")
    click("Scheduler")
    click("Scheduler")
    row("Scheduler, on and off", "it stays on" if icon._scheduler_enabled() else "")


def main() -> None:
    faulthandler.dump_traceback_later(150, exit=True)
    out = Path(sys.argv.pop(1))

    def start(icon) -> None:
        icon.monitor.start()
        icon._create_menu()
        icon.show()
        work(icon)
        (out / "cuenimby.json").write_text(json.dumps({"rows": ROWS, "missed": []}))
        os._exit(0)

    tray.CueNIMBYTray.start = start
    sys.argv += ["--hostname", opencue.api.getHosts()[0].name()]
    program.main()


main()
