"""A job as it runs without a farm, and what every frame of it executes."""

from __future__ import annotations

import json
import os
import uuid

from outline import config
from outline.backend._local.process import Order
from outline.frames import Tasks
from outline.jobspec import files
from outline.jobspec.execute import (
    Attempt,
    Ids,
    Reserved,
    for_layer,
    frame_name,
    known_tokens,
    log_name,
    path_notes,
    reservation_notes,
)
from outline.jobspec.model import JobSpec, LayerSpec, post_edges
from outline.jobspec.names import wire_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def runnable(job: JobSpec) -> JobSpec:
    """Return a job as it runs here: its Post layers wait for all others."""
    edges = (*job.edges, *post_edges(job.layers))
    return job.replace(shot=wire_name(job.shot), edges=edges)


class Orders:
    """Says what every attempt of a job executes on this machine.

    Args:
        job: The job.
        log_dir: Where the logs go.
    """

    def __init__(self, job: JobSpec, log_dir: str) -> None:
        self.job, self.log_dir, self.id = job, log_dir, str(uuid.uuid4())
        self._cwd, self._path_map = job.cwd or os.getcwd(), config.path_map()
        self._host = os.uname().nodename.partition(".")[0]

    def order(
        self, layer: LayerSpec, tasks: Tasks, task: int, *, number: int, reserved: Reserved
    ) -> Order:
        """Return what an attempt executes.

        Args:
            layer: The layer.
            tasks: Its frames.
            task: Which of them.
            number: 1 for the first attempt.
            reserved: What it has of the machine.
        """
        attempt = self._attempt(layer, tasks.members(task), number, reserved)
        steps = attempt.steps()
        notes = reservation_notes(
            reserved, cores=layer.cores, max_cores=layer.max_cores, memory_mb=layer.memory_mb
        )
        return Order(
            steps,
            {
                **for_layer(self.job.base_env or {}, self.job, layer),
                **attempt.environment(),
                **_taken_over(layer),
            },
            cwd=self._cwd,
            log_path=self.log_path(attempt.frame_name),
            header=attempt.header(steps[0], [*notes, *path_notes(steps[0])]),
            outputs=list(self._outputs(attempt, is_single=len(tasks) == 1)),
        )

    def log_path(self, frame: str) -> str:
        """Return the file that the latest attempt of a frame writes to."""
        return os.path.join(self.log_dir, log_name(self.job.name, frame))

    def _attempt(
        self, layer: LayerSpec, members: Sequence[int], number: int, reserved: Reserved
    ) -> Attempt:
        head = frame_name(layer.name, members[0])
        return Attempt(
            job=self.job,
            layer=layer,
            members=members,
            number=number,
            reserved=reserved,
            ids=Ids(
                job=self.id,
                layer=self._part_id(layer.name),
                frame=self._part_id(head),
                log_dir=self.log_dir,
            ),
            host=self._host,
            cwd=self._cwd,
            path_map=self._path_map,
        )

    def _part_id(self, name: str) -> str:
        return str(uuid.uuid5(uuid.UUID(self.id), name))

    def _outputs(
        self, attempt: Attempt, *, is_single: bool
    ) -> Iterator[tuple[tuple[str, ...], int]]:
        """Yield where each file that an attempt has to make may be, and the bytes it has at least."""
        for file in attempt.layer.output_files:
            if file.checked:
                for places in files.places(
                    file,
                    attempt.members,
                    lambda frame: known_tokens(self.job, attempt.layer, attempt.members, frame),
                    is_single=is_single,
                    cwd=self._cwd,
                    path_map=self._path_map,
                ):
                    yield places, file.min_bytes


def _taken_over(layer: LayerSpec) -> dict[str, str]:
    """Return the variable that tells a frame which of its outputs are checked for it."""
    names = [f"{layer.name}/{file.name}" for file in layer.output_files if file.checked]
    return {files.TAKEN_OVER: json.dumps(names)} if names else {}
