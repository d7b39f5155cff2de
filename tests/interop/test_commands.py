"""Clients that are commands: cueadmin, cueman, cuecmd, PyOutline's launch and RQD."""

from __future__ import annotations

import getpass
import textwrap

from tests.conftest import FarmBox, wait_until
from tests.interop import rows
from tests.interop.conftest import Client
from tests.specs import job_spec, sh

NAME = "show-shot-user_test_job"


def launch(farm: FarmBox, script: str = "sleep 300", frames: str = "1-6") -> None:
    """Launch a job of two layers, the second of which waits."""
    spec = job_spec(
        {
            "main": {"argv": sh(script), "range": frames, "cores": 0.1, "retries": 0},
            "rest": {"argv": sh("true")},
        },
        [{"layer": "rest", "on": "main"}],
    )
    done = farm.python(
        "-c", "import opencue, sys; opencue.api.launchSpecAndWait(sys.argv[1])", spec
    )
    assert done.returncode == 0, done.stderr


def state(farm: FarmBox, **wanted: object) -> bool:
    """Tell whether the job is as wanted."""
    shown = farm.json("show", NAME)
    return all(shown[key] == value for key, value in wanted.items())


def test_cueadmin(client: Client) -> None:
    farm, tries = client.farm, client.tries
    launch(farm)
    for listing in ("-lj", "-lji", "-ls", "-lh", "-la", "-lv"):
        tries(listing)
    tries("-lb", "show")
    tries("-lba", "local.general")
    tries("-pause", NAME, then=lambda: state(farm, state="paused"))
    tries("-unpause", NAME, then=lambda: state(farm, state="running"))
    tries("-priority", NAME, "42", "-force", then=lambda: state(farm, priority=42))
    tries("-set-min-cores", NAME, "1", "-force")
    tries("-set-max-cores", NAME, "5", "-force")
    tries("-create-show", "another", "-force")
    tries("-kill", NAME, "-force", then=lambda: state(farm, state="killed"))
    client.close()


def test_cueman(client: Client) -> None:
    farm, tries = client.farm, client.tries
    launch(farm)
    for listing in ("-lf", "-lp", "-ll", "-info"):
        tries(listing, NAME)
    tries("-lf", NAME, "-state", "RUNNING")
    tries("-lf", NAME, "-layer", "main", "-range", "1-3")
    tries("-pause", NAME, then=lambda: state(farm, state="paused"))
    tries("-resume", NAME, then=lambda: state(farm, state="running"))
    tries("-retries", NAME, "2", "-force")
    tries("-autoeaton", NAME)
    tries("-autoeatoff", NAME)
    tries("-reorder", NAME, "1-3", "REVERSE", "-force")
    tries("-stagger", NAME, "1-6", "2", "-force")
    tries("-kill", NAME, "-range", "1", "-force")
    tries("-retry", NAME, "-range", "1", "-force")
    tries("-eat", NAME, "-layer", "rest", "-force", then=lambda: state(farm, eaten=1))
    tries("-done", NAME, "-layer", "main", "-force")
    tries("-term", NAME, "-force", then=lambda: state(farm, state="killed"))
    client.close()


def test_cuecmd(client: Client) -> None:
    farm = client.farm
    commands = farm.home / "batch.txt"
    commands.write_text("".join(f"echo {n}\n" for n in range(1, 6)))
    where = ("--show", "show", "--shot", "shot", "--job-name", "batch")

    def shown(**wanted: object) -> bool:
        job = farm.json("show", "batch")
        return all(job[key] == value for key, value in wanted.items())

    client.tries(str(commands), "--pretend", *where)
    client.tries(
        str(commands),
        "--chunk",
        "2",
        "--pause",
        *where,
        then=lambda: shown(frames=3, state="paused"),
    )
    farm.cuelet("resume", "batch")
    wait_until(lambda: shown(dead=3))
    (log,) = {each["last_lines"][0] for each in farm.json("show", "batch")["dead_frames"]}
    why = "it writes #IFRAME# into the layer, where pycuerun 1.37 does not replace it"
    client.rows.append(rows.row("cuecmd", "its frames", rows.STOCK, why))
    assert "execute_commands.py" in log
    client.close()


def test_pyoutline(client: Client) -> None:
    farm = client.farm
    script, out = farm.home / "script.py", farm.home / "out"
    for way, words in (("default", ""), ("raw", ", use_pycuerun=False")):
        script.write_text(
            textwrap.dedent(f"""
            import outline, outline.cuerun
            from outline.modules.shell import Shell
            ol = outline.Outline("{way}", shot="shot", show="show", user="{getpass.getuser()}")
            ol.add_layer(Shell("main", command=["touch", "{out}.{way}"], range="1-3"))
            outline.cuerun.launch(ol{words})
            """)
        )

        def written(way: str = way) -> bool:
            return farm.json("show", way)["state"] == "finished"

        client.tries(str(script), program="python", then=written)
        client.rows[-1] |= {"view": "pyoutline", "action": f"`outline.cuerun.launch(ol{words})`"}
    client.close()


def test_rqd(client: Client) -> None:
    host, port = client.farm.info["address"].split(":")
    settings = client.farm.home / "rqd.conf"
    settings.write_text(
        f"[Override]\nOVERRIDE_CUEBOT={host}\nCUEBOT_GRPC_PORT={port}\nRQD_GRPC_PORT=0\nOVERRIDE_NIMBY=False\n"
    )

    client.tries("-c", str(settings))

    (only,) = client.rows
    assert only["result"] == rows.REFUSED
    assert "runs frames on this machine itself" in only["words"]
    client.close()
