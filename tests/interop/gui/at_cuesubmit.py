"""What an artist does in CueSubmit: fill in the form, press Submit, read the answer. Runs in CueSubmit's Python."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import time
from pathlib import Path

from cuesubmit import __main__ as program
from qtpy import QtCore, QtWidgets

import opencue

ROWS = []


def row(action: str, problem: str) -> None:
    """Keep what came of an action."""
    found = {
        "view": "form",
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


def work(app, out: Path) -> None:
    """Fill in and submit."""
    form = app.mainWindow.submitWidget
    shows = [a.text() for a in form.showSelector.optionsMenu.actions()]
    row("shows are listed", "" if "show" in shows else f"{shows}")
    services = [a.text() for a in form.servicesSelector.optionsMenu.actions()]
    row("services are listed", "" if services else "none")
    form.jobNameInput.setText("submitted")
    form.shotInput.setText("shot")
    form.showSelector.setChecked(["show"])
    form.layerNameInput.setText("main")
    form.frameBox.frameSpecInput.setText("1-4")
    form.settingsWidget.commandTextBox.setText("echo #IFRAME#")
    until(lambda: False, 1)
    app.mainWindow.grab().save(str(out / "cuesubmit.png"))
    boxes = []

    def look() -> None:
        for box in app.topLevelWidgets():
            if isinstance(box, QtWidgets.QMessageBox) and box.isVisible():
                boxes.append(box.text())
                box.accept()

    timer = QtCore.QTimer()
    timer.timeout.connect(look)
    timer.start(50)
    form.submitButtons.submitButton.click()
    until(lambda: boxes)
    text = boxes[0] if boxes else "no answer"
    row("Submit says that the job is launched", "" if text.startswith("Submitted Job") else text)
    name = text.rpartition("Job Name: ")[2]

    def is_done() -> bool:
        jobs = opencue.api.getJobs(job=[name], include_finished=True)
        return bool(jobs) and jobs[0].data.job_stats.succeeded_frames == 4

    row("the job finishes", "" if until(is_done, 60) else f"{name} does not")


def main() -> None:
    faulthandler.dump_traceback_later(150, exit=True)
    out = Path(sys.argv[1])
    opencue.api.createShow("show") if "show" not in [
        s.name() for s in opencue.api.getShows()
    ] else None

    def execute(app) -> int:
        work(app, out)
        (out / "cuesubmit.json").write_text(json.dumps({"rows": ROWS, "missed": []}))
        os._exit(0)

    program.CueSubmitApp.exec_ = execute
    program.main()


main()
