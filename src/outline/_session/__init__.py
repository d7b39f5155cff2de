"""A session on disk: safe files, data as text, all layers in one indexed file, and what waits to be put there.

`outline.session` is its public face.
May import: `outline.exception`, `outline.jobspec.names`, `outline.jobspec.plainfile`; YAML and `outline.io` only inside functions.
Add: a kind of value that `put_data` keeps to `datafile` and `values`, a file of the session itself to the names below.
"""

OUTLINE_FILE = "outline.yaml"
"""Name of the file that holds the outline without its layers."""
LAYERS_FILE = "layers.pack"
"""Name of the file that holds the layers."""
STOCK_FILE = "session"
"""Only sessions that stock PyOutline made have a file of this name at the top."""
LAUNCH_FILE = "launch.json"
"""Name of the file that says which jobs a session was launched as."""
SURROUNDINGS_FILE = "surroundings.json"
"""Name of the file that says in which directory and environment a session was launched on a Cuebot."""
OWN_FILES = frozenset(
    {
        "data",
        "layers",
        "logs",
        OUTLINE_FILE,
        LAYERS_FILE,
        STOCK_FILE,
        LAUNCH_FILE,
        SURROUNDINGS_FILE,
    }
)
"""What the top of a session holds of its own; nobody's file may replace it."""
OWN_FILES_OF_LAYER = frozenset({"data"})
"""What a layer's directory holds of its own."""
MAX_DEPTH = 100
"""Levels of lists and dicts in each other: a frame that reads them may be deep in calls itself."""
MOST_BITS = 14_000
"""Of a whole number: Python reads no more than 4300 digits."""
