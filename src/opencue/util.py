"""Small services around wrapper objects: their ids, their messages, their log files."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

__all__ = ["grpcExceptionParser", "id", "logPath", "proxy", "rep"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_GETTERS = {
    "Frame": ("frame", "GetFrame"),
    "Group": ("group", "GetGroup"),
    "Host": ("host", "GetHost"),
    "Job": ("job", "GetJob"),
    "Layer": ("layer", "GetLayer"),
    "Depend": ("depend", "GetDepend"),
}


def grpcExceptionParser(grpcFunc: Callable[_P, _T]) -> Callable[_P, _T]:
    """Make a function that uses gRPC itself raise `opencue.exception.CueException`.

    It is called again, up to `opencue.exception.getRetryCount` times, when no server was reached.
    """
    import grpc

    from opencue import exception

    @functools.wraps(grpcFunc)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        tries_left = exception.getRetryCount()
        while True:
            try:
                return grpcFunc(*args, **kwargs)
            except exception.CueException:
                raise  # a call of this package, which has been repeated where that is safe
            except grpc.RpcError as error:
                ours = exception.from_rpc(error, method=grpcFunc.__name__, target="")
                if not ours.retryable or tries_left < 1:
                    raise ours from error
                tries_left -= 1
                time.sleep(ours.retryBackoff)

    return guarded


def id(value: Any) -> Any:  # noqa: A001 - pycue calls it so
    """Return the id of a wrapper, or a list of ids for several; an id stays what it is."""
    if isinstance(value, list | tuple | set):
        return [id(item) for item in value]
    return value.id() if callable(getattr(value, "id", None)) else value


def proxy(idOrObject: Any, cls: str = "Object") -> Any:
    """Return the message a server holds for an id, or a list of them for several ids.

    Args:
        idOrObject: An id, a wrapper or its message, or a list of these.
        cls: What it is the id of: Depend, Frame, Group, Host, Job or Layer.
    """
    from opencue.wrappers.entity import send_plainly

    if not isinstance(idOrObject, str) and not hasattr(idOrObject, "id"):
        return [proxy(item, cls) for item in idOrObject]
    if cls not in _GETTERS:
        raise ValueError(f"no proxy for {cls!r}; known: {', '.join(sorted(_GETTERS))}")
    stub_name, method = _GETTERS[cls]
    return send_plainly(stub_name, method, id=_id_of(idOrObject))


def _id_of(value: Any) -> Any:
    """Return the id of a wrapper or of a message; an id stays what it is."""
    found = getattr(value, "id", value)
    return found() if callable(found) else found


def rep(entity: Any) -> str:
    """Return the name to show for an entity: its name, else its id, else its text."""
    for read in ("name", "id"):
        if callable(getattr(entity, read, None)):
            return str(getattr(entity, read)())
    return str(entity)


def logPath(job: Any, frame: Any = None) -> str:
    """Return the path of a frame's log, or of the job's log directory."""
    if frame is None:
        return str(job.logDir())
    return os.path.join(job.logDir(), f"{job.name()}.{frame.name()}.rqlog")
