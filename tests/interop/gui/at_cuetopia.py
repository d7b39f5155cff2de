"""What an artist does in Cuetopia: every item of the menus of jobs, layers and frames, and the views around them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import desk
from answers import comment, tree_of
from desk import Desk, button, close, press, value
from qtpy import QtCore, QtWidgets
from trial import Trial, frames, launch

import opencue

api = opencue.api
JOBS, LAYERS, FRAMES = "Monitor Jobs", "Layers", "Frames"


def find(job: str):
    return api.findJob(job)


class Cuetopia:
    """The desk of an artist with four jobs."""

    def __init__(self, at: Desk, shots: Path) -> None:
        self.at, self.shots = at, shots
        self.trial = Trial(at)
        self.long = launch("long", "sleepers 1-6 sleep 600\nfollow 1-4 true", LONG_DEPENDS)
        self.dead = launch("dead", "broken 1-4 echo this one fails; exit 3\nfine 1-2 true")
        self.next = launch("next", "solo 1-3 sleep 600\nlater 1-3 true", NEXT_DEPENDS, paused=True)
        self.done = launch("done", "quick 1-2 true")

    def run(self) -> None:
        at = self.at
        self.monitor = at.open(JOBS)
        self.details = at.open("Monitor Job Details")
        self.jobs = tree_of(self.monitor, "JobMonitorTree")
        self.layers = tree_of(self.details, "LayerMonitorTree")
        self.frames = tree_of(self.details, "FrameMonitorTree")
        for name in (self.long, self.dead, self.next):
            self.jobs.addJob(name)
        for name in (self.long, self.dead, self.next):
            at.row(self.jobs, name)
        at.until(lambda: len(frames(self.dead, "DEAD")) == 4, "four dead frames")
        at.window.resize(1280, 900)
        self.look()
        self.of_jobs()
        self.of_layers()
        self.of_frames()
        self.others()
        self.ends()

    # -- looking -------------------------------------------------------------------------------

    def look(self) -> None:
        t, at = self.trial, self.at
        t.do(JOBS, "Load: by a part of its name", lambda: self.load("done"))
        t.click(JOBS, self.jobs, [self.dead], "View Job", then=lambda: self.shows(4))
        at.wait(1.5)
        at.picture(at.window, str(self.shots / "cuetopia.png"))

    def load(self, text: str) -> None:
        finished = button(self.monitor, "Load Finished")
        if not finished.isChecked():
            finished.click()
        fields = self.monitor.findChildren(QtWidgets.QLineEdit)
        next(f for f in fields if type(f).__name__ == "JobRegexLoadEditBox").setText(text)
        button(self.monitor, "Load:").click()
        self.at.row(self.jobs, self.done)

    def shows(self, count: int) -> bool:
        return sum("broken" in desk.texts_of(row) for row in self.at.rows(self.frames)) == count

    def view(self, job: str, frame: str) -> None:
        self.at.pick(self.jobs, job)
        self.at.app.view_object.emit(find(job))
        self.at.row(self.frames, frame)

    # -- jobs ----------------------------------------------------------------------------------

    def of_jobs(self) -> None:
        t, at, long, dead = self.trial, self.at, self.long, self.dead

        def job(item, *answers, on=long, then=None, stock=""):
            t.click(JOBS, self.jobs, [on], item, *answers, then=then, stock=stock)

        job("Copy Job Name", then=lambda: at.app.clipboard().text() == long)
        job("Email Artist...", close, then=lambda: at.opened)
        job("Request Cores...", close, then=lambda: at.opened)
        job("Subscribe to job", subscribe)
        job("Comments...", comment, press("Close"), then=lambda: find(long).getComments())
        job("Use local cores...", close, then=lambda: at.opened)
        job("View Dependencies...", close, then=lambda: at.opened)
        job(
            "Dependency Wizard...",
            wizard(long),
            on=self.next,
            then=lambda: find(self.next).getWhatThisDependsOn(),
        )
        job("Drop External Dependencies", on=self.next, then=lambda: not active_of(find(self.next)))
        job("Drop Internal Dependencies", then=lambda: not active(long))
        for color in sorted(c for c in self.items(self.jobs, long) if c.startswith("Set Color ")):
            job(color)
        job(next(c for c in self.items(self.jobs, long) if "Custom" in c), press("OK"))
        job("Clear")
        job("Set Max Retries...", value(2), then=lambda: at.opened)
        job("Reorder Frames...", value("1-6"), value("REVERSE"), then=lambda: at.opened[1:])
        job("Stagger Frames...", value("1-6"), value(2), then=lambda: at.opened[1:])
        job("Pause", then=lambda: find(long).isPaused())
        at.until(lambda: "Unpause" in self.items(self.jobs, long), "the row shows the pause")
        job("Unpause", then=lambda: not find(long).isPaused())
        job("Eat dead frames", on=dead, then=lambda: len(frames(dead, "EATEN")) == 4)
        find(dead).retryFrames(state=[api.job_pb2.EATEN])
        at.until(lambda: len(frames(dead, "DEAD")) == 4, "four dead frames")
        at.until(
            lambda: "Retry dead frames" in self.items(self.jobs, dead), "the row shows the dead"
        )
        at.wait(1.1)  # times are in whole seconds
        before = started(dead)
        job("Retry dead frames", on=dead, then=lambda: changed(before, started(dead)) == 4)
        at.until(lambda: len(frames(dead, "DEAD")) == 4, "four dead frames")
        job("Enable auto eating", on=dead, then=lambda: find(dead).data.auto_eat)
        at.until(lambda: "Disable auto eating" in self.items(self.jobs, dead), "the row shows it")
        job("Disable auto eating", on=dead, then=lambda: not find(dead).data.auto_eat)
        find(dead).retryFrames(state=[api.job_pb2.EATEN])

    def items(self, tree: object, row: str) -> set[str]:
        self.at.pick(tree, row)
        return {a.text().replace("&", "") for a in self.at.menu(tree)}

    # -- layers --------------------------------------------------------------------------------

    def of_layers(self) -> None:
        t, at, long = self.trial, self.at, self.long
        self.view(long, "0001-sleepers")

        def layer(item, *answers, on="sleepers", then=None, stock=""):
            t.click(LAYERS, self.layers, [on], item, *answers, then=then, stock=stock)

        def data(name: str = "sleepers"):
            return api.findLayer(long, name).data

        layer("View Layer")
        layer("Copy Layer Name", then=lambda: at.app.clipboard().text() == "sleepers")
        layer("View Dependencies...", close, then=lambda: at.opened)
        layer("Dependency Wizard...", close, then=lambda: at.opened)
        layer("Reorder Frames...", value("1-6"), value("FIRST"), then=lambda: at.opened[1:])
        layer("Stagger Frames...", value("1-6"), value(2), then=lambda: at.opened[1:])
        layer("Properties", properties, then=lambda: (data().timeout, data().timeout_llu) == (7, 3))
        layer("Set Start After...", press("+1h"), on="follow")
        find(long).retryFrames(layer=["sleepers"])
        at.until(lambda: frames(long, "RUNNING"), "running frames")
        at.wait(1.1)  # times are in whole seconds
        before = started(long)
        layer("Kill", then=lambda: changed(before, started(long)) > 0)
        self.view(self.dead, "0001-broken")
        at.until(lambda: len(frames(self.dead, "DEAD")) == 4, "four dead frames")
        at.until(
            lambda: "Retry dead frames" in self.items(self.layers, "broken"),
            "the row shows the dead",
        )
        at.wait(1.1)  # times are in whole seconds
        tries = started(self.dead)
        layer(
            "Retry dead frames", on="broken", then=lambda: changed(tries, started(self.dead)) == 4
        )
        at.until(lambda: len(frames(self.dead, "DEAD")) == 4, "four dead frames")

    # -- frames --------------------------------------------------------------------------------

    def of_frames(self) -> None:
        t, at, dead = self.trial, self.at, self.dead
        self.view(dead, "0001-broken")

        def frame(item, *answers, on=("0001-broken",), then=None, stock=""):
            t.click(FRAMES, self.frames, on, item, *answers, then=then, stock=stock)

        frame("Copy Log Path", then=lambda: at.app.clipboard().text().endswith("0001-broken.rqlog"))
        frame("Copy Frame Name", then=lambda: at.app.clipboard().text() == "0001-broken")
        frame("Tail Log")
        frame("View Log")
        frame("View xdiff of 2 logs", on=("0001-broken", "0002-broken"))
        frame("View xdiff of 3 logs", on=("0001-broken", "0002-broken", "0003-broken"))
        frame("View Dependencies...", close, then=lambda: at.opened)
        frame("Dependency Wizard...", close, then=lambda: at.opened)
        frame("print getWhatThisDependsOn")
        frame("print getWhatDependsOnThis")
        frame("Filter Selected Layers", stock="its signal takes no text")
        frame("Reorder...", value("LAST"), then=lambda: at.opened)
        frame("Preview All", stock="it wants a preview server")
        frame("View Processes", close)
        at.wait(1.1)  # times are in whole seconds
        before = started(dead)
        frame("Retry", then=lambda: changed(before, started(dead)) == 1)
        at.until(lambda: len(frames(dead, "DEAD")) == 4, "four dead frames")
        at.until(
            lambda: "View Last Log" in self.items(self.frames, "0001-broken"),
            "the row shows its retry",
        )
        frame("View Last Log")
        frame("Eat", then=lambda: "0001-broken" in frames(dead, "EATEN"))
        frame(
            "Eat and Mark done",
            on=("0002-broken",),
            then=lambda: "0002-broken" in frames(dead, "EATEN"),
        )
        self.view(self.next, "0001-later")

        def waits(name: str) -> list[object]:
            return active_of(api.findFrame(self.next, "later", int(name[:4])))

        frame("Drop depends", on=("0001-later",), then=lambda: not waits("0001-later"))
        frame(
            "Mark as waiting",
            on=("0003-later",),
            then=lambda: "0003-later" in frames(self.next, "WAITING"),
        )
        frame("Mark done", on=("0002-solo",), then=lambda: not waits("0002-later"))
        self.view(self.long, "0001-sleepers")
        find(self.long).retryFrames(layer=["sleepers"])
        at.until(lambda: frames(self.long, "RUNNING"), "running frames")
        running = frames(self.long, "RUNNING")[0]
        at.wait(1.1)  # times are in whole seconds
        before = started(self.long)
        frame("Kill", on=(running,), then=lambda: changed(before, started(self.long)) > 0)

        self.view(self.next, "0001-later")

        def layer(item, on, then):
            t.click(LAYERS, self.layers, [on], item, then=then)

        layer("Eat", "solo", lambda: sum("solo" in f for f in frames(self.next, "EATEN")) == 3)
        layer("Retry", "solo", lambda: not frames(self.next, "EATEN"))
        layer("Mark done", "solo", lambda: not active(self.next))

    # -- the rest ------------------------------------------------------------------------------

    def others(self) -> None:
        t, at = self.trial, self.at
        for view in ("Job Graph", "Attributes", "LogView"):
            t.do("Views", view, lambda view=view: (at.open(view), at.wait(1)))
        at.pick(self.jobs, self.long)
        at.app.view_object.emit(find(self.long))
        at.app.single_click.emit(find(self.long))
        at.wait(2)
        at.picture(at.window, str(self.shots / "cuetopia-graph.png"))

    def ends(self) -> None:
        t = self.trial
        t.click(
            JOBS,
            self.jobs,
            [self.long],
            "Kill",
            then=lambda: self.state(self.long) == api.job_pb2.FINISHED,
        )
        t.click(
            JOBS, self.jobs, [self.next], "Unmonitor", then=lambda: self.next not in self.shown()
        )

    def state(self, name: str) -> int:
        found = api.getJobs(job=[name], include_finished=True)
        return found[0].state() if found else -1

    def shown(self) -> set[str]:
        return {desk.texts_of(row)[0] for row in self.at.rows(self.jobs)}


LONG_DEPENDS = (
    "<depends><depend type='LAYER_ON_LAYER' anyframe='False'><depjob>long</depjob><deplayer>follow</deplayer>"
    "<onjob>long</onjob><onlayer>sleepers</onlayer></depend></depends>"
)

NEXT_DEPENDS = (
    "<depends><depend type='FRAME_BY_FRAME' anyframe='False'><depjob>next</depjob><deplayer>later</deplayer>"
    "<onjob>next</onjob><onlayer>solo</onlayer></depend></depends>"
)


def active(job: str) -> list[object]:
    """Return what holds a job back from outside, or from inside its layers."""
    return active_of(find(job), *find(job).getLayers())


def active_of(*things: object) -> list[object]:
    """Return what holds jobs, layers or frames back."""
    return [d for thing in things for d in thing.getWhatThisDependsOn() if d.data.active]


def started(job: str) -> dict[str, int]:
    """Return how often each frame was started, and when."""
    return {
        f.name(): (f.startTime(), f.data.retry_count, int(f.state())) for f in find(job).getFrames()
    }


def changed(before: dict[str, int], now: dict[str, int]) -> int:
    """Return how many frames are not as they were."""
    return sum(before[name] != now[name] for name in before)


def subscribe(dialog: object) -> None:
    """Fill in an address and save."""
    button(dialog, "Save").click()
    if dialog.isVisible():
        dialog.close()


def wizard(on_job: str):
    """Make a job wait for another."""

    def answer(dialog: object) -> None:
        for _ in range(6):
            page = dialog.currentPage()
            lists = page.findChildren(QtWidgets.QListWidget)
            for names in lists:
                for found in names.findItems(on_job, QtCore.Qt.MatchExactly):
                    names.setCurrentItem(found)
                    found.setSelected(True)
            if dialog.button(QtWidgets.QWizard.FinishButton).isVisible() and dialog.nextId() == -1:
                dialog.button(QtWidgets.QWizard.FinishButton).click()
                return
            dialog.next()
        raise AssertionError("the wizard does not end")

    return answer


def properties(dialog: object) -> None:
    """Change every number of a layer's dialog."""
    for item in dialog.findChildren(QtWidgets.QCheckBox):
        if not item.text() and not item.isChecked():
            item.click()
    boxes = [b for b in dialog.findChildren(QtWidgets.QSpinBox) if b.isEnabled()]
    for name, number in (("timeout", 7), ("timeout_llu", 3)):
        box = getattr(dialog, f"_LayerPropertiesDialog__{name}")
        box.setEnabled(True)
        box.setValue(number)
    assert boxes
    button(dialog, "Save").click()
    if dialog.isVisible():
        dialog.close()


def main() -> None:
    out = Path(sys.argv[1])

    def work(at: Desk) -> None:
        at.wait(1)
        cuetopia = Cuetopia(at, out)
        try:
            cuetopia.run()
        finally:
            cuetopia.trial.console()
            rows = {
                "rows": cuetopia.trial.rows,
                "missed": cuetopia.trial.missed(),
                "console": at.console.lines,
            }
            (out / "cuetopia.json").write_text(json.dumps(rows, indent=1))

    desk.sit_down("cuetopia", work, limit_s=240)


main()
