"""The farm's state on disk: SQLite, one connection, one transaction per batch of decisions.

May import: the core and sqlite3; foreign errors end here.
Add: a column as a numbered file in `migrations`, its statement to `queries.sql`, its value to `store`.
"""
