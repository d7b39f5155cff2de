"""The pycue interface version this package follows."""

VERSION = "5.0"
