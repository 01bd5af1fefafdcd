"""Where something is on the earth, and how far that is from somewhere else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

EARTH_KM: Final = 6371.0
KM_PER_DEGREE: Final = 111.0
"""How far a degree of latitude is, at least: for boxes that must not be too small."""


@dataclass(frozen=True, slots=True)
class Position:
    """A position in degrees (WGS84)."""

    latitude: float
    longitude: float

    def km_to(self, latitude: float, longitude: float) -> float:
        """The distance along the earth's surface."""
        north, other = math.radians(self.latitude), math.radians(latitude)
        half = (
            math.sin((other - north) / 2) ** 2
            + math.cos(north) * math.cos(other) * math.sin(math.radians(longitude - self.longitude) / 2) ** 2
        )
        return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, half)))
