"""The farm's state on disk: SQLite, one connection, one transaction per batch of decisions.

May import: the core, sqlite3, `outline.jobspec`, `outline.frames` and `outline.exception`; foreign errors end here.
Add: a column as a numbered file in `migrations`, its kind to `tables`, its statement to `queries.sql`, its value to `job_rows` for
jobs and layers, to `layer_start` for what decides when a layer starts, to `machine` for limits and the host; that
of a frame is a field of `cuelet.core.state.frame_row`.
"""
