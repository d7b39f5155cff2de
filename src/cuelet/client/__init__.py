"""What commands and pages know of a farm: asked through `opencue`, given as plain values.

Nothing here prints, reads arguments or knows of terminals; everything raises `ClientError` or pycue's errors.
May import: `opencue`, `outline`, `cuelet.settings`, `cuelet.quantities`, `cuelet.pasting`, plain values and rules of names in `cuelet.core.values`; never the farm's own rooms.
Add: a question as a function that returns an immutable value, in the module of what it is about.
"""
