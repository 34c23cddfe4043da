"""What does an account-level notice of Meta change? One small reader for each field; unknown news is kept and counted.

Notices name the number by its digits only, the account by its id: `Item.scope`. They come in any order, repeated and
late; `learning` takes none that is older than what is known. After each one the number is checked soon, so that a
notice that was lost or misread does no lasting harm.

**Source**: Meta, WhatsApp webhooks reference, account_update and its neighbours, 2025-12 and 2026 excerpts.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.db.models.functions import Least, Now

from atendeai.common.phones import digits, match_key
from whatsapp.models import Item, Number
from whatsapp.number_health import account_update
from whatsapp.number_health.learning import lock, tier_of
from whatsapp.number_health.news import News

CHECK_SOON = timedelta(seconds=20)
MOST_NUMBERS = 50


Reader = Callable[[News], str | None]


def apply_notice(*, item: Item, payload: dict[str, Any], now: datetime) -> str | None:
    """Applies it to every number it speaks of; a reason when there was nothing to do."""
    reader = READERS.get(item.field)
    if reader is None:
        return f"not_handled_{item.field}"
    numbers = _numbers(item, payload)
    if not numbers:
        return "unknown_number"
    reasons = {reader(News(lock(pk), payload, item.provider_at, now)) for pk in numbers}
    Number.objects.filter(pk__in=numbers).update(next_check_at=Least("next_check_at", Now() + CHECK_SOON))
    return reasons.pop() if len(reasons) == 1 else None


def _numbers(item: Item, payload: dict[str, Any]) -> list[int]:
    """In the order in which every worker locks them."""
    rows = Number.objects.for_clinic(item.clinic_id)
    rows = rows.filter(Q(account_id=item.scope) | Q(phone_number_id=item.scope)).order_by("pk")
    found = list(rows[:MOST_NUMBERS])
    if item.field in OF_ONE_NUMBER or payload.get("event") in OF_ONE_NUMBER:
        told = payload.get("display_phone_number") or payload.get("phone_number")
        found = _named(found, match_key(digits(told)) if isinstance(told, str) else "", item.field)
    return [number.pk for number in found]


def _named(found: list[Number], key: str, field: str) -> list[Number]:
    """Which of the account's numbers is meant: it may have others that are not with us."""
    if not key:
        # An event of the account may leave the number out: then it concerns all of them.
        return found if len(found) == 1 or field not in OF_ONE_NUMBER else []
    if len(found) == 1 and not found[0].display_number:
        return found
    return [number for number in found if match_key(digits(number.display_number)) == key]


def _quality(news: News) -> str | None:
    event = news.word("event").upper()
    limit = news.value.get("max_daily_conversations_per_business") or news.value.get("current_limit")
    if tier := tier_of(limit):
        news.learn(messaging_limit=tier)
    if event == "THROUGHPUT_UPGRADE":
        news.learn(throughput="HIGH")
    elif event == "FLAGGED" and news.learn(quality="RED"):
        news.alert("number_quality")
    elif event == "UNFLAGGED" and news.learn(quality="YELLOW"):
        # No longer low: whether good or middling the check will tell.
        news.calm("number_quality")
    news.note("number_event", event)
    return None


def _name(news: News) -> str | None:
    decision, name = news.word("decision").upper(), news.word("requested_verified_name")
    if decision == "APPROVED":
        if news.learn(name_status="APPROVED", **({"verified_name": name} if name else {})):
            news.calm("number_name")
    elif decision == "REJECTED":
        if news.learn(name_status="DECLINED"):
            news.alert("number_name", name[:80])
    elif decision == "DEFERRED":
        news.learn(name_status="PENDING_REVIEW")
    else:
        return "unknown_decision"
    return None


def _capability(news: News) -> str | None:
    tier = tier_of(news.value.get("max_daily_conversations_per_business"))
    if not tier:
        return "no_limit_told"
    news.learn(messaging_limit=tier)
    return None


def _review(news: News) -> str | None:
    decision = news.word("decision").upper()
    if news.learn(account_review=decision[:40]):
        (news.alert if decision == "REJECTED" else news.calm)("account_review")
    return None


def _alerts(news: News) -> str | None:
    kind, state = news.word("alert_type").upper(), news.word("alert_status").upper()
    news.note("account_alert", f"{kind} {state}".strip())
    if state in ("", "ACTIVE") and news.at >= news.now - timedelta(days=7):
        news.alert("account_alert", kind)
    elif state not in ("", "ACTIVE"):
        news.calm("account_alert")
    return None


def _security(news: News) -> str | None:
    event = news.word("event").upper()
    news.note("security", event)
    if event in ("PIN_CHANGED", "PIN_RESET_REQUEST") and news.at >= news.now - timedelta(days=7):
        news.alert("number_pin", event)
    return None


def _username(news: News) -> str | None:
    name, state = news.word("username"), news.word("status").lower()
    news.learn(username=name[:100] if state in ("", "approved", "active", "reserved") else "")
    return None


READERS: dict[str, Callable[[News], str | None]] = {
    "account_update": account_update.read,
    "phone_number_quality_update": _quality,
    "phone_number_name_update": _name,
    "business_capability_update": _capability,
    "account_review_update": _review,
    "account_alerts": _alerts,
    "security": _security,
    "business_username_update": _username,
    "phone_number_username_update": _username,
}
# Fields and events that may name the one number they concern.
OF_ONE_NUMBER = frozenset(
    {
        "phone_number_quality_update",
        "phone_number_name_update",
        "security",
        "business_username_update",
        "phone_number_username_update",
        "ACCOUNT_OFFBOARDED",
        "ACCOUNT_RECONNECTED",
    }
)
