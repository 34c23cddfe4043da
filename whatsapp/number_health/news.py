"""What does one notice say about one number, and what may be done with it?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clinics import alerts
from whatsapp.models import Number
from whatsapp.number_health.learning import learn, note


@dataclass(frozen=True)
class News:
    """A notice as it concerns one number, whose row is locked. `at`: the provider's time."""

    number: Number
    value: dict[str, Any]
    at: datetime
    now: datetime

    def word(self, key: str, inside: str = "") -> str:
        """A text of the notice; "" when it is none."""
        node = self.value.get(inside) if inside else self.value
        found = node.get(key) if isinstance(node, dict) else None
        return found.strip().replace("\0", "")[:200] if isinstance(found, str) else ""

    def learn(self, **facts: object) -> bool:
        """Whether all of it was news."""
        return learn(self.number, at=self.at, source="notice", facts=facts) == set(facts)

    def note(self, what: str, after: str) -> None:
        """A line in the history, for news that is no fact to keep."""
        note(self.number, at=self.at, source="notice", what=what, after=after)

    def alert(self, kind: str, detail: str = "") -> None:
        """Tells the clinic."""
        alerts.raise_alert(clinic=self.number.clinic, kind=kind, target=self.number, now=self.now, detail=detail)

    def calm(self, kind: str) -> None:
        """Takes the alert away."""
        alerts.clear_alert(clinic=self.number.clinic, kind=kind, target=self.number, now=self.now)
