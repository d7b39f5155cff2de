"""Job specs as clients send them: untrusted XML, with or without Cuelet's extension, to `JobSpec`.

May import: `outline.jobspec`, `outline.frames`, the core's values, and the check of start times in `cuelet.core.operations.delays`.
Add: an element of a layer to `layer`, of a job to `job`, a declared file's field to `files`.
"""
