"""What people set up beside jobs: shows, groups, filters and the like, each a record that is kept.

May import: core.values.
Add: a record class in a module named after it, and its line in `kinds`.
"""
