"""Processes on this machine: a resident parent of all frames, and the farm's client of it.

`resident` is the process, `client` the farm's side, `testing` the fake, `machine` the facts of
this host. Everything that only Linux has lives in this package. Import the modules themselves:
this file stays empty so that the resident starts fast and stays small.
May import: the core, `outline.jobspec.files`, the standard library; never gRPC.
Add: a message between both sides to `wire`, a fact of the machine to `machine`, the rest to `resident`.
"""
