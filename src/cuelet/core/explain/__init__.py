"""Why frames do not run, in words, each reason with the command that changes it.

Asks the same functions as the scheduler; it decides nothing and changes nothing.
May import: `operations`, `state`, `values`; `cuelet.quantities`, `outline.jobspec` and `outline.frames`.
Add: words for a new obstacle to `holds`, in short to `standing`; another reason to `frames` or `depends`, with a
stable code and a remedy that harms nobody, or none.
"""
