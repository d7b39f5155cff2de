"""Every class of record, by what the database calls it."""

from __future__ import annotations

from cuelet.core.state.setup.allocation import Allocation, Placement, Subscription
from cuelet.core.state.setup.departments import DepartmentNames
from cuelet.core.state.setup.facility import Facility
from cuelet.core.state.setup.filter import Action, Filter, Matcher
from cuelet.core.state.setup.group import Group, Membership
from cuelet.core.state.setup.ownership import Deed, HostComment, Owner
from cuelet.core.state.setup.record import Record
from cuelet.core.state.setup.service import Service, ServiceOverride
from cuelet.core.state.setup.settings import FrameSettings, JobSettings, LayerSettings
from cuelet.core.state.setup.show import Show

_ALL: tuple[type[Record], ...] = (
    *(Show, Group, Membership),
    *(Filter, Matcher, Action),
    *(Allocation, Subscription, Placement),
    *(JobSettings, LayerSettings, FrameSettings),
    *(HostComment, Owner, Deed),
    *(Service, ServiceOverride, DepartmentNames, Facility),
)

KINDS: dict[str, type[Record]] = {kind.KIND: kind for kind in _ALL}
