"""What the parts of a layer ask of the layer and of its outline; only type checkers read this module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from outline.frames import Tasks
from outline.session import Session


class AnyOutline(Protocol):
    """An outline, as far as the parts of its layers need it."""

    def get_name(self) -> str:
        """Return its name."""

    def get_full_name(self) -> str:
        """Return ``show-shot-user_name``."""

    def get_frame_range(self) -> str | None:
        """Return the frames of the shot."""

    def get_session(self) -> Session:
        """Return its session, or raise."""

    def get_env(self) -> dict[str, tuple[str, bool]]:
        """Return its environment variables, and which of them are set for the whole process."""

    def find_session(self) -> Session | None:
        """Return its session, or None before setup."""

    def reserve_session_path(self) -> str:
        """Return the directory its session has or will have."""


class AnyLayer(Protocol):
    """A layer, as far as its own parts need it: what its class may override."""

    _default_service: str

    def _thing(self) -> str: ...

    def get_name(self) -> str:
        """Return its name."""

    def get_outline(self) -> AnyOutline:
        """Return its outline, or raise."""

    def find_outline(self) -> AnyOutline | None:
        """Return its outline, or None."""

    def get_arg(self, key: str, default: Any = None) -> Any:
        """Return an argument."""

    def set_arg(self, key: str, value: Any) -> None:
        """Set an argument."""

    def get_args(self) -> dict[str, Any]:
        """Return all arguments."""

    def is_arg_set(self, key: str) -> bool:
        """Tell whether an argument is set."""

    def get_envs(self) -> dict[str, str]:
        """Return its environment variables."""

    def get_service(self) -> str:
        """Return its services as text."""

    def set_service(self, service: str) -> None:
        """Set its services."""

    def set_limits(self, limits: Any) -> None:
        """Set its limits."""

    def set_min_memory(self, memory: float) -> None:
        """Reserve memory."""

    def get_chunk_size(self) -> int:
        """Return how many frames one process executes."""

    def set_chunk_size(self, size: int) -> None:
        """Say how many frames one process executes."""

    def get_frame_range(self) -> str | None:
        """Return its frames."""

    def get_tasks(self) -> Tasks:
        """Return its frames, cut into chunks."""

    def get_min_cores(self) -> float | None:
        """Return the reserved cores."""

    def get_max_cores(self) -> float | None:
        """Return how many cores a frame may use at most."""

    def get_path(self) -> str:
        """Return its directory in the session."""

    def put_data(self, key: str, value: Any, force: bool = False) -> None:
        """Store a value."""

    def get_checked_outputs(self) -> Mapping[str, Any]:
        """Return the outputs that have to be there."""
