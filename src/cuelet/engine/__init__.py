"""The farm's loop: take what came in, decide, commit, then act."""
