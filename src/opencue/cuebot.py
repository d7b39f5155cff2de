"""`Cuebot`: which server this process talks to, and the stubs to talk with."""

from __future__ import annotations

import importlib
import logging
import os
from types import ModuleType
from typing import Any, ClassVar

import grpc

from opencue.config import DEFAULTS, load_config_from_file, timeout_s
from opencue.connection import Link
from opencue.exception import ConnectionException, CueException, take_configuration_from
from opencue.retrying import ExponentialBackoff, RetryOnRpcErrorClientInterceptor, SleepingPolicy
from opencue.rpc import LAUNCH_TIMEOUT_S, JsonStub, Stub

__all__ = [
    "DEFAULT_GRPC_PORT",
    "DEFAULT_MAX_MESSAGE_BYTES",
    "ConnectionException",
    "CueException",
    "Cuebot",
    "ExponentialBackoff",
    "RetryOnRpcErrorClientInterceptor",
    "SleepingPolicy",
    "UnknownFacilityException",
]

logger = logging.getLogger(__name__)

DEFAULT_GRPC_PORT: int = DEFAULTS["cuebot.grpc_port"]
DEFAULT_MAX_MESSAGE_BYTES: int = DEFAULTS["cuebot.max_message_bytes"]

_MODULES = {
    "action": "filter", "allocation": "facility", "comment": "comment", "criterion": "criterion",
    "cue": "cue", "deed": "host", "department": "department", "depend": "depend",
    "facility": "facility", "filter": "filter", "frame": "job", "group": "job", "host": "host",
    "job": "job", "layer": "job", "limit": "limit", "matcher": "filter",
    "monitoring": "monitoring", "owner": "host", "proc": "host",
    "renderPartition": "renderPartition", "service": "service", "serviceOverride": "service",
    "show": "show", "subscription": "subscription", "task": "task",
}  # fmt: skip
"""Stub name to the proto file that defines its service."""


class UnknownFacilityException(CueException):
    """The configuration names no such facility."""

    def __init__(self, *, facility: str, known: list[str]) -> None:
        self.facility, self.known = facility, known
        super().__init__(
            f"no facility {facility!r} in the configuration; known: {', '.join(known) or 'none'}; "
            "add it to cuebot.facility in opencue.yaml or use CUEBOT_HOSTS"
        )


