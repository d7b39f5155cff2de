"""Which frames start now.

May import: `operations`, `state`, `values`.
Add: what keeps a frame from starting belongs to `operations.obstacles`, in the order in which it is
met; which of these are claimed for later, to `dispatch`.
"""
