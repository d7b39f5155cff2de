"""The job of the flow 41-everyday-commands."""

import outline
from outline.modules.shell import Shell

job = outline.Outline("everyday", show="demo", shot="sh010")
render = Shell("render", command="test #IFRAME# != 3 || exit 4", range="1-4")
comp = Shell("comp", command=["sleep", "1"], range="1-4")
comp.depend_on(render)
for layer in (render, comp):
    layer.set_min_cores(0.25)
    layer.set_min_memory(256)
    job.add_layer(layer)
