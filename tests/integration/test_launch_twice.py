"""A launch whose answer is lost is repeated, and is one job all the same."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from opencue_proto import job_pb2, job_pb2_grpc

import opencue
from opencue.exception import EntityAlreadyExistsException, LaunchUnknownException
from opencue.rpc import LAUNCH_KEY
from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec, sh

SPEC = job_spec({"main": {"argv": ["true"]}}, name="once")
PAUSED = job_spec({"main": {"argv": ["true"]}}, name="once", paused=True)


class LosingProxy:
    """Stands before a farm's socket, and loses answers once ``is_losing`` says so of what was sent.

    Args:
        path: Where it listens.
        farm: The farm's socket.
        on_loss: Called after the farm has answered, before the connection breaks.
    """

    def __init__(self, path: Path, farm: str, on_loss: Callable[[], object], times: int) -> None:
        self.left, self._farm, self._on_loss = times, farm, on_loss
        self.losses = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        with suppress(OSError), self._listener:
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as farm:
            if farm.connect_ex(self._farm):
                return
            launched = threading.Event()
            back = threading.Thread(target=self._answer, args=(farm, client, launched), daemon=True)
            back.start()
            with suppress(OSError):
                while data := client.recv(1 << 16):
                    if b"once" in data:
                        launched.set()
                    farm.sendall(data)
            with suppress(OSError):
                farm.shutdown(socket.SHUT_RDWR)
            back.join()

    def _answer(
        self, farm: socket.socket, client: socket.socket, launched: threading.Event
    ) -> None:
        with suppress(OSError):
            while data := farm.recv(1 << 16):
                if launched.is_set() and b"once" in data and self.left:
                    self.left -= 1
                    self.losses += 1
                    self._on_loss()
                    break
                client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more, and end what there is."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()


def through(
    farm: FarmBox, tmp_path: Path, on_loss: Callable[[], object], times: int
) -> LosingProxy:
    """Lead this process's client through a proxy."""
    path = tmp_path / "proxy.sock"
    proxy = LosingProxy(path, farm.info["socket"], on_loss, times)
    opencue.Cuebot.setHosts([f"unix:{path}"])
    return proxy


@pytest.fixture(autouse=True)
def own_hosts() -> Any:
    yield
    opencue.Cuebot.setHosts([])


def names_of(farm: FarmBox) -> list[str]:
    return [job["name"] for job in farm.json("jobs", "--all")]


def test_a_lost_answer_is_asked_for_again_and_the_job_is_one(
    client: FarmBox, tmp_path: Path
) -> None:
    proxy = through(client, tmp_path, lambda: None, times=1)

    (job,) = opencue.api.launchSpecAndWait(SPEC)

    proxy.close()
    assert proxy.losses == 1
    assert [each["id"] for each in client.json("jobs", "--all")] == [job.id()]


def test_answers_lost_for_good_are_told_with_the_way_to_look(
    client: FarmBox, tmp_path: Path
) -> None:
    proxy = through(client, tmp_path, lambda: None, times=2)

    with pytest.raises(
        LaunchUnknownException, match="the farm may have it; look with cuelet jobs once"
    ):
        opencue.api.launchSpecAndWait(SPEC)

    proxy.close()
    assert proxy.losses == 2
    assert len(names_of(client)) == 1


def test_a_farm_killed_between_commit_and_answer_has_the_job_once(
    client: FarmBox, tmp_path: Path
) -> None:
    pid = int(client.info["pid"])
    proxy = LosingProxy(tmp_path / "proxy.sock", client.info["socket"], client.kill, times=1)
    record = {**client.info, "socket": str(tmp_path / "proxy.sock")}
    (client.state_dir / "farm.json").write_text(json.dumps(record))
    opencue.Cuebot.setHosts([])

    (job,) = opencue.api.launchSpecAndWait(PAUSED)

    proxy.close()
    assert proxy.losses == 1
    assert int(client.info["pid"]) != pid
    assert [each["id"] for each in client.json("jobs", "--all")] == [job.id()]


def launch_as(farm: FarmBox, spec: str, *metadata: tuple[str, str]) -> list[str]:
    """Launch as a client that names its launch itself, or does not; return the ids."""
    with grpc.insecure_channel(f"unix:{farm.info['socket']}") as channel:
        stub = job_pb2_grpc.JobInterfaceStub(channel)
        request = job_pb2.JobLaunchSpecAndWaitRequest(spec=spec)
        answer = stub.LaunchSpecAndWait(request, metadata=metadata, timeout=60)
        return [job.id for job in answer.jobs.jobs]


def test_many_at_once_with_one_token_are_one_job(farm: FarmBox) -> None:
    with ThreadPoolExecutor(8) as pool:
        tries = [pool.submit(launch_as, farm, SPEC, (LAUNCH_KEY, "mine")) for _ in range(24)]
        found = {tuple(each.result()) for each in tries}

    assert len(found) == 1
    assert len(names_of(farm)) == 1


def test_the_token_outlives_the_farm_and_goes_with_the_job(farm: FarmBox) -> None:
    first = launch_as(farm, SPEC, (LAUNCH_KEY, "mine"))
    farm.kill()
    farm.start()

    assert launch_as(farm, SPEC, (LAUNCH_KEY, "mine")) == first
    wait_until(lambda: farm.json("jobs", "--all")[0]["state"] == "finished")
    assert farm.cuelet("farm", "prune", "--older-than", "0s", "--yes").returncode == 0
    again = launch_as(farm, SPEC, (LAUNCH_KEY, "mine"))

    assert again != first
    with closing(sqlite3.connect(copy_of(farm))) as database:
        assert database.execute("SELECT id, token FROM job").fetchall() == [(*again, "mine")]


def copy_of(farm: FarmBox) -> Path:
    target = farm.home / "copy.db"
    assert farm.cuelet("farm", "backup", str(target)).returncode == 0
    return target


def test_a_client_without_token_is_answered_as_ever(farm: FarmBox) -> None:
    launch_as(farm, PAUSED)

    with pytest.raises(grpc.RpcError) as refused:
        launch_as(farm, PAUSED)

    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS


def test_another_launch_of_the_same_name_is_refused_as_ever(client: FarmBox) -> None:
    opencue.api.launchSpecAndWait(job_spec({"main": {"argv": sh("sleep 600")}}, name="once"))

    with pytest.raises(EntityAlreadyExistsException):
        opencue.api.launchSpecAndWait(SPEC)


def test_a_token_that_is_too_long_is_refused(farm: FarmBox) -> None:
    with pytest.raises(grpc.RpcError, match="at most 64") as refused:
        launch_as(farm, SPEC, (LAUNCH_KEY, "x" * 65))

    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
