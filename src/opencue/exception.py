"""What can go wrong with a call, as exceptions.

::

    grpc.RpcError
      CueException                        any refusal of the server
        DeadlineExceededException         no answer in time: the outcome is unknown
          FarmSilentException             the embedded farm is there, but stopped or hung
        EntityAlreadyExistsException
        EntityNotFoundException
          LayerNotFoundException        a job has no such layer
        AmbiguousNameException          a name that several things have
        CueInternalErrorException         the server's own failure
          LaunchRefusedException          a Cuebot refused a job
          CuebotDatabaseException         a Cuebot is there and its database is not
        PermissionDeniedException
        CancelledException
        ConnectionException               no server reached
          NoOpenCueException              something else answers there
          AnswerLostException             a call was sent and not answered
          LaunchUnknownException          no answer to a launch: the farm may have the job
          FarmNotStartedException         the embedded farm could not be started
          FarmNotOursException            the embedded farm's files belong to somebody else
            ServerNotOursException        a server on this machine is held by somebody else

Every one is also a `grpc.RpcError` with `code` and `details`, because scripts written for pycue
catch that from wrapper methods.

Long because: pycue has all of them in this one module, each a few lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

import grpc

__all__ = [
    "EXCEPTION_MAP",
    "AmbiguousNameException",
    "AnswerLostException",
    "CancelledException",
    "ConnectionException",
    "CueException",
    "CueInternalErrorException",
    "CuebotDatabaseException",
    "DeadlineExceededException",
    "EntityAlreadyExistsException",
    "EntityNotFoundException",
    "FarmNotOursException",
    "FarmNotStartedException",
    "FarmSilentException",
    "LaunchRefusedException",
    "LaunchUnknownException",
    "LayerNotFoundException",
    "NoOpenCueException",
    "OwnerFixedException",
    "PermissionDeniedException",
    "ServerNotOursException",
    "from_rpc",
    "getRetryCount",
]


class CueException(grpc.RpcError):
    """A call failed: which one, on which server, and what the server said.

    Args:
        message: The whole message; without it one is built from the fields.
        method: The call, as ``Job/FindJob``.
        target: The server's address.
        status: The gRPC status; the one of the class when not given.
        details: What the server said.
    """

    failMsg: ClassVar[str] = "the server refused"
    retryMsg: ClassVar[str] = "retrying"
    retryable: ClassVar[bool] = False
    retryBackoff: ClassVar[float] = 0.5
    default_status: ClassVar[grpc.StatusCode] = grpc.StatusCode.UNKNOWN

    def __init__(
        self,
        message: str = "",
        *,
        method: str = "",
        target: str = "",
        status: grpc.StatusCode | None = None,
        details: str = "",
    ) -> None:
        self.method, self.target = method, target
        self.status = status or self.default_status
        self._details = details or message
        super().__init__(message or self._build_message())

    def _build_message(self) -> str:
        call = f"{self.method}: " if self.method else ""
        where = f" (server {self.target}, {self.status.name})" if self.target else ""
        said = f": {self._details}" if self._details else ""
        return f"{call}{self.failMsg}{said}{where}"

    said: str = ""
    """What the server said, where `details` has it in other words."""
    rpc_error: grpc.RpcError | None = None
    """gRPC's own error, where there was one."""

    def heard(self, error: CueException) -> Self:
        """Return this error as what another one, which a server sent, means: of the same call, with its own status.

        Args:
            error: What was sent.
        """
        self.method, self.target = error.method, error.target
        self.said = error.said or error.details()
        self.rpc_error = error.rpc_error
        if type(self).default_status is grpc.StatusCode.UNKNOWN:
            self.status = error.status
        return self

    def on_one_line(self) -> Self:
        """Return this error with what a server that failed said in its own words on one line."""
        if self.status in _FAILURES and not self.said:
            self._details = one_line(self._details)
            self.args = (self._build_message(),)
        return self

    def code(self) -> grpc.StatusCode:
        """Return the gRPC status."""
        return self.status

    def details(self) -> str:
        """Return what the server said, without the call and the address."""
        return self._details

    def debug_error_string(self) -> str:
        """Return the whole message; pycue scripts print this of a `grpc.RpcError`."""
        return str(self)


