"""Sessions on this machine: which there are, who needs them, and removing what nobody does.

May import: the rest of `cuelet.client`, `opencue`, `outline`.
Add: what is known of a session to `folders`, a reason to keep one to `needs`.
"""
