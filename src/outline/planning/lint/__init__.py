"""Rules that look a plan over, by what they look at; `codes` has every finding with its code.

May import: the values of a plan, its `backends` and `layers`, `outline.jobspec`, `outline.layer`, `outline.loader`, the
limits of a Cuebot, the options of a launch and what a launch says in `outline._targets`, and the public modules of values.
Add: a code to `codes`, a rule to the module of its subject, or to `outline._targets.remarks` what a launch says too; `rules` runs them all.
"""
