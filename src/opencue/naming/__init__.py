"""What people call jobs, layers and frames, and which of a farm's they mean: one way for every command and function.

May import: `opencue.wrappers`, `opencue.search`, `opencue.farm`; not `opencue.api`, which asks it.
Add: a spelling to `spelling`, another way to name a job to `jobs`, and a case to tests/unit/opencue/test_naming.py.
"""
