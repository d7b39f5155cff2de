"""What people set up beside jobs: shows, groups, filters and the like, each a record that is kept.

May import: core.values; names of `state.job` for type checkers only.
Add: a record class in a module named after it, and its line in `kinds`; a limit that records set on
jobs to `shares`; what is there without being made gets its id from `identity`.
"""
