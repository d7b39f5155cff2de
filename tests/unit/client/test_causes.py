"""Dead frames are grouped by what they died of."""

from __future__ import annotations

from pathlib import Path

import pytest
from opencue_proto import job_pb2

from cuelet.client.causes import causes, signature
from cuelet.client.frames import DeadFrame, dead_frame
from opencue.wrappers.frame import Frame
from opencue.wrappers.job import Job


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("frame 12 failed after 3.5 s", "frame 7 failed after 12 s"),
        ("segfault at 0x7fde00", "segfault at 0x00FF"),
    ],
)
def test_what_differs_from_frame_to_frame_is_no_part_of_a_signature(one: str, other: str) -> None:
    assert signature(one) == signature(other)


def test_different_words_are_different_causes() -> None:
    assert signature("missing texture /a/b") != signature("missing texture /a/c")


def dead(
    job: Job, number: int, status: int, line: str, *, signal: int = 0, reason: str = ""
) -> DeadFrame:
    frame = Frame(
        job_pb2.Frame(
            id=f"id{number}",
            name=f"{number:04d}-render",
            layer_name="render",
            number=number,
            exit_status=status,
        )
    )
    Path(job.logDir(), f"{job.name()}.{frame.name()}.rqlog").write_text(line + "\n")
    return dead_frame(job, frame, {"exit_signal": signal, "reason": reason})


def test_frames_are_told_by_cause_most_frames_first(tmp_path: Path) -> None:
    job = Job(job_pb2.Job(name="job", log_dir=str(tmp_path)))

    found = causes(
        [
            dead(job, 1, 1, "missing texture /a/b"),
            *(dead(job, n, 139, f"crash in frame {n}", signal=11) for n in range(2, 40)),
            dead(job, 40, 1, "missing texture /a/b"),
        ]
    )

    assert [(len(c.frames), c.ended, c.names) for c in found] == [
        (38, "SIGSEGV", "render 2-39"),
        (2, "exit 1", "render 1,40"),
    ]
    assert found[1].lines == ["missing texture /a/b"]


def test_reasons_that_differ_in_figures_only_are_one_cause(tmp_path: Path) -> None:
    job = Job(job_pb2.Job(name="job", log_dir=str(tmp_path)))
    used = {1: 900, 2: 901}

    found = causes(
        [
            dead(job, n, 33, "", reason=f"killed: it uses {used[n]} MB of 512 MB reserved")
            for n in used
        ]
    )

    assert [(len(c.frames), c.ended) for c in found] == [
        (2, "exit 33: killed: it uses 900 MB of 512 MB reserved")
    ]


def test_frames_that_lack_one_file_each_are_one_cause(tmp_path: Path) -> None:
    job = Job(job_pb2.Job(name="job", log_dir=str(tmp_path)))
    lacking = [
        dead(job, n, 310, "done", reason=f"exit 0, but output /a/b.000{n}.exr is missing")
        for n in (7, 8)
    ]

    found = causes([*lacking, dead(job, 9, 1, "done"), dead(job, 10, 2, "done")])

    assert [(cause.ended, cause.names) for cause in found] == [
        ("exit 0, but output /a/b.0007.exr is missing", "render 7-8"),
        ("exit 1", "render 9"),
        ("exit 2", "render 10"),
    ]
