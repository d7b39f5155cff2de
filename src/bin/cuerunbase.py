"""`outline.cuerunbase` under the name PyOutline gives it."""

from __future__ import annotations

from outline.cuerunbase import (
    LOGGING_FORMAT,
    AbstractCuerun,
    enable_debug_logging,
    enable_verbose_logging,
    handle_core_arguments,
    setup_outline_environment,
    signal_handler,
)

__all__ = [
    "LOGGING_FORMAT",
    "AbstractCuerun",
    "enable_debug_logging",
    "enable_verbose_logging",
    "handle_core_arguments",
    "setup_outline_environment",
    "signal_handler",
]
