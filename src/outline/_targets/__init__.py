"""An outline to a job spec, and a job spec to what a farm takes: Cuebot's XML, Cuelet's document.

What a target cannot do as written is a `Limitation`, never a sentence that is read again.
May import: `outline.jobspec`, `outline.layer` and `outline.loader` for types, what a layer says by `_layer.outputs` and
`_layer.settings`, what of it is data by `_restore.layerfile`, `outline.session`, and the public modules of values.
Add: a target as a module that takes a `JobSpec` and returns a document (`write`) and its limitations (`survey`).
"""
