"""What an outline is made of: its settings, its layers by name, and the checks before a launch.

`outline.loader` puts the parts together.
May import: `outline._layer`, `outline.jobspec`, and the public modules of values.
Add: something an outline can be told to `settings`, something that keeps a job from running to `checks`.
"""
