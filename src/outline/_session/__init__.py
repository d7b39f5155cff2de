"""A session on disk: safe files, data as text, all layers in one indexed file, and what waits to be put there.

`outline.session` is its public face.
May import: `outline.exception`, `outline.jobspec.names`; YAML and `outline.io` only inside functions.
Add: a kind of value that `put_data` keeps to `datafile`, a file of the session itself to the names below.
"""

OUTLINE_FILE = "outline.yaml"
"""Name of the file that holds the outline without its layers."""
LAYERS_FILE = "layers.pack"
"""Name of the file that holds the layers."""
STOCK_FILE = "session"
"""Only sessions that stock PyOutline made have a file of this name at the top."""
LAUNCH_FILE = "launch.json"
"""Name of the file that says which jobs a session was launched as."""
OWN_FILES = frozenset(
    {"data", "layers", "logs", OUTLINE_FILE, LAYERS_FILE, STOCK_FILE, LAUNCH_FILE}
)
"""What the top of a session holds of its own; nobody's file may replace it."""
OWN_FILES_OF_LAYER = frozenset({"data"})
"""What a layer's directory holds of its own."""
