"""What a layer is made of: its name and relations, arguments, depends, files in the session, inputs and outputs.

`parts` holds one of each for a layer; `outline.layer` shows what they do as methods of the layer. No part knows another:
what a class of layers may override they ask of the layer.
May import: `outline.jobspec`, `outline._session`, and the public modules of values.
Add: an argument of layers to `settings` and `arguments`; an attribute to the ``__init__`` of a part, it then travels to
the farm by itself; a method to its part and one line to `outline.layer`.
"""