class DeadlineExceededException(CueException):
    """The server did not answer in time; whether it did the work is unknown."""

    failMsg = "no answer in time, so the outcome is unknown; look before repeating it"
    default_status = grpc.StatusCode.DEADLINE_EXCEEDED


class FarmSilentException(DeadlineExceededException):
    """The embedded farm is there but does not answer.

    Args:
        pid: Its process, or 0 when that is not known.
        state_dir: Its state directory.
        does: The letter in which the kernel says what the process does: ``T`` stopped, ``D`` waits for a disk.
        wrote_last: When it wrote to one of its files last, or an empty text.
        method: The call, as ``Job/FindJob``.
        waited_s: How long was waited for the answer.
        may_have_acted: Whether the call changes something, which it may have done.
    """

    def __init__(
        self,
        *,
        pid: int,
        state_dir: str,
        does: str,
        wrote_last: str,
        method: str,
        waited_s: float,
        may_have_acted: bool,
    ) -> None:
        self.pid, self.state_dir, self.does, self.wrote_last = pid, state_dir, does, wrote_last
        who = f"process {pid}" if pid else "its process"
        last = f", it last wrote to its files at {wrote_last}" if wrote_last else ""
        doubt = f"; whether it did {method} is not known, so look before repeating it"
        super().__init__(
            f"the farm in {state_dir} has not answered for {waited_s:g} s: "
            f"{who} {_DOES.get(does, _BUSY).format(pid=pid, state_dir=state_dir, last=last)}"
            f"{doubt if may_have_acted else ''}"
        )


_ANEW = (
    "the next command starts the farm anew; jobs are on disk, and frames that run go on meanwhile"
)
_BUSY = f"is busy or hangs{{last}}; try again, and if it stays so cuelet farm stop: {_ANEW}"
_DOES = {
    "T": "is stopped, as by kill -STOP{last}; let it go on with kill -CONT {pid}",
    "t": "is stopped by a debugger{last}; let it go on there",
    "D": "waits for a disk{last}; look whether {state_dir} can be read and written",
}
"""What a process does, by the kernel's letter for it, and the way out."""


class EntityAlreadyExistsException(CueException):
    """What should be created is there already."""

    failMsg = "exists already"
    default_status = grpc.StatusCode.ALREADY_EXISTS


class EntityNotFoundException(CueException):
    """Nothing has that name or id."""

    failMsg = "does not exist"
    default_status = grpc.StatusCode.NOT_FOUND


_MAX_LISTED = 20
"""Names that an error lists."""


class LayerNotFoundException(EntityNotFoundException):
    """A job has no layer of that name.

    Args:
        job: The job.
        layer: What was given.
        known: The layers that it has.
    """

    def __init__(self, *, job: str, layer: str, known: Sequence[str]) -> None:
        self.job, self.layer, self.known = job, layer, tuple(known)
        listed = ", ".join(known[:_MAX_LISTED]) + (", ..." if len(known) > _MAX_LISTED else "")
        super().__init__(f"no layer {layer!r} in {job}; it has {listed}")


class AmbiguousNameException(CueException):
    """A name that several things have.

    Args:
        word: What was given.
        meanings: What it may mean, as pairs of what names it alone and what it is.
    """

    default_status = grpc.StatusCode.INVALID_ARGUMENT

    def __init__(self, *, word: str, meanings: Sequence[tuple[str, str]]) -> None:
        self.word, self.meanings = word, tuple(meanings)
        listed = ", ".join(f"{what} ({which})" for which, what in meanings[:_MAX_LISTED])
        more = len(meanings) - _MAX_LISTED
        rest = f" and {more} more" if more > 0 else ""
        super().__init__(
            f"{word!r} could mean {listed}{rest}; give a full name, or the id behind it"
        )


class CueInternalErrorException(CueException):
    """The server failed; its log says why."""

    failMsg = "the server failed"
    default_status = grpc.StatusCode.INTERNAL


