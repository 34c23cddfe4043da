"""What does Meta's `account_update` mean for sending? Bans, restrictions, and whether our app still speaks for it.

**Source**: Meta, WhatsApp webhooks reference, account_update, 2025-12 and 2026 excerpts.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from whatsapp.number_health.learning import begin_with_us, is_news
from whatsapp.number_health.news import News
from whatsapp.number_health.stopping import reinstate, settle


def read(news: News) -> str | None:
    event = news.word("event").upper()
    act = EVENTS.get(event)
    news.note("account_event", event)
    return act(news) if act else "unknown_event" if event not in KNOWN_EVENTS else None


def _becomes(news: News, state: str, until: datetime | None = None) -> bool:
    """Whether the account's state is news; then sending stops or goes on accordingly."""
    if not news.learn(account_state=state, stopped_until=until):
        return False
    settle(news.number, now=news.now)
    return True


def _left(state: str) -> Callable[[News], None]:
    def happen(news: News) -> None:
        if news.learn(connection=state):
            settle(news.number, now=news.now)

    return happen


def _joined(news: News) -> None:
    was_away = news.number.connection != ""
    is_back = news.learn(connection="")
    if is_back or not was_away:
        begin_with_us(news.number, at=news.at, is_anew=was_away)
    if is_back:
        settle(news.number, now=news.now)


def _disabled(news: News) -> None:
    ban = news.word("waba_ban_state", "ban_info").upper()
    if ban == "DISABLE":
        if _becomes(news, "account_disabled"):
            news.calm("account_ban_scheduled")
    elif ban == "SCHEDULE_FOR_DISABLE" and is_news(news.number, "account_state", at=news.at):
        news.alert("account_ban_scheduled", news.word("waba_ban_date", "ban_info"))
    elif ban == "REINSTATE" and _becomes(news, ""):
        news.calm("account_ban_scheduled")
        reinstate(news.number, now=news.now)


def _restricted(news: News) -> None:
    told = news.value.get("restriction_info")
    parts = [part for part in (told if isinstance(told, list) else []) if isinstance(part, dict)]
    kinds = {str(part.get("restriction_type") or "") for part in parts}
    until = max((moment for part in parts if (moment := _moment(part.get("expiration")))), default=None)
    if "RESTRICTED_CUSTOMER_INITIATED_MESSAGING" in kinds:
        _becomes(news, "account_restricted", until)
    elif _becomes(news, "account_limited", until):
        news.alert("account_limited", " ".join(sorted(kinds)))


def _deleted(news: News) -> None:
    _becomes(news, "account_deleted")


def _violation(news: News) -> None:
    if news.at >= news.now - timedelta(days=7):
        news.alert("account_violation", news.word("violation_type", "violation_info"))


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isdigit():
        return None
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (OverflowError, ValueError, OSError):
        return None


EVENTS: dict[str, Callable[[News], None]] = {
    "DISABLED_UPDATE": _disabled,
    "ACCOUNT_RESTRICTION": _restricted,
    "ACCOUNT_VIOLATION": _violation,
    "ACCOUNT_DELETED": _deleted,
    "ACCOUNT_OFFBOARDED": _left("offboarded"),
    "PARTNER_REMOVED": _left("offboarded"),
    "PARTNER_APP_UNINSTALLED": _left("app_removed"),
    "ACCOUNT_RECONNECTED": _joined,
    "PARTNER_ADDED": _joined,
    "PARTNER_APP_INSTALLED": _joined,
}
# Noted in the history, nothing to do.
KNOWN_EVENTS = frozenset(
    {
        "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE",
        "AD_ACCOUNT_LINKED",
        "MM_LITE_TERMS_SIGNED",
        "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE",
        "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE",
        "VOLUME_BASED_PRICING_TIER_UPDATE",
    }
)
