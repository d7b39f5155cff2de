"""Rules that look a plan over, by what they look at; `codes` has every finding with its code.

May import: the values of a plan, `outline.jobspec`.
Add: a code to `codes`, a rule to the module of its subject; `rules` runs them all.
"""
