"""The command that plans: its options, what a running farm can tell it, its text.

May import: what `cuelet.cli` may; the plan itself is made by `outline.planning`.
Add: an option to `arguments`, a line of the text to `text`; a finding belongs to `outline.planning.lint.rules`.
"""
