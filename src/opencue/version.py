"""The pycue interface version this package follows."""

VERSION = version = "5.0"
