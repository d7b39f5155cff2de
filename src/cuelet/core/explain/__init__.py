"""Why frames do not run, in words, each reason with the command that changes it.

Asks the same functions as the scheduler; it decides nothing and changes nothing.
May import: `operations`, `state`, `values`; `outline.jobspec` and `outline.frames`.
Add: words for a new obstacle to `holds`; another reason to `frames` or `depends`; reasons have a
stable code.
"""
