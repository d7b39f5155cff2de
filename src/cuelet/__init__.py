"""Cuelet: the embedded OpenCue-compatible farm for one machine, and its everyday commands."""

__version__ = "0.1.0"
