"""The job of the flow 02-three-layers-raw."""

import outline
from outline.modules.shell import Shell

job = outline.Outline("first-job", show="demo", shot="sh010")
prep = Shell("prep", command=["sh", "-c", "echo scene"], range="1")
render = Shell("render", command=["echo", "frame #ZFRAME#"], range="1-4")
comp = Shell("comp", command=["echo", "comp #IFRAME#"], range="1-4")
render.depend_on(prep)
comp.depend_on(render)
for layer in (prep, render, comp):
    layer.set_min_cores(0.25)
    layer.set_min_memory(256)
    job.add_layer(layer)
