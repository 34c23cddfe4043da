"""What is known of a number, and since when? Facts by the provider's time, changes kept for the number's page."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from whatsapp.models import Number, NumberChange

Source = Literal["check", "notice", "person"]
KEPT_CHANGES = 100
# Not told as changes: they are Meta's inner wording, or shown on their own.
SILENT = frozenset({"health", "webhook", "webhook_level", "stopped_until"})
FAST, USUAL, COEXISTENCE = 1000, 80, 20
TIERS = {250: "TIER_250", 1000: "TIER_1K", 2000: "TIER_2K", 10_000: "TIER_10K", 100_000: "TIER_100K"}
UNLIMITED = "TIER_UNLIMITED"


def lock(pk: int) -> Number:
    """The number's row until the commit: what is learnt at once by two workers is learnt one after the other."""
    return Number.objects.select_related("clinic").select_for_update(of=("self",)).get(pk=pk)


def learn(number: Number, *, at: datetime, source: Source, facts: Mapping[str, object]) -> set[str]:
    """Takes over what is not older than what is known; the names of the facts that were taken. `number`: locked."""
    heard = _heard(number)
    taken = {name for name in facts if heard.get(name, at) <= at}
    changed = [name for name in taken if getattr(number, name) != facts[name]]
    for name in changed:
        is_first_look = source == "check" and number.checked_at is None
        if name not in SILENT and not is_first_look:
            note(number, at=at, source=source, what=name, before=getattr(number, name), after=facts[name])
        setattr(number, name, facts[name])
    number.heard_at = json.dumps({name: one.isoformat() for name, one in {**heard, **dict.fromkeys(taken, at)}.items()})
    number.sends_per_second = _pace(number)
    number.save(update_fields=[*changed, "heard_at", "sends_per_second"])
    return taken


def begin_with_us(number: Number, *, at: datetime, is_anew: bool = False) -> None:
    """Its messages come to us since then: the earliest moment that anybody told, unless it had left in between.
    `number`: locked."""
    if is_anew or number.onboarded_at is None or at < number.onboarded_at:
        number.onboarded_at = at
        number.save(update_fields=["onboarded_at"])


def is_news(number: Number, fact: str, *, at: datetime) -> bool:
    """Whether nothing newer is known about this fact."""
    return _heard(number).get(fact, at) <= at


def note(number: Number, *, at: datetime, source: Source, what: str, before: object = "", after: object = "") -> None:
    """One more line of the number's history; the oldest ones go. The same line again, of a repeat, adds nothing."""
    line = {"at": at, "what": what, "before": _words(before), "after": _words(after), "source": source}
    rows = NumberChange.objects.for_clinic(number.clinic_id).filter(number=number)
    if rows.filter(**line).exists():
        return
    NumberChange.objects.create(clinic_id=number.clinic_id, number=number, **line)
    oldest = rows.order_by("-id").values_list("pk", flat=True)[KEPT_CHANGES : KEPT_CHANGES + 1].first()
    if oldest is not None:
        rows.filter(pk__lte=oldest).delete()


def tier_of(limit: object) -> str:
    """Meta's limit in one form: the documents say TIER_*, the sample of the same webhook is a number (-1: none)."""
    if isinstance(limit, bool) or not isinstance(limit, int | str):
        return ""
    if isinstance(limit, str) and not re.fullmatch(r"-?[0-9]+", limit):
        return limit.strip().upper()[:40]
    people = int(str(limit)[:12])
    return UNLIMITED if people < 0 else TIERS.get(people, f"TIER_{people}")


def limit_of(tier: str) -> int | None:
    """How many people a day a tier lets the clinic write to first; None for no limit and for unknown words."""
    amount = tier.removeprefix("TIER_")
    factor = 1000 if amount.endswith("K") else 1
    digits = amount.removesuffix("K")
    return int(digits) * factor if digits.isascii() and digits.isdigit() else None


def _pace(number: Number) -> int:
    if number.is_coexistence:
        return COEXISTENCE
    if number.throughput in ("", "NOT_APPLICABLE"):
        return number.sends_per_second if number.throughput == "" else USUAL
    return FAST if number.throughput == "HIGH" else USUAL


def _heard(number: Number) -> dict[str, datetime]:
    told: dict[str, str] = json.loads(number.heard_at or "{}")
    return {name: datetime.fromisoformat(at).astimezone(UTC) for name, at in told.items()}


def _words(value: object) -> str:
    return str(value)[:200]
