"""Job specs as clients send them: untrusted XML, with or without Cuelet's extension, to `JobSpec`.

May import: `outline.jobspec`, the core's values.
Add: an element of a layer to `layer`, of a job to `job`, a declared file's field to `files`.
"""
