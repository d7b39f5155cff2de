"""Arguments of the commands about the farm itself."""

from __future__ import annotations

from cuelet.cli.parsing import add_command, add_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from cuelet.cli.parsing import Commands


def add_farm(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet farm``."""
    verbs = parser.add_subparsers(metavar="start|stop|status|backup|check|prune", required=True)
    _add_start(verbs)
    add_command(verbs, "stop", "farm.stop:stop", "stop the farm; running frames go on")
    add_json(
        add_command(verbs, "status", "farm.status:status", "say whether the farm runs, and where")
    )
    _add_backup(verbs)
    _add_check(verbs)
    _add_prune(verbs)


def _add_start(verbs: Commands) -> None:
    start = add_command(
        verbs, "start", "farm.start:start", "start the farm, unless it runs already"
    )
    start.add_argument("--foreground", action="store_true", help="stay in this process")
    start.add_argument("--port", type=int, help="loopback TCP port to try first (8443)")
    start.add_argument("--cores", type=float, help="cores that frames may use together")
    start.add_argument("--memory-mb", type=int, help="memory that frames may reserve together")
    start.add_argument(
        "--memory-policy",
        choices=("off", "warn", "kill"),
        help="what is done about a frame that uses more than it reserved (warn)",
    )
    start.add_argument(
        "--memory-factor",
        type=float,
        metavar="X",
        help="kill beyond X times the reservation (1.5)",
    )
    start.add_argument("--tags", metavar="A,B", help="further tags of this machine; kept")
    start.add_argument("--services", metavar="A,B", help="services it has, or any; kept")
    start.add_argument("--gpus", type=int, metavar="N", help="GPUs it has; kept")
    add_json(start)


def _add_backup(verbs: Commands) -> None:
    backup = add_command(
        verbs, "backup", "farm.backup:backup", "copy the farm's database, also while it runs"
    )
    backup.add_argument("file", metavar="FILE", help="the copy; readable for you alone")
    backup.add_argument("--force", action="store_true", help="replace FILE when it exists")
    add_json(backup)


def _add_check(verbs: Commands) -> None:
    check = add_command(
        verbs,
        "check",
        "farm.check:check",
        "say what is damaged in the database, also while it runs",
    )
    check.add_argument("file", metavar="FILE", nargs="?", help="a copy, in place of the farm's own")
    check.add_argument(
        "--remove", metavar="JOB", help="delete what is left of a damaged job; no farm may run"
    )
    add_json(check)


def _add_prune(verbs: Commands) -> None:
    prune = add_command(verbs, "prune", "farm.prune:prune", "forget jobs that ended long ago")
    prune.add_argument(
        "--older-than", required=True, metavar="AGE", help="ended so long ago: 30d, 12h or 45m"
    )
    prune.add_argument("--logs", action="store_true", help="remove their logs, too")
    prune.add_argument("--dry-run", action="store_true", help="say what would go, forget nothing")
    prune.add_argument("--yes", action="store_true", help="do not ask")
    add_json(prune)


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet limits``."""
    verbs = parser.add_subparsers(metavar="list|set|delete", required=True)
    add_json(
        add_command(verbs, "list", "farm.limits:list_limits", "list limits and who takes them")
    )
    setting = add_command(verbs, "set", "farm.limits:set_limit", "make a limit, or change it")
    setting.add_argument("name")
    setting.add_argument("max", type=int, help="frames at a time; 0 for none, -1 for no limit")
    delete = add_command(verbs, "delete", "farm.limits:delete_limit", "remove a limit")
    delete.add_argument("name")
