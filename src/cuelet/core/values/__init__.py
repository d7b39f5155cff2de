"""The words of the farm: states, ids, names, errors, reasons, what runs report.

Immutable values without behaviour over time; everybody else builds on them.
May import: nothing of the core.
Add: a state to `states`, an exit status that means something to `runs`, an error to `errors`.
"""
