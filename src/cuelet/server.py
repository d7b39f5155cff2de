"""The farm's process: builds the real objects, connects them, serves until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cuelet
from cuelet.clean_environment import clean_environment
from cuelet.core.operations.command import Place
from cuelet.core.operations.machine import offer
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.host import offered
from cuelet.core.values.errors import FarmError
from cuelet.engine.disks import DiskWatch, Space
from cuelet.engine.engine import Engine
from cuelet.engine.path_map_file import PathMapFile
from cuelet.engine.watchdog import LogStamp
from cuelet.runner import boot_mark, clock_mark, machine, procfs
from cuelet.runner.client import ResidentRunner
from cuelet.runner.freshness import check_files
from cuelet.settings import (
    LocalEnvironmentError,
    SettingError,
    Settings,
    default_state_dir,
    memory_policy,
    prepare_folders,
    words,
)
from cuelet.state_files import FilesGoneError, FolderHeldError, StateFiles, hold, release
from cuelet.store.errors import StoreError, SyncError
from cuelet.store.store import Store

EXIT_USAGE = 2
EXIT_HELD = 3
"""Another farm holds the folder."""
EXIT_ENVIRONMENT = 4
LOOK_AT_FILES_S = 2.0

_log = logging.getLogger("cuelet.server")


class WallClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return epoch seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Return the seconds of a clock that nobody sets."""
        return time.monotonic()

    def since_boot(self) -> float:
        """Return the seconds since the machine was started, those it slept included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)


def look_at_log(path: str) -> LogStamp:
    """Return size and time of a log, which change when it grows; zeros when it is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return LogStamp(0, 0.0)
    return LogStamp(found.st_size, found.st_mtime)


