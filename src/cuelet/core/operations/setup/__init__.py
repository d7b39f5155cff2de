"""What people ask of shows, groups, filters, allocations and subscriptions, and what launches have of them.

May import: `state`, `values`, and of the other operations what acts on jobs.
Add: a request about a kind of record to the module of that kind; what a filter's action does to
`filtering`.
"""
