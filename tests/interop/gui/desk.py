"""A person at CueGUI's desk: picks rows, clicks menu items, answers dialogs, notes what was said. Runs in CueGUI's Python."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import cuegui
import cuegui.ActionRunner
import cuegui.App
import cuegui.Main
from qtpy import QtCore, QtGui, QtWidgets

Answer = Callable[[Any], None]
PATIENCE_S = 12.0
_QUIET_S = 0.15


class StuckError(Exception):
    """What a step waits for does not come."""


class Console(logging.Handler):
    """Everything that CueGUI would have printed as a warning or worse, and every exception that nobody caught."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        sys.excepthook = self._uncaught

    def emit(self, record: logging.LogRecord) -> None:
        text = f"{record.levelname} {record.module}: {record.getMessage()}"
        if record.exc_info:
            text += "\n" + "".join(traceback.format_exception(*record.exc_info))
        self.lines.append(text)

    def _uncaught(self, kind: Any, error: Any, trace: Any) -> None:
        self.lines.append("UNCAUGHT " + "".join(traceback.format_exception(kind, error, trace)))


class Desk:
    """One CueGUI, with its windows open."""

    def __init__(self, app: Any, console: Console) -> None:
        self.app, self.console = app, console
        self.said: list[str] = []
        self.opened: list[str] = []
        self._answers: list[Answer] = []
        self._handled: set[int] = set()
        self._menu: list[Any] = []
        self._kept: tuple[Any, ...] = ()
        self._timer = QtCore.QTimer()
        self._timer.timeout.connect(self._look)
        self._timer.start(40)
        QtWidgets.QMenu.exec_ = lambda menu, *_: self._menu.append(menu)

    # -- what a person sees --------------------------------------------------------------------

    @property
    def window(self) -> Any:
        return next(w for w in self.app.topLevelWidgets() if isinstance(w, QtWidgets.QMainWindow))

    def open(self, view: str) -> Any:
        """Open a view by the entry of its name in Views/Plugins, or return the one that is open."""
        if (dock := self.dock(view)) is None:
            (action,) = (a for a in actions_of(self.window.PluginMenu) if a.text() == view)
            action.trigger()
            self.until(lambda: self.dock(view), f"view {view}")
            dock = self.dock(view)
        dock.raise_()
        return dock

    def dock(self, view: str) -> Any:
        docks = self.window.findChildren(QtWidgets.QDockWidget)
        return next((d for d in docks if d.objectName() == view and d.isVisible()), None)

    def rows(self, tree: Any) -> Iterator[Any]:
        """Yield every row of a tree."""
        waiting = [tree.topLevelItem(n) for n in range(tree.topLevelItemCount())]
        while waiting:  # an iterator of Qt must not outlive a row
            row = waiting.pop(0)
            yield row
            waiting[:0] = [row.child(n) for n in range(row.childCount())]

    def row(self, tree: Any, text: str) -> Any:
        """Return the first row that has a text in one of its columns, or belongs to a thing of that name."""

        def find() -> Any:
            return next((r for r in self.rows(tree) if text in _names(r)), None)

        self.until(find, f"row {text}")
        return find()

    def pick(self, tree: Any, *texts: str) -> None:
        """Select rows."""
        rows = [self.row(tree, text) for text in texts]
        tree.clearSelection()
        for row in rows:
            tree.setCurrentItem(row)
        for row in rows:
            row.setSelected(True)
        self.wait(0.1)

    def menu(self, tree: Any) -> list[Any]:
        """Return the actions of a tree's context menu."""
        self._menu.clear()
        here = QtCore.QPoint(5, 5)
        event = QtGui.QContextMenuEvent(QtGui.QContextMenuEvent.Mouse, here, here)
        tree.contextMenuEvent(event)
        return list(actions_of(self._menu[-1])) if self._menu else []

    def picture(self, widget: Any, path: str, width: int = 1000) -> None:
        """Save a picture of a window."""
        image = widget.grab().toImage()
        if image.width() > width:
            image = image.scaledToWidth(width, QtCore.Qt.SmoothTransformation)
        image.convertToFormat(QtGui.QImage.Format_RGB888).save(path)

    # -- what a person does --------------------------------------------------------------------

    def click(self, action: Any, answers: tuple[Answer, ...] = ()) -> None:
        """Click a menu item and answer what comes up."""
        self._answers, self.said, self.opened = list(answers), [], []
        self._handled = {id(w) for w in self.app.topLevelWidgets() if w.isVisible()}
        self.app.clipboard().clear()
        QtCore.QTimer.singleShot(0, action.trigger)
        self.settle()

    def press(self, pushed: Any, answers: tuple[Answer, ...] = ()) -> None:
        """Press a button that is no dialog's, and answer what comes up."""
        self._answers, self.said, self.opened = list(answers), [], []
        QtCore.QTimer.singleShot(0, pushed.click)
        self.settle()

    def keep(self, dialog: Any) -> None:
        """Take a dialog for a window to work in, not for a question."""
        self._kept = (dialog,) if dialog is not None else ()

    def settle(self) -> None:
        """Wait until no dialog is open and everything asked of the farm has been answered."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            self._let_it_act(deadline)
            self.wait(_QUIET_S)
            if self._dialog() is None:
                self._let_it_act(deadline)
                if self._dialog() is None:
                    return
        for dialog in self._dialogs():
            self.said.append(f"STILL OPEN {type(dialog).__name__} {dialog.windowTitle()}")
            dialog.close()

    def _let_it_act(self, deadline: float) -> None:
        """Wait until what CueGUI does aside from its window, one after the other, is done."""
        done: list[bool] = []
        cuegui.ActionRunner.submit(lambda: None, lambda *_: done.append(True))
        while not done and time.monotonic() < deadline:
            self.app.processEvents(QtCore.QEventLoop.AllEvents, 20)
            time.sleep(0.002)

    def wait(self, seconds: float) -> None:
        """Let the program work for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.app.processEvents(QtCore.QEventLoop.AllEvents, 20)
            time.sleep(0.005)

    def until(self, what: Callable[[], Any], name: str, patience_s: float = PATIENCE_S) -> None:
        """Wait until something is so."""
        end = time.monotonic() + patience_s
        while not what():
            if time.monotonic() > end:
                raise StuckError(f"not within {patience_s:.0f} s: {name}")
            self.wait(0.1)

    # -- dialogs -------------------------------------------------------------------------------

    def _dialogs(self) -> list[Any]:
        return [
            w
            for w in self.app.topLevelWidgets()
            if w.isVisible() and isinstance(w, QtWidgets.QDialog) and w not in self._kept
        ]

    def _dialog(self) -> Any:
        modal = self.app.activeModalWidget()
        if modal is not None:
            return modal
        return next(iter(self._dialogs()), None)

    def _look(self) -> None:
        dialog = self._dialog()
        if dialog is None or id(dialog) in self._handled:
            return
        self._handled.add(id(dialog))
        # A timer does not fire while it is at work, and the answer may bring up another dialog.
        QtCore.QTimer.singleShot(0, lambda: self._respond(dialog))

    def _respond(self, dialog: Any) -> None:
        try:
            dialog.isVisible()
        except RuntimeError:
            return  # it went by itself, as one that shows progress does
        self.opened.append(f"{type(dialog).__name__} {dialog.windowTitle()}".strip())
        try:
            self._answer(dialog)
        except Exception:  # noqa: BLE001 -- said in the row
            self.said.append("ANSWER " + traceback.format_exc())
            dialog.close()
        finally:
            self._handled.discard(id(dialog))

    def _answer(self, dialog: Any) -> None:
        if isinstance(dialog, QtWidgets.QMessageBox):
            is_error = dialog.icon() in (
                QtWidgets.QMessageBox.Critical,
                QtWidgets.QMessageBox.Warning,
            )
            self.said.append(
                f"{'ERROR ' if is_error else ''}{dialog.windowTitle()}: {dialog.text()}"
            )
        if self._answers:
            self._answers.pop(0)(dialog)
        elif isinstance(dialog, QtWidgets.QMessageBox):
            _agree(dialog)
        elif isinstance(dialog, QtWidgets.QInputDialog):
            dialog.accept()
        elif type(dialog).__name__ != "ProgressDialog":  # that one goes by itself
            agree_or_close(dialog)