def space_of(folder: str) -> Space | None:
    """Return what the disk of a folder has for this user, or None when it cannot be asked."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    is_root = os.geteuid() == 0  # root may use what is kept back from others
    free = disk.f_bfree if is_root else disk.f_bavail
    files = disk.f_ffree if is_root else disk.f_favail
    return Space(
        disk.f_blocks * disk.f_frsize, free * disk.f_frsize, files if disk.f_files else None
    )


def place_of(settings: Settings) -> Callable[[], Place]:
    """Return what tells the engine about this machine, with path mapping as configured now."""
    host = machine.hostname()
    path_map = PathMapFile()
    base_env = clean_environment(os.environ, str(settings.state_dir))

    def place() -> Place:
        return Place(
            host=host,
            log_root=str(settings.frame_logs),
            scratch=str(settings.scratch),
            path_map=path_map.current(),
            base_env=base_env,
        )

    return place


class FarmProcess:
    """The farm from lock to farewell.

    Args:
        settings: Folder and limits.
        lock: That of the folder.
        frame_umask: The mask that frames create their files with.
    """

    def __init__(self, settings: Settings, *, lock: int, frame_umask: int) -> None:
        self._settings, self._umask = settings, frame_umask
        self._cores = settings.cores or machine.cores()
        self._memory_mb = settings.memory_mb or machine.memory_mb()
        self._stopping = asyncio.Event()
        self._started_at = time.time()
        self._port = 0
        self._noted_drift_s: int | None = None
        self._store = Store(settings.database)
        self._store.keep_ballast()
        self._files = StateFiles(settings, lock)
        self._engine = Engine(
            store=self._store,
            make_runner=lambda on_events, on_lost: ResidentRunner(
                settings.runner_dir,
                on_events=on_events,
                on_lost=on_lost,
                umask=self._umask,
                cgroup=settings.cgroup,
            ),
            clock=WallClock(),
            look_at_log=look_at_log,
            place=place_of(settings),
            cores=self._cores,
            memory_mb=self._memory_mb,
            disks=DiskWatch(
                space_of,
                database=str(settings.state_dir),
                logs=str(settings.frame_logs),
                owed_bytes=self._store.owed_bytes,
            ),
            memory_policy=settings.memory_policy,
            check_files=check_files,
            rebooted=boot_mark.is_from_another_boot(settings.boot_mark, procfs.boot_id()),
            drift_s=clock_mark.read_drift_s(settings.clock_mark, procfs.boot_id()),
        )

    def info(self) -> Mapping[str, Any]:
        """Return what `Info` answers and ``farm.json`` holds."""
        return {
            "pid": os.getpid(),
            "address": f"127.0.0.1:{self._port}",
            "socket": str(self._settings.socket),
            "state_dir": str(self._settings.state_dir),
            "version": cuelet.__version__,
            "cores": self._cores,
            "memory_mb": self._memory_mb,
            "memory_policy": self._settings.memory_policy.action.value,
            "memory_factor": self._settings.memory_policy.factor,
            **offered(self._engine.farm.host),
            "started_at": self._started_at,
            "out_of_disk": [
                {"text": disk.text, "remedy": disk.remedy} for disk in self._engine.farm.full_disks
            ],
            "launch_tokens": True,
            "damaged": [job._asdict() for job in self._engine.farm.set_aside],
            "damage_notes": list(self._engine.farm.damage_notes),
        }

    async def run(self) -> None:
        """Recover, serve, and leave when told to; running frames go on."""
        await self._engine.start(self._take_offer)
        boot_mark.leave(self._settings.boot_mark, procfs.boot_id())
        loop = asyncio.create_task(self._engine.run(), name="engine")
        loop.add_done_callback(lambda _: self._stopping.set())
        # Importing gRPC takes longer than recovering the farm: meanwhile frames are booked already.
        await asyncio.to_thread(importlib.import_module, "cuelet.services")
        from cuelet.services import listen

        listening = await listen(
            self._engine,
            self._settings,
            self._store,
            capacity=(self._cores, self._memory_mb),
            now=WallClock().now,
            info=self.info,
            stop=self._stop_soon,
        )
        self._announce(listening.port)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stopping.set)
        looking = asyncio.create_task(self._look_after_files(), name="files")
        looking.add_done_callback(lambda _: self._stopping.set())
        await self._stopping.wait()
        if looking.done():
            looking.result()
        looking.cancel()
        _log.info("stopping")
        await listening.stop(grace_s=0.2)
        loop.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await loop
        await self._engine.close()
        self._store.close()
        _log.info("stopped")
        self._files.withdraw()

    def _take_offer(self, farm: Farm, decision: Decision, now: float) -> None:
        """Take over what the settings say of the machine."""
        given = self._settings
        offer(farm, decision, tags=given.tags, services=given.services, gpus=given.gpus)

    def _announce(self, port: int) -> None:
        self._port = port
        self._settings.socket.chmod(0o600)
        self._files.announce(json.dumps(self.info(), indent=1))
        _log.info("serving on %s and %s", self._settings.socket, self.info()["address"])

    async def _look_after_files(self) -> None:
        """See that the farm's files stay: mend what can be mended, end for what cannot.

        Raises:
            FilesGoneError: The lock, the database or its log is no longer there.
        """
        while True:
            await asyncio.sleep(LOOK_AT_FILES_S)
            if missing := self._files.find_missing():
                raise FilesGoneError(path=missing, saved=self._save(missing))
            self._files.mend()
            self._note_clock()

    def _note_clock(self) -> None:
        """Write down how the clocks stand when that has changed."""
        drift_s = round(self._engine.drift_s)
        if drift_s != self._noted_drift_s:
            self._noted_drift_s = drift_s
            clock_mark.leave(self._settings.clock_mark, procfs.boot_id(), self._engine.drift_s)

    def _save(self, missing: Path) -> Path | None:
        """Copy the database, whose file may have no name any more, next to where it was.

        Where only its log has no name, the file takes in what the log had.
        """
        if missing == self._files.log:
            with contextlib.suppress(StoreError):
                self._store.close_without_log()
                return self._settings.database
        target = self._settings.state_dir / f"farm-saved-{time.strftime('%Y%m%d-%H%M%S')}.db"
        try:
            self._store.back_up(target, force=False)
        except StoreError:
            return None
        return target

    def _stop_soon(self) -> None:
        """Stop once the reply to whoever asked has had time to leave."""
        asyncio.get_running_loop().call_later(0.05, self._stopping.set)


def main(argv: list[str] | None = None) -> int:
    """Run the farm in this process; return its exit status."""
    options = _parser().parse_args(argv)
    try:
        settings = _settings(options)
    except SettingError as error:
        sys.stderr.write(f"cuelet: {error}\n")
        return EXIT_USAGE
    frame_umask = os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        prepare_folders(settings)
        lock = hold(settings)
        asyncio.run(_serve(settings, lock, frame_umask))
        release(lock)
    except FolderHeldError as error:
        sys.stderr.write(f"cuelet: {error}\n")
        return EXIT_HELD
    except (SyncError, FilesGoneError) as error:
        sys.stderr.write(f"cuelet: {error}\n")
        sys.stderr.flush()
        # Closing the database would ask the disk once more, closing the socket remove another's.
        os._exit(EXIT_ENVIRONMENT)
    except (LocalEnvironmentError, StoreError, FarmError) as error:
        sys.stderr.write(f"cuelet: {error}\n")
        return EXIT_ENVIRONMENT
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        state_dir=Path(options.state_dir).absolute(),
        port=options.port,
        cores=options.cores,
        memory_mb=options.memory_mb,
        cgroup=os.environ.get("CUELET_CGROUP", ""),
        memory_policy=memory_policy(options.memory_policy, options.memory_factor),
        tags=options.tags,
        services=options.services,
        gpus=options.gpus,
    )


async def _serve(settings: Settings, lock: int, frame_umask: int) -> None:
    await FarmProcess(settings, lock=lock, frame_umask=frame_umask).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cuelet.server", description=__doc__)
    parser.add_argument("--state-dir", default=str(default_state_dir()))
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--cores", type=float)
    parser.add_argument("--memory-mb", type=int)
    parser.add_argument("--memory-policy")
    parser.add_argument("--memory-factor", type=float)
    parser.add_argument("--tags", type=words, default=())
    parser.add_argument("--services", type=words)
    parser.add_argument("--gpus", type=int)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
