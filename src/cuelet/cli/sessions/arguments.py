"""Arguments of the commands about sessions."""

from __future__ import annotations

from cuelet.cli.parsing import add_command, add_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_sessions(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet sessions``."""
    verbs = parser.add_subparsers(metavar="list|show|clean", required=True)
    listing = add_command(
        verbs, "list", "sessions.list:list_sessions", "list sessions, oldest first"
    )
    show = add_command(verbs, "show", "sessions.show:show", "show one session")
    show.add_argument("session", help="its folder, name/uuid, or uuid")
    clean = add_command(
        verbs, "clean", "sessions.clean:clean", "remove sessions nobody needs any more"
    )
    clean.add_argument(
        "--older-than", default="30d", metavar="AGE", help="like 30d, 12h or 45m (30d)"
    )
    clean.add_argument("--dry-run", action="store_true", help="say what would go, remove nothing")
    clean.add_argument("--yes", action="store_true", help="do not ask")
    for each in (listing, show, clean):
        add_json(each)
