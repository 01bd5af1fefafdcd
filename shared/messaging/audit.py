"""Whether the broker still has what it acknowledged. Pure.

The relay knows, for every partition, the end it has published up to. A broker that lost records shows it in one of
three ways: a partition ends earlier than that, a new message gets an offset that was given before, or the record at
the last published offset is somebody else's. Clients of the broker see none of this by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.messaging.broker import Extent, Placement

Ends = Mapping[int, int]
"""By partition: the offset after the last one that was published."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What placements say. `lost`: by partition, the first offset whose former record is gone. `ends`: as they are
    now. `standing`: for each placement, whether its record is (as far as is known) still there.
    """

    ends: dict[int, int]
    lost: dict[int, int]
    standing: tuple[bool, ...]


def judge(ends: Ends, placements: Sequence[Placement | None]) -> Judgement:
    """Look at where the latest messages were put, in the order they were sent (None: not acknowledged)."""
    now = dict(ends)
    lost: dict[int, int] = {}
    standing = [placement is not None for placement in placements]
    for index, placement in enumerate(placements):
        if placement is None:
            continue
        partition, offset = placement
        if offset < now.get(partition, 0):
            lost[partition] = min(offset, lost.get(partition, offset))
            for earlier, other in enumerate(placements[:index]):
                if other is not None and other.partition == partition and other.offset >= offset:
                    standing[earlier] = False
        now[partition] = offset + 1
    return Judgement(now, lost, tuple(standing))


def lost_by_extent(ends: Ends, extents: Mapping[int, Extent]) -> dict[int, int]:
    """By partition, the first offset that is gone: partitions that end earlier than what was published there."""
    found = {partition: extents.get(partition, Extent(0, 0)).end for partition in ends}
    return {partition: end for partition, end in found.items() if end < ends[partition]}
