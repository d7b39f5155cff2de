"""Frames that write very much, one endless line, or bytes that are no text: the farm does not care.

``CUELET_CRASH=full`` writes 1 GB from two frames and a line of 500 MB, otherwise a tenth of it.
"""

from __future__ import annotations

import hashlib
import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import opencue
from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec

MB = 1_000_000
SCALE = 10 if os.environ.get("CUELET_CRASH") == "full" else 1
CPU_SHARE, MEMORY_MB = 0.05, 20
pytestmark = pytest.mark.slow


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mb(pid: int) -> float:
    return peak_in(Path(f"/proc/{pid}/status").read_text())


def peak_in(status: str) -> float:
    lines = status.splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def digest_inside(log: Path, size: int) -> str:
    """Return the digest of what a frame wrote, between the header and the footer of its log."""
    with log.open("rb") as file:
        rules = 0
        while rules < 2:
            rules += file.readline(200).startswith(b"=" * 60)
        found = hashlib.file_digest(_Part(file, size), "sha256")
        assert b"[cuelet] exit status 0" in file.read(1000)
    return found.hexdigest()


class _Part:
    """The first bytes of a file, as a file."""

    def __init__(self, file, size: int) -> None:
        self._file, self._left = file, size

    def readinto(self, buffer: memoryview) -> int:
        count = self._file.readinto(memoryview(buffer)[: min(len(buffer), self._left)])
        self._left -= count
        return count

    def readable(self) -> bool:
        return True


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """Return a file of bytes without any order, lines or encoding."""
    path = tmp_path / "noise"
    path.write_bytes(os.urandom(MB) + bytes(range(256)) * 40)
    return path


def run(name: str, layers: dict[str, list[str]]) -> list[Path]:
    """Run a job to its end; return the logs of its frames."""
    spec = job_spec({key: {"argv": argv} for key, argv in layers.items()}, name=name)
    (job,) = opencue.api.launchSpecAndWait(spec)
    wait_until(lambda: opencue.api.getJob(job.id()).state() == opencue.api.job_pb2.FINISHED, 150)
    usage = opencue.farm.call("GetUsage", frame_ids=[f.id() for f in job.getFrames()])["frames"]
    return [Path(one["log_path"]) for one in usage.values()]


def test_much_output_costs_the_farm_next_to_nothing_and_arrives_as_it_was(
    client: FarmBox, noise: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    times = 50 * SCALE
    size = times * noise.stat().st_size
    if shutil.disk_usage(tmp_path).free < 4 * size:
        pytest.skip("only root can make room: too little disk for this test")
    writes = ["/bin/sh", "-c", f"for i in $(seq {times}); do cat {noise}; done"]
    run("warm", {"warm-up": ["true"]})
    pid = int(client.info["pid"])
    cpu_before, peak_before = cpu_s(pid), peak_mb(pid)

    logs = run("loud", {"left": writes, "right": writes})

    spent_s, grown_mb = cpu_s(pid) - cpu_before, peak_mb(pid) - peak_before
    with capsys.disabled():
        print(f"\n{2 * size / MB:.0f} MB of log: farm {spent_s:.2f} s CPU, {grown_mb:+.1f} MB")
    expected, part = hashlib.sha256(), noise.read_bytes()
    for _ in range(times):
        expected.update(part)
    assert [digest_inside(log, size) for log in logs] == [expected.hexdigest()] * 2
    assert spent_s < 10 * CPU_SHARE * max(
        1, SCALE / 5
    )  # of 10 s; reading it would take 17 s per GB
    assert grown_mb < MEMORY_MB
    for log in logs:
        log.unlink()


def test_a_line_without_end_is_only_a_large_file(
    client: FarmBox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    size = 50 * SCALE * MB
    run("warm", {"warm-up": ["true"]})
    pid = int(client.info["pid"])
    peak_before = peak_mb(pid)

    (log,) = run("line", {"main": ["/bin/sh", "-c", f"head -c {size} /dev/zero | tr '\\0' x"]})
    shown = client.cuelet("show", "line")
    with (tmp_path / "copy").open("wb") as copy:
        code = "import sys; from cuelet.cli.main import main; main(['logs', 'line', 'main'])\n"
        code += "sys.stderr.write(open('/proc/self/status').read())"
        done = subprocess.run(
            [sys.executable, "-c", code], env=client.env, stdout=copy, stderr=subprocess.PIPE
        )

    grown_mb = peak_mb(pid) - peak_before
    reader_mb = peak_in(done.stderr.decode())
    with capsys.disabled():
        print(f"\nline of {size / MB:.0f} MB: farm {grown_mb:+.1f} MB, reader {reader_mb:.0f} MB")
    assert shown.returncode == 0
    assert grown_mb < MEMORY_MB
    assert reader_mb < 80  # 42 for the command itself
    assert (tmp_path / "copy").stat().st_size == log.stat().st_size > size
    log.unlink()


ATTACK = b"\x1b]0;owned\x07\x1b[2J\x1b[1;31mred\xc2\x9b0m\x1bP+q\x1b\\ \xe2\x80\xae drow\r\nover\rwritten\x08\xff\n"


def test_the_viewer_shows_escapes_and_obeys_none(client: FarmBox, tmp_path: Path) -> None:
    (tmp_path / "attack").write_bytes(ATTACK)
    (log,) = run("evil", {"main": ["cat", str(tmp_path / "attack")]})

    piped = subprocess.run(
        [sys.executable, "-m", "cuelet", "logs", "evil", "main"],
        env=client.env,
        capture_output=True,
    )
    on_terminal = through_terminal(client, "logs", "evil", "main")

    assert piped.stdout == log.read_bytes()
    assert ATTACK in piped.stdout
    assert b"?]0;owned??[2J?[1;31mred?0m" in on_terminal
    for byte in (b"\x1b", b"\x07", b"\x08", b"\x9b", "\u202e".encode()):
        assert byte not in on_terminal
    assert b"\nwritten" in on_terminal


def through_terminal(farm: FarmBox, *args: str) -> bytes:
    """Return what a cuelet command prints on a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "cuelet", *args], env=farm.env, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        seen = bytearray()
        while select.select([ours], [], [], 60)[0]:
            try:
                seen += os.read(ours, 65536)
            except OSError:
                break
        process.wait(60)
    os.close(ours)
    return bytes(seen)
