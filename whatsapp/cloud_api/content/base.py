"""What is every content we send?"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar


class OutboundContent(ABC):
    """Typed content within Meta's limits: they are checked when it is made (`ContentError` if not)."""

    kind: ClassVar[str]

    @abstractmethod
    def payload(self) -> dict[str, Any]:
        """`type` and the node of that name, as the Graph API takes them."""

    @abstractmethod
    def words(self) -> str:
        """The text of it, for a list and for a search; "" when it has none."""
