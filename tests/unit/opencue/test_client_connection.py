"""Finding a server, keeping the connection, and what happens when it is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from farm_double import FarmDouble, RefusalError
from hypothesis import given
from hypothesis import strategies as st

import opencue
from opencue import embedded, farm
from opencue.config import ConfigError
from opencue.connection import target_from_host
from opencue.cuebot import Cuebot, UnknownFacilityException, hosts_in_use
from opencue.exception import (
    EXCEPTION_MAP,
    ConnectionException,
    CueException,
    DeadlineExceededException,
    EntityNotFoundException,
    FarmNotOursException,
    FarmNotStartedException,
    getRetryCount,
)

UNAVAILABLE = RefusalError(grpc.StatusCode.UNAVAILABLE)


class TestImport:
    def test_importing_the_package_loads_no_grpc_and_no_yaml(self) -> None:
        probe = (
            "import sys, opencue; print(sorted({'grpc', 'yaml', 'google.protobuf'}"
            " & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
        assert (done.stdout, done.stderr) == ("[]\n", "")

    def test_names_of_pycue_and_of_the_tutorials_are_attributes(self) -> None:
        probe = (
            "import opencue; print(opencue.compiled_proto.job_pb2.DEAD, opencue.api.job_pb2.DEAD,"
            " opencue.api.findJob is opencue.findJob, opencue.Cuebot.__name__,"
            " opencue.wrappers.job.Job.JobState.FINISHED.value, opencue.EntityNotFoundException"
            ".__name__, opencue.DependType.FRAME_BY_FRAME.value, opencue.logPath.__name__)"
        )
        done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
        wanted = "5 5 True Cuebot 1 EntityNotFoundException 9 logPath\n"
        assert (done.stdout, done.stderr) == (wanted, "")

    def test_message_modules_can_be_imported_as_modules(self) -> None:
        import opencue.compiled_proto.host_pb2 as host_pb2

        from opencue.compiled_proto import job_pb2

        assert (host_pb2.UP, job_pb2.SUCCEEDED) == (0, 3)

    def test_an_unknown_name_is_an_attribute_error(self) -> None:
        with pytest.raises(AttributeError, match="no attribute 'findJobb'"):
            _ = opencue.findJobb

    def test_dir_lists_functions_and_submodules(self) -> None:
        assert {"api", "findJob", "Cuebot", "farm"} <= set(dir(opencue))


class TestTarget:
    @pytest.mark.parametrize(
        ("host", "target"),
        [
            ("render01", "render01:8443"),
            (" render01:9000 ", "render01:9000"),
            ("unix:/run/farm.sock", "unix:/run/farm.sock"),
            ("::1", "[::1]:8443"),
            ("[::1]", "[::1]:8443"),
            ("[::1]:9000", "[::1]:9000"),
        ],
    )
    def test_of_a_host_entry(self, host: str, target: str) -> None:
        assert target_from_host(host) == target

    @given(st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True), st.integers(1, 65535))
    def test_always_has_exactly_one_port(self, name: str, port: int) -> None:
        assert target_from_host(name, port) == target_from_host(f"{name}:{port}", 1)


class TestRetryCount:
    def test_is_the_one_of_the_configuration_in_use(self) -> None:
        Cuebot.Config = {"cuebot.exception_retries": 7}

        assert getRetryCount() == 7

    def test_is_three_without_a_configuration(self) -> None:
        Cuebot.Config = {}

        assert getRetryCount() == 3


class TestHosts:
    def test_come_from_code_then_the_environment_then_the_file(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        assert hosts_in_use() == []
        config = tmp_path / "opencue.yaml"
        config.write_text("cuebot.facility_default: here\ncuebot.facility: {here: [a, b]}\n")
        monkeypatch.setenv("OPENCUE_CONFIG_FILE", str(config))
        Cuebot.Config = {}
        assert hosts_in_use() == ["a", "b"]
        monkeypatch.setenv("CUEBOT_HOSTS", "c:1, d:2")
        assert hosts_in_use() == ["c:1", " d:2"]
        Cuebot.setHosts("e")
        assert hosts_in_use() == ["e"]

    def test_the_facility_variable_picks_one_of_the_file(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        config = tmp_path / "home" / ".config" / "opencue" / "opencue.yaml"
        config.parent.mkdir(parents=True)
        config.write_text("cuebot.facility: {local: [a], cloud: [b]}\n")
        monkeypatch.setenv("CUEBOT_FACILITY", "cloud")
        assert hosts_in_use() == ["b"]
        monkeypatch.setenv("CUEBOT_FACILITY", "moon")
        assert hosts_in_use() == ["a"]

    def test_a_facility_named_in_code_must_exist(self) -> None:
        Cuebot.Config = {"cuebot.facility": {"local": ["a"]}}
        Cuebot.setHostWithFacility("local")
        assert Cuebot.Hosts == ["a"]
        with pytest.raises(UnknownFacilityException, match=r"no facility 'moon'.*known: local"):
            Cuebot.setHostWithFacility("moon")

    def test_a_timeout_of_the_file_is_in_milliseconds(self) -> None:
        Cuebot.init({"cuebot.timeout": 1500})
        assert Cuebot.Timeout == 1.5

    def test_a_timeout_set_by_code_stays(self) -> None:
        Cuebot.setTimeout(7)
        assert hosts_in_use() == []
        assert Cuebot.Timeout == 7

    @pytest.mark.parametrize("text", ["[1, 2]", "a: [", "\0"])
    def test_an_unusable_file_says_which(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
    ) -> None:
        config = tmp_path / "bad.yaml"
        config.write_text(text)
        monkeypatch.setenv("OPENCUE_CONFIG_FILE", str(config))
        with pytest.raises(ConfigError, match=r"bad\.yaml: .*correct it"):
            hosts_in_use()

    def test_an_empty_file_changes_nothing(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        config = tmp_path / "empty.yaml"
        config.write_text("")
        monkeypatch.setenv("OPENCUE_CONFIG_FILE", str(config))
        assert hosts_in_use() == []


class TestConfigured:
    def test_spaces_around_entries_and_dead_servers_do_not_matter(
        self, stock: FarmDouble, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Cuebot.Hosts = None
        monkeypatch.setenv("CUEBOT_HOSTS", f"127.0.0.1:1 , {stock.host} ")
        assert opencue.api.getJobs() == []
        assert Cuebot.RpcChannel is not None

    def test_a_server_that_is_no_cuebot_is_passed_over(self, stock: FarmDouble) -> None:
        stock.answers["Cue/GetSystemStats"] = RefusalError(grpc.StatusCode.INTERNAL, "no database")
        with pytest.raises(ConnectionException, match="no database") as caught:
            opencue.api.getJobs()
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE

    def test_no_server_names_all_that_were_tried(self) -> None:
        Cuebot.setHosts(["127.0.0.1:1", "127.0.0.1:2"])
        with pytest.raises(ConnectionException) as caught:
            opencue.api.getJobs()
        message = str(caught.value)
        assert "127.0.0.1:1 (" in message
        assert "127.0.0.1:2 (" in message
        assert "CUEBOT_HOSTS" in message

    def test_info_tells_a_cuelet_farm_from_a_stock_server(self, cuelet: FarmDouble) -> None:
        cuelet.answers["Farm/Info"] = {"pid": 7}
        assert farm.info() == {"pid": 7}
        cuelet.is_cuelet = False
        assert farm.info() is None

    def test_a_unix_socket_is_a_host(self, tmp_path: Path) -> None:
        server = FarmDouble(f"unix:{tmp_path}/s", is_cuelet=True)
        Cuebot.setHosts([f" unix:{tmp_path}/s"])
        opencue.api.getJobs()
        server.close()
        assert server.names() == ["Job/GetJobs"]

    def test_a_lost_server_is_asked_again_for_what_is_safe_to_repeat(
        self, stock: FarmDouble
    ) -> None:
        stock.answers["Job/GetJobs"] = [UNAVAILABLE, UNAVAILABLE, {"jobs": {"jobs": [{"id": "1"}]}}]
        assert len(opencue.api.getJobs()) == 1
        assert stock.names() == ["Job/GetJobs"] * 3

    def test_the_number_of_repeats_is_bounded(self, stock: FarmDouble) -> None:
        stock.answers["Job/GetJobs"] = [UNAVAILABLE] * 10
        with pytest.raises(ConnectionException):
            opencue.api.getJobs()
        assert stock.names() == ["Job/GetJobs"] * 4

    @pytest.mark.parametrize("method", ["LaunchSpec", "LaunchSpecAndWait"])
    def test_a_launch_is_never_repeated(self, stock: FarmDouble, method: str) -> None:
        stock.answers[f"Job/{method}"] = [UNAVAILABLE] * 10
        launch = {"LaunchSpec": opencue.launchSpec, "LaunchSpecAndWait": opencue.launchSpecAndWait}
        with pytest.raises(ConnectionException):
            launch[method]("<spec/>")
        assert stock.names() == [f"Job/{method}"]

    def test_a_timeout_says_that_the_outcome_is_unknown(self, stock: FarmDouble) -> None:
        Cuebot.setTimeout(0.1)
        stock.answers["Job/GetJobs"] = lambda _request: __import__("time").sleep(0.5)
        with pytest.raises(DeadlineExceededException, match="the outcome is unknown"):
            opencue.api.getJobs()

    def test_a_fork_opens_its_own_connection(self, stock: FarmDouble) -> None:
        opencue.api.getJobs()
        before = Cuebot.RpcChannel
        from opencue.cuebot import _LINK

        _LINK._pid -= 1
        opencue.api.getJobs()
        assert Cuebot.RpcChannel is not before


class TestErrors:
    @pytest.mark.parametrize(
        "status", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK]
    )
    def test_every_status_becomes_ours_and_stays_a_grpc_error(
        self, stock: FarmDouble, status: grpc.StatusCode
    ) -> None:
        opencue.api.getJobs()
        stock.answers["Host/FindHost"] = [RefusalError(status, "some words")] * 9
        with pytest.raises(grpc.RpcError, match="some words") as caught:
            opencue.api.findHost("a")
        assert type(caught.value) is EXCEPTION_MAP.get(status, CueException)
        assert (caught.value.code(), caught.value.details()) == (status, "some words")
        assert caught.value.method == "Host/FindHost"
        assert isinstance(caught.value.rpc_error, grpc.RpcError)

    def test_wrapper_methods_raise_the_same(self, stock: FarmDouble) -> None:
        stock.answers["Job/Pause"] = RefusalError(grpc.StatusCode.NOT_FOUND, "gone")
        with pytest.raises(EntityNotFoundException, match="Job/Pause: does not exist: gone"):
            opencue.api.Job().pause()

    def test_the_decorator_maps_foreign_grpc_errors(self) -> None:
        @opencue.util.grpcExceptionParser
        def ask() -> None:
            raise EntityNotFoundException("x")

        with pytest.raises(EntityNotFoundException):
            ask()

    def test_a_message_alone_is_enough(self) -> None:
        error = CueException("plain words")
        assert (str(error), error.details()) == ("plain words", "plain words")

    def test_stubs_know_their_methods(self, stock: FarmDouble) -> None:
        from opencue_proto import job_pb2

        stub = Cuebot.getStub("job")
        stock.answers["Job/FindJob"] = {"job": {"name": "a"}}
        answer = stub.FindJob(job_pb2.JobFindJobRequest(name="a"), timeout=Cuebot.Timeout)
        assert answer.job.name == "a"
        with pytest.raises(AttributeError, match="no method 'Nope'"):
            _ = stub.Nope
        with pytest.raises(ValueError, match="no service 'nope'"):
            Cuebot.getStub("nope")
        assert Cuebot.getProto("layer") is job_pb2
        assert Cuebot.getService("layer").__name__ == "LayerInterfaceStub"

    @pytest.mark.parametrize("name", list(Cuebot.SERVICE_MAP))
    def test_every_service_has_stub_and_message_module(self, name: str) -> None:
        assert Cuebot.getStub(name)
        assert Cuebot.getService(name)


@pytest.fixture
def socket_farm(tmp_path: Path) -> Iterator[FarmDouble]:
    """An embedded farm that runs and wrote its record."""
    state = tmp_path / "state"
    state.mkdir()
    server = FarmDouble(f"unix:{state}/one", is_cuelet=True)
    write_record(state, "one")
    yield server
    server.close()


def write_record(state: Path, socket: str, name: str = "farm.json") -> None:
    (state / name).write_text(json.dumps({"socket": f"{state}/{socket}"}))


def starter(state: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let a shell script stand for the Python that starts the farm."""
    path = state / "python"
    path.write_text(f'#!/bin/sh\necho "$@" >> {state}/started\n{script}\n')
    path.chmod(0o755)
    monkeypatch.setenv("CUELET_PYTHON", str(path))


