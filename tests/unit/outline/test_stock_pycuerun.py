"""What becomes of the command that stock PyOutline writes for its own pycuerun."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from outline.jobspec.stock_pycuerun import fit

SITE = "/opt/venv/lib/python3.11/site-packages"
REST = "/s/outline.yaml -e #IFRAME#-render --version latest --debug"


@pytest.mark.parametrize("wrapper", ["opencue_wrap_frame", "opencue_wrap_frame_no_ss"])
def test_the_packaged_wrapper_is_left_out_and_the_environments_own_python_taken(
    wrapper: str,
) -> None:
    text, note = fit(f"{SITE}/wrappers/{wrapper} /tmp/users/me {SITE}/bin/pycuerun {REST}")

    assert text == (
        'PATH="/opt/venv/bin:$PATH"; export PATH; cd /tmp/users/me 2>/dev/null; '
        f"exec python3.11 {SITE}/bin/pycuerun {REST}"
    )
    assert note.endswith(f" {SITE}/wrappers/{wrapper}")


@pytest.mark.parametrize(
    "before",
    [
        "/site/wrappers/opencue_wrap_frame /tmp/me ",
        f"{SITE}/wrappers/opencue_wrap_frame_sandbox /tmp/me ",
        f"{SITE}/wrappers/opencue_wrap_frame $HOME ",
        f"strace -f {SITE}/wrappers/opencue_wrap_frame /tmp/me ",
        "",
    ],
)
def test_a_wrapper_of_the_site_runs_with_that_python_on_its_path(before: str) -> None:
    line = f"{before}{SITE}/bin/pycuerun {REST}"

    assert fit(line) == (f'PATH="/opt/venv/bin:$PATH"; export PATH; {line}', "")


@pytest.mark.parametrize(
    "line",
    [
        "echo hello",
        "/opt/venv/bin/pycuerun x.py -e 1-a",
        f"{SITE}/bin/pycuerun_main.py x",
        f"x{SITE}/bin/pycuerun x",
        f"'{SITE}/bin/pycuerun' x",
        "/opt/$V/lib/python3.11/site-packages/bin/pycuerun x",
        "",
    ],
)
def test_other_commands_stay_as_they_are(line: str) -> None:
    assert fit(line) == (line, "")


def test_the_folder_is_entered_where_it_exists(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    folder = tmp_path / "user"
    (site / "bin").mkdir(parents=True)
    (site / "bin" / "pycuerun").write_text("pwd")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3.11").symlink_to("/bin/sh")
    line = fit(f"{site}/wrappers/opencue_wrap_frame {folder} {site}/bin/pycuerun").text

    outside = subprocess.run(["/bin/sh", "-c", line], cwd="/", capture_output=True, check=True)
    folder.mkdir()
    inside = subprocess.run(["/bin/sh", "-c", line], cwd="/", capture_output=True, check=True)

    assert outside.stdout.split() == [b"/"]
    assert inside.stdout.split() == [str(folder).encode()]
