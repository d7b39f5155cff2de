"""``cuelet sessions``: what is listed, what is removed, and above all what is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FarmBox, wait_until

DAY_S = 86400.0


def sessions_root(box: FarmBox) -> Path:
    return box.home / ".opencue" / "sessions"


def make_session(
    box: FarmBox, *, days: float, folder: str = "demo-sh010-kim_job", launch: Any = None
) -> Path:
    """Make a session that has not changed for some days."""
    path = sessions_root(box) / folder / str(uuid.uuid4())
    (path / "layers" / "render").mkdir(parents=True)
    (path / "outline.yaml").write_text("{}")
    (path / "layers" / "render" / "cache").write_bytes(b"x" * 5000)
    if launch is not None:
        (path / "launch.json").write_text(json.dumps(launch))
    make_old(path, days)
    return path


def make_old(path: Path, days: float) -> None:
    at = time.time() - days * DAY_S
    for each in [*path.rglob("*"), path]:
        os.utime(each, (at, at), follow_symlinks=False)


def clean(box: FarmBox, *args: str) -> dict[str, Any]:
    done = box.cuelet("sessions", "clean", "--yes", "--json", *args)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_nothing_is_listed_where_nothing_is(box: FarmBox) -> None:
    assert box.json("sessions", "list") == []
    assert clean(box)["removed"] == []


def test_sessions_are_listed_with_size_age_and_state(box: FarmBox) -> None:
    young, old = make_session(box, days=1), make_session(box, days=40)

    listed = box.json("sessions", "list")

    assert [each["path"] for each in listed] == [str(old), str(young)]
    assert listed[0]["size_bytes"] == 5002
    assert listed[0]["files"] == 2
    assert 40 * DAY_S <= listed[0]["age_s"] < 40 * DAY_S + 600
    assert {each["state"] for each in listed} == {"unknown"}
    text = box.cuelet("sessions", "list")
    assert "40 d" in text.stdout
    assert "2 sessions, 10 KB" in text.stdout
    assert "judged by age and live processes alone" in text.stderr
    assert not box.state_dir.exists(), "no farm is started to ask it"


def test_only_sessions_unchanged_for_long_are_removed(box: FarmBox) -> None:
    young, old = make_session(box, days=29), make_session(box, days=31)
    other = make_session(box, days=31, folder="demo-sh020-kim_job")

    done = clean(box)

    assert sorted(done["removed"]) == sorted(f"{p.parent.name}/{p.name}" for p in (old, other))
    assert done["kept"] == {"too young": 1}
    assert done["farm_answered"] is False
    assert done["unasked"] == 2
    assert young.exists()
    assert not old.exists()
    assert not other.parent.exists(), "an empty folder goes too"


def test_the_age_can_be_chosen(box: FarmBox) -> None:
    path = make_session(box, days=0.6)

    assert clean(box, "--older-than", "15h")["removed"] == []
    assert len(clean(box, "--older-than", "14h")["removed"]) == 1
    assert not path.exists()
    assert box.cuelet("sessions", "clean", "--older-than", "soon").returncode == 2


def test_a_dry_run_removes_nothing(box: FarmBox) -> None:
    path = make_session(box, days=40)

    done = box.cuelet("sessions", "clean", "--dry-run")

    assert done.returncode == 0
    assert path.name in done.stdout
    assert "would remove: 1 session, 5 KB" in done.stderr
    assert path.exists()


def test_nobody_there_to_confirm_is_a_refusal(box: FarmBox) -> None:
    path = make_session(box, days=40)

    done = box.cuelet("sessions", "clean", stdin=subprocess.DEVNULL)

    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert path.exists()


@pytest.mark.parametrize(("answer", "goes"), [("y", True), ("n", False), ("", False)])
def test_the_number_and_the_size_are_asked_about(box: FarmBox, answer: str, goes: bool) -> None:
    path = make_session(box, days=40)
    leader, follower = os.openpty()
    os.write(leader, f"{answer}\n".encode())

    done = box.cuelet("sessions", "clean", stdin=follower)

    os.close(leader)
    os.close(follower)
    assert "remove 1 session, 5 KB? [y/N]" in done.stderr
    assert path.exists() is not goes


def test_what_is_no_session_stays(box: FarmBox) -> None:
    root = sessions_root(box)
    without = make_session(box, days=40)
    (without / "outline.yaml").unlink()
    named = make_session(box, days=40)
    named = named.rename(named.with_name("my-precious-folder"))
    linked = make_session(box, days=40)
    (linked / "outline.yaml").rename(linked / "real.yaml")
    (linked / "outline.yaml").symlink_to("real.yaml")
    loose = root / str(uuid.uuid4())
    loose.mkdir()
    (loose / "outline.yaml").write_text("{}")
    for path in (without, named, linked, loose):
        make_old(path, 40)

    assert clean(box)["removed"] == []
    assert all(path.exists() for path in (without, named, linked, loose))


def test_links_are_never_followed(box: FarmBox, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "scene.ma").write_text("precious")
    real = make_session(box, days=40)
    (real / "folder").symlink_to(outside)
    (real / "layers" / "render" / "scene.ma").symlink_to(outside / "scene.ma")
    elsewhere = tmp_path / "elsewhere" / str(uuid.uuid4())
    elsewhere.mkdir(parents=True)
    (elsewhere / "outline.yaml").write_text("{}")
    (real.parent / elsewhere.name).symlink_to(elsewhere)
    (sessions_root(box) / "linked-folder").symlink_to(elsewhere.parent)
    make_old(real, 40)
    make_old(elsewhere, 40)

    done = clean(box)

    assert done["removed"] == [f"{real.parent.name}/{real.name}"]
    assert (outside / "scene.ma").read_text() == "precious"
    assert (elsewhere / "outline.yaml").exists()
    assert not real.exists()


@pytest.mark.parametrize("how", ["argument", "variable", "folder", "open file"])
def test_a_session_that_a_process_uses_stays(box: FarmBox, how: str) -> None:
    path = make_session(box, days=40)
    code = "import sys; held = open(sys.argv[2]) if sys.argv[1] == 'open file' else 0; print('up', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            code,
            how,
            *([f"{path}/outline.yaml"] if "variable" not in how else []),
        ]
        if how in ("argument", "open file")
        else [sys.executable, "-c", code, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=path if how == "folder" else None,
        env={**os.environ, "SESSION": str(path)} if how == "variable" else None,
    )
    assert process.stdout is not None
    process.stdout.readline()

    kept = clean(box)

    process.communicate()
    assert kept["removed"] == []
    assert kept["kept"] == {"a process uses it": 1}
    assert len(clean(box)["removed"]) == 1


SCRIPT = """
import sys, time, outline
from outline.modules.shell import Shell
name, flag = sys.argv[1:3]
ol = outline.Outline(name)
ol.add_layer(Shell("render", command=["/bin/sh", "-c", f"test -e {flag}"], range="1-1", retries=0))
ol.add_layer(Shell("wait", command=["/bin/true"], range="1-1"))
ol.get_layer("wait").depend_on("render")
(job,) = outline.cuerun.launch(ol, use_pycuerun=sys.argv[3] == "pycuerun", pause=True, basename=sys.argv[4] or None)
print(ol.get_session().get_path(), job.id())
"""


def launch(farm: FarmBox, flag: Path, mode: str, basename: str = "") -> tuple[Path, str]:
    done = farm.python("-c", SCRIPT, "my-job", str(flag), mode, basename)
    assert done.returncode == 0, done.stderr
    path, job_id = done.stdout.split()
    make_old(Path(path), 40)
    return Path(path), job_id


@pytest.mark.parametrize("mode", ["raw", "pycuerun"])
def test_a_session_whose_job_is_pending_is_never_touched(
    farm: FarmBox, tmp_path: Path, mode: str
) -> None:
    old = make_session(farm, days=40, folder="testing-default-other_job")
    path, job_id = launch(farm, tmp_path / "flag", mode, basename="another-name")

    done = clean(farm, "--older-than", "0s")

    assert path.exists()
    assert done["kept"] == {"its job is pending": 1}
    assert done["removed"] == [f"{old.parent.name}/{old.name}"]
    (listed,) = farm.json("sessions", "list")
    assert (listed["state"], listed["job_ids"]) == ("pending", [job_id])


def test_a_session_without_a_record_is_kept_by_its_name(farm: FarmBox, tmp_path: Path) -> None:
    path, _ = launch(farm, tmp_path / "flag", "raw")
    (path / "launch.json").unlink()
    make_old(path, 40)

    assert clean(farm, "--older-than", "0s")["kept"] == {"its job is pending": 1}
    assert path.exists()


def test_a_job_with_dead_frames_keeps_its_session_until_it_has_ended(
    farm: FarmBox, tmp_path: Path
) -> None:
    path, job_id = launch(farm, tmp_path / "flag", "raw")
    farm.cuelet("resume", job_id)
    wait_until(lambda: farm.json("show", job_id)["dead"] == 1)

    assert clean(farm, "--older-than", "0s")["removed"] == []

    farm.cuelet("kill", job_id)
    (listed,) = farm.json("sessions", "list")
    assert listed["state"] == "ended"
    assert len(clean(farm, "--older-than", "0s")["removed"]) == 1
    assert not path.exists()


def test_one_session_is_shown(box: FarmBox) -> None:
    launched = {"backend": "local", "host": os.uname().nodename, "jobs": [{"id": "1", "name": "n"}]}
    path = make_session(box, days=3, launch=launched)

    for named in (path.name, f"{path.parent.name}/{path.name}", str(path)):
        assert box.json("sessions", "show", named)["path"] == str(path)
    text = box.cuelet("sessions", "show", path.name).stdout
    assert "its job has ended" in text
    assert "layers     render" in text
    assert box.cuelet("sessions", "show", str(uuid.uuid4())).returncode == 5


@pytest.mark.parametrize("text", ["", "[]", "{", '{"jobs": [1]}', '{"backend": 1, "jobs": 3}'])
def test_a_damaged_record_is_as_good_as_none(box: FarmBox, text: str) -> None:
    path = make_session(box, days=40)
    (path / "launch.json").write_text(text)

    (listed,) = box.json("sessions", "list")

    assert (listed["state"], listed["job_ids"]) == ("unknown", [])


def test_what_a_killed_writer_left_is_removed_from_sessions_that_stay(box: FarmBox) -> None:
    path = make_session(box, days=1)
    half = path / "layers" / "render" / ".cuelet-0123456789abcdef"
    half.write_bytes(b"x" * 9000)
    make_old(path, 1)

    assert box.json("sessions", "clean", "--dry-run")["removed_leftovers"] == 0
    found = clean(box)

    assert (found["removed"], found["removed_leftovers"]) == ([], 1)
    assert not half.exists()
    assert (path / "layers" / "render" / "cache").exists()
