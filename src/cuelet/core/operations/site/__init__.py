"""What people set of jobs, layers, frames and the machine as records: properties, owners, services, departments.

May import: `state`, `values`, and of the other operations what acts on jobs and the machine.
Add: a request about a kind of record to the module of that kind.
"""
