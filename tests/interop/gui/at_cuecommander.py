"""What a wrangler does in CueCommander: every item of the menus of shows, groups, filters, hosts, procs and limits."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import desk
from answers import comment, tree_of
from desk import Desk, button, close, press, value
from qtpy import QtWidgets
from trial import Trial, frames, launch

import opencue

api = opencue.api
CUE, HOSTS, PROCS, LIMITS, SHOWS = "Monitor Cue", "Monitor Hosts", "Procs", "Limits", "Shows"
SUBSCRIPTIONS, TASKS, FILTERS = "Subscriptions", "Tasks", "Filters"
GROUPS = "Groups"


class CueCommander:
    """The desk of a wrangler."""

    def __init__(self, at: Desk, shots: Path) -> None:
        self.at, self.shots = at, shots
        self.trial = Trial(at)
        self.long = launch("wlong", "sleepers 1-6 sleep 600\nfollow 1-4 true")
        self.other = launch("wother", "solo 1-3 exit 1", paused=True)
        self.host = api.getHosts()[0].name()

    def run(self) -> None:
        self.at.window.resize(1400, 900)
        for part in (
            self.shows,
            self.cue,
            self.groups,
            self.filters,
            self.jobs,
            self.hosts,
            self.procs,
            self.limits,
        ):
            try:
                part()
            except Exception as error:  # noqa: BLE001 -- the next part is tried all the same
                self.trial.rows.append(
                    {
                        "view": part.__name__,
                        "action": "(the rest)",
                        "result": "fault",
                        "words": f"{error}"[:300],
                    }
                )
                print("REST", part.__name__, error, flush=True)
        self.views()

    # -- shows and subscriptions ---------------------------------------------------------------

    def shows(self) -> None:
        t, at = self.trial, self.at
        dock = at.open(SHOWS)
        tree = tree_of(dock, "ShowsWidget")

        def show(item, *answers, then=None, stock=""):
            t.click(SHOWS, tree, ["show"], item, *answers, then=then, stock=stock)

        t.do(
            SHOWS,
            "Create Show",
            lambda: at.press(button(dock, "Create Show"), (new_show,)),
            lambda: api.findShow("newshow").name() == "newshow",
        )
        show(
            "Show Properties",
            show_properties,
            then=lambda: api.findShow("show").data.default_max_cores == 7,
        )
        for given in api.findShow("show").getSubscriptions():
            given.delete()
        show(
            "Create Subscription...",
            press("OK"),
            then=lambda: api.findShow("show").getSubscriptions(),
        )
        subs = at.open(SUBSCRIPTIONS)
        tree = tree_of(subs, "SubscriptionsTreeWidget")
        combo = subs.findChild(QtWidgets.QComboBox)
        at.app.facility_changed.emit()
        at.until(lambda: combo.findText("show") >= 0, "the list of shows")
        combo.setCurrentText("show")
        row = "local.general"

        def sub(item, *answers, then=None, stock=""):
            t.click(SUBSCRIPTIONS, tree, [row], item, *answers, then=then, stock=stock)

        def data():
            return next(
                s.data
                for s in api.findShow("show").getSubscriptions()
                if s.data.allocation_name == row
            )

        sub("Edit Subscription Size...", value(3.0), then=lambda: data().size in (3, 300))
        sub("Edit Subscription Burst...", value(9.0), then=lambda: data().burst in (9, 900))
        at.picture(at.window, str(self.shots / "cuecommander-subscriptions.png"))
        sub("Delete Subscription", then=lambda: not api.findShow("show").getSubscriptions())
        t.do(
            SUBSCRIPTIONS,
            "Add Subscription",
            lambda: at.press(button(subs, "Add Subscription"), (press("OK"),)),
            lambda: api.findShow("show").getSubscriptions(),
        )

    # -- Monitor Cue ---------------------------------------------------------------------------

    def cue(self) -> None:
        t, at = self.trial, self.at
        self.board = at.open(CUE)
        self.tree = tree_of(self.board, "CueJobMonitorTree")
        self.tree.addShow("show")
        t.do(CUE, "a show with its groups and jobs", lambda: at.row(self.tree, self.long))

        def root(item, *answers, then=None, stock=""):
            t.click(CUE, self.tree, ["show"], item, *answers, then=then, stock=stock)

        root("Show Properties...", close, then=lambda: at.opened)
        root("Service Properties...", close, then=lambda: at.opened)
        root("Group Properties...", confirm, then=lambda: at.opened)
        root("Task Properties...", self.tasks, then=lambda: at.opened)
        root("View Filters...", close, then=lambda: at.opened)
        root("Create Group...", new_group("comp"), then=lambda: "comp" in groups())
        root("Change Cuewho...", value("somebody"), stock="it calls a program cuewho of a studio")
        root("Display Cuewho", stock="it reads a file of a studio")

    def tasks(self, dialog: object) -> None:
        self.at.picture(dialog, str(self.shots / "tasks.png"))
        dialog.close()

    def groups(self) -> None:
        t, at, tree = self.trial, self.at, self.tree
        if "comp" not in groups():
            api.findShow("show").getRootGroup().createSubGroup("comp")
        at.until(lambda: (self.tree.forceUpdate(), at.row(tree, "comp")), "the group")

        def group(item, *answers, on="comp", then=None, stock=""):
            t.click(GROUPS, tree, [on], item, *answers, then=then, stock=stock)

        group("Group Properties", group_limits, then=lambda: groups()["comp"].data.max_cores == 1)
        group("Create Group...", new_group("lighting"), then=lambda: "lighting" in groups())
        t.click(
            CUE,
            tree,
            [self.other],
            "Send To Group...",
            send_to("comp"),
            then=lambda: api.findJob(self.other).data.group == "comp",
        )
        tree.expandAll()
        at.wait(1)
        at.picture(at.window, str(self.shots / "cuecommander.png"))
        root = api.findShow("show").getRootGroup()
        root.reparentJobs([api.findJob(self.other)])
        at.until(lambda: (tree.forceUpdate(), at.row(tree, "lighting")), "the group")
        group("Delete Group", on="lighting", then=lambda: "lighting" not in groups())

    # -- filters -------------------------------------------------------------------------------

    def filters(self) -> None:
        t, at = self.trial, self.at
        import cuegui.FilterDialog

        show = api.findShow("show")
        dialog = cuegui.FilterDialog.FilterDialog(show, at.window)
        dialog.show()
        at.keep(dialog)
        trees = {type(w).__name__: w for w in dialog.findChildren(QtWidgets.QTreeWidget)}
        names, matchers = trees["FilterMonitorTree"], trees["MatcherMonitorTree"]

        def push(text, *answers, then=None):
            t.do(FILTERS, text, lambda: at.press(button(dialog, text), answers), then)

        def chosen():
            return next(f for f in show.getFilters() if f.name() == "first")

        push(
            "Add Filter",
            value("first"),
            then=lambda: any(f.name() == "first" for f in show.getFilters()),
        )
        show.createFilter("second")
        names._update()
        at.pick(names, "first")
        names.itemClicked.emit(at.row(names, "first"), 0)
        push(
            "Add Matcher",
            value("JOB_NAME"),
            value("CONTAINS"),
            value("wother"),
            then=lambda: chosen().getMatchers(),
        )
        push("Add Action", value("SET_JOB_PRIORITY"), value(77), then=lambda: chosen().getActions())
        at.wait(0.5)
        at.picture(dialog, str(self.shots / "cuecommander-filters.png"))

        def name(item, *answers, then=None):
            t.click(FILTERS, names, ["first"], item, *answers, then=then)

        name("Lower Order", then=lambda: chosen().order() == 2)
        names._update()
        name("Raise Order", then=lambda: chosen().order() == 1)
        name("Order Last", then=lambda: chosen().order() == 2)
        name("Order First", then=lambda: chosen().order() == 1)
        name("Set Order...", value(2), then=lambda: chosen().order() == 2)
        matchers._update()
        at.wait(0.5)
        row = next(at.rows(matchers))
        row.setSelected(True)
        t.do(
            FILTERS,
            "Delete All Matchers",
            lambda: at.press(button(dialog, "Delete All Matchers"), ()),
            lambda: not chosen().getMatchers(),
        )
        t.do(
            FILTERS,
            "Delete All Actions",
            lambda: at.press(button(dialog, "Delete All Actions"), ()),
            lambda: not chosen().getActions(),
        )
        name(
            "Rename...",
            value("third"),
            then=lambda: any(f.name() == "third" for f in show.getFilters()),
        )
        names._update()
        t.click(
            FILTERS,
            names,
            ["third"],
            "Delete",
            then=lambda: not any(f.name() == "third" for f in show.getFilters()),
        )
        at.keep(None)
        dialog.close()

    # -- jobs ----------------------------------------------------------------------------------

    def jobs(self) -> None:
        t, at, tree = self.trial, self.at, self.tree
        at.row(tree, self.long)

        def job(item, *answers, on=self.long, then=None, stock=""):
            t.click(CUE, tree, [on], item, *answers, then=then, stock=stock)

        def data():
            return api.findJob(self.long).data

        job("View Job")
        job("Email Artist...", close, then=lambda: at.opened)
        job("Request Cores...", close, then=lambda: at.opened)
        job("Subscribe to job", press("Save"), then=lambda: at.opened)
        job(
            "Comments...",
            comment,
            press("Close"),
            then=lambda: api.findJob(self.long).getComments(),
        )
        job("View Dependencies...", close, then=lambda: at.opened)
        job("Dependency Wizard...", close, then=lambda: at.opened)
        job("Drop External Dependencies")
        job("Drop Internal Dependencies")
        job("Set Minimum Cores...", value(1.0), then=lambda: data().min_cores == 1)
        job("Set Maximum Cores...", value(5.0), then=lambda: data().max_cores == 5)
        job("Set Minimum Gpus...", value(0), then=lambda: data().min_gpus == 0)
        job("Set Maximum Gpus...", value(3), then=lambda: data().max_gpus == 3)
        job("Set Priority...", value(42), then=lambda: data().priority == 42)
        job("Set Max Retries...", value(2), then=lambda: at.opened)
        job("Reorder Frames...", value("1-6"), value("LAST"), then=lambda: at.opened[1:])
        job("Stagger Frames...", value("1-6"), value(2), then=lambda: at.opened[1:])
        job("Pause", then=lambda: data().is_paused)
        self.shown(self.long, "Unpause")
        job("Unpause", then=lambda: not data().is_paused)
        job("Enable auto eating", then=lambda: data().auto_eat)
        self.shown(self.long, "Disable auto eating")
        job("Disable auto eating", then=lambda: not data().auto_eat)
        job("Unbook Frames...", close, then=lambda: at.opened)
        api.findJob(self.other).resume()
        at.until(lambda: len(frames(self.other, "DEAD")) == 3, "three dead frames")
        self.shown(self.other, "Retry dead frames")
        job("Retry dead frames", on=self.other)
        at.until(lambda: len(frames(self.other, "DEAD")) == 3, "three dead frames")
        self.shown(self.other, "Eat dead frames")
        job("Eat dead frames", on=self.other, then=lambda: not api.getJobs(job=[self.other]))

    def shown(self, row: str, item: str) -> None:
        def is_offered() -> bool:
            self.tree.forceUpdate()
            self.at.pick(self.tree, row)
            return item in {a.text().replace("&", "") for a in self.at.menu(self.tree)}

        self.at.until(is_offered, f"{item} in the menu")

    # -- hosts and procs -----------------------------------------------------------------------

    def hosts(self) -> None:
        t, at = self.trial, self.at
        dock = at.open(HOSTS)
        self.machines = dock
        tree = tree_of(dock, "HostMonitorTree")
        button(dock, "Refresh").click()
        at.row(tree, self.host)

        def machine():
            return api.findHost(self.host)

        def host(item, *answers, then=None, stock=""):
            t.click(HOSTS, tree, [self.host], item, *answers, then=then, stock=stock)

        host("Comments...", comment, press("Close"), then=lambda: machine().getComments())
        host("View Procs")
        host("Lock Host", then=lambda: machine().lockState() == api.host_pb2.LOCKED)
        host("Unlock Host", then=lambda: machine().lockState() == api.host_pb2.OPEN)
        host("Add Tags...", value("fast"), then=lambda: "fast" in machine().tags())
        host(
            "Rename Tag...",
            value("fast"),
            value("quick"),
            then=lambda: "quick" in machine().tags(),
            stock="PySide6 takes no list of protobuf",
        )
        host("Remove Tags...", value("fast"), then=lambda: "fast" not in machine().tags())
        host(
            "Change Allocation...",
            value("local.general"),
            then=lambda: machine().data.alloc_name == "local.general",
        )
        host("Set Repair State", then=lambda: machine().state() == api.host_pb2.REPAIR)
        at.wait(1)
        button(dock, "Refresh").click()
        at.wait(4)
        host("Clear Repair State", then=lambda: machine().state() != api.host_pb2.REPAIR)
        host("Reboot when idle")
        host("Restart service when idle")
        host("Restart service now")
        host("Delete Host", then=lambda: True)
        at.wait(0.5)
        at.picture(at.window, str(self.shots / "cuecommander-hosts.png"))

    def procs(self) -> None:
        t, at = self.trial, self.at
        at.until(lambda: frames(self.long, "RUNNING"), "running frames")
        tree = tree_of(self.machines, "ProcMonitorTree")
        at.app.view_procs.emit([self.host])

        def proc(item, *answers, then=None, stock=""):
            frame = frames(self.long, "RUNNING")[0]
            before = proc_ids()
            button(tree.parent(), "Refresh").click()
            t.click(
                PROCS,
                tree,
                [frame],
                item,
                *answers,
                then=(lambda: then(before)) if then else None,
                stock=stock,
            )

        proc("View Job")
        proc("Unbook")
        proc(
            "Kill",
            then=lambda before: before - proc_ids(),
            stock="it asks the tree for a job, which it has not",
        )
        proc("Unbook and Kill", then=lambda before: before - proc_ids())

    # -- limits --------------------------------------------------------------------------------

    def limits(self) -> None:
        t, at = self.trial, self.at
        dock = at.open(LIMITS)
        tree = tree_of(dock, "LimitsTreeWidget")

        def limit(item, *answers, on="licence", then=None, stock=""):
            t.click(LIMITS, tree, [on], item, *answers, then=then, stock=stock)

        def find():
            return api.findLimit("licence").data

        t.do(LIMITS, "Add Limit", lambda: at.press(button(dock, "Add Limit"), (new_limit,)), find)
        button(dock, "Refresh").click()
        limit("Edit Max Value", value(4.0), then=lambda: find().max_value == 4)
        limit("Edit Soft Threshold", value(3))
        limit("Per host")
        limit("Per frame")
        limit("Advisory")
        limit("Disabled")
        limit("Enforced")
        limit("Set Report Timeout", value(5))
        limit("Set Failure Rule", close, then=lambda: at.opened)
        limit("Show License Holders", close, then=lambda: at.opened)
        limit("Show Tagged Layers", close, then=lambda: at.opened)
        limit("Remove Auto-Tagged Layers")
        limit("Rename", value("tickets"), then=lambda: api.findLimit("tickets"))
        button(dock, "Refresh").click()
        limit(
            "Delete Limit",
            on="tickets",
            then=lambda: not any(x.name() == "tickets" for x in api.getLimits()),
        )

    def views(self) -> None:
        t, at = self.trial, self.at
        for view in (
            "Allocations",
            "Services",
            "Redirect",
            "Stuck Frame",
            "Subscription Graphs",
            "Attributes",
        ):
            t.do("Views", view, lambda view=view: (at.open(view), at.wait(1.5)))
        at.app.single_click.emit(api.findHost(self.host))
        at.wait(1)
        t.click(CUE, self.tree, [self.long], "Kill", then=lambda: not api.getJobs(job=[self.long]))


def groups() -> dict[str, object]:
    """Return the groups of the show by name."""
    return {g.name(): g for g in api.findShow("show").getGroups()}


def proc_ids() -> set[str]:
    """Return what runs."""
    return {p.data.frame_name + str(p.data.dispatch_time) for p in api.getProcs()}


def new_show(dialog: object) -> None:
    """Name it and create."""
    dialog.findChild(QtWidgets.QLineEdit).setText("newshow")
    button(dialog, "Create").click()


def show_properties(dialog: object) -> None:
    """Raise the default of cores."""
    box = dialog._ShowDialog__defaultMaxCores
    box.setValue(7)
    button(dialog, "Save").click()
    if dialog.isVisible():
        dialog.close()


def new_group(name: str) -> desk.Answer:
    """Create a group of a name."""

    def answer(dialog: object) -> None:
        dialog._nameValue.setText(name)
        dialog.accept()
        if dialog.isVisible():
            dialog.close()

    return answer


def confirm(dialog: object) -> None:
    """Save what a dialog has."""
    dialog.accept()
    if dialog.isVisible():
        dialog.close()


def group_limits(dialog: object) -> None:
    """Limit a group to one core, with every field of cores filled in; those of GPUs send a number that protobuf refuses."""
    for name in (
        "defaultJobPriority",
        "defaultJobMinCores",
        "defaultJobMaxCores",
        "minCores",
        "maxCores",
    ):
        check = getattr(dialog, f"_{name}Check")
        if not check.isChecked():
            check.click()
    dialog._maxCoresValue.setValue(1)
    dialog.accept()
    if dialog.isVisible():
        dialog.close()


def send_to(group: str) -> desk.Answer:
    """Send the jobs of the dialog to a group."""

    def answer(dialog: object) -> None:
        dialog.combo.setCurrentText(group)
        dialog.move_items()

    return answer


def new_limit(dialog: object) -> None:
    """Name it, give it a number and confirm."""
    dialog.findChild(QtWidgets.QLineEdit).setText("licence")
    dialog._CreateLimitDialog__maxValue.setValue(2)
    button(dialog, "OK").click()
    if dialog.isVisible():
        dialog.close()


def main() -> None:
    out = Path(sys.argv[1])

    def work(at: Desk) -> None:
        at.wait(1)
        cuecommander = CueCommander(at, out)
        cuecommander.run()
        cuecommander.trial.console()
        rows = {
            "rows": cuecommander.trial.rows,
            "missed": cuecommander.trial.missed(),
            "console": at.console.lines,
        }
        (out / "cuecommander.json").write_text(json.dumps(rows, indent=1))

    desk.sit_down("cuecommander", work, limit_s=280)


main()
