"""The user's ``opencue.yaml``: defaults, facilities, and how long calls may take."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
import yaml

from opencue import config
from opencue.config import ConfigError, load_config_from_file
from opencue.cuebot import Cuebot, deadline_s, hosts_in_use

EXTERNAL = """
cuebot.facility_default: here
cuebot.facility: {here: [a], outside: [b]}
cuebot.external_facility: [outside]
"""


@pytest.fixture
def yaml_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "opencue.yaml"
    monkeypatch.setenv("OPENCUE_CONFIG_FILE", str(path))
    monkeypatch.delenv("CUEBOT_FACILITY", raising=False)
    return path


def test_the_file_that_is_there_to_be_copied_says_the_defaults() -> None:
    text = resources.files("opencue").joinpath("default.yaml").read_text(encoding="utf-8")

    assert yaml.safe_load(text) == dict(config.DEFAULTS)


def test_the_folder_is_opencue_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert config.config_base_directory() == f"{tmp_path}/.config/opencue"

    monkeypatch.setenv("XDG_CONFIG_HOME", "/etc/xdg")
    assert config.config_base_directory() == "/etc/xdg/opencue"


class TestExternalFacilities:
    def test_one_that_is_in_use_sees_no_other(
        self, yaml_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        yaml_file.write_text(EXTERNAL)
        monkeypatch.setenv("CUEBOT_FACILITY", "outside")

        assert load_config_from_file()["cuebot.facility"] == {"outside": ["b"]}

    def test_nothing_is_left_out_while_none_is_in_use(self, yaml_file: Path) -> None:
        yaml_file.write_text(EXTERNAL)

        assert set(load_config_from_file()["cuebot.facility"]) == {"here", "outside"}

    def test_one_without_servers_is_refused(
        self, yaml_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        yaml_file.write_text("cuebot.facility: {a: [b]}\ncuebot.external_facility: [x]\n")
        monkeypatch.setenv("CUEBOT_FACILITY", "x")

        with pytest.raises(
            ConfigError, match=r"external_facility has 'x', cuebot\.facility has not"
        ):
            load_config_from_file()

    @pytest.mark.parametrize("value", ["5", "{a: b}", "[1]"])
    def test_what_is_no_list_of_names_is_refused(self, yaml_file: Path, value: str) -> None:
        yaml_file.write_text(f"cuebot.external_facility: {value}\n")

        with pytest.raises(ConfigError, match="not a list of names"):
            load_config_from_file()


@pytest.mark.parametrize(
    ("written", "seconds"), [(None, 30.0), (10_000, 30.0), (2_000, 2.0), (45_000, 45.0)]
)
def test_seconds_of_a_call(clean_client: None, written: int | None, seconds: float) -> None:
    Cuebot.init({} if written is None else {"cuebot.timeout": written})

    assert (Cuebot.Timeout, deadline_s("GetJobs")) == (seconds, seconds)
    assert deadline_s("LaunchSpecAndWait") == 120.0


def test_a_launch_may_take_as_long_as_any_call(clean_client: None) -> None:
    Cuebot.setTimeout(500)

    assert deadline_s("LaunchSpec") == 500


def test_the_default_facility_needs_no_servers_of_its_own(
    clean_client: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEBOT_HOSTS", "render01:8443")
    Cuebot.init({"cuebot.facility": {"cloud": ["c"]}, "cuebot.facility_default": "local"})

    Cuebot.setHostWithFacility("cloud")
    assert hosts_in_use() == ["c"]
    Cuebot.setHostWithFacility("local")
    assert hosts_in_use() == ["render01:8443"]


def test_every_call_of_a_stub_is_given_its_deadline(
    clean_client: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []

    class Recorder:
        def __getattr__(self, name: str):
            return lambda request, timeout: given.append((name, timeout))

    monkeypatch.setattr(Cuebot, "getStub", staticmethod(lambda name: Recorder()))
    from opencue.wrappers.entity import send

    Cuebot.setTimeout(7)
    send("job", "Pause")
    send("show", "GetShows")

    assert given == [("Pause", 7), ("GetShows", 7)]
