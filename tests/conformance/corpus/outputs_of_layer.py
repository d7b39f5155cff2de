# drive: python
import outline
import outline.cuerun
from outline.io import FileSpec, Path
from outline.modules.shell import Shell

job = outline.Outline("outputs", current=True)
layer = Shell("render", command=["true"], range="1")
layer.add_input("scene", Path("/shots/scene.ma"))
layer.add_input(None, Path("/shots/other.ma"))
layer.add_output("beauty", FileSpec("/out/2k_lin/exr/beauty.1-3#.exr"))
layer.add_output(None, Path("/out/thumb.jpg"))
layer.set_output_attribute("mkdir", True)
layer.set_input_attribute("colour", "red")
print("fact:", sorted(layer.get_inputs()), sorted(layer.get_outputs()))
print("fact:", layer.get_input("scene").get_path(), layer.get_output("beauty").get_path(), layer.get_input("scene").get_attribute("colour"))
for wrong in (lambda: layer.get_input("none"), lambda: layer.get_output("none"), lambda: layer.add_input("scene", Path("/x")), lambda: layer.add_output("beauty", Path("/x"))):
    try:
        wrong()
        print("fact: accepted")
    except outline.LayerException:
        print("fact: LayerException")
outline.cuerun.launch(job)