class LaunchRefusedException(CueInternalErrorException):
    """A Cuebot refused a job.

    Args:
        job: The name in the specification, empty when it has none.
        reason: Why, in words.
    """

    UNKNOWN: ClassVar[str] = (
        "it names something that this Cuebot does not have: a limit, a facility, or a pending job, layer or frame "
        "to wait for; or it waits for one of them twice"
    )
    """The reason, where Cuebot says no more."""

    def __init__(self, *, job: str, reason: str) -> None:
        self.job, self.reason = job, reason
        super().__init__(
            f"job {job} was not launched: {reason}" if job else f"nothing was launched: {reason}"
        )


class CuebotDatabaseException(CueInternalErrorException):
    """A Cuebot is there and its database is not.

    Args:
        target: The server's address.
        method: The call.
    """

    def __init__(self, *, target: str, method: str = "") -> None:
        super().__init__(
            f"the Cuebot at {target} has no connection to its database; it answers again once that is back",
            method=method,
            target=target,
        )


class PermissionDeniedException(CueException):
    """The server does not allow this to you."""

    failMsg = "denied"
    default_status = grpc.StatusCode.PERMISSION_DENIED


class CancelledException(CueException):
    """The call was cancelled before it was answered."""

    failMsg = "cancelled"
    default_status = grpc.StatusCode.CANCELLED


class ConnectionException(CueException):
    """No server was reached."""

    failMsg = "server not reachable"
    retryMsg = "server not reachable, retrying"
    retryable = True
    default_status = grpc.StatusCode.UNAVAILABLE


class NoOpenCueException(ConnectionException):
    """What answers at an address does not speak OpenCue's protocol.

    Args:
        target: The address.
        said: What gRPC made of its answer.
    """

    retryable = False

    def __init__(self, *, target: str, said: str) -> None:
        super().__init__(
            f"what answers at {target} is no Cuebot: its answer makes no sense ({said[:200]}); "
            "check the port in CUEBOT_HOSTS or opencue.yaml",
            target=target,
        )


class AnswerLostException(ConnectionException):
    """A call was sent and not answered, so whether it was done is unknown.

    Args:
        method: The call.
        target: The server's address.
        reason: What came in place of an answer.
    """

    retryable = False

    def __init__(self, *, method: str, target: str, reason: str) -> None:
        self.reason = reason
        said = f"{reason}; whether it was done is unknown, look before repeating it"
        super().__init__(method=method, target=target, details=said)


class LaunchUnknownException(ConnectionException):
    """What became of a launch cannot be told, so the farm may have the job.

    Args:
        job: The name in the specification, empty when it has none.
        reason: What came in place of an answer.
        method: The call.
        target: The server's address.
    """

    retryable = False
    may_have_launched = True
    """Whoever launched has to keep what the job needs."""

    def __init__(self, *, job: str, reason: str, method: str, target: str) -> None:
        self.job, self.reason = job, reason
        named = f" {job}" if job else ""
        super().__init__(
            f"no answer to the launch of{named or ' the job'} ({reason}): the farm may have it; "
            f"look with cuelet jobs{named} before launching it again",
            method=method,
            target=target,
        )


class FarmNotStartedException(ConnectionException):
    """The embedded farm could not be started.

    Args:
        command: What was run to start it.
        state_dir: The farm's state directory.
        reason: What went wrong, in words.
        output: The end of what the command printed.
    """

    retryable = False

    def __init__(
        self, *, command: list[str], state_dir: str, reason: str, output: str = ""
    ) -> None:
        self.command, self.state_dir, self.reason, self.output = command, state_dir, reason, output
        shown = " ".join(command)
        said = f"; it said: {output}" if output else ""
        super().__init__(
            f"no Cuebot is configured and the embedded farm could not be started: {shown!r} {reason}"
            f"{said}; state directory {state_dir}; run the command by hand to see more, "
            "or name a server with CUEBOT_HOSTS=host:8443"
        )


