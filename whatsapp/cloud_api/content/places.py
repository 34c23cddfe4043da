"""A place on the map.

**Source**: Meta, Cloud API, Location messages, v24.0-v26.0.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from whatsapp.cloud_api.content.base import OutboundContent
from whatsapp.cloud_api.content.checks import degrees, within

# Meta tells no limit; nobody's name or address is longer.
LONGEST_WORDS = 1000


@dataclass(frozen=True)
class Location(OutboundContent):
    """Degrees north and east."""

    kind: ClassVar[str] = "location"
    latitude: float
    longitude: float
    name: str = ""
    address: str = ""

    def __post_init__(self) -> None:
        degrees("latitude", self.latitude, 90)
        degrees("longitude", self.longitude, 180)
        within("name", self.name, LONGEST_WORDS, optional=True)
        within("address", self.address, LONGEST_WORDS, optional=True)

    def node(self) -> dict[str, Any]:
        """What stands under the type's name, here and in a template's header."""
        told = {"name": self.name, "address": self.address}
        place = {"latitude": self.latitude, "longitude": self.longitude}
        return place | {key: value for key, value in told.items() if value}

    def payload(self) -> dict[str, Any]:
        return {"type": "location", "location": self.node()}

    def words(self) -> str:
        return " · ".join(filter(None, (self.name, self.address)))
