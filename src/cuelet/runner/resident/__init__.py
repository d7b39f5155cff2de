"""The resident runner: one process that is the parent of all frames and outlives the farm.

`main` polls sockets and children, `supervisor` starts, watches, ends and reports runs, `journal`
remembers them on disk.
May import: `cuelet.core.values`, the modules of `cuelet.runner` that are not the client's, `logfile` and
`files` of `outline.jobspec`, and only the standard library beside them: the resident is small and is
started before gRPC is there.
Add: what is measured to `run`, what is limited to `cgroup`.
"""
