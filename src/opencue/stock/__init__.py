"""What a stock Cuebot does not say itself, found out from what it does answer.

May import: `opencue.wrappers.entity` and what that imports, nothing but each other; no wrapper, as wrappers ask it.
Add: another reason why frames wait to `holds`, with the place where it stands in its list.
"""
