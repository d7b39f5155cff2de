"""Everything the farm decides, on plain values: no clock, file, process, thread or log.

Floors, each on those below it: `scheduling` and `explain`, then `operations`, then `state`, then
`values`. `check` states what always holds.
May import: `outline.jobspec` and `outline.frames`, nothing else of outline; no other package of cuelet.
Add: a decision people ask for in `operations`, a reason in `explain`, a state in `values.states`.
"""
