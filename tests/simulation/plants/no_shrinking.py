"""A pytest plug-in: a planted bug need not be explained, only found."""

from __future__ import annotations

from hypothesis import Phase, settings

settings.register_profile("found is enough", phases=[Phase.generate])
settings.load_profile("found is enough")