def actions_of(menu: Any) -> Iterator[Any]:
    """Yield the items of a menu and of its submenus."""
    for action in menu.actions():
        if action.menu() is not None:
            yield from actions_of(action.menu())
        elif not action.isSeparator():
            yield action


def texts_of(row: Any) -> list[str]:
    """Return what the columns of a row show."""
    return [str(row.data(n, QtCore.Qt.DisplayRole)) for n in range(row.treeWidget().columnCount())]


def _names(row: Any) -> set[str]:
    texts = set(texts_of(row))
    thing = getattr(row, "rpcObject", None)
    name = getattr(getattr(thing, "data", None), "name", None)
    return texts | ({name} if name else set())


# -- answers -----------------------------------------------------------------------------------


def _agree(box: Any) -> None:
    for wanted in (QtWidgets.QMessageBox.Yes, QtWidgets.QMessageBox.Ok):
        if (button := box.button(wanted)) is not None:
            button.click()
            return
    box.accept()


def agree_or_close(dialog: Any) -> None:
    """Confirm a question; a dialog with anything to fill in is closed."""
    if type(dialog).__name__ == "ConfirmationDialog":
        dialog.accept()
    else:
        dialog.close()


def value(given: object) -> Answer:
    """Answer with a number, a text or a choice of a list."""

    def answer(dialog: Any) -> None:
        if isinstance(given, str):
            if dialog.comboBoxItems():
                dialog.setTextValue(given)
            else:
                dialog.setTextValue(given)
        elif isinstance(given, int) and dialog.inputMode() == QtWidgets.QInputDialog.IntInput:
            dialog.setIntValue(given)
        else:
            dialog.setDoubleValue(given)
        dialog.accept()

    return answer


def press(text: str) -> Answer:
    """Click the button of a text."""

    def answer(dialog: Any) -> None:
        button(dialog, text).click()

    return answer


def button(dialog: Any, text: str) -> Any:
    """Return the button with a text."""
    buttons = dialog.findChildren(QtWidgets.QAbstractButton)
    return next(b for b in buttons if b.text().replace("&", "") == text)


def close(dialog: Any) -> None:
    """Close a dialog."""
    dialog.close()


def sit_down(name: str, work: Callable[[Desk], None], *, limit_s: float) -> None:
    """Start CueGUI as its own command does and work in it instead of waiting for a person.

    Args:
        name: ``cuetopia`` or ``cuecommander``.
        work: What is done.
        limit_s: After how long everything ends, with where it hung.
    """
    faulthandler.enable()
    faulthandler.dump_traceback_later(limit_s, exit=True)
    console = Console()
    logging.getLogger().addHandler(console)

    def execute(app: Any) -> int:
        try:
            work(Desk(app, console))
        except Exception:  # noqa: BLE001 -- Qt would go on
            traceback.print_exc()
            os._exit(1)
        sys.stdout.flush()
        os._exit(
            0
        )  # a person would close the windows; how CueGUI takes itself down is not what is tried

    cuegui.App.CueGuiApplication.exec_ = execute
    getattr(cuegui.Main, name)([name])
