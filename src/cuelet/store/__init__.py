"""The farm's state on disk: SQLite, one connection, one transaction per batch of decisions."""