class Cuebot:
    """The server of this process; all methods are static and the connection opens on first use."""

    RpcChannel: ClassVar[grpc.Channel | None] = None
    """The open channel, or None before first use."""
    Hosts: ClassVar[list[str] | None] = None
    """Host entries set by code; None: the environment and the configuration decide."""
    Stubs: ClassVar[dict[str, Stub]] = {}
    Config: ClassVar[dict[str, Any]] = {}
    Timeout: ClassVar[float] = 30.0
    """Seconds a call may take, launches excepted."""
    PROTO_MAP: ClassVar[dict[str, str]] = {name: f"{file}_pb2" for name, file in _MODULES.items()}
    SERVICE_MAP: ClassVar[dict[str, str]] = {
        name: f"{name[0].upper()}{name[1:]}Interface" for name in _MODULES if name != "criterion"
    }

    @staticmethod
    def init(config: dict[str, Any] | None = None) -> None:
        """Take the configuration given, or the user's, and forget the present connection."""
        Cuebot._adopt(load_config_from_file() if config is None else config)
        Cuebot.Hosts = None
        Cuebot.closeChannel()

    @staticmethod
    def getConfig() -> dict[str, Any]:
        """Return the configuration, read on first use."""
        if not Cuebot.Config:
            Cuebot._adopt(load_config_from_file())
        return Cuebot.Config

    @staticmethod
    def _adopt(config: dict[str, Any]) -> None:
        Cuebot.Config = config
        Cuebot.Timeout = timeout_s(config)

    @staticmethod
    def setChannel() -> None:
        """Open the connection now.

        Raises:
            ConnectionException: No server answers, or the embedded farm cannot be started.
        """
        _LINK.connection()

    @staticmethod
    def closeChannel() -> None:
        """Close the connection; the next call opens one again."""
        _LINK.close()

    @staticmethod
    def resetChannel() -> None:
        """Close the connection and open it anew."""
        Cuebot.closeChannel()
        Cuebot.setChannel()

    @staticmethod
    def setHosts(hosts: str | list[str]) -> None:
        """Use these servers from now on; an empty list means the embedded farm.

        Args:
            hosts: One entry or several: ``host``, ``host:port`` or ``unix:/path``.
        """
        Cuebot.Hosts = [hosts] if isinstance(hosts, str) else list(hosts)
        Cuebot.closeChannel()

    @staticmethod
    def setHostWithFacility(facility: str) -> None:
        """Use the servers of a facility named in the configuration.

        The default facility is there without them as well: then it is what the environment says, or the embedded farm.
        So is any other where the configuration names none, which is said.

        Raises:
            UnknownFacilityException: The configuration has facilities, and no such one.
        """
        config = Cuebot.getConfig()
        known = config.get("cuebot.facility") or {}
        if facility in known:
            Cuebot.setHosts(known[facility])
        elif not known or facility == config.get("cuebot.facility_default"):
            if facility != config.get("cuebot.facility_default"):
                there = ", ".join(hosts_in_use()) or "the embedded farm"
                logger.warning("opencue.yaml names no facilities, so %r means %s", facility, there)
            Cuebot.Hosts = None
            Cuebot.closeChannel()
        else:
            raise UnknownFacilityException(facility=facility, known=sorted(known))

    @staticmethod
    def setTimeout(timeout: float) -> None:
        """Set how many seconds a call may take, launches excepted."""
        Cuebot.getConfig()  # or reading it later would set the timeout again
        Cuebot.Timeout = timeout

    @classmethod
    def getProto(cls, name: str) -> ModuleType:
        """Return the message module that defines a service, as ``job_pb2`` for ``"job"``."""
        if name not in cls.PROTO_MAP:
            raise ValueError(f"no proto for {name!r}; known: {', '.join(sorted(cls.PROTO_MAP))}")
        return importlib.import_module(f"opencue_proto.{cls.PROTO_MAP[name]}")

    @classmethod
    def getService(cls, name: str) -> Any:
        """Return the generated stub class of a service."""
        if name not in cls.SERVICE_MAP:
            raise ValueError(f"no service {name!r}; known: {', '.join(sorted(cls.SERVICE_MAP))}")
        module = importlib.import_module(f"opencue_proto.{cls.PROTO_MAP[name]}_grpc")
        return getattr(module, f"{cls.SERVICE_MAP[name]}Stub")

    @classmethod
    def getStub(cls, name: str) -> Any:
        """Return the calls of a service, ``cuelet`` being the farm's own; nothing is opened before the first call.

        Every call of this package goes through here, so that tests which put other stubs in place reach no server.
        """
        if name == "cuelet":
            return JsonStub("/cuelet.Farm", _LINK)
        if name not in cls.Stubs:
            if name not in cls.SERVICE_MAP:
                cls.getService(name)
            services = cls.getProto(name).DESCRIPTOR.services_by_name
            cls.Stubs[name] = Stub(services[cls.SERVICE_MAP[name]], _LINK)
        return cls.Stubs[name]


def deadline_s(method: str) -> float:
    """Return the seconds a call of an RPC may take: `Cuebot.Timeout`, for launches two minutes at least."""
    Cuebot.getConfig()  # it says how long that is
    return max(Cuebot.Timeout, LAUNCH_TIMEOUT_S) if method.startswith("Launch") else Cuebot.Timeout


def hosts_in_use() -> list[str]:
    """Return the configured host entries; none means the embedded farm."""
    if Cuebot.Hosts is not None:
        return Cuebot.Hosts
    named = os.environ.get("CUEBOT_HOSTS", "")
    if named.strip():
        return named.split(",")
    return _hosts_of_default_facility()


def _hosts_of_default_facility() -> list[str]:
    config = Cuebot.getConfig()
    known = config.get("cuebot.facility") or {}
    default = config.get("cuebot.facility_default")
    facility = os.environ.get("CUEBOT_FACILITY") or default
    if known and facility not in known:
        logger.warning("no facility %s in opencue.yaml, using %s", facility, default)
        facility = default
    hosts = known.get(facility, [])
    return [hosts] if isinstance(hosts, str) else list(hosts)


def _note_channel(channel: grpc.Channel | None) -> None:
    Cuebot.RpcChannel = channel


_LINK = Link(
    hosts=hosts_in_use,
    settings=Cuebot.getConfig,
    timeout_s=lambda: Cuebot.Timeout,
    opened=_note_channel,
)

take_configuration_from(lambda: Cuebot.Config)
