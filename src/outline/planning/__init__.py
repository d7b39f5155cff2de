"""What an outline would run, worked out without running it.

The classes are in `outline.planning.model`, the finding codes in `outline.planning.lint.codes`.
Nothing is loaded before `plan` is called.
May import: all of outline; neither opencue nor the farm.
Add: a fact of a layer to `model` and `layers`, a finding to `outline.planning.lint`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from outline.loader import Outline
    from outline.planning.model import Host, Plan, Severity
    from outline.planning.places import Places

BACKENDS = ("cuelet", "cue", "local")
"""What a plan can be made for: the embedded farm, a stock Cuebot, this process."""


def plan(
    ol: Outline,
    *,
    backend: str = "cuelet",
    use_pycuerun: bool = True,
    hosts: Sequence[Host] = (),
    seconds: Mapping[str, float] | None = None,
    places: Places | None = None,
    **flags: object,
) -> Plan:
    """Work out what a launch of an outline would run; nothing is launched and no session is made.

    ``_setup`` of the layers does not run.
    Mistakes do not raise, they are findings of the plan.

    Args:
        ol: The outline; it is left as it is, names in its depends are turned into layers.
        backend: One of `BACKENDS`; findings and severities are those of this one.
        use_pycuerun: As for `outline.cuerun.launch`.
        hosts: The hosts that may run frames; by default this machine for ``cuelet`` and ``local``.
        seconds: What one process of a layer took so far, in seconds, by layer name.
        places: Where layers and depends were made; see `outline.planning.places.recorded`.
        **flags: Flags of a launch, such as ``maxretries``.

    Raises:
        UnknownBackendError: There is no such backend.
        UnknownFlagError: A launch has no such flag.
    """
    from outline.planning.build import Circumstances, build

    given = Circumstances(
        backend=backend,
        use_pycuerun=use_pycuerun,
        hosts=tuple(hosts),
        seconds=dict(seconds or {}),
        places=places,
        flags=flags,
    )
    return build(ol, given)


def worst(found: Plan) -> Severity | None:
    """Return the highest severity among the findings of a plan, or None."""
    return max((each.severity for each in found.findings), default=None)
