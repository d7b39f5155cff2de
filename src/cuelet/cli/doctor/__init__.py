"""The command that looks at the installation, the folders and the configuration.

May import: what `cuelet.cli` may, but only when a check begins: what it looks at may be broken.
Add: a check to the module of its subject, and to the list in `doctor`.
"""
