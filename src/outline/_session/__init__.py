"""A session on disk: safe files, data as text, all layers in one indexed file.

`outline.session` is its public face.
May import: the standard library, `outline.exception`; YAML only inside functions.
Add: a kind of value that `put_data` keeps to `datafile`.
"""
