"""Steps at a desk with what came of each: it works, the farm refuses with a sentence, it fails inside stock, or a fault."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from typing import Any

import desk

import opencue

_REFUSED = re.compile(
    r"StatusCode\.(?P<code>UNIMPLEMENTED|FAILED_PRECONDITION|INVALID_ARGUMENT|NOT_FOUND|ALREADY_EXISTS)\s*:\s*"
    r"(?P<sentence>[^\n]+)|(?P<known>Object (?:does not|already) exists?\. [^\n]+)"
    r"|status = StatusCode\.(?P<status>[A-Z_]+)\s+details = \"(?P<details>[^\"\n]+)"
)
_HELD_S = 8.0
_SHORT = 300

_OF_ITS_OWN = frozenset({"Show Progress Bar"})
"""Items that start another program and leave it running."""

Row = dict[str, str]


class Trial:
    """What was tried, a row each."""

    def __init__(self, at: desk.Desk) -> None:
        self.at = at
        self.rows: list[Row] = []
        self.clicked: set[tuple[str, str]] = set()
        self.offered: dict[str, set[str]] = {}
        self.greyed: set[tuple[str, str]] = set()

    def click(
        self,
        view: str,
        tree: Any,
        picked: Iterable[str],
        item: str,
        *answers: desk.Answer,
        then: Callable[[], Any] | None = None,
        stock: str = "",
    ) -> None:
        """Pick rows, click an item of the context menu, answer, and look at what it did.

        Args:
            view: Name of the view, for the row.
            tree: Where.
            picked: Names of rows.
            item: Text of the item.
            answers: To the dialogs that come up.
            then: What is so afterwards.
            stock: Why stock's own code fails here, where it does against any server.
        """
        self._do(view, item, lambda: self._click(view, tree, picked, item, answers), then, stock)

    def do(
        self,
        view: str,
        what: str,
        work: Callable[[], Any],
        then: Callable[[], Any] | None = None,
        stock: str = "",
    ) -> None:
        """Do anything else, such as pressing a button."""

        def run() -> None:
            self.at.said, self.at.opened = [], []
            work()

        self._do(view, what, run, then, stock)

    def _click(
        self,
        view: str,
        tree: Any,
        picked: Iterable[str],
        item: str,
        answers: tuple[desk.Answer, ...],
    ) -> None:
        self.at.pick(tree, *picked)
        menu = {text_of(action): action for action in self.at.menu(tree)}
        self.offered.setdefault(view, set()).update(
            text for text, action in menu.items() if action.isEnabled() and text not in _OF_ITS_OWN
        )
        if item not in menu:
            raise desk.StuckError(f"the menu has no {item}: {', '.join(menu)}")
        if not menu[item].isEnabled():
            raise desk.StuckError(f"{item} is greyed")
        self.at.click(menu[item], answers)

    def _do(
        self,
        view: str,
        what: str,
        work: Callable[[], Any],
        then: Callable[[], Any] | None,
        stock: str,
    ) -> None:
        begin, since = time.monotonic(), len(self.at.console.lines)
        self.clicked.add((view, what))
        problem = ""
        try:
            work()
            if then is not None and not self._holds(then, since):
                problem = "it did not do what it says"
        except Exception as error:  # noqa: BLE001 -- a row for the table instead of the end of the trial
            problem = f"{type(error).__name__}: {error}"
        said = [*self.at.said, *filter(_is_of_action, self.at.console.lines[since:])]
        result, words = judge(problem, said, stock)
        row = {"view": view, "action": what, "result": result, "words": words}
        self.rows.append(row)
        took = time.monotonic() - begin
        print(f"{took:5.1f} s  {result:8} {view}: {what}  {words}", flush=True)

    def _holds(self, then: Callable[[], Any], since: int) -> bool:
        end = time.monotonic() + _HELD_S
        while time.monotonic() < end:
            if then():
                return True
            if any(
                _REFUSED.search(each) for each in [*self.at.said, *self.at.console.lines[since:]]
            ):
                return False  # nothing is to come
            self.at.wait(0.2)
        return False

    def console(self) -> None:
        """Add a row for what CueGUI printed by itself, in between."""
        lines = [each for each in self.at.console.lines if not _is_of_action(each)]
        errors = [
            each
            for each in lines
            if each.startswith(("ERROR", "CRITICAL", "UNCAUGHT"))
            and "already deleted" not in each  # a view that was closed while its data came
        ]
        first = " ".join(errors[0].split())[:_SHORT] if errors else ""
        self.rows.append(
            {
                "view": "Console",
                "action": "no error",
                "result": "fault" if errors else "works",
                "words": first,
            }
        )

    def missed(self) -> list[str]:
        """Return the items that menus offered and nobody clicked."""
        return sorted(
            f"{view}: {item}"
            for view, items in self.offered.items()
            for item in items
            if (view, item) not in self.clicked
        )


def judge(problem: str, said: list[str], stock: str) -> tuple[str, str]:
    """Return ``works``, ``refused``, ``stock`` or ``fault``, and the words for it.

    Args:
        problem: What the trial itself found.
        said: Dialogs and console.
        stock: Why stock's own code fails, where it is known to.
    """
    for each in said:
        if found := _REFUSED.search(each):
            return "refused", (found["sentence"] or found["known"] or found["details"]).strip()[
                :_SHORT
            ]
    bad = [
        each
        for each in said
        if each.startswith(("ERROR", "UNCAUGHT", "CRITICAL", "STILL", "ANSWER", "WARNING"))
    ]
    if not problem and not bad:
        return "works", ""
    words = problem or bad[0]
    if bad:
        words = (
            f"{problem} | {bad[0].strip().splitlines()[0]} ... {bad[0].strip().splitlines()[-1]}"
        )
    return ("stock", stock) if stock else ("fault", words[:_SHORT])


_BY_ITSELF = re.compile(
    r"(WARNING|ERROR|CRITICAL) (Layout|Main|Redirect|\w*(?:Tree|Widget|Plugin|Pool|Monitor\w*)):"
)


def _is_of_action(line: str) -> bool:
    """Tell whether a line on the console comes from what a person did, not from a view that refreshes itself."""
    return (
        _BY_ITSELF.match(line) is None and "already deleted" not in line
    )  # a view that was closed


def text_of(action: Any) -> str:
    """Return the text of a menu item as a person reads it."""
    return str(action.text()).replace("&", "")


def launch(name: str, layers: str, depends: str = "", *, paused: bool = False) -> str:
    """Launch a job through stock pycue and return its name.

    Args:
        name: Its short name.
        layers: A line per layer: name, range, shell command.
        depends: XML.
        paused: Whether it waits for a person.
    """
    xml = "".join(
        f"<layer name='{layer}' type='Render'><cmd>{command}</cmd><range>{frames}</range><chunk>1</chunk>"
        "<cores>0.1</cores><memory>64m</memory><services><service>shell</service></services></layer>"
        for layer, frames, command in (
            line.split(maxsplit=2) for line in layers.strip().splitlines()
        )
    )
    spec = (
        "<?xml version='1.0'?><!DOCTYPE spec PUBLIC 'SPI Cue Specification Language' "
        "'http://localhost:8080/spcue/dtd/cjsl-1.12.dtd'><spec><facility>local</facility><show>show</show>"
        f"<shot>shot</shot><user>{_user()}</user><job name='{name}'><paused>{paused}</paused>"
        f"<maxretries>1</maxretries><layers>{xml}</layers></job>{depends}</spec>"
    )
    (job,) = opencue.api.launchSpecAndWait(spec)
    return str(job.name())


def _user() -> str:
    import getpass

    return getpass.getuser()


def frames(job: str, *states: str) -> list[str]:
    """Return the names of a job's frames that are in one of some states, or of all."""
    found = opencue.api.findJob(job).getFrames()
    wanted = [opencue.api.job_pb2.FrameState.Value(each) for each in states]
    return sorted(f.name() for f in found if not wanted or f.state() in wanted)
