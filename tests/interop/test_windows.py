"""Clients with windows, on a display that nobody looks at: both programs of CueGUI, CueSubmit and CueNIMBY."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path

from tests.interop import rows
from tests.interop.conftest import Client

GUI = Path(__file__).parent / "gui"
LIMIT_S = 360


def drive(client: Client, display: str) -> None:
    """Run the script of a client in its own Python and keep its rows."""
    out = rows.folder() / "pictures"
    out.mkdir(parents=True, exist_ok=True)
    editor = client.farm.home / "editor"
    editor.write_text("#!/bin/sh\nexit 0\n")
    editor.chmod(0o755)
    settings = client.farm.home / "cuegui.yaml"
    settings.write_text(f"editor.linux: '{editor}'\n")
    client.env |= {
        "DISPLAY": display,
        "USER": pwd.getpwuid(os.getuid()).pw_name,
        "LOGNAME": pwd.getpwuid(os.getuid()).pw_name,
        "CUEGUI_CONFIG_FILE": str(settings),
        "XDG_CONFIG_HOME": str(client.farm.home / "config"),
        "XDG_RUNTIME_DIR": str(client.farm.home),
    }
    script = str(GUI / f"at_{client.name}.py")
    (out / f"{client.name}.json").unlink(missing_ok=True)
    done = client.run("python", script, str(out), timeout_s=LIMIT_S)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    told = json.loads((out / f"{client.name}.json").read_text())
    client.rows += told["rows"]
    client.close()
    assert told["missed"] == [], "menus offer what nobody clicked"


def test_cuetopia(client: Client, display: str) -> None:
    drive(client, display)


def test_cuecommander(client: Client, display: str) -> None:
    drive(client, display)


def test_cuesubmit(client: Client, display: str) -> None:
    drive(client, display)


def test_cuenimby(client: Client, display: str) -> None:
    host, port = client.farm.info["address"].split(":")
    client.env |= {"CUEBOT_HOST": host, "CUEBOT_PORT": port}
    (client.farm.home / ".config" / "opencue").mkdir(
        parents=True
    )  # it makes only the last of the two
    drive(client, display)
