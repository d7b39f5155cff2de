"""How a process ended, in words: the names of signals, and what an exit status probably says of one."""

from __future__ import annotations

import signal

_SHELLS = {
    126: "probably a program that cannot be executed",
    127: "probably a program that was not found",
}
"""What a shell, and pycuerun, end with when they could not start a command."""
_AFTER_SIGNAL = 128


def signal_name(number: int) -> str:
    """Return ``SIGSEGV`` for 11."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def signal_words(number: int) -> str:
    """Return name and meaning of a signal, such as ``SIGSEGV (Segmentation fault)``."""
    try:
        meaning = signal.strsignal(number)
    except ValueError:
        meaning = None
    return f"{signal_name(number)} ({meaning or 'unknown'})"


def probable_signal(status: int) -> int:
    """Return the signal that an exit status stands for in a shell, which adds 128; 0 when it stands for none."""
    number = status - _AFTER_SIGNAL
    return number if number in signal.valid_signals() else 0


def status_words(status: int) -> str:
    """Return an exit status and what it probably means: ``139, probably SIGSEGV``."""
    number = probable_signal(status)
    if number:
        return f"{status}, probably {signal_name(number)}"
    return f"{status}, {_SHELLS[status]}" if status in _SHELLS else str(status)
