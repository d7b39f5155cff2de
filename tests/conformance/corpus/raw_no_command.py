# drive: python
import outline
import outline.cuerun

job = outline.Outline("raw-none", frame_range="1-2")
job.add_layer(outline.Layer("python_only"))
outline.cuerun.launch(job, use_pycuerun=False)
