"""Run scripts of the corpus in this Python and write down what each one launched, printed and raised.

Runs in the stock environment as well as in ours, so it may import nothing but the standard library at its top.
Each script runs in a forked child: its own home, its own environment, no farm.

First lines of a script may say how::

    # drive: --pause {script} 1-10     arguments of pycuerun; ``{script}`` alone by default
    # drive: python                    the script is a program that launches by itself
    # env: NAME=VALUE                  environment of the launch
    # execute: 3 render                frames to execute afterwards, here

A file of the same name with suffix ``.cfg`` is its outline.cfg.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import traceback

STOCK = "stock"
ENV = {"SHOW": "testing", "SHOT": "shot010", "USER": "kim", "LOGNAME": "kim", "LANG": "C.UTF-8"}
# Commands are compared without the words that keep their output whole under RQD; stock has no such setting.
ENV |= {"OUTLINE_OUTLINE_RELAY": "false"}


def main(side, folder, answer, *scripts):
    """Run every script and write the answers as one JSON object."""
    _preload()
    found = {}
    for script in scripts:
        home = os.path.join(folder, os.path.basename(script).replace(".", "_"))
        os.makedirs(home)
        found[os.path.basename(script)] = _run(side, home, script)
    with open(answer, "w") as stream:
        json.dump(found, stream)


def _preload():
    """Import what is slow and reads no environment that scripts change."""
    import grpc
    import opencue_proto.job_pb2
    import yaml

    import opencue
    import opencue.api

    for module in (grpc, opencue, opencue_proto, yaml):
        sys.modules[module.__name__] = module


def _directives(script):
    found = {"drive": None, "env": [], "execute": []}
    with open(script) as stream:
        for line in stream:
            if not line.startswith("# ") or ":" not in line:
                break
            key, _, value = line[2:].strip().partition(": ")
            if isinstance(found[key], list):
                found[key].append(value)
            else:
                found[key] = value
    return found


def _run(side, home, script):
    said = _directives(script) if not script.endswith(".json") else {"drive": "json"}
    launch = _in_child(home, lambda tell: _launch(side, home, script, said, tell))
    for request in said.get("execute", ()):
        frame, layer = request.split()
        place = _session_of(launch["specs"][-1], layer) if launch["specs"] else None
        place = place and place.replace("{home}", home)
        done = _in_child(home, lambda tell: _execute(home, script, said, place, layer, int(frame)))  # noqa: B023 - run at once
        launch["facts"] += [f"{request}: {each}" for each in done["facts"]]
        if done["error"]:
            launch["facts"].append(f"{request}: error")
            launch["trace"] += done["trace"]
    return launch


def _in_child(home, work):
    """Run ``work`` in a child and return what it told, printed and raised."""
    report, output = os.path.join(home, "report.json"), os.path.join(home, "output")
    pid = os.fork()
    if pid == 0:
        _child(home, work, report, output)
    os.waitpid(pid, 0)
    with open(report) as stream:
        found = json.load(stream)
    with open(output, errors="replace") as stream:
        lines = stream.read().splitlines()
    lines = [line.replace(home, "{home}") for line in lines]
    found["specs"] = [xml.replace(home, "{home}") for xml in found["specs"]]
    found["facts"] = [line[5:].strip() for line in lines if line.startswith("fact:")]
    found["output"] = lines
    return found


def _child(home, work, report, output):
    found = {"specs": [], "error": None, "trace": ""}
    handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    sys.stdout.reconfigure(line_buffering=True)  # in order with what commands print
    try:
        work(found["specs"].append)
    except SystemExit as error:
        if error.code:
            found["error"] = f"exit {error.code}"
    except BaseException as error:  # noqa: BLE001 - whatever a script raises is its answer
        found["error"] = type(error).__name__
        found["trace"] = traceback.format_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    with open(report, "w") as stream:
        json.dump(found, stream)
    os._exit(0)


def _prepare(home, script, said):
    """Make the world the script sees: its environment, its home, its settings."""
    path = os.environ["PATH"]
    os.environ.clear()
    os.environ.update(ENV, HOME=home, PATH=path, TMPDIR=home)
    os.getuid = lambda: 1234
    config = os.path.splitext(script)[0] + ".cfg"
    if os.path.exists(config):
        os.environ["OUTLINE_CONFIG_FILE"] = config
    for each in said.get("env", ()):
        key, _, value = each.partition("=")
        os.environ[key] = value.replace("{home}", home)
    sys.path.insert(0, os.path.dirname(script))
    os.chdir(home)


class _Job:
    """What a launch returns: enough of pycue's Job."""

    class data:  # noqa: N801 - as pycue spells it
        """The message."""

        name = "testing-shot010-kim_job"
        id = "id"

    def name(self):
        return self.data.name

    def id(self):
        return "id"


def _catch_launches(side, tell):
    import opencue

    def take(xml):
        tell(xml if isinstance(xml, str) else xml.decode())
        return [_Job()]

    opencue.api.launchSpecAndWait = take
    opencue.api.isJobPending = lambda name: False
    opencue.Cuebot.setHosts = lambda hosts: print("fact: hosts", hosts)
    if side != STOCK:
        import types

        import opencue.ending
        import opencue.farm

        done = types.SimpleNamespace(is_success=True)
        opencue.farm.info = lambda *_, **__: None
        opencue.ending.watch = lambda *_: [(None, done)]


def _launch(side, home, script, said, tell):
    _prepare(home, script, said)
    _catch_launches(side, tell)
    import outline
    import outline.cuerun

    drive = said["drive"]
    if drive == "json":
        with open(script) as stream:
            outline.cuerun.launch(outline.load_json(stream.read()))
    elif drive == "python":
        _run_program(script)
    else:
        arguments = (drive or "{script}").replace("{script}", script).replace("{home}", home)
        _pycuerun(side, shlex.split(arguments))


def _run_program(script):
    import runpy

    sys.argv = [script]
    runpy.run_path(script, run_name="__main__")


def _pycuerun(side, arguments):
    sys.argv = ["pycuerun", *arguments]
    if side == STOCK:
        import bin.pycuerun_main

        sys.exit(bin.pycuerun_main.main())
    import outline.pycuerun

    sys.exit(outline.pycuerun.main(arguments))


def _execute(home, script, said, place, layer, frame):
    _prepare(home, script, said)
    if place is None:
        raise RuntimeError("nothing was launched")
    import outline.cuerun

    outline.cuerun.execute_frame(place, layer, frame)


def _session_of(xml, layer):
    """Return what the layer's command hands to pycuerun."""
    import xml.etree.ElementTree as ET

    root = ET.fromstring(xml)
    for element in root.iter("layer"):
        words = shlex.split(element.findtext("cmd"))
        if f"#IFRAME#-{layer}" in words:
            return words[words.index("-e") - 1]
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
