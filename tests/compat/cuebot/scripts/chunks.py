"""The job of the flow 03-chunks."""

import outline
from outline.modules.shell import Shell

job = outline.Outline("chunks", show="demo", shot="sh010")
a = Shell("aaa", command=["echo", "a #IFRAME#"], range="1-10", chunk=5)
b = Shell("bbb", command=["echo", "b #IFRAME#"], range="1-10", chunk=3)
b.depend_on(a)
for layer in (a, b):
    layer.set_min_cores(0.25)
    layer.set_min_memory(256)
    job.add_layer(layer)
