"""From the National Grid to latitude and longitude.

The Helmert transform of the Ordnance Survey's guide, in its seven parameters from WGS84 to OSGB36, taken backwards.
Written out, so that it gives the same everywhere: left to choose, the library would use a finer grid of shifts wherever
one happens to be installed. Against that grid it is off by about two metres in the median and four at most, in England.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pyproj import Transformer

from services.partnerships.domain.register_row import GridPlace

DECIMALS: Final = 6

_HELMERT = Transformer.from_pipeline(
    "+proj=pipeline"
    " +step +inv +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy"
    " +step +proj=cart +ellps=airy"
    " +step +proj=helmert +x=446.448 +y=-125.157 +z=542.06 +rx=0.15 +ry=0.247 +rz=0.842 +s=-20.489"
    " +convention=position_vector"
    " +step +inv +proj=cart +ellps=WGS84"
    " +step +proj=unitconvert +xy_in=rad +xy_out=deg"
)


def positions(places: Sequence[GridPlace]) -> list[tuple[float, float]]:
    """(latitude, longitude) in WGS84 degrees for each place."""
    if not places:
        return []
    eastings = [place.easting for place in places]
    northings = [place.northing for place in places]
    longitudes, latitudes = _HELMERT.transform(eastings, northings)
    return [
        (round(latitude, DECIMALS), round(longitude, DECIMALS))
        for latitude, longitude in zip(latitudes, longitudes, strict=True)
    ]
