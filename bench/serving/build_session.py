"""Set up a chain of layers that do nothing; runs with stock PyOutline and with ours."""

import sys

from outline import Outline
from outline.layer import Layer

outline = Outline("bench", frame_range="1-10", shot="shot", show="bench", user="bench")
before = None
for number in range(int(sys.argv[1])):
    layer = Layer(f"layer{number + 1}", range="1-10")
    outline.add_layer(layer)
    if before:
        layer.depend_on(before)
    before = layer
outline.setup()
print(f"{outline.get_session().get_path()}/outline.yaml")
