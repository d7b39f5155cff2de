"""What a layer is made of: its arguments, depends, files in the session, environment.

`outline.layer` puts the parts together; they know a layer by what they ask of it.
May import: `outline.jobspec`, `outline._session`, and the public modules of values.
Add: an argument of layers to `settings` and `arguments`.
"""
