# drive: python
import outline
import outline.cuerun
from outline.modules.shell import Shell

job = outline.Outline("raw", frame_range="1-10")
job.add_layer(Shell("listed", command=["blender", "-b", "a.blend", "-f", "#IFRAME#"]))
job.add_layer(Shell("quoted", command=["echo", "'two words'", "$HOME"]))
job.add_layer(Shell("one_text", command=["render -f #ZFRAME# | tee log"]))
job.add_layer(Shell("no_token", command=["encode_movie.sh", "--all"], chunk=10))
job.add_layer(Shell("chunked_frame", command=["nuke", "-x", "#FRAME_START#-#FRAME_END#"], chunk=5))
outline.cuerun.launch(job, use_pycuerun=False)