class FarmNotOursException(ConnectionException):
    """A file of the embedded farm belongs to another user, so it is not trusted.

    Args:
        path: The file or folder.
        owner: Its owner's uid; None for a folder of ours that others can write to.
    """

    retryable = False

    def __init__(self, *, path: str, owner: int | None) -> None:
        self.path, self.owner = path, owner
        what = "can be written to by others"
        way_out = f"make it yours alone (chmod 700 {path})"
        if owner is not None:
            what, way_out = f"belongs to uid {owner}, not to you", "remove it"
        super().__init__(
            f"{path} {what}: refusing to use that farm; {way_out}, "
            "or point CUELET_STATE_DIR to a directory of your own",
            status=grpc.StatusCode.PERMISSION_DENIED,
        )


class ServerNotOursException(FarmNotOursException):
    """A configured server on this machine is held by another user, so nothing was sent to it.

    Args:
        target: The server, which is `path` too.
        owner: The uid that holds it; None when that is not certain.
        user: The owner in words.
    """

    def __init__(self, *, target: str, owner: int | None, user: str = "") -> None:
        self.path, self.owner = target, owner
        whose = "cannot be told whose it is" if owner is None else f"is held by {user or owner}"
        named = "any" if owner is None else str(owner)
        ConnectionException.__init__(
            self,
            f"{target} {whose}, not by you or root, so nothing was sent to it; if that is the "
            f"server you mean, set CUELET_SERVER_USERS={named}, or cuebot.server_users in opencue.yaml",
            target=target,
            status=grpc.StatusCode.PERMISSION_DENIED,
        )


class OwnerFixedException(CueException):
    """A job was to be given to another user, which no server can do.

    Args:
        job: The job's name.
        owner: Who was to have it.
        user: Whose it is.
    """

    default_status = grpc.StatusCode.UNIMPLEMENTED

    def __init__(self, *, job: str, owner: str, user: str) -> None:
        self.job, self.owner, self.user = job, owner, user
        super().__init__(
            f"job {job} stays with {user}, who launched it, as its frames run under that user; for {owner!r} "
            "to have it leave a comment (addComment), or launch it again with set_user"
        )


_BY_STATUS: tuple[type[CueException], ...] = (
    DeadlineExceededException,
    EntityAlreadyExistsException,
    EntityNotFoundException,
    CueInternalErrorException,
    PermissionDeniedException,
    CancelledException,
    ConnectionException,
)
EXCEPTION_MAP = {kind.default_status: kind for kind in _BY_STATUS}
EXCEPTION_MAP[grpc.StatusCode.UNAUTHENTICATED] = PermissionDeniedException


UNREAD = {
    "Exception deserializing response": "is no message of this call; is that server a Cuebot?",
    "Received message larger than max": "is larger than cuebot.max_message_bytes of opencue.yaml",
}
"""What gRPC says of answers that this client cannot take, and what that means."""
_FAILURES = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
_MOST_DETAILS = 400


def one_line(text: str) -> str:
    """Return what a failed server said as one line: no part twice, and of a long text both ends."""
    parts: list[str] = []
    for line in text.splitlines():
        words = " ".join(line.split())
        if not any(words in part for part in parts):
            parts.append(words)
    said, half = "; ".join(parts), _MOST_DETAILS // 2
    return said if len(said) <= _MOST_DETAILS else f"{said[:half]} ... {said[-half:]}"


def from_rpc(error: grpc.RpcError, *, method: str, target: str) -> CueException:
    """Return our exception for one of gRPC's, which becomes its `rpc_error`."""
    if isinstance(error, CueException):
        return error
    status, details = error.code(), error.details() or ""
    meaning = next((meaning for words, meaning in UNREAD.items() if words in details), "")
    if meaning:
        details = f"the answer {meaning} ({details})"
    kind = EXCEPTION_MAP.get(status, CueException)
    ours = kind(method=method, target=target, status=status, details=details)
    ours.rpc_error = error
    return ours


_configuration: Callable[[], Mapping[str, Any]] = dict


def take_configuration_from(source: Callable[[], Mapping[str, Any]]) -> None:
    """Let settings of this module come from a source; `opencue.cuebot`, which needs this module, is the one."""
    global _configuration  # noqa: PLW0603 one configuration a process, as pycue has it
    _configuration = source


def getRetryCount() -> int:
    """Return how often a read is repeated when the server is not reachable."""
    return int(_configuration().get("cuebot.exception_retries", 3))
