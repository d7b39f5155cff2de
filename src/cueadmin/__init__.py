"""Administer a render farm from the shell: ``cueadmin``."""
