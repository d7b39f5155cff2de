"""An outline to a job spec, and a job spec to what a farm takes: Cuebot's XML, Cuelet's document.

What a target cannot do as written is a `Limitation`, never a sentence that is read again.
May import: `outline.jobspec`, `outline.layer`, `outline.loader`, what a layer says by `parts`, `outputs` and `settings`
of `outline._layer`, what of it is data by `outline._restore.layerfile`, `outline.session`, and the public modules of values.
Add: a target as a module that takes a `JobSpec` and returns a document (`write`) and its limitations (`survey`).
"""