class TestEmbedded:
    def test_a_running_farm_is_used(self, socket_farm: FarmDouble) -> None:
        opencue.api.getJobs()
        assert socket_farm.names() == ["Job/GetJobs"]

    def test_is_running_answers_and_starts_nothing(self, tmp_path: Path) -> None:
        assert farm.is_running() is None
        assert farm.stop() is False
        assert not (tmp_path / "state").exists()

    def test_a_running_farm_can_be_asked_and_stopped(self, socket_farm: FarmDouble) -> None:
        socket_farm.answers["Farm/Info"] = {"pid": 9}
        assert farm.is_running() == {"pid": 9}
        assert farm.stop() is True
        assert socket_farm.names() == ["Farm/Stop"]

    def test_a_killed_farm_is_started_again_for_a_read(
        self, socket_farm: FarmDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        state = tmp_path / "state"
        opencue.api.getJobs()
        second = FarmDouble(f"unix:{state}/two", is_cuelet=True)
        write_record(state, "two", "next.json")
        starter(state, monkeypatch, f"cp {state}/next.json {state}/farm.json")

        socket_farm.close()
        opencue.api.getJobs()

        second.close()
        assert second.names() == ["Job/GetJobs"]
        assert (state / "started").read_text() == "-P -m cuelet farm start\n"

    def test_a_killed_farm_is_started_again_before_a_launch_which_is_sent_once(
        self, socket_farm: FarmDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        state = tmp_path / "state"
        opencue.api.getJobs()
        second = FarmDouble(f"unix:{state}/two", is_cuelet=True)
        write_record(state, "two", "next.json")
        starter(state, monkeypatch, f"cp {state}/next.json {state}/farm.json")
        monkeypatch.setattr("opencue.connection.FRESH_S", -1.0)

        socket_farm.close()
        opencue.launchSpec("<spec/>")

        second.close()
        assert second.names() == ["Job/LaunchSpec"]

    @pytest.mark.parametrize(
        ("script", "words"),
        [
            ("echo out of luck; exit 3", r"ended with exit code 3; it said: out of luck"),
            ("exit 0", "succeeded, but no farm answers"),
        ],
    )
    def test_a_farm_that_cannot_be_started_says_why_and_the_way_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
    ) -> None:
        state = tmp_path / "state"
        state.mkdir()
        starter(state, monkeypatch, script)
        with pytest.raises(FarmNotStartedException, match=words) as caught:
            opencue.api.getJobs()
        assert "cuelet farm start" in str(caught.value)
        assert "CUEBOT_HOSTS" in str(caught.value)

    def test_a_missing_interpreter_and_a_slow_start_are_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "state").mkdir()
        monkeypatch.setenv("CUELET_PYTHON", "/nowhere/python")
        with pytest.raises(FarmNotStartedException, match="could not be run"):
            embedded.start()
        starter(tmp_path / "state", monkeypatch, "exec sleep 5")
        monkeypatch.setattr("opencue.embedded.START_TIMEOUT_S", 0.05)
        with pytest.raises(FarmNotStartedException, match="did not finish within"):
            embedded.start()

    def test_whoever_wants_no_farm_started_is_asked_only_inside_the_block(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse() -> None:
            raise LookupError("no farm here")

        (tmp_path / "state").mkdir()
        monkeypatch.setenv("CUELET_PYTHON", "/nowhere/python")
        with embedded.not_started(refuse), pytest.raises(LookupError):
            opencue.api.getJobs()
        with pytest.raises(FarmNotStartedException, match="could not be run"):
            embedded.start()

    def test_somebody_elses_farm_is_refused(
        self, socket_farm: FarmDouble, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        uid = os.getuid()
        monkeypatch.setattr("opencue.embedded.os.getuid", lambda: uid + 1)
        with pytest.raises(FarmNotOursException, match=f"belongs to uid {uid}"):
            opencue.api.getJobs()
        assert socket_farm.calls == []

    def test_a_folder_that_others_can_write_to_is_refused(
        self, socket_farm: FarmDouble, tmp_path: Path
    ) -> None:
        (tmp_path / "state").chmod(0o777)
        with pytest.raises(FarmNotOursException, match=r"written to by others.*chmod 700"):
            opencue.api.getJobs()
        assert socket_farm.calls == []

    @pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"x"', '{"socket": 5}'])
    def test_half_a_record_counts_as_none(self, tmp_path: Path, text: str) -> None:
        state = tmp_path / "state"
        state.mkdir()
        (state / "farm.json").write_text(text)
        assert embedded.recorded() is None

    def test_inside_a_dcc_the_command_on_the_path_starts_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("opencue.embedded.sys.executable", "/opt/maya/bin/maya")
        monkeypatch.setenv("PATH", "/nowhere")
        assert embedded.start_command() == ["cuelet", "farm", "start"]

    def test_the_state_directory_is_the_platforms_unless_named(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        assert farm.state_dir() == tmp_path / "state"
        monkeypatch.delenv("CUELET_STATE_DIR")
        monkeypatch.delenv("XDG_STATE_HOME", raising=False)
        assert farm.state_dir() == tmp_path / "home" / ".local" / "state" / "cuelet"
